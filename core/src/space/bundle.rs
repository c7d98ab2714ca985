//! Bundles and the mailbox, on one phone: exchange without a common network.

use super::Space;
use super::engine::{Engine, Home};
use crate::domain::refusal::RefusalCode;
use crate::error::{Error, LinkError};
use crate::id::{LogId, Past};
use crate::limits::{BUNDLE_BYTES, RUN_BYTES};
use crate::net::{
    Handshake, Mailbox, MailboxError, Noise, Opener, Sealer, bundle_epoch, object_name,
};
use crate::store::{StorageError, past_from_value, past_view};
use crate::sync::{Frame, Intake, Notice, Replica};
use serde::Serialize;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;

/// Objects that a reader looks for beyond the one that comes next, and before it.
const WINDOW: u64 = 64;

/// What is written into a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum BundleOf {
    /// What the other phone is not known to hold.
    News,
    /// All of one's own log, for a phone that may have lost something.
    Everything,
}

/// What a bundle holds, or brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct BundleSummary {
    /// Entries in it.
    pub entries: u64,
    /// Of those, entries that were new here.
    pub new: u64,
    /// Whether something is missing before what it holds: an earlier bundle, or a
    /// meeting on one network, brings it.
    pub gap: bool,
}

impl Engine {
    /// How far one's own logs are with somebody, as a setting says. One that cannot
    /// be read is as none: it costs a longer bundle.
    fn lengths(&mut self, name: &str) -> Result<Past, Error> {
        let value = self.db()?.setting(name)?;
        Ok(value.as_ref().and_then(past_from_value).unwrap_or_default())
    }

    /// A number that only grows.
    fn count(&mut self, name: &str) -> Result<u64, Error> {
        Ok(self.db()?.setting(name)?.and_then(|count| count.uint()).unwrap_or(0))
    }

    /// How much of one's own logs the other phone is known to hold: it said so, or
    /// what it wrote had seen it.
    fn delivered(&mut self, home: &Home) -> Result<Past, Error> {
        let mut lengths = self.known_delivered()?.clone();
        for log in home.logs.iter().filter(|log| log.follower.owner() != home.me) {
            log.follower.pins().for_each(|pin| lengths.raise(pin.log, pin.length));
        }
        Ok(lengths)
    }

    fn known_delivered(&mut self) -> Result<&mut Past, Error> {
        let known = match self.delivered.take() {
            Some(known) => known,
            None => self.lengths("delivered")?,
        };
        Ok(self.delivered.insert(known))
    }

    /// The other phone says how much of one's own log it holds. It is written down
    /// with the next upkeep: forgetting it costs a longer bundle.
    pub(super) fn note_delivered(&mut self, log: LogId, length: u64) -> Result<(), Error> {
        self.known_delivered()?.0.insert(log, length);
        Ok(())
    }

    pub(super) fn keep_delivered(&mut self) -> Result<(), Error> {
        let Some(known) = self.delivered.clone() else { return Ok(()) };
        if known != self.lengths("delivered")? {
            self.db()?.set("delivered", &past_view(&known).to_value())?;
        }
        Ok(())
    }

    fn bundle_noise(&mut self, initiator: bool, epoch: Option<u64>) -> Result<(Noise, u64), Error> {
        let keys = self.link_keys()?;
        if !initiator && !keys.receive {
            return Err(RefusalCode::PairLeft.into());
        }
        if epoch.is_some_and(|epoch| epoch != keys.epoch) {
            // Of before a phone was replaced, or of after it.
            return Err(LinkError::Stranger.into());
        }
        let handshake = Handshake::Bundle {
            partner_key: &keys.partner_key,
            secret: &keys.secret,
            pair: keys.pair,
            epoch: keys.epoch,
        };
        let noise = Noise::new(&handshake, &keys.private, initiator, self.host.entropy.clone())?;
        Ok((noise, keys.epoch))
    }

    /// Writes a bundle of one's own entries from these lengths on, about `limit`
    /// bytes of them; gives back how far it goes. Words that run out travel over a
    /// link only: a file may outlive them.
    fn seal_bundle<W: Write>(
        &mut self,
        to: W,
        from: &Past,
        limit: usize,
    ) -> Result<(W, BundleSummary, Past), Error> {
        let (noise, epoch) = self.bundle_noise(true, None)?;
        let home = self.home()?;
        let mut sealer = Sealer::new(noise, epoch, to)?;
        let logs = home.logs.iter().map(|log| log.follower.checkpoint()).collect();
        sealer.add(&Frame::Hello { epoch: [0; 8], logs }.encode())?;
        let mut summary = BundleSummary::default();
        let mut ends = from.clone();
        let mut bytes = 0;
        for log in home.logs.iter().filter(|log| log.follower.owner() == home.me) {
            let held = log.follower.checkpoint();
            let mut next = from.length(held.log).min(held.length);
            while next < held.length && bytes < limit {
                let run = self.read_run(held.log, next, RUN_BYTES, false)?;
                let Some(run) = run else { break };
                next += run.entries.len() as u64;
                summary.entries += run.entries.len() as u64;
                let frame = Frame::Entries(run).encode();
                bytes += frame.len();
                sealer.add(&frame)?;
            }
            ends.0.insert(held.log, next);
        }
        Ok((sealer.finish()?, summary, ends))
    }

