//! What comes from the other phone: checked, stored at once, read when something asks.

pub(crate) mod arrival;
pub(crate) mod replica;
#[cfg(feature = "net")]
pub(crate) mod standing;
#[cfg(feature = "net")]
pub(crate) mod turn;
