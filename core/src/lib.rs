//! The local-first core of apps that help two people rebuild trust.
//!
//! Two partners' phones keep shared agreements and what they tell each other, on
//! the phones alone: no server, no account, no telemetry. This crate holds all
//! the rules; apps in Swift and Kotlin stay thin. It is for two adults who both
//! choose to use it, and never for watching anybody: not a child, not an
//! employee, not a partner who is afraid to say no (R24, R37).
//!
//! # Where to look
//!
//! | module | what |
//! |---|---|
//! | [`space`] | [`Space`], what an app holds: one person's phone |
//! | [`domain`] | the rules, pure: records, consent, agreements, what I share |
//! | [`log`] | two transparency logs that pin each other, pure |
//! | [`document`] | Automerge documents, derived from records |
//! | [`store`] | two SQLite files, every value sealed |
//! | [`sync`] | the session between two phones, sans-IO |
//! | [`pairing`] | codes, QR codes, the pairing conversation, sans-IO |
//! | `net` | TCP and Noise (feature `net`) |
//! | [`host`] | what the host lends: a clock, randomness, a place for secrets |
//! | [`limits`] | every limit in one table |
//!
//! The bytes on the wire and in the logs are described in `PROTOCOL.md`, which
//! lies beside this crate's manifest.
//!
//! # Begin here
//!
//! A space is a folder and a place for keys. Before there is a pair, drafts can
//! be kept, and nothing else:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use amends::{Host, Space, store::KeyFile};
//!
//! let folder = tempfile::tempdir()?;
//! let host = Host::new(KeyFile::new(folder.path().join("keys")));
//! let ana = Space::create(folder.path(), "Ana", host)?;
//!
//! let draft = ana.agreements().keep_draft(None, "We talk on Sunday evenings.").await?;
//! assert_eq!(ana.agreements().drafts().await?, vec![draft]);
//! ana.shutdown().await;
//! # Ok(()) }
//! ```
//!
//! Two phones pair with [`Space::pair_show`] on one and [`Space::pair_join`] on
//! the other, and exchange with [`Space::exchange`]. A lost phone is replaced with
//! [`Space::pair_replace`] on the one that stays.

pub mod cbor;
pub mod document;
pub mod domain;
// Without the network nobody calls what serves a session; it is compiled all the
// same, so that it cannot rot.
#[cfg_attr(not(feature = "net"), allow(dead_code))]
pub(crate) mod engine;
pub mod error;
#[cfg(feature = "net")]
pub(crate) mod exchange;
#[cfg(feature = "uniffi")]
pub mod foreign;
pub mod host;
pub mod id;
pub mod limits;
pub mod log;
#[cfg(feature = "net")]
pub mod net;
pub mod pairing;
pub mod space;
pub mod store;
pub mod sync;
pub mod text;
pub mod time;

#[cfg(feature = "uniffi")]
uniffi::setup_scaffolding!("amends");

pub use error::{Error, LinkError, PairingError};
pub use space::{Host, Space};

/// The README's example compiles.
#[cfg(all(doctest, feature = "net"))]
#[doc = include_str!("../../README.md")]
pub struct Readme;
