//! What the workspace's tests share: two phones in one process, and a partner's
//! phone that says what no honest app would.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

pub mod liar;
pub use amends_testing as phones;
