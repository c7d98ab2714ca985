//! The local-first core of apps that help two people rebuild trust.
//!
//! It is no server and has no account, no telemetry and no way to reach anything but the
//! one other phone. It watches nobody: nothing is read from a sensor, nobody is told when
//! the other last looked or was near, nothing is scored, and nothing is decided for anybody.
//! It draws nothing, schedules nothing and keeps no keys: the app brings a screen, the
//! system's notifications and a keychain. It is no proof for outsiders. It is for two adults
//! who both choose to use it, and never for watching anybody: not a child, not an
//! employee, not a partner who is afraid to say no (R24, R37).
//!
//! What it is: all the rules, for the two phones of one pair. Each phone keeps what its
//! person and the other have written, sealed; the phones keep each other in step over the
//! local network. Apps in Swift and Kotlin stay thin.
//!
//! # Begin here
//!
//! A space is a folder and a place for keys. Before there is a pair, drafts can
//! be kept, and nothing else:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use amends::{Host, KeyFile, Space};
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
//!
//! # Where to look
//!
//! [`Space`] is what an app holds; each capability is an object that hangs off it
//! ([`Space::agreements`], [`Space::promises`], …), and what they show are plain values,
//! named as in Swift and Kotlin. [`Host`] and [`host`] are what the app lends: a clock,
//! randomness, a place for secrets. [`Error`] says what to do next.
//!
//! The bytes on the wire and in the logs are described in `PROTOCOL.md`, the rules in
//! `RULES.md`, both beside this crate's manifest; how the house is built, in
//! `CONTRIBUTING.md` at the top of the repository.

// What the tests look at is `pub` in its private module, see `internals`.
#![cfg_attr(not(feature = "sim"), allow(unused_imports))]
// Without the network nobody calls what serves a session; it is compiled all the
// same, so that it cannot rot.
#![cfg_attr(not(feature = "net"), allow(dead_code))]

#[cfg(feature = "backup")]
mod backup;
mod cbor;
mod document;
mod domain;
mod engine;
mod error;
#[cfg(feature = "net")]
mod exchange;
mod file;
#[cfg(feature = "uniffi")]
pub mod foreign;
pub mod host;
pub mod id;
mod limits;
mod log;
mod net;
mod pairing;
mod space;
mod store;
mod sync;
mod text;
pub mod time;

#[cfg(feature = "uniffi")]
uniffi::setup_scaffolding!("amends");

#[cfg(feature = "backup")]
pub use backup::{BackupKey, BackupOpener, BackupSummary};
#[cfg(feature = "watch")]
pub use engine::HomeWatch;
pub use engine::{
    DoctorReport, ExportedDocument, Finding, Host, Leaving, LogItem, PairingState, Remedy,
    SetAside, Status, StatusNotice, VerifiedLog,
};
pub use error::Error;
#[cfg(feature = "net")]
pub use exchange::{
    Asked, BundleOf, BundleSummary, CatchUp, Diagnostics, Exchange, ExchangeOptions, MailboxVisit,
    Pairing, Trouble, TroubleOf,
};
pub use log::Checkpoint;
pub use net::LinkError;
#[cfg(feature = "mdns")]
pub use net::Mdns;
#[cfg(feature = "net")]
pub use net::{Beacon, Discovery, DiscoveryError, Folder, Mailbox, MailboxError, Sightings};
pub use pairing::{Code, Invitation, PairingError, ShortCode};
pub use space::{
    Agreements, CheckIns, Hearing, Inner, Openness, PrivateDraft, Progress, Promises, Shared,
    Space, Subscription, Today,
};
#[cfg(feature = "sim")]
pub use space::{SimLink, SimTurn};
pub use store::{KeyFile, PassphraseFile, StorageError};
pub use text::Splice;

pub use domain::agreement::{
    Adoption, AgreementKind, AgreementState, AgreementView, AgreementsNow, Category, ClauseView,
    DraftView, HistoryItem, Notice as AgreementNotice, RevisionView, TaperStep, Terms, TermsClause,
};
pub use domain::checkin::{
    Answer, Answers, Cadence as CheckInCadence, CheckInState, CheckInView, Period, Template,
    TemplateId,
};
pub use domain::guard::{Concern, Deck, Pack, PackError, Purpose, WritingHint, writing_hints};
pub use domain::inner::{
    Content as NoteContent, FEELINGS, Feeling, GoalState, Leaning as Inclination, NewNote, Note,
    Seen, Step as GoalStep,
};
pub use domain::intention::IntentionView;
pub use domain::openness::{CorrectionView, Kind as PostKind, NewPost, PostState, PostView, Want};
pub use domain::overview::{
    KeptOf, Milestone, MilestoneKind, NextDue, PatternPoint, Reminder, SharedItem, Sharing,
    Stopping, Topic, Trend, TrendPoint, WeekCounts, Why, Wishes,
};
pub use domain::pacing::{BothLimits, Contact, Feature, PairLimits, SpaceView};
pub use domain::pair::Who;
pub use domain::promise::{
    AskedView, Felt, Hint, HowItWent, NewPromise, Note as PromiseNote, OccurrenceView, Outcome,
    PromiseState, PromiseView, RemarkView, ReportView, Told,
};
pub use domain::recurrence::{Due, IsoWeek, Rule, exactly};
pub use domain::shared::{
    AnswerView, BreachState, BreachView, Form, ItemDraft, ItemPart, ItemState, ItemView, NewItem,
    NextStep, Reply, Role, Section, VersionView, Wish,
};
pub use domain::talk::turns::{Turn, turns};
pub use domain::talk::{NewTalk, TalkState, TalkView};
pub use domain::{Refusal, RefusalCode};

/// What lies under the facade, for this repository's own tests, benchmarks and fuzzers. It may
/// change at any time; no app can need it.
#[cfg(feature = "sim")]
#[doc(hidden)]
#[allow(missing_docs)]
pub mod internals {
    macro_rules! exposed {
        ($($module:ident)*) => { $(pub mod $module { pub use crate::$module::*; })* };
    }
    exposed! { cbor document domain engine limits log net pairing store sync text }
    #[cfg(feature = "backup")]
    exposed! { backup }
}

/// The README's example compiles.
#[cfg(all(doctest, feature = "net"))]
#[doc = include_str!("../../README.md")]
pub struct Readme;
