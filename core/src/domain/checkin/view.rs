//! What one person sees of check-ins and intentions.

use super::fold::{Folded, Side};
use super::seal::{Answers, Opening, answers_from_value};
use super::template::{Period, TemplateId};
use crate::domain::pair::{Pair, Who};
use crate::domain::words::{Bodies, text_of};
use crate::id::{DocId, ItemId, PersonId, Position};
use crate::time::Moment;
use jiff::civil::Date;
use serde::Serialize;

/// How a check-in stands for the viewer. What the other did before both have
/// sealed is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum CheckInState {
    /// It can be answered.
    Open,
    /// Answers are kept as a draft that only the viewer sees.
    Draft,
    /// The viewer's answers are sealed.
    Sealed,
    /// Both have answered, and both are open.
    Revealed,
    /// Both were sealed, and one could not be opened: it did not match its seal.
    /// Both are told the same.
    CouldNotOpen,
    /// The viewer shared theirs alone.
    SharedAlone,
    /// The viewer keeps theirs private.
    KeptPrivate,
    /// The viewer skipped it.
    Skipped,
    /// It is over, and the viewer did not answer.
    Over,
}

/// A check-in of one period as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckInView {
    /// Which questions.
    pub template: TemplateId,
    /// Which period.
    pub period: Period,
    /// How it stands for the viewer.
    pub state: CheckInState,
    /// When the period ends, for the viewer.
    pub ends: Option<Moment>,
    /// The viewer's answers.
    pub mine: Option<Answers>,
    /// The partner's, where they are open.
    pub partners: Option<Answers>,
    /// The period is over and nobody else's seal came: share alone or keep it
    /// private, as the viewer likes.
    pub choose: bool,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) seal: Option<Position>,
}

/// A daily intention as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct IntentionView {
    /// Its id.
    pub id: ItemId,
    /// Who said it.
    pub by: Who,
    /// The local day.
    pub day: Date,
    /// The words; `None` while they are not here.
    pub text: Option<String>,
    /// Whether the other said thank you.
    pub thanked: bool,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) position: Position,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) ledger: DocId,
}

enum Reading {
    Nothing,
    Waiting,
    Mismatch,
    Open(Answers),
    /// It was opened; its words have run out, or are not here yet.
    Gone,
}

fn read(side: &Side, bodies: &Bodies<'_>) -> Reading {
    if let Some(answers) =
        side.shared.and_then(bodies).and_then(|body| answers_from_value(body.get("answers")?))
    {
        return Reading::Open(answers);
    }
    let Some(seal) = side.seal else { return Reading::Nothing };
    let Some(opened) = seal.opened else { return Reading::Waiting };
    let Some(body) = bodies(opened) else { return Reading::Gone };
    match Opening::from_value(&body) {
        Some(opening) if opening.commitment(&seal.bound) == seal.commit => {
            Reading::Open(opening.answers)
        }
        _ => Reading::Mismatch,
    }
}

/// Projects one period for one viewer: what the records say. What only the
/// viewer's phone knows (drafts, what was skipped) is added by who holds it.
pub fn project(
    folded: &Folded,
    template: TemplateId,
    period: Period,
    pair: &Pair,
    viewer: PersonId,
    ends: Option<Moment>,
    bodies: &Bodies<'_>,
) -> CheckInView {
    let me = pair.index(viewer).unwrap_or_default();
    let sides = folded.periods.get(&(template, period)).copied().unwrap_or_default();
    let (mine, theirs) = (read(&sides[me], bodies), read(&sides[1 - me], bodies));
    let shared = sides[me].shared.is_some();
    // Until one's own answers are open, the other's are not shown.
    let theirs = match (&mine, theirs) {
        (Reading::Open(_) | Reading::Gone | Reading::Mismatch, theirs) => theirs,
        (_, Reading::Open(answers)) if sides[1 - me].shared.is_some() => Reading::Open(answers),
        (_, Reading::Mismatch) => Reading::Mismatch,
        (_, Reading::Nothing) => Reading::Nothing,
        _ => Reading::Waiting,
    };
    let state = match (&mine, &theirs) {
        (Reading::Mismatch, _) | (_, Reading::Mismatch) => CheckInState::CouldNotOpen,
        _ if shared => CheckInState::SharedAlone,
        (Reading::Open(_) | Reading::Gone, Reading::Open(_) | Reading::Gone) => {
            CheckInState::Revealed
        }
        (Reading::Open(_) | Reading::Gone | Reading::Waiting, _) => CheckInState::Sealed,
        (Reading::Nothing, _) => CheckInState::Open,
    };
    let open = |reading: Reading| match reading {
        Reading::Open(answers) => Some(answers),
        _ => None,
    };
    CheckInView {
        template,
        period,
        state,
        ends,
        mine: open(mine),
        partners: open(theirs),
        choose: false,
        seal: sides[me].seal.map(|seal| seal.id),
    }
}

/// Projects the intentions for one viewer at one moment.
pub fn intentions(
    folded: &Folded,
    pair: &Pair,
    viewer: PersonId,
    now: Moment,
    bodies: &Bodies<'_>,
) -> Vec<IntentionView> {
    let me = pair.index(viewer);
    let show = |one: &super::fold::IntentionFolded| IntentionView {
        id: one.id.item(),
        by: if me == Some(one.by) { Who::Me } else { Who::Partner },
        day: one.day,
        text: bodies(one.id).and_then(|body| text_of(&body, "text")),
        thanked: one.thanked,
        position: one.id,
        ledger: crate::domain::ledger::ledger(
            pair.id,
            pair.members()[one.by],
            crate::domain::ledger::Month::of_date(one.day),
        ),
    };
    folded.intentions.iter().filter(|one| now < one.until).map(show).collect()
}
