//! A backup of this phone: everything that can be read, in one file.

use super::intake::replica::body_of;
use super::restore::check;
use super::{Engine, Home, seals};
use crate::backup::{
    Asides, BackupFailed, BackupKey, BackupOpener, BackupSummary, Head, LogHead, PairHead, Part,
    Sum, Writer,
};
use crate::cbor::Value;
use crate::domain::action;
use crate::domain::capability::Class;
use crate::domain::refusal::RefusalCode;
use crate::error::Error;
use crate::file::write_checked;
use crate::id::{DocId, LogId};
use crate::limits::{FRAME_BYTES, RUN_BYTES, RUN_ENTRIES_SENT};
use crate::log::Entry;
use crate::log::body::BodyState;
use crate::store::{PairDb, Setting, StorageError, VaultDb};
use crate::sync::{BodyAt, Run};
use crate::time::Moment;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use zeroize::{Zeroize, Zeroizing};

impl From<BackupFailed> for Error {
    fn from(failed: BackupFailed) -> Self {
        match failed {
            BackupFailed::Io(error) => error.into(),
            BackupFailed::NoKey => RefusalCode::BackupKeyInvalid.into(),
            BackupFailed::WrongKey => RefusalCode::BackupNotOpened.into(),
            BackupFailed::WantsPassphrase => RefusalCode::BackupWantsPassphrase.into(),
            BackupFailed::WantsKey => RefusalCode::BackupWantsKey.into(),
            BackupFailed::Damaged(why) => {
                StorageError::Damaged(format!("this backup ({why})")).into()
            }
            BackupFailed::Newer(found) => Error::NeedsUpdate(format!(
                "this backup was written by a newer version ({found}): update first"
            )),
        }
    }
}

/// Writes, and hashes what it writes.
struct Hashing<W> {
    to: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.to.flush()
    }
}

impl Head {
    pub(super) fn summary(&self, sum: Sum, left_out: u64) -> BackupSummary {
        BackupSummary {
            made: self.made,
            name: self.name.clone(),
            partner: self.pair.as_ref().map(|pair| pair.partner_name.clone()),
            entries: sum.entries,
            private_items: self.private.then_some(sum.private),
            left_out,
        }
    }
}

/// Some entries of a log as they go into a backup.
struct Chunk {
    run: Run,
    size: usize,
    /// Words that find no place in the run.
    beside: Vec<BodyAt>,
    /// Words that were deleted.
    gone: Vec<(u64, u8)>,
}

/// What was written so far, and what could not be.
#[derive(Default)]
struct Count {
    sum: Sum,
    left_out: u64,
}

impl Engine {
    /// Writes a backup, and reads what was written: to its end where a passphrase opens it, and
    /// otherwise as bytes.
    pub(crate) fn back_up(
        &mut self,
        path: &Path,
        mut key: BackupKey,
        private: bool,
    ) -> Result<BackupSummary, Error> {
        let written = self.write_backup(path, &key, private);
        key.zeroize();
        written
    }

    fn write_backup(
        &mut self,
        path: &Path,
        key: &BackupKey,
        private: bool,
    ) -> Result<BackupSummary, Error> {
        let home = match self.home() {
            Err(Error::Refusal(_)) => None,
            home => Some(home?),
        };
        let mut count = Count::default();
        let head = self.backup_head(home.as_ref(), private, &mut count)?;
        let write = |to: &mut BufWriter<File>| {
            let mut writer = Writer::new(key, Hashing { to, hash: Sha256::new() })?;
            let summary = self.add_parts(head, home.as_ref(), &mut writer, count)?;
            let hash = writer.finish()?.hash.finalize();
            self.may_read()?;
            Ok::<_, Error>((hash, summary))
        };
        write_checked(path, write, |part, (hash, summary)| {
            let unlike = || StorageError::Io("what was written is not what is read".to_owned());
            let same = match key {
                BackupKey::Passphrase { text } => {
                    let mut opener = BackupOpener::Passphrase { text: text.clone() };
                    let checked = check(part, &opener);
                    opener.zeroize();
                    BackupSummary { left_out: summary.left_out, ..checked? } == summary
                }
                BackupKey::Recipient { .. } => {
                    let mut read = Hashing { to: std::io::sink(), hash: Sha256::new() };
                    std::io::copy(&mut File::open(part)?, &mut read)?;
                    read.hash.finalize() == hash
                }
            };
            if same { Ok(summary) } else { Err(unlike().into()) }
        })
    }

