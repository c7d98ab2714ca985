//! The one way to write: everything in one transaction, or nothing.

use super::{Engine, Home};
use crate::domain::action::Action;
use crate::domain::record::{Draft, Record};
use crate::domain::refusal::RefusalCode;
use crate::domain::words;
use crate::error::Error;
use crate::host::random;
use crate::limits;
use crate::log::body::{self, BodyState};
use crate::log::{Checkpoint, own_tag};
use crate::store::{BodyRow, EntryRow, Expiring, LogRow, NewEntry, StorageError};
use crate::text;
use crate::time::Stated;

impl Engine {
    /// Writes what a rule decides. What has come is read; then the clock is looked at (R32),
    /// which pauses what that brought too; then `work` sees the state as it is, and appends.
    /// Whoever listens is told after the transaction is durable; of everything, where it
    /// touched no document.
    pub(crate) fn write<T>(
        &mut self,
        work: impl FnOnce(&mut Self, &mut Home) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.transact(|engine| {
            engine.look_at_clock()?;
            let mut home = engine.home()?;
            let written = work(engine, &mut home)?;
            if !engine.told.is_touched() {
                engine.told.touch(None);
            }
            Ok(written)
        })
    }

    /// One transaction over `pair.db`: all of `work`, or nothing. What has come before is
    /// read first.
    pub(crate) fn transact<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.transact_unread(|engine| {
            engine.read_arrived_within()?;
            work(engine)
        })
    }

    /// The same, for what needs neither documents nor bodies.
    pub(super) fn transact_unread<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.transact_if(|_| true, work)
    }

    /// The same; what was written is taken back where `keep` says so of the result.
    pub(super) fn transact_if<T>(
        &mut self,
        keep: impl FnOnce(&T) -> bool,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.db()?.begin()?;
        // Nobody else writes from here on; what was written just before counts.
        let seen = self.look_for_changes();
        self.wrote = false;
        let result = match seen.and_then(|()| work(self)) {
            Ok(result) if keep(&result) => Ok(result),
            Ok(result) => Err(Undone::Wanted(result)),
            Err(error) => Err(Undone::Failed(error)),
        };
        let result = self.db()?.finish(result);
        let wrote = std::mem::take(&mut self.wrote);
        match &result {
            Err(_) => self.told.take_back(),
            Ok(_) if self.told.is_touched() => {
                #[cfg(feature = "net")]
                self.hand_over();
                self.told.tell();
            }
            Ok(_) => {}
        }
        match &result {
            // What was taken in meanwhile never was.
            Err(_) if wrote => self.forget(),
            Err(_) => {}
            // It is durable already: what is left to be wiped is wiped later, where
            // somebody keeps it from that.
            Ok(_) if self.scrub => match self.db()?.checkpoint() {
                Ok(done) => self.scrub = !done,
                Err(error) => tracing::warn!(%error, "erased bytes wait to be wiped"),
            },
            Ok(_) => {}
        }
        match result {
            Ok(result) | Err(Undone::Wanted(result)) => Ok(result),
            Err(Undone::Failed(error)) => Err(error),
        }
    }

    /// Appends as many entries as these records take, 64 each; all of them stand
    /// or fall with the caller's transaction.
    pub(super) fn append_all(
        &mut self,
        home: &mut Home,
        mut drafts: Vec<Draft>,
    ) -> Result<(), Error> {
        while !drafts.is_empty() {
            let rest = drafts.split_off(drafts.len().min(limits::ENTRY_RECORDS));
            self.append(home, drafts)?;
            drafts = rest;
        }
        Ok(())
    }

    /// Appends one entry with these records to one's own log, in the caller's
    /// transaction. It states the clock's time, whatever was stated before.
    pub(super) fn append(&mut self, home: &mut Home, drafts: Vec<Draft>) -> Result<(), Error> {
        // What is known of rows from here on is forgotten where this is taken back.
        self.wrote = true;
        let now = self.now();
        let own = home.own()?.clone();
        let stated = now.max(own.stated);
        let zone = Some(self.host.clock.zone()).filter(|zone| text::tag_counts(zone));
        let at = Stated { moment: now, zone: zone.unwrap_or_else(|| "UTC".to_owned()) };
        let mut records = Vec::new();
        let mut bodies = Vec::new();
        let mut touched = Vec::new();
        let mut withdrawn = Vec::new();
        for (place, draft) in drafts.into_iter().enumerate() {
            let place = u8::try_from(place).map_err(|_| StorageError::TooMuch)?;
            let mut commitment = None;
            if let Some(fields) = draft.body {
                let bytes =
                    body::encode(random(self.entropy()).map_err(StorageError::from)?, fields);
                if bytes.len() > limits::BODY_BYTES {
                    return Err(RefusalCode::TextTooLong.into());
                }
                commitment = Some(body::commitment(&bytes));
                let (state, until) = (BodyState::Present, draft.action.until());
                bodies.push((place, BodyRow { state, until, at: now, bytes }));
            }
            if let Action::Words(words::Act::Withdraw { of }) = draft.action {
                withdrawn.push(of);
            }
            let kind = draft.action.kind();
            touched.push((draft.target, kind));
            let record = Record {
                target: draft.target,
                at: at.clone(),
                action: draft.action,
                body: commitment,
            };
            records.push(record.to_value().encode());
        }
        let held: Vec<Checkpoint> = home
            .logs
            .iter()
            .filter(|log| log.follower.owner() != home.me)
            .map(|log| log.follower.checkpoint())
            .collect();
        let index = own.follower.checkpoint().length;
        let before = match own.follower.generation().checked_sub(1) {
            Some(_) if index == 0 => Some(self.continued(home)?),
            _ => None,
        };
        let entry = match before {
            Some(before) => own.follower.first_entry(before, &held, records),
            None => own.follower.next_entry(&held, records),
        };
        let bytes = entry.encode();
        let mut follower = own.follower.clone();
        // One's own entry meets the same checks as everybody's.
        let head_at = |log, length| {
            let mut known = held.iter().chain(&before);
            known.find(|at| at.log == log && at.length == length).map(|at| at.head)
        };
        let followed = follower.follow(&bytes, &head_at).map_err(|_| StorageError::TooMuch)?;
        let row = EntryRow {
            bytes,
            head: followed.head,
            tag: own_tag(&self.keys.log, followed.head),
            past: followed.past,
            received: now,
        };
        let mut updated = LogRow { follower, stated, ..own };
        if let Some(expiring) = &mut self.rows.expiring {
            for (place, body) in &bodies {
                let (log, place) = (updated.number, *place);
                let one = |until| Expiring { log, index, place, until, at: now };
                expiring.extend(body.until.map(one));
            }
        }
        let docs = touched.iter().map(|(doc, _)| *doc).collect();
        let new = NewEntry { entry: &row, bodies, docs };
        self.db()?.add_entry(updated.number, index, new)?;
        for (doc, kind) in touched {
            self.touch(doc, kind, &mut updated, index, at.moment)?;
        }
        self.db()?.put_log(&updated)?;
        self.take_words(home, home.me, withdrawn)?;
        if let Some(log) = home.logs.iter_mut().find(|log| log.number == updated.number) {
            *log = updated;
        }
        Ok(())
    }
}

/// Why a transaction was taken back.
enum Undone<T> {
    /// Its result says so.
    Wanted(T),
    /// It failed.
    Failed(Error),
}

impl<T> From<StorageError> for Undone<T> {
    fn from(error: StorageError) -> Self {
        Self::Failed(error.into())
    }
}
