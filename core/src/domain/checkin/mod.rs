//! Check-ins: the same questions to both, answered before either sees the
//! other's answers (F79 to F82; RULES.md, sealed check-ins).
//!
//! Answers are *sealed*: first only a commitment travels; when a phone holds both
//! seals of a period, it opens its own. Who does not answer is not told on:
//! a lone seal stays unseen and is dropped, unless its author shares it alone.
//! The eight scales are never added up, and nobody counts days (R16, R22).

pub mod decide;
pub mod fold;
mod record;
pub mod seal;
mod template;
mod view;

pub use decide::Command;
pub use fold::kept;
pub use fold::{Folded, PeriodSide};
pub use record::Act;
pub use seal::{Answer, Answers, Opening};
pub use template::{Cadence, Period, Template, TemplateId};
pub use view::project;
pub use view::{CheckInState, CheckInView, PrivateAnswers, PrivateState};

use super::capability::{Capability, Class, Context, Records, Viewing};
use super::pair::{Pair, Side};
use super::record::Draft;
use super::refusal::Refusal;

/// The check-ins of one month of both, as a [`Capability`] of their two ledgers. What a
/// person sees of one is made with what only their phone knows, see
/// [`CheckInView::with_private`].
pub struct CheckInMonth;

impl Capability for CheckInMonth {
    type State = Folded;
    type Command = Command;
    type View = ();

    const CLASS: Class = Class::Ledger;

    fn fold(pair: &Pair, _side: Side, of: &Records<'_>, more: &[Records<'_>]) -> Folded {
        let ledgers: Vec<_> = std::iter::once(of).chain(more).map(|records| records.held).collect();
        fold::fold(pair, &ledgers)
    }

    fn project(_state: &Folded, _viewing: Viewing<'_>) -> Option<()> {
        None
    }

    fn decide(
        _state: &Folded,
        _view: Option<&()>,
        command: &Command,
        context: Context<'_>,
    ) -> Result<Vec<Draft>, Refusal> {
        Ok(vec![decide::decide(command, context)?])
    }
}

#[cfg(test)]
mod tests;
