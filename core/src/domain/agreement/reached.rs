//! What an agreement has reached that is told once and for good (F91; RULES.md, derived views).

use super::revision::AgreementKind;
use super::view::{AgreementState, AgreementView};
use crate::domain::pair::Who;
use crate::domain::recurrence::IsoWeek;
use crate::domain::tally::Tally;
use crate::time::{Moment, local_date};

/// Something that both reached by an agreement that holds, or held to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// Both agreed to a statement.
    Statement,
    /// It came to its review.
    Review,
    /// Openness came to its last, lightest step.
    LastStep,
}

impl Reached {
    /// Its number in a [`Tally`]; one that was given stays what it is.
    pub fn number(self) -> u8 {
        match self {
            Self::Statement => 0,
            Self::Review => 1,
            Self::LastStep => 2,
        }
    }
}

/// What an agreement reached, or is to reach as it stands, and when.
pub fn reached(view: &AgreementView) -> Vec<(Reached, Moment)> {
    let held = matches!(view.state, AgreementState::Active | AgreementState::Expired);
    let Some(revision) = view.current.as_ref().filter(|_| held) else { return Vec::new() };
    let stated = revision.agreed_at.filter(|_| revision.kind == AgreementKind::Statement);
    let open = revision.clauses.iter().any(|clause| clause.sensitive);
    let last = revision.taper.iter().map(|step| step.from).max().filter(|_| open);
    let all = [
        (Reached::Statement, stated),
        (Reached::Review, revision.review_at),
        (Reached::LastStep, last),
    ];
    all.into_iter().filter_map(|(what, at)| Some((what, at?))).collect()
}

/// The same of one that is long over, by the weeks (in UTC) in which it was reached.
pub(super) fn tally(view: &AgreementView) -> Tally {
    let mut tally = Tally::default();
    for (what, at) in reached(view) {
        tally.count(Who::Both, IsoWeek::of(local_date(at, "UTC")), what.number());
    }
    tally
}
