//! Openness: what one tells of oneself, by one's own hand and for a while (F58
//! to F68, F22).
//!
//! A post is typed by a person, never read from a sensor (R6, R7). It says until
//! when it lives, 90 days at most; then its words are deleted on both phones.
//! Its author can correct it (the correction stands beside it, never instead),
//! or withdraw it at any time. The other can read it and say thank you.

pub mod decide;
mod fold;
mod record;
mod view;

pub use decide::{Command, NewPost};
pub use fold::Folded;
pub use record::{Act, Kind, Want};
pub use view::{CorrectionView, PostState, PostView};

use super::agreement::AgreementView;
use super::capability::{Capability, Class, Context, Records, Viewing};
use super::pair::{Pair, Side};
use super::record::Draft;
use super::refusal::Refusal;
use crate::id::{Position, PostId};
use crate::time::Moment;

/// The posts of one ledger, as a [`Capability`].
pub struct Posts;

/// A command, with the agreement that a new post names.
pub struct Told {
    /// What it is about, but for a new one.
    pub post: Option<PostId>,
    /// What a person wants done.
    pub command: Command,
    /// The agreement that a new one names, as it stands.
    pub under: Option<AgreementView>,
}

impl Capability for Posts {
    type State = Folded;
    type Command = Told;
    type View = Vec<PostView>;

    const CLASS: Class = Class::Ledger;

    fn fold(pair: &Pair, _side: Side, of: &Records<'_>, _more: &[Records<'_>]) -> Folded {
        fold::fold(pair, of.doc, of.held)
    }

    fn words(state: &Folded, now: Moment) -> Vec<Position> {
        let words = |post: &fold::PostFolded| {
            let corrections = post.corrections.iter().map(|(id, ..)| *id);
            std::iter::once(post.id).chain(corrections).collect::<Vec<_>>()
        };
        state.posts.iter().filter(|post| now < post.until).flat_map(words).collect()
    }

    fn project(state: &Folded, viewing: Viewing<'_>) -> Option<Self::View> {
        Some(view::project(state, viewing.doc, viewing.side, viewing.now, viewing.bodies))
    }

    fn looks(told: &Told) -> bool {
        told.post.is_some()
    }

    fn decide(
        state: &Folded,
        view: Option<&Self::View>,
        told: &Told,
        context: Context<'_>,
    ) -> Result<Vec<Draft>, Refusal> {
        let posts = view.map_or(&[][..], Vec::as_slice);
        let post = told.post.and_then(|id| posts.iter().find(|post| post.id == id));
        decide::decide(state.posts.len(), post, told.under.as_ref(), &told.command, context)
    }

    fn over(view: Option<&Self::View>, _before: Moment, now: Moment) -> bool {
        view.is_none_or(|posts| posts.iter().all(|post| post.until <= now))
    }
}

#[cfg(test)]
mod tests;
