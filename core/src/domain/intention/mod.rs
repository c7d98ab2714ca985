//! Daily intentions (F82): what each intends today, said anew as often as they like.

mod decide;
mod fold;
mod record;
mod view;

pub use decide::Command;
pub use fold::Intention;
pub use record::Act;
pub use view::IntentionView;

use super::capability::{Capability, Class, Context, Records, Viewing};
use super::pair::{Pair, Side};
use super::record::Draft;
use super::refusal::Refusal;
use crate::id::Position;
use crate::time::Moment;

/// The intentions of some ledgers, as a [`Capability`].
pub struct Intentions;

impl Capability for Intentions {
    type State = Vec<Intention>;
    type Command = Command;
    type View = Vec<IntentionView>;

    const CLASS: Class = Class::Ledger;

    fn fold(pair: &Pair, _side: Side, of: &Records<'_>, more: &[Records<'_>]) -> Self::State {
        fold::fold(pair, of, more)
    }

    fn words(state: &Self::State, _now: Moment) -> Vec<Position> {
        state.iter().map(|one| one.id).collect()
    }

    fn project(state: &Self::State, viewing: Viewing<'_>) -> Option<Self::View> {
        Some(view::project(state, viewing))
    }

    fn looks(_command: &Command) -> bool {
        true
    }

    fn decide(
        _state: &Self::State,
        view: Option<&Self::View>,
        command: &Command,
        context: Context<'_>,
    ) -> Result<Vec<Draft>, Refusal> {
        decide::decide(view.map_or(&[], Vec::as_slice), command, context)
    }
}

#[cfg(test)]
mod tests;