    fn add_parts<W: Write>(
        &mut self,
        head: Head,
        home: Option<&Home>,
        to: &mut Writer<W>,
        mut count: Count,
    ) -> Result<BackupSummary, Error> {
        let head = Part::Head(Box::new(head));
        to.add(&head)?;
        let Part::Head(head) = head else { return Err(Error::Internal) };
        if let Some(home) = home {
            for log in head.pair.iter().flat_map(|pair| &pair.logs) {
                self.add_log(home, log, to, &mut count)?;
            }
            self.add_asides(to, &mut count)?;
        }
        if head.private {
            self.add_private(to, &mut count)?;
        }
        to.add(&Part::End(count.sum))?;
        Ok(head.summary(count.sum, count.left_out))
    }

    fn backup_head(
        &mut self,
        home: Option<&Home>,
        private: bool,
        count: &mut Count,
    ) -> Result<Head, Error> {
        let pair = match home {
            Some(home) => Some(PairHead {
                id: home.pair.id,
                me: home.me,
                partner: home.pair.other(home.me),
                partner_name: self.partner_name(home)?,
                epoch: self.link()?.map_or(0, |link| link.epoch),
                logs: self.log_heads(home, count)?,
            }),
            None => None,
        };
        let clock = self.db()?.setting(Setting::Clock)?.and_then(|clock| clock.int());
        Ok(Head {
            made: self.now(),
            name: self.own_name()?,
            log_key: Zeroizing::new(self.keys.log),
            private,
            held: self.held()?,
            clock: clock.map(Moment),
            pair,
        })
    }

    /// Every log, as far as its entries can be read.
    fn log_heads(&mut self, home: &Home, count: &mut Count) -> Result<Vec<LogHead>, Error> {
        let mut heads = Vec::new();
        for log in &home.logs {
            let mut at = log.follower.checkpoint();
            for index in 0..at.length {
                match self.db()?.entry(log.number, index) {
                    Err(StorageError::Damaged(_)) => {
                        count.left_out += at.length - index;
                        let head = self.db()?.head_at(home.pair.id, log, index)?;
                        at.head = head.unwrap_or(at.head);
                        at.length = index;
                        break;
                    }
                    entry => drop(entry?),
                }
            }
            heads.push(LogHead {
                mine: log.follower.owner() == home.me,
                generation: log.follower.generation(),
                at,
                frozen: log.frozen,
                kept: log.kept,
            });
        }
        heads.sort_by_key(|log| (!log.mine, log.generation));
        Ok(heads)
    }

