//! Promises and practices (F69 to F76): few, small, specific, and told by both.
//!
//! Whoever promises says what and when; it takes effect when they share it. Only
//! they can *report* how it went, only the other can *comment*: two voices that
//! are never merged into one value (M4). A [`practice`](Act::Make) is a
//! promise with a rule; its occurrences are computed, not stored. How each went
//! is derived, line by line, in `outcome`.
//!
//! Nothing is weighed, scored or chained: a promise is as large as it is (R22).

mod decide;
mod fold;
mod outcome;
mod record;
mod view;

pub use decide::{Command, Hint, HowItWent, NewPromise, hints};
pub use fold::Folded;
pub use outcome::{Outcome, tally};
pub use record::{Act, Felt, Told};
pub use view::{
    AskedView, Note, OccurrenceView, PromiseState, PromiseView, RemarkView, ReportView,
};

use super::capability::{Capability, Class, Context, Records, Viewing};
use super::pair::{Pair, Side};
use super::record::Draft;
use super::refusal::Refusal;
use super::tally::Tally;
use crate::id::Position;
use crate::limits;
use crate::time::Moment;

/// Promises, as a [`Capability`].
pub struct PromiseDocs;

impl Capability for PromiseDocs {
    type State = Folded;
    type Command = Command;
    type View = PromiseView;

    const CLASS: Class = Class::Promise;
    const MOST: u64 = limits::PROMISES;
    const SETTLES: bool = true;
    const OPEN_BY_STATE: bool = true;

    fn fold(pair: &Pair, _side: Side, of: &Records<'_>, _more: &[Records<'_>]) -> Folded {
        fold::fold(pair, of)
    }

    fn words(state: &Folded, _now: Moment) -> Vec<Position> {
        let words = state.occurrences.iter().flat_map(|one| one.words).flatten();
        let reports = state.occurrences.iter().flat_map(|one| &one.reports);
        let reports = reports.filter(|report| report.words).map(|report| report.id);
        let remarks = state.occurrences.iter().flat_map(|one| one.remarks.iter().flatten());
        let remarks = remarks.filter(|remark| remark.words).map(|remark| remark.id);
        words.chain(reports).chain(remarks).chain(state.made.iter().map(|made| made.id)).collect()
    }

    fn project(state: &Folded, viewing: Viewing<'_>) -> Option<PromiseView> {
        view::project(state, viewing.side, viewing.now, viewing.bodies)
    }

    fn begins(_state: &Folded, command: &Command) -> bool {
        matches!(command, Command::Make(..))
    }

    fn decide(
        state: &Folded,
        _view: Option<&PromiseView>,
        command: &Command,
        context: Context<'_>,
    ) -> Result<Vec<Draft>, Refusal> {
        decide::decide(state, command, context)
    }

    fn is_open(state: &Folded, side: Side, now: Moment) -> bool {
        let mine = state.made.as_ref().is_some_and(|made| made.by == side);
        mine && view::is_open(state, now)
    }

    fn tally(view: &PromiseView) -> Tally {
        tally([view])
    }

    fn over(view: Option<&PromiseView>, before: Moment, _now: Moment) -> bool {
        view.is_none_or(|view| {
            view.settled() && view.occurrences.iter().all(|one| one.due <= before)
        })
    }
}

#[cfg(test)]
mod tests;
