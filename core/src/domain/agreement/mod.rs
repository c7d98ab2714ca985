//! Agreements: joint terms that hold because both said yes to the exact same
//! words, and one-sided offers that bind only who makes them (G5; RULES.md, consent).
//!
//! - `revision`: the exact terms, and the hash that consent binds to;
//! - `paper`: what each kind of document is for: an agreement, a statement, amends…;
//! - `record`: what can be done, and how it is written;
//! - `terms`, `state`: what its writers give, and what it comes to;
//! - `fold`: from the records of one document to its state;
//! - `reached`: what is told for good of one that holds, or held to its end;
//! - `view`: what one person sees of it at one moment;
//! - `decide`: from a command to records, or a refusal.

mod authorship;
mod causal;
pub mod decide;
pub mod fold;
pub mod history;
pub mod paper;
pub mod reached;
mod record;
pub mod revision;
pub mod state;
mod terms;
pub mod view;

pub use authorship::Adoption;
pub use decide::Command;
pub use history::HistoryItem;
pub use record::Act;
pub use revision::{AgreementKind, Category, Clause, Obligor, Revision, TaperStep};
pub use state::Folded;
pub use terms::{Terms, TermsClause};
pub use view::{
    AgreementState, AgreementView, AgreementsNow, ClauseView, DraftView, Notice, RevisionView,
};

use super::capability::{Capability, Class, Context, Records, Viewing};
use super::pair::{Pair, Side};
use super::record::Draft;
use super::refusal::Refusal;
use super::tally::Tally;
use crate::id::Position;
use crate::limits;
use crate::time::Moment;

/// Agreements, as a [`Capability`].
pub struct AgreementDocs;

impl Capability for AgreementDocs {
    type State = Folded;
    type Command = Command;
    type View = AgreementView;

    const CLASS: Class = Class::Agreement;
    const MOST: u64 = limits::AGREEMENTS;
    /// None that stands on the list is left out: one that binds me must not be hidden behind others.
    const MOST_LIVE: usize = usize::MAX;
    const SETTLES: bool = true;

    fn fold(pair: &Pair, side: Side, of: &Records<'_>, _more: &[Records<'_>]) -> Folded {
        fold::fold(pair, side, of)
    }

    fn draft(state: &Folded) -> Option<Position> {
        state.open_draft()
    }

    fn project(state: &Folded, viewing: Viewing<'_>) -> Option<AgreementView> {
        state.something().then(|| {
            let Viewing { pair, pair_state, side, now, .. } = viewing;
            let mut view = view::project(state, pair, pair_state, side, now);
            if viewing.reconfirming {
                view = view.until_reconfirmed();
            }
            if let Some(draft) = &mut view.draft {
                draft.text = viewing.draft.unwrap_or_default().to_owned();
            }
            view
        })
    }

    fn begins(state: &Folded, _command: &Command) -> bool {
        state.begun.is_none()
    }

    fn decide(
        state: &Folded,
        _view: Option<&AgreementView>,
        command: &Command,
        context: Context<'_>,
    ) -> Result<Vec<Draft>, Refusal> {
        decide::decide(state, command, context)
    }

    fn tally(view: &AgreementView) -> Tally {
        reached::tally(view)
    }

    fn over(view: Option<&AgreementView>, before: Moment, _now: Moment) -> bool {
        use AgreementState::{Declined, Ended, Expired, Lapsed, NotAgreed, Withdrawn};
        view.is_none_or(|view| {
            let over =
                matches!(view.state, Declined | Ended | Expired | Lapsed | NotAgreed | Withdrawn);
            over && view.current.as_ref().is_none_or(|current| current.expires_at <= before)
        })
    }
}

/// Whether a kind is one of working drafts. A record of these that is not understood does
/// not make an agreement fail closed; every other one does.
fn is_draft(kind: &str) -> bool {
    matches!(kind, record::OPEN | record::SPLICE)
}

#[cfg(test)]
pub(super) mod tests;
