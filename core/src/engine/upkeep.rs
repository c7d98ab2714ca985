//! What a space does by itself: deleting what has expired, taking what is long
//! over off the lists that views look at, opening check-ins that both sealed.

use super::{Engine, Home};
use crate::cbor::Value;
use crate::domain::action::{self, for_class};
use crate::domain::capability::Class;
use crate::error::Error;
use crate::id::{DocId, Position};
use crate::limits;
use crate::store::Setting;
use crate::time::{DAY, Moment};

/// The version of the look-up lists, and of what is counted in them: homes of another are indexed
/// anew. Where an outcome is counted otherwise than before, it is another version.
pub(super) const INDEX: i64 = 5;
/// So many runs are made of single entries at one time.
const JOINED_AT_ONCE: usize = 4;
/// How often, in seconds of the clock, a running space looks for what expires.
const SWEEP_EVERY: i64 = 60;

impl Engine {
    /// When a space opens: brings the lists to this version.
    pub(crate) fn begin_upkeep(&mut self) -> Result<(), Error> {
        if self.db()?.setting(Setting::Index)? != Some(Value::Int(INDEX)) {
            self.transact_unread(|engine| {
                // What has come is indexed once, when it is read.
                engine.db()?.forget_documents()?;
                let rebuilt = engine.read_arrived_within().and_then(|()| engine.rebuild_within());
                match rebuilt {
                    // There is nothing to be indexed before there is a pair.
                    Err(Error::Refusal(_)) | Ok(()) => {}
                    Err(error) => return Err(error),
                }
                Ok(engine.db()?.set(Setting::Index, &Value::Int(INDEX))?)
            })?;
        }
        Ok(())
    }

    /// Reads a run of what has come. Whether there may be more.
    pub(crate) fn read_at_rest(&mut self) -> bool {
        let read = self.read_one_arrived();
        if let Err(error) = &read {
            tracing::warn!(%error, "what has come waits to be read");
        }
        read.unwrap_or(false)
    }

    /// After each job, and while the writer rests: what is due now and then, once all that
    /// has come is read. Failures wait for the next time; nothing depends on its being done
    /// at once.
    pub(crate) fn upkeep(&mut self) {
        if self.files.is_none() || self.unread {
            return;
        }
        let now = self.now();
        let due = self.swept.is_none_or(|at| now >= at.plus(SWEEP_EVERY) || now < at);
        if due {
            self.swept = Some(now);
            for work in [Engine::sweep, Engine::retire, Engine::settle_seals, Engine::join_entries]
            {
                match work(self) {
                    Ok(()) | Err(Error::Refusal(_)) => {}
                    Err(error) => tracing::warn!(%error, "upkeep waits for the next time"),
                }
            }
            #[cfg(feature = "net")]
            if let Err(error) = self.keep_delivered() {
                tracing::warn!(%error, "upkeep waits for the next time");
            }
        }
        if let Some(files) = &self.files {
            self.scrub = self.scrub && !files.pair.checkpoint().unwrap_or(false);
            self.scrub_vault = self.scrub_vault && !files.vault.checkpoint().unwrap_or(false);
        }
    }

    /// Deletes the bodies whose time is over. One reading of the clock hides
    /// them; only a second one, a minute or more later, deletes: a clock that
    /// jumped ahead by mistake must not cost a word.
    pub(super) fn sweep(&mut self) -> Result<(), Error> {
        let now = self.now();
        let expiring = match self.rows.expiring.take() {
            Some(expiring) => expiring,
            None => self.db()?.expiring()?,
        };
        self.rows.expiring = Some(expiring.clone());
        if expiring.is_empty() {
            return Ok(());
        }
        let home = self.home()?;
        let keeping = self.keeping(&home)?;
        let ends = |one: &crate::store::Expiring| {
            let log = home.logs.iter().find(|log| log.number == one.log);
            let mine = log.is_some_and(|log| log.follower.owner() == home.me);
            match keeping.of(mine) {
                Some(days) => one.until.min(one.at.plus(i64::from(days) * DAY)),
                None => one.until,
            }
        };
        let seen =
            self.db()?.setting(Setting::ExpiredSeen)?.and_then(|value| value.int()).map(Moment);
        let over = |at: Moment| expiring.iter().filter(move |one| ends(one) <= at);
        if over(now).next().is_none() {
            if seen.is_some() {
                self.db()?.unset(Setting::ExpiredSeen)?;
            }
            return Ok(());
        }
        let confirmed = match seen {
            Some(seen) if now >= seen.plus(limits::EXPIRY_CONFIRMED) => seen,
            Some(seen) if now >= seen => return Ok(()),
            // The first reading, or the clock was set back since.
            _ => {
                self.db()?.set(Setting::ExpiredSeen, &Value::Int(now.0))?;
                return Ok(());
            }
        };
        let gone: Vec<_> = over(confirmed).copied().collect();
        let more = over(now).count() > gone.len();
        self.transact(|engine| {
            for log in &home.logs {
                let of = gone.iter().filter(|one| one.log == log.number);
                let at = |one: &crate::store::Expiring| Position {
                    log: log.id(),
                    index: one.index,
                    place: one.place,
                };
                engine.erase_bodies(log.number, &of.map(at).collect::<Vec<_>>())?;
            }
            if more {
                engine.db()?.set(Setting::ExpiredSeen, &Value::Int(now.0))?;
            } else {
                engine.db()?.unset(Setting::ExpiredSeen)?;
            }
            Ok(())
        })
    }

