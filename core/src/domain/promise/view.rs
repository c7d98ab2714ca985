//! What one person sees of a promise.

use super::fold::{Folded, OccurrenceState, Remark, Reported};
use super::outcome::{Outcome, outcome};
use super::record::{Felt, Told};
use crate::domain::pair::{Side, Who};
use crate::domain::recurrence::{Due, IsoWeek};
use crate::domain::words::{Bodies, text_of};
use crate::id::{AgreementId, OccurrenceId, Past, Position, PromiseId, WordsId};
use crate::limits;
use crate::time::Moment;
use serde::Serialize;

/// How a promise stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum PromiseState {
    /// Something is still due, or waits for a word.
    Open,
    /// Nothing more is due.
    Over,
    /// Its author took it back.
    Retracted,
    /// The promisee asked not to be promised this.
    Declined,
    /// A newer version wrote something here.
    NeedsUpdate,
}

/// What somebody wrote beside a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record), uniffi(name = "PromiseNote"))]
pub struct Note {
    /// Its id, by which its author can take it back.
    pub id: WordsId,
    /// The words; `None` where they were taken back, or are not here yet.
    pub text: Option<String>,
    /// Whether they were taken back.
    pub withdrawn: bool,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) position: Position,
}

/// A new time that the promisor asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct AskedView {
    /// Its id.
    pub id: WordsId,
    /// The new local due.
    pub local: String,
    /// The new due.
    pub due: Moment,
    /// What the promisee said to it.
    pub accepted: Option<bool>,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) position: Position,
}

impl PromiseView {
    /// The new due that was shown to be asked for: of the named occurrence, or the
    /// first that waits for an answer.
    pub(crate) fn asked(&self, occurrence: Option<OccurrenceId>) -> Option<Position> {
        let meant = |one: &&OccurrenceView| match occurrence {
            Some(id) => one.id == id,
            None => {
                let open = one.asked.as_ref().is_some_and(|asked| asked.accepted.is_none());
                open && one.outcome.is_open()
            }
        };
        self.occurrences.iter().find(meant)?.asked.as_ref().map(|asked| asked.position)
    }
}

/// One report as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct ReportView {
    /// When it was told.
    pub at: Moment,
    /// Whether that was more than a week after it was done: it is then shown beside it.
    pub told_later: bool,
    /// What.
    pub told: Told,
    /// Its words, if it has some.
    pub words: Option<Note>,
}

/// A heads-up, a comment or a repair as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct RemarkView {
    /// When it was said.
    pub at: Moment,
    /// Of a comment: how it felt.
    pub felt: Option<Felt>,
    /// Of a heads-up: when it was expected.
    pub expected: Option<Moment>,
    /// Its words, if it has some.
    pub words: Option<Note>,
}

/// One occurrence as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct OccurrenceView {
    /// Its id.
    pub id: OccurrenceId,
    /// The local due.
    pub local: String,
    /// The week of its local date.
    pub week: IsoWeek,
    /// When it is due.
    pub due: Moment,
    /// Until when it is on time.
    pub deadline: Moment,
    /// How it went.
    pub outcome: Outcome,
    /// Whether a miss has a note of repair beside it.
    pub repaired: bool,
    /// What it was moved from.
    pub moved_from: Option<OccurrenceId>,
    /// When it is expected, as a heads-up said.
    pub expected: Option<Moment>,
    /// The new due that was asked for.
    pub asked: Option<AskedView>,
    /// Paused, or taken back before it was due: so many seconds before.
    pub said_ahead: Option<i64>,
    /// What the promisor reported.
    pub report: Option<Told>,
    /// Every report, oldest first: a later one never replaces what was read (R36).
    pub reports: Vec<ReportView>,
    /// How it felt to the promisee.
    pub comment: Option<Felt>,
    /// Every heads-up, oldest first: none replaces one that was read (R36).
    pub heads_ups: Vec<RemarkView>,
    /// Every comment, oldest first (R36).
    pub comments: Vec<RemarkView>,
    /// Every note of repair, oldest first (R36).
    pub repairs: Vec<RemarkView>,
    /// The words of the heads-up.
    pub heads_up_words: Option<Note>,
    /// The words of the report.
    pub report_words: Option<Note>,
    /// The words of the comment.
    pub comment_words: Option<Note>,
    /// The words of the repair.
    pub repair_words: Option<Note>,
}

/// A promise as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct PromiseView {
    /// Its document.
    pub id: PromiseId,
    /// Who promised.
    pub by: Who,
    /// When.
    pub made_at: Moment,
    /// How it stands.
    pub state: PromiseState,
    /// What is promised; `None` while the words are not here.
    pub action: Option<String>,
    /// If this happens …
    pub cue: Option<String>,
    /// … then this is done (F70).
    pub response: Option<String>,
    /// Further words.
    pub note: Option<String>,
    /// Whether it recurs.
    pub practice: bool,
    /// The rule, if it does.
    pub rule: Option<String>,
    /// The zone of its local times.
    pub zone: String,
    /// The agreement that it belongs to.
    pub link: Option<AgreementId>,
    /// The occurrences, in the order of their dues.
    pub occurrences: Vec<OccurrenceView>,
    /// Whether a new due waits for the viewer's yes or no.
    pub waits_for_me: bool,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) position: Position,
    /// What this view was made from.
    #[serde(skip)]
    pub basis: Past,
}

impl OccurrenceView {
    /// All words beside it, those that something later stands beside included.
    pub fn notes(&self) -> impl Iterator<Item = &Note> {
        let remarks = [&self.heads_ups, &self.comments, &self.repairs].into_iter().flatten();
        let reports = self.reports.iter().map(|report| &report.words);
        reports.chain(remarks.map(|remark| &remark.words)).flatten()
    }
}

