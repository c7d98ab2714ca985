//! Everything that was ever done with an agreement (R36).

use super::record::Act;
use crate::domain::action::Action;
use crate::domain::capability::{Act as _, Records};
use crate::domain::pair::{Pair, Side, Who};
use crate::domain::record::Held;
use crate::domain::words::in_order;
use crate::id::RevisionHash;
use crate::text;
use crate::time::Moment;
use serde::Serialize;

/// What is said of a yes that the partner took back.
pub(super) const NOT_AGREED: &str = "agreement.not-agreed";

/// One revision of an agreement that was proposed at some time (R36).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct HistoryItem {
    /// When it was written, as its author states.
    pub at: Moment,
    /// Who wrote it; left out for an end, which is nobody's to be blamed for, and where the
    /// partner took a yes back, which is told as "not agreed" only (R33).
    pub by: Option<Who>,
    /// What was done.
    pub what: String,
    /// The revision concerned, as its hash.
    pub revision: Option<RevisionHash>,
    /// The words of a proposal.
    pub texts: Vec<String>,
}

/// Everything that was ever done, oldest first, as one of them sees it.
pub(crate) fn history(pair: &Pair, viewer: Side, of: &Records<'_>) -> Vec<HistoryItem> {
    let item = |held: &Held| {
        let Action::Agreement(act) = &held.record.action else { return None };
        let by = pair.side(held.author)?.seen_by(viewer);
        let revision = match act {
            Act::Propose { revision } | Act::Offer { revision } => Some(revision.hash(of.doc)),
            Act::Consent { revision, .. }
            | Act::WithdrawConsent { revision, .. }
            | Act::WithdrawProposal { revision }
            | Act::Decline { revision } => Some(*revision),
            _ => None,
        };
        let silent = matches!(act, Act::WithdrawConsent { .. }) && by == Who::Partner;
        Some(HistoryItem {
            at: held.record.at.moment,
            by: (*act != Act::End && !silent).then_some(by),
            what: if silent { NOT_AGREED } else { act.kind() }.to_owned(),
            revision,
            // Received words that do not count are not shown as if they did.
            texts: act.texts().into_iter().filter(|words| text::fragment_counts(words)).collect(),
        })
    };
    in_order(of.held).into_iter().filter_map(item).collect()
}
