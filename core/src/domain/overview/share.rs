//! What I share, on one screen, and how to stop all of it at once (R8, I11).

use crate::domain::agreement::view::RevisionView;
use crate::domain::agreement::{Act, AgreementState, AgreementView, Folded};
use crate::domain::openness::decide::withdraw;
use crate::domain::openness::{PostState, PostView};
use crate::domain::pair::Who;
use crate::domain::record::Draft;
use crate::id::{DocId, ItemId, RevisionHash};
use crate::limits;
use crate::time::Moment;
use serde::Serialize;
use std::sync::Arc;

/// How far a shared item has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Sharing {
    /// In force.
    InForce,
    /// Paused, by whomever: a word could let it go on.
    Paused,
    /// Agreed or offered, and it takes effect when cooling-off is over.
    CoolingOff,
    /// I said yes, and the partner's yes would make it cool off and then hold.
    Waiting,
}

/// One thing that I share, or am about to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct SharedItem {
    /// The agreement or offer it stands in, if it is a clause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<DocId>,
    /// The clause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// The post, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post: Option<ItemId>,
    /// Its exact words; empty while they are not here.
    pub text: String,
    /// How far it has come.
    pub sharing: Sharing,
    /// Until when at the latest.
    pub until: Moment,
}

/// Everything sensitive that binds me, every offer of mine, and every post of mine that lives
/// (R8). What is paused, by the partner, by me or after a clock was set back (R32), and what
/// waits for a yes is listed too: it is not in force, and a word could bring it there.
pub fn what_i_share(views: &[AgreementView], posts: &[PostView]) -> Vec<SharedItem> {
    let mut items = Vec::new();
    for view in views {
        if view.state == AgreementState::Ended {
            continue;
        }
        let mut list = |revision: &RevisionView, sharing| {
            let binding = revision.clauses.iter().filter(|clause| {
                clause.binds == Who::Me && (clause.sensitive || view.offer_by == Some(Who::Me))
            });
            items.extend(binding.map(|clause| SharedItem {
                agreement: Some(view.id),
                clause: Some(clause.id.clone()),
                post: None,
                text: clause.text.clone(),
                sharing,
                until: revision.expires_at,
            }));
        };
        let running = match view.state {
            AgreementState::Active => Some(Sharing::InForce),
            AgreementState::Suspended | AgreementState::NeedsUpdate => Some(Sharing::Paused),
            AgreementState::Scheduled => Some(Sharing::CoolingOff),
            _ => None,
        };
        if let (Some(sharing), Some(current)) = (running, &view.current) {
            list(current, sharing);
        }
        if let Some(cooling) = &view.cooling {
            list(cooling, Sharing::CoolingOff);
        }
        for open in &view.my_open_yeses {
            list(open, Sharing::Waiting);
        }
    }
    let live = posts.iter().filter(|post| post.by == Who::Me && post.state == PostState::Live);
    items.extend(live.map(|post| SharedItem {
        agreement: None,
        clause: None,
        post: Some(post.id),
        text: post.text.clone().unwrap_or_default(),
        sharing: Sharing::InForce,
        until: post.until,
    }));
    items
}

/// What stops all sharing: ends what holds, takes back what cools off or waits,
/// withdraws every post that lives. One transaction (an entry holds 64 of them); no network needed (I11). An agreement that only cools off is taken
/// back rather than ended, so that the partner sees "not agreed" and no more;
/// where taking back could come too late, it is ended.
pub fn stop_all(
    agreements: &[(Arc<Folded>, AgreementView)],
    posts: &[PostView],
    now: Moment,
) -> Vec<Draft> {
    let mut actions = Vec::new();
    for (folded, view) in agreements {
        let items = what_i_share(std::slice::from_ref(view), &[]);
        let any = |sharing: &[Sharing]| items.iter().any(|item| sharing.contains(&item.sharing));
        let held = matches!(view.state, AgreementState::Scheduled | AgreementState::NeedsUpdate)
            || view.offer_by == Some(Who::Me)
            || any(&[Sharing::InForce, Sharing::Paused]);
        if held && !items.is_empty() {
            actions.push((view.id, Act::End));
            continue;
        }
        if let Some(cooling) = view.cooling.as_ref().filter(|_| any(&[Sharing::CoolingOff])) {
            actions.push((view.id, take_back(folded, cooling.hash, now)));
        }
        for open in view.my_open_yeses.iter().filter(|_| any(&[Sharing::Waiting])) {
            let revision = open.hash;
            let mine = matches!(open.proposed_by, Who::Me | Who::Both);
            actions.push((
                view.id,
                if mine {
                    Act::WithdrawProposal { revision }
                } else {
                    Act::WithdrawConsent { revision, held: None }
                },
            ));
        }
    }
    let draft = |(target, act): (DocId, Act)| Draft { target, action: act.into(), body: None };
    let mut drafts: Vec<Draft> = actions.into_iter().map(draft).collect();
    let live = posts.iter().filter(|post| post.by == Who::Me && post.state == PostState::Live);
    drafts.extend(live.flat_map(withdraw));
    drafts
}

fn take_back(folded: &Folded, revision: RevisionHash, now: Moment) -> Act {
    let state = folded.revisions.iter().find(|state| state.hash == revision);
    let until = state.and_then(|state| state.cools_until()).unwrap_or(now);
    let given = state.and_then(|state| state.agreed.iter().flatten().map(|a| a.at).max());
    let held = until.plus(-limits::COOLING_OFF);
    // A withdrawal counts only up to 30 days after the later yes was stated.
    let in_time = given.is_some_and(|given| held <= given.plus(limits::PROPOSAL_LAPSE));
    if in_time { Act::WithdrawConsent { revision, held: Some(held) } } else { Act::End }
}
