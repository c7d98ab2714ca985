//! What is long over is counted once. Views over years are sums of such counts and of what
//! is still looked at: they do not read every promise that ever was.
//!
//! A document of a capability that settles is live, or waits to be counted, or is counted
//! (`store/settled.rs`). Whatever touches it takes it out of its years first, in the same
//! transaction.

use super::doctor::{DoctorReport, Remedy};
use super::{Engine, Home};
use crate::domain::action::{self, for_class};
use crate::domain::capability::{Capability, Class};
use crate::domain::tally::Tally;
use crate::error::Error;
use crate::id::DocId;
use crate::store::{DocumentRow, StorageError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// So many documents are counted in one transaction while nobody asks for anything: a practice of
/// a year takes some milliseconds.
const COUNTED_AT_ONCE: u32 = 8;
/// More documents than there can be.
const EVERY: u32 = u32::MAX;

impl Engine {
    /// A document was touched again, and views look at it.
    pub(super) fn uncount(&mut self, doc: DocId, class: Option<Class>) -> Result<(), Error> {
        let Some(class) = settling(class) else { return Ok(()) };
        self.db()?.remove_unsettled(doc)?;
        let uncounted = self.take_out(doc, class);
        self.or_anew(uncounted)
    }

    fn take_out(&mut self, doc: DocId, class: Class) -> Result<(), Error> {
        let Some(counted) = self.db()?.settled(doc)? else { return Ok(()) };
        let counted = Tally::from_value(&counted);
        let counted = counted.ok_or_else(|| damaged("settled"))?;
        self.db()?.put_settled(doc, None)?;
        self.change_years(class, &counted, Tally::take_away)
    }

    /// A count that cannot be read keeps nobody from writing: all is counted anew.
    fn or_anew(&mut self, changed: Result<(), Error>) -> Result<(), Error> {
        let Err(Error::Storage(StorageError::Damaged(what))) = changed else { return changed };
        tracing::warn!(what, "what is long over is counted anew");
        self.db()?.forget_settled()?;
        self.rows.settled.clear();
        self.rows.none_to_count = false;
        // One whose own row is damaged is found by a check, and a rebuild makes it anew.
        let rows = self.db()?.readable_documents()?;
        for row in rows.iter().filter(|row| settling(action::class(&row.first_kind)).is_some()) {
            if !row.crowded && !self.db()?.is_live(row.id)? {
                self.db()?.add_unsettled(row.id)?;
            }
        }
        Ok(())
    }

    /// A document is no longer looked at, or was touched and is not looked at either.
    pub(super) fn count_later(&mut self, doc: DocId, class: Option<Class>) -> Result<(), Error> {
        if settling(class).is_none() {
            return Ok(());
        }
        self.uncount(doc, class)?;
        self.rows.none_to_count = false;
        Ok(self.db()?.add_unsettled(doc)?)
    }

    fn change_years(
        &mut self,
        class: Class,
        by: &Tally,
        change: fn(&mut Tally, &Tally),
    ) -> Result<(), Error> {
        self.rows.settled.remove(&class);
        for (year, part) in by.years() {
            let mut sum = match self.db()?.year(class.name(), year)? {
                Some(known) => Tally::from_value(&known).ok_or_else(|| damaged("year"))?,
                None => Tally::default(),
            };
            change(&mut sum, &part);
            self.db()?.put_year(class.name(), year, &sum.to_value())?;
        }
        Ok(())
    }

    /// Whether documents wait to be counted, as far as it is known.
    pub(super) fn waits_to_settle(&self) -> bool {
        self.files.is_some() && !self.unread && !self.rows.none_to_count
    }

    /// While nobody asks for anything: what is long over is counted, a slice at a time.
    /// Whether there may be more.
    pub(super) fn settle_at_rest(&mut self) -> bool {
        if !self.waits_to_settle() {
            return false;
        }
        match self.settle_some() {
            Ok(more) => {
                self.rows.none_to_count = !more;
                more
            }
            Err(error) => {
                if !matches!(error, Error::Refusal(_)) {
                    tracing::warn!(%error, "what is long over is counted when it is asked for");
                }
                self.rows.none_to_count = true;
                false
            }
        }
    }

    fn settle_some(&mut self) -> Result<bool, Error> {
        // Most often there is nothing to be written.
        if self.db()?.unsettled(1)?.is_empty() {
            return Ok(false);
        }
        self.rows.none_to_count = true;
        self.transact_unread(|engine| {
            engine.wrote = true;
            let home = engine.home()?;
            let rows = engine.db()?.unsettled(COUNTED_AT_ONCE)?;
            let more = rows.len() == COUNTED_AT_ONCE as usize;
            let mut sums: BTreeMap<Class, Tally> = BTreeMap::new();
            for (lookup, row) in rows {
                engine.db()?.remove_unsettled_at(&lookup)?;
                let row = match row {
                    Err(StorageError::Damaged(what)) => {
                        tracing::warn!(what, "it is counted when its row was made anew");
                        continue;
                    }
                    row => row?,
                };
                // It came back meanwhile.
                if engine.db()?.is_live(row.id)? {
                    continue;
                }
                // What cannot be read counts as nothing, as in every list; a check says so.
                let tally = engine.tally_of(&home, &row);
                let tally = engine.unless_damaged(row.id, tally)?.unwrap_or_default();
                engine.db()?.put_settled(row.id, Some(&tally.to_value()))?;
                if let Some(class) = action::class(&row.first_kind) {
                    sums.entry(class).or_default().add(&tally);
                }
            }
            for (class, sum) in sums {
                let changed = engine.change_years(class, &sum, Tally::add);
                engine.or_anew(changed)?;
            }
            Ok(more || !engine.rows.none_to_count)
        })
    }

    /// What a document came to.
    pub(super) fn tally_of(&mut self, home: &Home, row: &DocumentRow) -> Result<Tally, Error> {
        let Some(class) = action::class(&row.first_kind) else { return Ok(Tally::default()) };
        for_class!(class, C => {
            // Of what is too many nothing counts. What does not settle needs no code here either.
            if !C::SETTLES || !within(row.nth, C::MOST) {
                return Ok(Tally::default());
            }
            let known = self.derived.holds::<C>(row.id);
            let view = self.view::<C>(home, &[row.id])?;
            if !known {
                // Nobody looks at it: what is looked at keeps its place in memory.
                self.derived.let_go::<C>(row.id);
            }
            Ok(view.map(|view| C::tally(&view)).unwrap_or_default())
        })
    }

    /// What all of one kind came to, over all years: what was counted, and what was not yet.
    pub(crate) fn over_years<C: Capability>(&mut self) -> Result<Tally, Error> {
        let (mut tally, seen) = self.counted_and_not::<C>()?;
        tally.add(&sum(seen.iter().map(C::tally)));
        Ok(tally)
    }

    /// What those of one kind came to that were counted, and each of the others.
    pub(crate) fn counted_and_not<C: Capability>(
        &mut self,
    ) -> Result<(Tally, Vec<C::View>), Error> {
        // What another process counts meanwhile is counted here before or after, not twice.
        let reading = self.db()?.begin_reading()?;
        let found = self.look_for_changes().and_then(|()| self.counted_and_not_within::<C>());
        if reading { self.db()?.finish(found) } else { found }
    }

    fn counted_and_not_within<C: Capability>(&mut self) -> Result<(Tally, Vec<C::View>), Error> {
        let home = self.home()?;
        let (tally, docs) = match self.counted(C::CLASS) {
            Ok(counted) => (Tally::clone(&counted), self.uncounted::<C>()?),
            Err(Error::Storage(StorageError::Damaged(what))) => {
                tracing::warn!(what, "what was counted could not be read");
                (Tally::default(), self.all_documents(C::CLASS, C::MOST)?)
            }
            Err(error) => return Err(error),
        };
        let seen = self.list_of::<C>(&home, docs)?.all;
        Ok((tally, seen.into_iter().map(|(_, view)| view).collect()))
    }

    /// Those of one kind that views look at, and those that are still to be counted.
    pub(super) fn uncounted<C: Capability>(&mut self) -> Result<Vec<DocId>, Error> {
        let of =
            |kind: &str, nth: u64| action::class(kind) == Some(C::CLASS) && within(nth, C::MOST);
        let live = self.live_rows()?;
        let live = live.iter().filter(|row| of(&row.first_kind, row.nth)).map(|row| row.id);
        let mut docs: Vec<DocId> = live.collect();
        let waiting = self.db()?.unsettled(EVERY)?.into_iter();
        let waiting = waiting.filter_map(|(_, row)| row.ok());
        docs.extend(waiting.filter(|row| of(&row.first_kind, row.nth)).map(|row| row.id));
        docs.sort_unstable();
        docs.dedup();
        Ok(docs)
    }

    /// What is long over is counted as what it came to, or waits for it.
    pub(super) fn check_counts(
        &mut self,
        home: &Home,
        report: &mut DoctorReport,
    ) -> Result<(), Error> {
        let rows = self.db()?.documents().map_err(Error::from);
        let rows = report.note(rows, Remedy::Rebuild)?.unwrap_or_default();
        // What is still to come back changes what it came to.
        if self.returning()? {
            return Ok(());
        }
        let mut waiting: BTreeSet<DocId> = BTreeSet::new();
        for (_, row) in self.db()?.unsettled(EVERY)? {
            let row = report.note(row.map_err(Error::from), Remedy::Rebuild)?;
            waiting.extend(row.map(|row| row.id));
        }
        let mut due: BTreeMap<Class, Tally> = BTreeMap::new();
        for row in &rows {
            let Some(class) = settling(action::class(&row.first_kind)) else { continue };
            let sum = due.entry(class).or_default();
            let counted = self.db()?.settled(row.id).map_err(Error::from);
            let Some(counted) = report.note(counted, Remedy::Rebuild)? else { continue };
            let uncounted = row.crowded || waiting.contains(&row.id);
            let expected = match uncounted || self.db()?.is_live(row.id)? {
                true => None,
                false => match self.tally_of(home, row) {
                    Ok(tally) => Some(tally),
                    // What it was counted as is all that is left of it.
                    Err(Error::Storage(StorageError::Damaged(_))) => {
                        counted.as_ref().and_then(Tally::from_value)
                    }
                    Err(error) => return Err(error),
                },
            };
            expected.iter().for_each(|tally| sum.add(tally));
            if counted != expected.map(|tally| tally.to_value()) {
                let what = format!("pair.db: what was counted of document {}", row.id);
                report.add(what, Remedy::Rebuild);
            }
        }
        for (class, due) in due {
            let years = report.note(self.counted(class), Remedy::Rebuild)?;
            if years.is_some_and(|years| *years != due) {
                report.add("pair.db: what was counted of the years", Remedy::Rebuild);
            }
        }
        Ok(())
    }

    fn counted(&mut self, class: Class) -> Result<Arc<Tally>, Error> {
        if let Some(known) = self.rows.settled.get(&class) {
            return Ok(known.clone());
        }
        let years = self.db()?.years(class.name())?;
        let years = years.iter().map(Tally::from_value).collect::<Option<Vec<_>>>();
        let all = Arc::new(sum(years.ok_or_else(|| damaged("year"))?));
        self.rows.settled.insert(class, all.clone());
        Ok(all)
    }
}

fn within(nth: u64, most: u64) -> bool {
    nth < most
}

/// The class, if what is over of it is counted.
fn settling(class: Option<Class>) -> Option<Class> {
    class.filter(|class| for_class!(*class, C => C::SETTLES))
}

fn sum(all: impl IntoIterator<Item = Tally>) -> Tally {
    let mut sum = Tally::default();
    all.into_iter().for_each(|one| sum.add(&one));
    sum
}

fn damaged(table: &str) -> StorageError {
    StorageError::Damaged(format!("pair.db: {table}"))
}
