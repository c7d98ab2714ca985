//! What is next for me: at most three things, and never what the partner has
//! not done (§5.9).

use super::agreement::AgreementView;
use crate::id::DocId;
use crate::limits;
use crate::time::Moment;
use serde::Serialize;

/// Why something is next, in the order in which it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Why {
    /// It waits for my yes or no.
    WaitsForMe,
    /// It is time to look at it again.
    ReviewDue,
    /// It expires soon.
    Expiring,
}

/// One thing that is next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NextDue {
    /// Why.
    pub why: Why,
    /// Which agreement.
    pub agreement: DocId,
    /// By when, where there is such a moment.
    pub by: Option<Moment>,
}

/// The next three things at most, the most pressing first.
pub fn next_due(views: &[AgreementView]) -> Vec<NextDue> {
    let mut list: Vec<NextDue> = Vec::new();
    for view in views {
        let current = view.current.as_ref();
        let mut add = |when: bool, why, by| {
            if when {
                list.push(NextDue { why, agreement: view.id, by });
            }
        };
        let lapses = view.on_table.iter().map(|r| r.proposed_at.plus(limits::PROPOSAL_LAPSE)).min();
        add(view.waits_for_me, Why::WaitsForMe, lapses);
        add(view.review_due, Why::ReviewDue, current.and_then(|revision| revision.review_at));
        add(view.expiring, Why::Expiring, current.map(|revision| revision.expires_at));
    }
    list.sort_by_key(|next| (next.why, next.by, next.agreement));
    list.truncate(limits::NEXT_DUE);
    list
}
