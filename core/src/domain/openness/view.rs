//! What one person sees of the posts.

use super::fold::{Folded, PostFolded};
use super::record::{Kind, Want};
use crate::domain::pair::{Side, Who};
use crate::domain::words::{Bodies, Stub, text_of};
use crate::id::{AgreementId, DocId, Position, PostId};
use crate::limits;
use crate::time::{DAY, Moment};
use serde::Serialize;

/// How a post stands. One that has expired is not shown at all (R7, I8), but for the stub
/// of a disclosure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum PostState {
    /// It lives.
    Live,
    /// Its author took it back; a stub says so for a week, and for good where it was a
    /// disclosure.
    Withdrawn,
    /// Its time is over. Only a disclosure is then still shown, without its words: that it
    /// was told, and when.
    Expired,
}

/// A later truth beside a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct CorrectionView {
    /// When it was written.
    pub at: Moment,
    /// The words; `None` while they are not here.
    pub text: Option<String>,
    /// Whether the other said thank you for it: never for what was said later.
    pub thanked: bool,
}

/// A post as one person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct PostView {
    /// Its id.
    pub id: PostId,
    /// What its author wishes; to be shown first.
    pub want: Option<Want>,
    /// Who wrote it.
    pub by: Who,
    /// What it tells.
    pub kind: Kind,
    /// How it stands.
    pub state: PostState,
    /// When it was written.
    pub at: Moment,
    /// Until when it lives.
    pub until: Moment,
    /// The words; `None` where they were taken back, or are not here yet.
    pub text: Option<String>,
    /// An amount of money, as it was typed.
    pub amount: Option<String>,
    /// When what it tells happened, as it was typed.
    pub happened: Option<String>,
    /// Its corrections, in order.
    pub corrections: Vec<CorrectionView>,
    /// Whether the other said thank you for it; for a correction that stands beside it.
    pub thanked: bool,
    /// When it was taken back.
    pub withdrawn_at: Option<Moment>,
    /// The agreement in which it was agreed to.
    pub under: Option<AgreementId>,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) ledger: DocId,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) position: Position,
    /// For the library: hand it back as it is.
    #[serde(skip)]
    pub(crate) correction_positions: Vec<Position>,
}

impl PostView {
    /// The post where words are kept for so many days at most; `None` once it is over.
    pub(crate) fn kept(mut self, days: Option<u16>, now: Moment) -> Option<Self> {
        if let Some(days) = days {
            self.until = self.until.min(self.at.plus(i64::from(days) * DAY));
        }
        if now < self.until {
            return Some(self);
        }
        (self.kind.stub() == Stub::Lasting).then(|| self.without_words())
    }

    /// That it was told, and when, and nothing of what it said.
    fn without_words(self) -> Self {
        let state = match self.state {
            PostState::Withdrawn => PostState::Withdrawn,
            _ => PostState::Expired,
        };
        let (want, text, amount, happened) = (None, None, None, None);
        Self { state, want, text, amount, happened, corrections: Vec::new(), ..self }
    }

    /// Whether it was taken back within the week.
    pub(crate) fn gone_lately(&self, now: Moment) -> bool {
        now < self.until && self.withdrawn_at.is_some_and(|at| now < at.plus(limits::STUB))
    }

    /// The words that a thank-you now is for: the last that were told.
    pub(crate) fn last_told(&self) -> Position {
        self.correction_positions.last().copied().unwrap_or(self.position)
    }
}

/// Projects the posts of one ledger for one viewer at one moment.
pub(super) fn project(
    folded: &Folded,
    ledger: DocId,
    me: Side,
    now: Moment,
    bodies: &Bodies<'_>,
) -> Vec<PostView> {
    let live = |post: &&PostFolded| {
        let stub = post.withdrawn.is_none_or(|at| now < at.plus(limits::STUB));
        (now < post.until && stub) || post.kind.stub() == Stub::Lasting
    };
    let show = |post: &PostFolded| {
        let gone = post.withdrawn.is_some();
        let body = if gone { None } else { bodies(post.id) };
        let word = |key: &str| body.as_ref().and_then(|body| text_of(body, key));
        let correction = |(position, at, thanked): &(Position, Moment, bool)| CorrectionView {
            at: *at,
            text: bodies(*position).and_then(|body| text_of(&body, "text")),
            thanked: *thanked,
        };
        let corrections = if gone { &[][..] } else { &post.corrections[..] };
        PostView {
            id: post.id.item().into(),
            want: word("want").and_then(|word| Want::from_code(&word)),
            by: post.by.seen_by(me),
            kind: post.kind,
            state: if gone { PostState::Withdrawn } else { PostState::Live },
            at: post.at,
            until: post.until,
            text: word("text"),
            amount: word("amount"),
            happened: word("happened"),
            corrections: corrections.iter().map(correction).collect(),
            thanked: post.thanked,
            withdrawn_at: post.withdrawn,
            under: post.under.map(AgreementId::from),
            ledger,
            position: post.id,
            correction_positions: post.corrections.iter().map(|(position, ..)| *position).collect(),
        }
    };
    let over = |post: PostView| match now < post.until {
        true => post,
        false => post.without_words(),
    };
    folded.posts.iter().filter(live).map(show).map(over).collect()
}
