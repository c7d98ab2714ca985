//! Promises and practices (F69 to F76): few, small, specific, and told by both.
//!
//! Whoever promises says what and when; it takes effect when they share it. Only
//! they can *report* how it went, only the other can *comment*: two voices that
//! are never merged into one value (M4). A [`practice`](record::Act::Make) is a
//! promise with a rule; its occurrences are computed, not stored. How each went
//! is derived, line by line, in [`outcome`].
//!
//! Nothing is weighed, scored or chained: a promise is as large as it is (R22).

pub mod decide;
pub mod fold;
pub mod outcome;
pub mod record;
pub mod view;

pub use decide::{Command, Hint, NewPromise, decide, hints};
pub use fold::{Folded, fold};
pub use outcome::Outcome;
pub use record::{Felt, Told};
pub use view::{OccurrenceView, PromiseState, PromiseView, is_open, project};

#[cfg(test)]
mod tests;