impl PromiseView {
    /// The occurrence that is next, or due now.
    pub fn next(&self) -> Option<&OccurrenceView> {
        self.occurrences.iter().find(|one| matches!(one.outcome, Outcome::Upcoming | Outcome::Due))
    }

    /// Whether nothing can happen to it by time alone any more.
    pub fn settled(&self) -> bool {
        self.state != PromiseState::NeedsUpdate
            && self.occurrences.iter().all(|one| !one.outcome.is_open())
    }
}

/// Whether something of a promise is still to come, or to be said.
pub(super) fn is_open(folded: &Folded, now: Moment) -> bool {
    let closed = folded.retracted.is_some() || folded.declined.is_some() || folded.needs_update;
    !closed && folded.occurrences.iter().any(|one| outcome(&one.facts, now).is_open())
}

/// Projects a promise for one viewer at one moment; `None` where there is none.
/// Deterministic in its arguments (I16). Swapping the two persons swaps the
/// view (I7).
pub(super) fn project(
    folded: &Folded,
    me: Side,
    now: Moment,
    bodies: &Bodies<'_>,
) -> Option<PromiseView> {
    let made = folded.made.as_ref()?;
    let note = |position: Position| {
        let withdrawn = folded.withdrawn.contains_key(&position);
        let body = if withdrawn { None } else { bodies(position) };
        let text = body.as_ref().and_then(|body| text_of(body, "text"));
        Note { id: position.item().into(), text, withdrawn, position }
    };
    let mut ended = false;
    let occurrences: Vec<OccurrenceView> = folded
        .occurrences
        .iter()
        .map(|state| occurrence_view(state, folded, now, &note))
        // Of what comes after its end the first says how long before it was taken back; the
        // rest is not due any more.
        .filter(|one| {
            let gone = one.outcome == Outcome::WithdrawnBefore && one.report.is_none();
            !gone || !std::mem::replace(&mut ended, true)
        })
        .filter(|one| {
            let after = folded.declined.is_some_and(|at| at < one.due);
            !(after && one.outcome == Outcome::Released && one.report.is_none())
        })
        .collect();
    let waits_for_me = me != made.by
        && folded.retracted.is_none()
        && occurrences.iter().any(|one| {
            let asked = one.asked.as_ref().is_some_and(|asked| asked.accepted.is_none());
            asked && one.outcome.is_open()
        });
    let state = if folded.needs_update {
        PromiseState::NeedsUpdate
    } else if folded.retracted.is_some() {
        PromiseState::Retracted
    } else if folded.declined.is_some() {
        PromiseState::Declined
    } else if occurrences.iter().any(|one| one.outcome.is_open()) {
        PromiseState::Open
    } else {
        PromiseState::Over
    };
    let body = if folded.withdrawn.contains_key(&made.id) { None } else { bodies(made.id) };
    let word = |key: &str| body.as_ref().and_then(|body| text_of(body, key));
    Some(PromiseView {
        id: folded.doc.into(),
        by: made.by.seen_by(me),
        made_at: made.at,
        state,
        action: word("action"),
        cue: word("cue"),
        response: word("response"),
        note: word("note"),
        practice: !made.due.is_single(),
        rule: match &made.due {
            Due::Every { rule, .. } => Some(rule.to_string()),
            _ => None,
        },
        zone: made.zone.clone(),
        link: made.link.map(AgreementId::from),
        occurrences,
        waits_for_me,
        position: made.id,
        basis: folded.basis.clone(),
    })
}

fn occurrence_view(
    state: &OccurrenceState,
    folded: &Folded,
    now: Moment,
    note: &dyn Fn(Position) -> Note,
) -> OccurrenceView {
    let one = &state.occurrence;
    let words = state.words.map(|position| position.map(note));
    let said = |note: Option<Note>| note.filter(|note| note.withdrawn || note.text.is_some());
    let [heads_up, report, comment, repair] = words;
    let asked = state.asked.as_ref().map(|asked| AskedView {
        id: asked.id.item().into(),
        local: asked.occurrence.local.clone(),
        due: asked.occurrence.due,
        accepted: asked.answer,
        position: asked.id,
    });
    debug_assert!(folded.made.is_some());
    let outcome = outcome(&state.facts, now);
    let ahead = matches!(outcome, Outcome::Paused | Outcome::WithdrawnBefore);
    let report_view = |one: &Reported| ReportView {
        at: one.at,
        told_later: matches!(one.told, Told::Kept { at } if one.at.since(at) > limits::REPORT_WINDOW),
        told: one.told,
        words: said(one.words.then(|| note(one.id))),
    };
    let remark_view = |one: &Remark| RemarkView {
        at: one.at,
        felt: one.felt,
        expected: one.expected,
        words: said(one.words.then(|| note(one.id))),
    };
    let [heads_ups, comments, repairs] =
        state.remarks.each_ref().map(|all| all.iter().map(remark_view).collect());
    OccurrenceView {
        id: one.id,
        local: one.local.clone(),
        week: one.week,
        due: one.due,
        deadline: one.deadline,
        outcome,
        repaired: state.facts.repaired,
        moved_from: state.moved_from,
        expected: state.expected,
        asked,
        said_ahead: state.said_ahead.filter(|_| ahead),
        report: state.facts.report,
        reports: state.reports.iter().map(report_view).collect(),
        comment: state.facts.comment,
        heads_ups,
        comments,
        repairs,
        heads_up_words: said(heads_up),
        report_words: said(report),
        comment_words: said(comment),
        repair_words: said(repair),
    }
}
