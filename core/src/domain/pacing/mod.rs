//! Pace: for how long words are kept, what one takes no part in, and space (F83).
//!
//! Limits are each person's own vote. Shorter keeping reaches one's own words on both phones and
//! the other's on one's own, never theirs on theirs (R15, K14); nobody switches anything off
//! for the other (K15). Space takes effect at once, needs nobody, and of two that overlap the
//! stricter holds while both last.

mod decide;
mod fold;
mod record;
mod view;

pub use decide::Command;
pub use fold::{Pacing, PairLimits};
pub use record::{Act, Contact, Feature};
pub use view::{BothLimits, Keeping, Silence, SpaceView};

use super::capability::{Capability, Class, Context, Records, Viewing};
use super::pair::{Pair, Side};
use super::record::Draft;
use super::refusal::Refusal;

/// Limits and space, as a [`Capability`] of the pair's own document.
pub struct Pace;

impl Capability for Pace {
    type State = Pacing;
    type Command = Command;
    type View = Option<SpaceView>;

    const CLASS: Class = Class::Pair;

    fn fold(pair: &Pair, _side: Side, of: &Records<'_>, _more: &[Records<'_>]) -> Pacing {
        fold::fold(pair, of.held)
    }

    fn project(state: &Pacing, viewing: Viewing<'_>) -> Option<Self::View> {
        Some(state.space(viewing.side, viewing.now))
    }

    fn decide(
        state: &Pacing,
        _view: Option<&Self::View>,
        command: &Command,
        context: Context<'_>,
    ) -> Result<Vec<Draft>, Refusal> {
        decide::decide(state, command, context)
    }
}

#[cfg(test)]
mod tests;
