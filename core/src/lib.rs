//! Amends.
pub mod cbor;
pub mod host;
pub mod id;
pub mod limits;
pub mod log;
pub mod time;
pub mod domain;
pub mod document;
pub mod error;
pub mod store;
pub mod pairing;
pub mod sync;
