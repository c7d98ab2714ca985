//! What one person sees of check-ins.

use super::fold::{Folded, PeriodSide};
use super::seal::{Answers, Opening, answers_from_value};
use super::template::{Period, TemplateId};
use crate::domain::pair::Side;
use crate::domain::words::Bodies;
use crate::id::Position;
use crate::limits;
use crate::time::Moment;
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
    /// The viewer took back this week what the partner had seen; their own copy stays theirs.
    pub taken_back: bool,
    /// The partner did.
    pub partners_taken_back: bool,
    /// The period is over and nobody else's seal came: share alone or keep it
    /// private, as the viewer likes.
    pub choose: bool,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) seal: Option<Position>,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) answers: Option<Position>,
}

/// What only the viewer's phone knows of one check-in, in the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivateAnswers {
    /// The answers; none where it was skipped.
    pub answers: Answers,
    /// What was done with them.
    pub state: PrivateState,
}

/// What was done with answers that only the viewer's phone has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrivateState {
    /// They are a draft.
    Draft,
    /// They were sealed.
    Sealed,
    /// They stay private.
    Private,
    /// There are none: it was skipped.
    Skipped,
}

impl PrivateState {
    pub(super) const ALL: [Self; 4] = [Self::Draft, Self::Sealed, Self::Private, Self::Skipped];

    /// The word in the vault.
    pub fn code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Sealed => "sealed",
            Self::Private => "private",
            Self::Skipped => "skipped",
        }
    }

    /// From the word in the vault.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

impl CheckInView {
    /// The view with what only this phone knows: `waits` is whether what opens the seal is
    /// still here, `both` whether both seals are.
    #[must_use]
    pub fn with_private(
        mut self,
        private: Option<&PrivateAnswers>,
        waits: bool,
        both: bool,
        now: Moment,
    ) -> Self {
        use PrivateState::{Draft, Private, Sealed, Skipped};
        let over = self.ends.is_some_and(|ends| now >= ends);
        if self.mine.is_none() {
            self.mine = private.map(|private| private.answers.clone()).filter(|a| !a.is_empty());
        }
        self.choose = self.state == CheckInState::Sealed && over && waits && !both;
        self.state = match (self.state, private.map(|private| private.state)) {
            (CheckInState::Sealed, _) if waits || both => CheckInState::Sealed,
            (CheckInState::Sealed, _) => CheckInState::KeptPrivate,
            (CheckInState::Open, Some(Draft)) if !over => CheckInState::Draft,
            (CheckInState::Open, Some(Draft | Private | Sealed)) => CheckInState::KeptPrivate,
            (CheckInState::Open, Some(Skipped)) => CheckInState::Skipped,
            (CheckInState::Open, None) if over => CheckInState::Over,
            (state, _) => state,
        };
        self
    }
}

enum Reading {
    Nothing,
    Waiting,
    Mismatch,
    Open(Answers),
    /// It was opened; its words have run out, or are not here yet.
    Gone,
}

fn read(side: &PeriodSide, bodies: &Bodies<'_>) -> Reading {
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
    me: Side,
    ends: Option<Moment>,
    now: Moment,
    bodies: &Bodies<'_>,
) -> CheckInView {
    let sides = folded.periods.get(&(template, period)).copied().unwrap_or_default();
    let (mine, theirs) = (read(&sides[me], bodies), read(&sides[me.other()], bodies));
    let shared = sides[me].shared.is_some();
    // Until one's own answers are open, the other's are not shown.
    let theirs = match (&mine, theirs) {
        (Reading::Open(_) | Reading::Gone | Reading::Mismatch, theirs) => theirs,
        (_, Reading::Open(answers)) if sides[me.other()].shared.is_some() => Reading::Open(answers),
        (_, Reading::Mismatch) => Reading::Mismatch,
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
    let answers = [sides[me].shared, sides[me].seal.and_then(|seal| seal.opened)];
    let answers = answers.into_iter().flatten().find(|at| bodies(*at).is_some());
    let stub = |side: &PeriodSide| side.taken_back.is_some_and(|at| now < at.plus(limits::STUB));
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
        taken_back: stub(&sides[me]),
        partners_taken_back: stub(&sides[me.other()]),
        choose: false,
        seal: sides[me].seal.map(|seal| seal.id),
        answers,
    }
}
