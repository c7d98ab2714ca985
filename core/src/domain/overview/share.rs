//! What I share, on one screen, and how to stop all of it at once (R8, I11).

use crate::domain::agreement::paper::Binds;
use crate::domain::agreement::view::{ClauseView, RevisionView};
use crate::domain::agreement::{Act, AgreementState, AgreementView, Folded};
use crate::domain::openness::decide::withdraw;
use crate::domain::openness::{PostState, PostView};
use crate::domain::pair::Who;
use crate::domain::promise::{self, PromiseState, PromiseView};
use crate::domain::record::Draft;
use crate::id::{AgreementId, PostId, PromiseId, RevisionHash};
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
    /// I said yes, and the partner's yes would make it hold.
    Waiting,
}

/// What [`stop_all`] does with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Stopping {
    /// It ends the agreement or offer, for good.
    End,
    /// It pauses my part: a word of mine lets it go on.
    Pause,
    /// It takes my yes, my proposal or my promise back.
    TakeBack,
    /// It takes the words back, on both phones.
    Withdraw,
}

/// One thing that I share or that binds me, or is about to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct SharedItem {
    /// The agreement or offer it stands in, if it is a clause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<AgreementId>,
    /// The clause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// The post, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post: Option<PostId>,
    /// The practice, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub practice: Option<PromiseId>,
    /// Its exact words; empty while they are not here.
    pub text: String,
    /// Whether it is sensitive; those come first.
    pub sensitive: bool,
    /// How far it has come.
    pub sharing: Sharing,
    /// What stopping all does with it.
    pub stops_by: Stopping,
    /// Until when at the latest.
    pub until: Moment,
}

/// What one person has, to be listed and stopped.
#[derive(Clone, Copy)]
pub struct Mine<'a> {
    /// The agreements and offers.
    pub agreements: &'a [AgreementView],
    /// The promises and practices.
    pub promises: &'a [PromiseView],
    /// The posts.
    pub posts: &'a [PostView],
}

/// Everything that binds me: each sentence of what is in force, paused, cooling off or waiting
/// for a yes, every offer and practice of mine, and every post of mine that lives (R8). What
/// is sensitive comes first. What is paused, by the partner, by me or after a clock was set
/// back (R32), is not in force, and a word could bring it there; only what is not sensitive
/// and I have paused myself is left out: that is what stopping makes of it.
pub fn what_i_share(mine: Mine<'_>) -> Vec<SharedItem> {
    let mut items: Vec<SharedItem> = mine.agreements.iter().flat_map(of_agreement).collect();
    items.extend(mine.promises.iter().filter(|view| practised(view)).map(|view| SharedItem {
        agreement: None,
        clause: None,
        post: None,
        practice: Some(view.id),
        text: view.action.clone().unwrap_or_default(),
        sensitive: false,
        sharing: Sharing::InForce,
        stops_by: Stopping::TakeBack,
        until: view.next().map_or(Moment(i64::MAX), |next| next.due),
    }));
    let live = mine.posts.iter().filter(|post| lives(post));
    items.extend(live.map(|post| SharedItem {
        agreement: None,
        clause: None,
        post: Some(post.id),
        practice: None,
        text: post.text.clone().unwrap_or_default(),
        sensitive: true,
        sharing: Sharing::InForce,
        stops_by: Stopping::Withdraw,
        until: post.until,
    }));
    items.sort_by(|a, b| {
        let order = |item: &SharedItem| (!item.sensitive, item.agreement, item.practice, item.post);
        order(a).cmp(&order(b)).then_with(|| a.clause.cmp(&b.clause))
    });
    items
}

fn lives(post: &PostView) -> bool {
    post.by == Who::Me && post.state == PostState::Live
}

/// A practice of mine of which something is still to come.
fn practised(view: &PromiseView) -> bool {
    use PromiseState::{NeedsUpdate, Open};
    let open = view.state == Open && view.next().is_some();
    // What a newer version wrote into it hides how it stands, not that it is mine.
    view.by == Who::Me && view.rule.is_some() && (open || view.state == NeedsUpdate)
}

