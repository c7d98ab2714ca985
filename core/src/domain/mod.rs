//! The rules, and nothing but the rules.
//!
//! What a person does is a [`Record`](record::Record), written once and never
//! edited. State is a pure *fold* over the records of a document, in whatever
//! order they came; a view is that state *projected* for one viewer at one
//! moment; a command is *decided* against the state and gives the records to
//! append, or a [`Refusal`]:
//!
//! ```text
//! decide(state, command, now) -> records | Refusal
//! fold(records)               -> state
//! project(state, viewer, now) -> view
//! ```
//!
//! There is no input, no output and no clock here. What the partner's phone
//! sent meets the same fold as one's own: whether a record *counts* is decided
//! there, from the record and its causal past alone, so both phones agree on it.

pub mod action;
pub mod agreement;
pub mod capability;
pub mod checkin;
pub mod consent;
pub mod guard;
pub mod inner;
pub mod intention;
pub mod kind;
pub mod ledger;
pub mod openness;
pub mod overview;
pub mod pacing;
pub mod pair;
pub mod promise;
pub mod record;
pub mod recurrence;
pub mod refusal;
pub mod shared;
pub mod talk;
pub mod tally;
pub mod template;
pub mod words;

#[cfg(test)]
mod authors;
#[cfg(any(test, feature = "sim"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use capability::Context;
pub use pair::Pair;
pub use record::Held;
pub use refusal::{Refusal, RefusalCode};
