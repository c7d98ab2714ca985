//! What is next for me: at most three things, and never what the partner has
//! not done (RULES.md, derived views).

use crate::domain::agreement::{AgreementKind, AgreementView, ClauseView, RevisionView};
use crate::domain::checkin::{CheckInState, CheckInView, Template, TemplateId};
use crate::domain::pacing::Silence;
use crate::domain::pair::Who;
use crate::domain::promise::{Outcome, PromiseState, PromiseView};
use crate::domain::talk::{TalkState, TalkView};
use crate::id::{AgreementId, PromiseId, TalkId};
use crate::limits;
use crate::time::{DAY, Moment};
use serde::Serialize;
use std::collections::BTreeSet;

/// Why something is next, in the order in which it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Why {
    /// A promise of mine is due within a day.
    PromiseDue,
    /// A promise of mine was due, and I have not said how it went.
    WordOpen,
    /// We talk today.
    TalkToday,
    /// It waits for my yes or no.
    WaitsForMe,
    /// A check-in that I have begun, usually answer, made myself or took on is open.
    CheckIn,
    /// It is time to look at it again.
    ReviewDue,
    /// It expires soon.
    Expiring,
    /// Amends that bind me are in force: a step of them can be next (F17).
    Amends,
}

/// One thing that is next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct NextDue {
    /// Why.
    pub why: Why,
    /// Which agreement, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<AgreementId>,
    /// Which promise, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promise: Option<PromiseId>,
    /// Which talk, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub talk: Option<TalkId>,
    /// Which check-in, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_in: Option<TemplateId>,
    /// By when, where there is such a moment.
    pub by: Option<Moment>,
}

/// What the next things are chosen from.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shown<'a> {
    /// The agreements.
    pub agreements: &'a [AgreementView],
    /// The promises.
    pub promises: &'a [PromiseView],
    /// The check-ins.
    pub check_ins: &'a [CheckInView],
    /// Their questions.
    pub templates: &'a [Template],
    /// The talks.
    pub talks: &'a [TalkView],
    /// Whether anything is to be asked at all.
    pub silence: Silence,
}

/// The next three things at most, the most pressing first. After a leave there is nothing, and
/// in a space nothing that the partner began. Of each sort of thing that waits for a yes or no
/// one is shown: many of them push nothing else away (R31).
pub fn next_due(shown: Shown<'_>, zone: &jiff::tz::TimeZone, now: Moment) -> Vec<NextDue> {
    let Shown { agreements, promises, check_ins, templates, talks, silence } = shown;
    let Silence { left, space } = silence;
    if left {
        return Vec::new();
    }
    let mut list: Vec<NextDue> = Vec::new();
    let nothing =
        |why, by| NextDue { why, agreement: None, promise: None, talk: None, check_in: None, by };
    let date = |at: Moment| {
        jiff::Timestamp::from_second(at.0).map(|at| at.to_zoned(zone.clone()).date()).ok()
    };
    for view in talks {
        let why = match view.state {
            _ if view.begins <= now || (space && view.by == Who::Partner) => continue,
            TalkState::Accepted if date(view.begins) == date(now) => Why::TalkToday,
            TalkState::Proposed | TalkState::Moved if view.waits_for_me => Why::WaitsForMe,
            _ => continue,
        };
        list.push(NextDue { talk: Some(view.id), ..nothing(why, Some(view.begins)) });
    }
    for view in agreements {
        let current = view.current.as_ref();
        let mut add = |when: bool, why, by| {
            if when {
                list.push(NextDue { agreement: Some(view.id), ..nothing(why, by) });
            }
        };
        let lapses = view.on_table.iter().map(|r| r.proposed_at.plus(limits::PROPOSAL_LAPSE)).min();
        add(view.waits_for_me, Why::WaitsForMe, lapses);
        let theirs = current.is_some_and(|revision| revision.proposed_by == Who::Partner);
        let asked = !(space && theirs);
        let review = current.and_then(|revision| revision.review_at);
        add(view.review_due && asked, Why::ReviewDue, review);
        add(view.expiring && asked, Why::Expiring, current.map(|revision| revision.expires_at));
        let owes = |text: &RevisionView| {
            let mine = |c: &ClauseView| c.binds == Who::Me && !(space && c.by == Who::Partner);
            text.kind == AgreementKind::Amends && text.clauses.iter().any(mine)
        };
        let amends = view.in_force() && current.is_some_and(owes);
        let named = view.waits_for_me || (asked && (view.review_due || view.expiring));
        add(amends && !named, Why::Amends, None);
    }
    for view in promises {
        let running = matches!(view.state, PromiseState::Open);
        let mut add = |why, by| {
            list.push(NextDue { promise: Some(view.id), ..nothing(why, Some(by)) });
        };
        if view.waits_for_me
            && let Some(one) = view.occurrences.iter().find(|one| {
                one.outcome.is_open() && one.asked.as_ref().is_some_and(|a| a.accepted.is_none())
            })
        {
            add(Why::WaitsForMe, one.due);
        }
        if view.by != Who::Me {
            continue;
        }
        let soon = |by: Moment| by <= now.plus(DAY);
        if let Some(one) = view.next().filter(|one| running && soon(one.due)) {
            add(Why::PromiseDue, one.due);
        }
        let open = view.occurrences.iter().find(|one| one.outcome == Outcome::AwaitingWord);
        if let Some(one) = open {
            add(Why::WordOpen, one.deadline.plus(limits::REPORT_WINDOW));
        }
    }
    for view in check_ins {
        let current = view.ends.is_some_and(|ends| now < ends);
        let usual = check_ins.iter().any(|other| {
            other.template == view.template && other.period != view.period && other.mine.is_some()
        });
        let asked = templates.iter().find(|asked| asked.id == view.template);
        if space && asked.is_some_and(|asked| asked.by == Who::Partner) {
            continue;
        }
        // Whose questions they are, or who took them on, means to be asked.
        let own = matches!(view.template, TemplateId::Own(_));
        let chosen = own && asked.is_some_and(|asked| !asked.suggested);
        let wanted = match view.state {
            CheckInState::Draft => true,
            CheckInState::Open => usual || chosen,
            _ => false,
        };
        if (current && wanted) || view.choose {
            list.push(NextDue {
                check_in: Some(view.template),
                ..nothing(Why::CheckIn, view.ends)
            });
        }
    }
    list.sort_by_key(|next| {
        (next.why, next.by, next.agreement, next.promise, next.talk, next.check_in)
    });
    let sort = |next: &NextDue| (next.why, next.agreement.is_some(), next.promise.is_some());
    let mut named = BTreeSet::new();
    list.retain(|next| match next.why {
        Why::WaitsForMe if space => false,
        // One of each sort.
        Why::WaitsForMe | Why::Amends => named.insert(sort(next)),
        _ => true,
    });
    list.truncate(limits::NEXT_DUE);
    list
}