    /// Takes in a bundle. Twice, late or out of order is harmless.
    fn open_bundle(&mut self, mut from: impl Read) -> Result<BundleSummary, Error> {
        let epoch = bundle_epoch(&mut from)?;
        let (noise, _) = self.bundle_noise(false, Some(epoch))?;
        let mut opener = Opener::new(noise, from)?;
        let mut summary = BundleSummary::default();
        while let Some(bytes) = opener.frame()? {
            let frame = Frame::decode(&bytes)
                .map_err(|error| LinkError::Protocol(format!("in a bundle: {error}")))?;
            match frame {
                Frame::Hello { logs, .. } => {
                    for at in logs {
                        let mine = self.is_own(at.log);
                        if mine && self.head_at(at.log, at.length)? == Some(at.head) {
                            self.note_delivered(at.log, at.length)?;
                        }
                    }
                }
                // I18: in my name only my own phone speaks.
                Frame::Entries(run) if !self.is_own(run.log) => {
                    summary.entries += run.entries.len() as u64;
                    let held = self.checkpoints()?.into_iter().find(|at| at.log == run.log);
                    match self.accept(&run)? {
                        Intake::Stored(at) => {
                            summary.new += at.length - held.map_or(at.length, |held| held.length);
                        }
                        Intake::Missing(_) => summary.gap = true,
                        Intake::Refused(refusal) => {
                            tracing::info!(%refusal, "a bundle's entries were refused");
                            break;
                        }
                        Intake::Contradiction => {
                            self.freeze(run.log)?;
                            self.notice(Some(Notice::Contradiction(run.log)))?;
                            break;
                        }
                    }
                }
                _ => return Err(LinkError::Protocol("a bundle holds another frame".into()).into()),
            }
        }
        if summary.new > 0 {
            self.suspend_when_whole()?;
        }
        Ok(summary)
    }

    fn write_bundle(&mut self, path: &Path, of: BundleOf) -> Result<BundleSummary, Error> {
        let home = self.home()?;
        let from = match of {
            BundleOf::News => self.delivered(&home)?,
            BundleOf::Everything => Past::default(),
        };
        let io = |error: std::io::Error| Error::from(StorageError::from(error));
        // Whoever finds the file finds all of it, or nothing.
        let part = path.with_extension("part");
        let written = (|| {
            let to = BufWriter::new(File::create(&part).map_err(io)?);
            let (to, summary, _) = self.seal_bundle(to, &from, usize::MAX)?;
            let file = to.into_inner().map_err(|error| io(error.into_error()))?;
            file.sync_all().map_err(io)?;
            std::fs::rename(&part, path).map_err(io)?;
            Ok(summary)
        })();
        if written.is_err()
            && let Err(error) = std::fs::remove_file(&part)
        {
            tracing::debug!(%error, "there was no half of a bundle to be removed");
        }
        written
    }

    fn read_bundle(&mut self, path: &Path) -> Result<BundleSummary, Error> {
        let file = File::open(path).map_err(StorageError::from)?;
        self.open_bundle(BufReader::new(file))
    }

    /// The objects of a mailbox that may be for this phone, by number.
    fn wanted_objects(&mut self, names: &[String]) -> Result<Vec<(u64, String)>, Error> {
        let keys = self.link_keys()?;
        if !keys.receive {
            return Ok(Vec::new());
        }
        let next = self.count("mailbox-read")?;
        let numbers = next.saturating_sub(WINDOW)..next + WINDOW;
        let named = numbers.map(|number| (number, object_name(&keys.secret, keys.partner, number)));
        Ok(named.filter(|(_, name)| names.contains(name)).collect())
    }

