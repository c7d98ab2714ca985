//! Bad input: from strangers on the network, and from a partner whose app obeys
//! no rule. Each gets its own clear error or is set aside as the design says,
//! and nothing that was there is lost.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod partner;
mod strangers;
