//! Check-ins: the same questions to both, answered before either sees the
//! other's answers (F79 to F82; RULES.md, sealed check-ins).
//!
//! Answers are *sealed*: first only a commitment travels; when a phone holds both
//! seals of a period, it opens its own. Who does not answer is not told on:
//! a lone seal stays unseen and is dropped, unless its author shares it alone.
//! The eight scales are never added up, and nobody counts days (R16, R22).

pub mod decide;
pub mod fold;
pub mod record;
pub mod seal;
pub mod template;
pub mod view;

pub use fold::{Folded, fold};
pub use record::Act;
pub use seal::{Answer, Answers, Opening};
pub use template::{Cadence, Period, Template, TemplateId};
pub use view::{CheckInState, CheckInView, IntentionView, project};

#[cfg(test)]
mod tests;