    /// Takes in an object. `None` for one that is not whole: it may still be on its
    /// way into the folder, and is looked at again.
    fn take_object(&mut self, number: u64, bytes: &[u8]) -> Result<Option<BundleSummary>, Error> {
        match self.open_bundle(bytes) {
            Ok(summary) => {
                if self.count("mailbox-read")? <= number {
                    self.db()?.set("mailbox-read", &(number + 1).into())?;
                }
                Ok(Some(summary))
            }
            Err(Error::Link(error)) => {
                tracing::debug!(%error, "an object of the mailbox is not whole");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The next object to be put into the mailbox, if something is to be put there:
    /// what the other phone is not known to hold and what was not put there before.
    fn next_object(&mut self, names: &[String]) -> Result<Option<Object>, Error> {
        let keys = self.link_keys()?;
        let home = self.home()?;
        let mut from = self.delivered(&home)?;
        from.join(&self.lengths("mailed")?);
        let own = home.logs.iter().filter(|log| log.follower.owner() == home.me);
        let mut own = own.map(|log| log.follower.checkpoint());
        if own.all(|at| from.length(at.log) >= at.length) {
            return Ok(None);
        }
        let (bytes, summary, ends) = self.seal_bundle(Vec::new(), &from, BUNDLE_BYTES)?;
        let mut number = self.count("mailbox-written")?;
        // Write-once: what stands there is never replaced.
        while names.contains(&object_name(&keys.secret, keys.me, number)) {
            number += 1;
        }
        let name = object_name(&keys.secret, keys.me, number);
        Ok(Some(Object { number, name, bytes, entries: summary.entries, ends }))
    }

    fn object_put(&mut self, number: u64, ends: &Past) -> Result<(), Error> {
        self.transact(|engine| {
            engine.db()?.set("mailbox-written", &(number + 1).into())?;
            Ok(engine.db()?.set("mailed", &past_view(ends).to_value())?)
        })
    }
}

/// A bundle on its way into a mailbox.
struct Object {
    number: u64,
    name: String,
    bytes: Vec<u8>,
    entries: u64,
    ends: Past,
}

/// What a visit to a mailbox did, in entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct MailboxVisit {
    /// Put there for the other phone.
    pub put: u64,
    /// New here.
    pub taken: u64,
}

/// Has the host's mailbox do something where it may block.
async fn with<T: Send + 'static>(
    mailbox: &Arc<dyn Mailbox>,
    work: impl FnOnce(&dyn Mailbox) -> Result<T, MailboxError> + Send + 'static,
) -> Result<T, Error> {
    let mailbox = mailbox.clone();
    let done = tokio::task::spawn_blocking(move || work(mailbox.as_ref())).await;
    let done = done.unwrap_or_else(|_| Err(MailboxError("it failed".to_owned())));
    Ok(done.map_err(|error| LinkError::Mailbox(error.0))?)
}

impl Space {
    /// Writes a bundle to a file: what the other phone lacks, encrypted to it, to
    /// be handed over by any means. Words that run out are not in it.
    ///
    /// # Errors
    /// `NotPaired`, `SyncHeld`, `PairLeft`; [`StorageError`] where the file cannot
    /// be written.
    pub async fn write_bundle(&self, path: &Path, of: BundleOf) -> Result<BundleSummary, Error> {
        let path = path.to_owned();
        self.ask(move |engine| engine.write_bundle(&path, of)).await
    }

    /// Takes in a bundle that the other phone wrote. Twice, late or out of order
    /// is harmless.
    ///
    /// # Errors
    /// [`LinkError::Stranger`] for one that is not from the partner's phone to this
    /// one, or was changed; [`LinkError::Protocol`] for half a bundle; `NotPaired`,
    /// `SyncHeld`, `PairLeft`.
    pub async fn read_bundle(&self, path: &Path) -> Result<BundleSummary, Error> {
        let path = path.to_owned();
        self.ask(move |engine| engine.read_bundle(&path)).await
    }

    /// Visits a mailbox once: takes what is there for this phone, and puts there
    /// what the other one lacks.
    ///
    /// # Errors
    /// [`LinkError::Mailbox`]; as [`Space::write_bundle`].
    pub async fn visit_mailbox(&self, mailbox: Arc<dyn Mailbox>) -> Result<MailboxVisit, Error> {
        let mut visit = MailboxVisit::default();
        let mut names = with(&mailbox, |mailbox| mailbox.list()).await?;
        let known = names.clone();
        for (number, name) in self.ask(move |engine| engine.wanted_objects(&known)).await? {
            // What is too much waits there.
            if !self.lifecycle.quota(|quota, now| quota.open(now)) {
                break;
            }
            let object = name.clone();
            let bytes = with(&mailbox, move |mailbox| mailbox.read(&object)).await?;
            let length = bytes.len();
            let taken = self.ask(move |engine| engine.take_object(number, &bytes)).await?;
            if let Some(summary) = taken {
                self.lifecycle.quota(|quota, now| quota.take(length, now));
                visit.taken += summary.new;
                with(&mailbox, move |mailbox| mailbox.remove(&name)).await?;
            }
        }
        loop {
            let known = names.clone();
            let Some(object) = self.ask(move |engine| engine.next_object(&known)).await? else {
                return Ok(visit);
            };
            let Object { number, name, bytes, entries, ends } = object;
            names.push(name.clone());
            with(&mailbox, move |mailbox| mailbox.write(&name, &bytes)).await?;
            self.ask(move |engine| engine.object_put(number, &ends)).await?;
            visit.put += entries;
        }
    }
}