/// What one text of an agreement binds me to.
fn list_of(view: &AgreementView, revision: &RevisionView, sharing: Sharing) -> Vec<SharedItem> {
    let offer = view.offer_by == Some(Who::Me);
    let binds = |clause: &&ClauseView| match view.offer_by {
        Some(by) => by == Who::Me,
        None => matches!(clause.binds, Who::Me | Who::Both),
    };
    if revision.kind.paper().binds == Binds::Nobody {
        return Vec::new();
    }
    let sensitive = |clause: &ClauseView| clause.sensitive || offer;
    let stops_by = stops_by(view, sharing, revision.clauses.iter().any(sensitive));
    if stops_by == Stopping::Pause && view.suspended_by_me {
        return Vec::new();
    }
    let item = |clause: &ClauseView| SharedItem {
        agreement: Some(view.id),
        clause: Some(clause.id.clone()),
        post: None,
        practice: None,
        text: clause.text.clone(),
        sensitive: sensitive(clause),
        sharing,
        stops_by,
        until: revision.expires_at,
    };
    // A yes to something plain that waits for the other's binds nobody yet.
    let listed = |item: &SharedItem| item.sensitive || sharing != Sharing::Waiting;
    revision.clauses.iter().filter(binds).map(item).filter(listed).collect()
}

fn of_agreement(view: &AgreementView) -> Vec<SharedItem> {
    let running = match view.state {
        AgreementState::Ended => return Vec::new(),
        AgreementState::Active => Some(Sharing::InForce),
        AgreementState::Suspended | AgreementState::NeedsUpdate => Some(Sharing::Paused),
        AgreementState::Scheduled => Some(Sharing::CoolingOff),
        _ => None,
    };
    let list = |text: &RevisionView, sharing| list_of(view, text, sharing);
    let current = running.zip(view.current.as_ref()).map(|(sharing, text)| list(text, sharing));
    let cooling = view.cooling.as_ref().map(|text| list(text, Sharing::CoolingOff));
    let waiting = view.my_open_yeses.iter().map(|text| list(text, Sharing::Waiting));
    current.into_iter().chain(cooling).chain(waiting).flatten().collect()
}

/// What is done with a text of an agreement: what is sensitive in it, to whomever, or an offer,
/// ends; what I only said yes to is taken back; my part of the rest is paused.
fn stops_by(view: &AgreementView, sharing: Sharing, sensitive: bool) -> Stopping {
    let scheduled = view.state == AgreementState::Scheduled;
    match sharing {
        // What cannot be read is paused, never ended.
        _ if view.state == AgreementState::NeedsUpdate => Stopping::Pause,
        Sharing::Waiting => Stopping::TakeBack,
        Sharing::CoolingOff if view.offer_by.is_none() && !scheduled => Stopping::TakeBack,
        _ if sensitive => Stopping::End,
        _ => Stopping::Pause,
    }
}

/// What stops everything that [`what_i_share`] lists, as each item says. One transaction (an
/// entry holds 64 records of it); no network needed (I11). An agreement that only cools off is
/// taken back rather than ended, so that the partner sees "not agreed" and no more; where
/// taking back could come too late, it is ended.
pub fn stop_all(
    agreements: &[(Arc<Folded>, AgreementView)],
    promises: &[PromiseView],
    posts: &[PostView],
    now: Moment,
) -> Vec<Draft> {
    let mut actions = Vec::new();
    for (folded, view) in agreements {
        let items = of_agreement(view);
        let any = |stopping| items.iter().any(|item| item.stops_by == stopping);
        if any(Stopping::End) {
            actions.push((view.id, Act::End));
            continue;
        }
        let unread = view.state == AgreementState::NeedsUpdate && !view.suspended_by_me;
        if any(Stopping::Pause) || unread {
            actions.push((view.id, Act::Suspend));
        }
        let waits = |sharing| items.iter().any(|item| item.sharing == sharing);
        if let Some(cooling) = view.cooling.as_ref().filter(|_| waits(Sharing::CoolingOff)) {
            actions.push((view.id, take_back(folded, cooling.hash, now)));
        }
        let binds_me = |open: &&RevisionView| !list_of(view, open, Sharing::Waiting).is_empty();
        for open in view.my_open_yeses.iter().filter(binds_me) {
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
    let draft = |(target, act): (AgreementId, Act)| Draft {
        target: target.into(),
        action: act.into(),
        body: None,
    };
    let mut drafts: Vec<Draft> = actions.into_iter().map(draft).collect();
    drafts.extend(promises.iter().filter(|view| practised(view)).map(|view| Draft {
        target: view.id.into(),
        action: promise::Act::Retract.into(),
        body: None,
    }));
    drafts.extend(posts.iter().filter(|post| lives(post)).flat_map(withdraw));
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

#[cfg(test)]
mod tests;
