//! Talks that both plan (F23, F27).
//!
//! A talk has one window at a time. Either may move it; a yes counts for the
//! window that it names, so a yes that crosses a move is not a yes to the new
//! time (K17).

mod decide;
mod fold;
mod record;
pub mod turns;
mod view;

pub use decide::{Command, NewTalk};
pub use fold::Talk;
pub use record::Act;
pub use view::{TalkState, TalkView};

use super::capability::{Capability, Class, Context, Records, Viewing};
use super::pair::{Pair, Side};
use super::record::Draft;
use super::refusal::Refusal;
use crate::id::Position;
use crate::time::Moment;

/// Talks, as a [`Capability`].
pub struct Talks;

impl Capability for Talks {
    type State = Option<Talk>;
    type Command = Command;
    type View = TalkView;

    const CLASS: Class = Class::Talk;

    fn fold(pair: &Pair, _side: Side, of: &Records<'_>, _more: &[Records<'_>]) -> Self::State {
        fold::fold(pair, of)
    }

    fn words(state: &Self::State, _now: Moment) -> Vec<Position> {
        state.iter().map(|talk| talk.topic).collect()
    }

    fn project(state: &Self::State, viewing: Viewing<'_>) -> Option<TalkView> {
        state.as_ref().map(|talk| view::project(talk, viewing))
    }

    fn looks(command: &Command) -> bool {
        !matches!(command, Command::Propose(_))
    }

    fn begins(_state: &Self::State, command: &Command) -> bool {
        matches!(command, Command::Propose(_))
    }

    fn decide(
        _state: &Self::State,
        view: Option<&TalkView>,
        command: &Command,
        context: Context<'_>,
    ) -> Result<Vec<Draft>, Refusal> {
        decide::decide(view, command, context)
    }

    /// Talks are over with their window.
    fn over(view: Option<&TalkView>, before: Moment, _now: Moment) -> bool {
        view.is_none_or(|talk| talk.begins <= before)
    }
}

#[cfg(test)]
mod tests;
