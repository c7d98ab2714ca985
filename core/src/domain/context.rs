//! Who decides, when, and how the pair stands.

use super::lifecycle::PairState;
use super::pair::Pair;
use crate::id::PersonId;
use crate::time::Moment;

/// What every decision is made in.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The pair.
    pub pair: &'a Pair,
    /// How it stands.
    pub pair_state: &'a PairState,
    /// Who gives the command.
    pub me: PersonId,
    /// When.
    pub now: Moment,
}