    fn add_log<W: Write>(
        &mut self,
        home: &Home,
        log: &LogHead,
        to: &mut Writer<W>,
        count: &mut Count,
    ) -> Result<(), Error> {
        let number = PairDb::number(log.mine, log.generation);
        let days = self.keeping(home)?.of(log.mine);
        let mut chunk = Chunk::from(log.at.log, 0);
        for index in 0..log.at.length {
            let entry = self.db()?.entry(number, index)?;
            if chunk.is_full(entry.bytes.len()) {
                count.sum.entries += chunk.run.entries.len() as u64;
                std::mem::replace(&mut chunk, Chunk::from(log.at.log, index)).add_to(to)?;
            }
            chunk.size += entry.bytes.len();
            let records = Entry::decode(&entry.bytes).map(|entry| entry.records);
            chunk.run.head = entry.head;
            chunk.run.entries.push(entry.bytes);
            chunk.run.tags.push(entry.tag);
            for (record, place) in records.unwrap_or_default().iter().zip(0_u8..) {
                if body_of(record).is_none() {
                    continue;
                }
                let now = self.now();
                match self.db()?.body(number, index, place) {
                    Ok(Some(body)) if body.state == BodyState::Gone => {
                        chunk.gone.push((index, place));
                    }
                    Ok(Some(body)) if body.state == BodyState::Present => {
                        // A file may outlive the words that run out: one's own are one's own
                        // matter, the other's stay with their phone.
                        let stays = match body.ends(days) {
                            Some(until) => log.mine && now < until,
                            None => true,
                        };
                        if stays {
                            chunk.say(BodyAt { index, place, bytes: body.bytes });
                        }
                    }
                    Ok(_) => {}
                    Err(StorageError::Damaged(_)) => count.left_out += 1,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        count.sum.entries += chunk.run.entries.len() as u64;
        chunk.add_to(to)
    }

    fn add_asides<W: Write>(&mut self, to: &mut Writer<W>, count: &mut Count) -> Result<(), Error> {
        for aside in self.db()?.each_aside()? {
            match aside {
                Ok((_, aside)) => {
                    let (record, body) = (aside.record, aside.body);
                    to.add(&Part::Aside(Asides { record, body }))?;
                }
                Err(StorageError::Damaged(_)) => count.left_out += 1,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn add_private<W: Write>(
        &mut self,
        to: &mut Writer<W>,
        count: &mut Count,
    ) -> Result<(), Error> {
        let until = self.until();
        let talks = self.documents_of_class(Class::Talk)?;
        let mut names = Names { talks, known: HashMap::new() };
        let vault = self.vault()?;
        let mut private = 0;
        count.left_out += vault.visit_readable(|item| {
            until.may_read()?;
            private += 1;
            let (id, kind, value) = (item.id, item.kind.to_owned(), item.value.to_value());
            let name = names.of(vault, id, &kind, &value);
            to.add(&Part::Private { id, name, kind, value }).map_err(Error::from)
        })?;
        count.sum.private = private;
        Ok(())
    }

    /// The documents of a class that can be named.
    fn documents_of_class(&mut self, class: Class) -> Result<Vec<DocId>, Error> {
        let rows = self.db()?.readable_documents()?;
        let of = rows.into_iter().filter(|row| action::class(&row.first_kind) == Some(class));
        Ok(of.map(|row| row.id).collect())
    }
}

impl Chunk {
    fn from(log: LogId, first: u64) -> Self {
        let run = Run {
            log,
            first,
            entries: Vec::new(),
            tags: Vec::new(),
            bodies: Vec::new(),
            head: crate::id::Head([0; 32]),
        };
        Self { run, size: 0, beside: Vec::new(), gone: Vec::new() }
    }

    fn is_full(&self, more: usize) -> bool {
        let entries = self.run.entries.len();
        entries >= RUN_ENTRIES_SENT || (entries > 0 && self.size + more > RUN_BYTES)
    }

    fn say(&mut self, body: BodyAt) {
        if self.size + body.bytes.len() <= FRAME_BYTES / 2 {
            self.size += body.bytes.len();
            self.run.bodies.push(body);
        } else {
            self.beside.push(body);
        }
    }

    fn add_to<W: Write>(self, to: &mut Writer<W>) -> Result<(), Error> {
        let log = self.run.log;
        if self.run.entries.is_empty() {
            return Ok(());
        }
        to.add(&Part::Entries(self.run))?;
        for body in self.beside {
            to.add(&Part::Words { log, bodies: vec![body] })?;
        }
        if !self.gone.is_empty() {
            to.add(&Part::Gone { log, places: self.gone })?;
        }
        Ok(())
    }
}

/// The names of what is found by one in the vault: its id is a keyed hash of it, and the phone that
/// is made of the backup has another key.
struct Names {
    talks: Vec<DocId>,
    /// By kind, what is named after a talk.
    known: HashMap<String, HashMap<DocId, String>>,
}

impl Names {
    fn of(&mut self, vault: &VaultDb, id: DocId, kind: &str, value: &Value) -> Option<String> {
        let own = ["", "unreadable"].map(str::to_owned).into_iter();
        let mut own = own.chain(seals::name_in(value));
        own.find(|name| vault.named(kind, name) == id).or_else(|| {
            let talks = self.known.entry(kind.to_owned()).or_insert_with(|| {
                let named = |talk: &DocId| (vault.named(kind, &talk.to_string()), talk.to_string());
                self.talks.iter().map(named).collect()
            });
            talks.get(&id).cloned()
        })
    }
}
