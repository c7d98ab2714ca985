//! The daily practice over random lives, and its recurrences beside another
//! implementation's.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod life;
mod recurrence;