    /// Once a day: what is long over is no longer looked at by every view.
    pub(super) fn retire(&mut self) -> Result<(), Error> {
        let now = self.now();
        let last = self.db()?.setting(Setting::Retired)?.and_then(|value| value.int()).map(Moment);
        if last.is_some_and(|last| now < last.plus(DAY) && now >= last) {
            return Ok(());
        }
        let home = self.home()?;
        // A clock that jumped by mistake must hide nothing: after a long time the
        // first reading is only noted, and one that was set back lists all again.
        if let Some(last) = last.filter(|last| now < *last || now > last.plus(30 * DAY)) {
            return self.transact(|engine| {
                if now < last {
                    engine.db()?.revive_all()?;
                    engine.forget();
                    engine.make_room()?;
                }
                Ok(engine.db()?.set(Setting::Retired, &Value::Int(now.0))?)
            });
        }
        let mut over: Vec<(DocId, Option<Class>, crate::id::Past)> = Vec::new();
        for row in self.live_rows()?.iter() {
            if self.rows.recent.get(&row.id).is_some_and(|until| now < *until) {
                continue;
            }
            let is_over = match self.long_over(&home, row.id, &row.first_kind) {
                Ok(is_over) => is_over,
                // It holds nothing of its kind; or it cannot be read, and stays.
                Err(Error::Refusal(_)) => true,
                Err(Error::Storage(crate::store::StorageError::Damaged(_))) => false,
                Err(error) => return Err(error),
            };
            if row.id != home.pair.document() && is_over {
                over.push((row.id, action::class(&row.first_kind), self.touched(&home, row.id)?));
            }
        }
        self.rows.recent.retain(|_, until| now < *until);
        self.transact(|engine| {
            for (doc, class, basis) in over {
                // Another process may have touched it meanwhile.
                engine.look_for_changes()?;
                if engine.touched(&home, doc)? == basis {
                    engine.retire_document(doc, class)?;
                }
            }
            Ok(engine.db()?.set(Setting::Retired, &Value::Int(now.0))?)
        })
    }

    /// Entries that were written one by one are put into runs, as those are that
    /// came in runs: they are read faster so, and take less room.
    pub(super) fn join_entries(&mut self) -> Result<(), Error> {
        let home = self.home()?;
        for log in &home.logs {
            for _ in 0..JOINED_AT_ONCE {
                let number = log.number;
                // Most often there is nothing to be written.
                if self.db()?.joinable(number)?.is_none() {
                    break;
                }
                self.transact(|engine| Ok(engine.db()?.join_oldest(number)?))?;
            }
        }
        Ok(())
    }

    /// The latest time that the last entries about a document state.
    pub(super) fn last_touched(
        &mut self,
        home: &Home,
        doc: DocId,
    ) -> Result<Option<Moment>, Error> {
        let mut last = None;
        let past = self.touched(home, doc)?;
        for log in &home.logs {
            let Some(index) = past.length(log.id()).checked_sub(1) else { continue };
            let row = self.db()?.entry(log.number, index)?;
            let touched = super::documents::touch(log.id(), index, &row, doc);
            let stated = |value: &Value| value.get("at")?.array()?.first()?.int();
            let records = touched.into_iter().flat_map(|touch| touch.records);
            last = last.max(records.filter_map(|(_, value)| stated(&value)).max());
        }
        Ok(last.map(Moment))
    }

    pub(super) fn long_over(
        &mut self,
        home: &Home,
        doc: DocId,
        first_kind: &str,
    ) -> Result<bool, Error> {
        let before = self.now().plus(-limits::RECENT);
        // Most documents are not even to be loaded for it.
        if let Some(last) = self.last_touched(home, doc)?.filter(|last| *last > before) {
            self.rows.recent.insert(doc, last.plus(limits::RECENT));
            return Ok(false);
        }
        let read = self.records(home, doc)?;
        let last = read.held.iter().map(|held| held.record.at.moment).max();
        if let Some(last) = last.filter(|last| *last > before) {
            self.rows.recent.insert(doc, last.plus(limits::RECENT));
            return Ok(false);
        }
        match action::class(first_kind) {
            Some(class) => for_class!(class, C => self.over::<C>(home, doc, before)),
            // Of a kind that nobody here knows: a newer version may know that it lasts.
            None => Ok(false),
        }
    }
}
