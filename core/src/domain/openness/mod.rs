//! Openness: what one tells of oneself, by one's own hand and for a while (F58
//! to F68, F22).
//!
//! A post is typed by a person, never read from a sensor (R6, R7). It says until
//! when it lives, 90 days at most; then its words are deleted on both phones.
//! Its author can correct it (the correction stands beside it, never instead),
//! or withdraw it at any time. The other can read it and say thank you.

pub mod decide;
pub mod fold;
pub mod record;
pub mod view;

pub use decide::{Command, NewPost, decide};
pub use fold::{Folded, fold};
pub use record::{Kind, Want};
pub use view::{PostState, PostView, project};

#[cfg(test)]
mod tests;
