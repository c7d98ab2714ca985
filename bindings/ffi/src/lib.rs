//! The face of Amends for Swift and Kotlin: objects, what the host lends, errors.
//! Nothing is decided here; every call goes to [`amends`].
//!
//! Start with [`Space`]: one person's phone. Its capabilities are objects of their own
//! ([`Agreements`], [`Promises`], [`Openness`], …). Their methods, and most of the space's,
//! are core's own, marked there with `amends_face::exported`. Every call runs on a runtime
//! of the space's own, so that a caller who goes away never loses a write.

mod error;
mod faces;
mod guard;
mod host;
mod pairing;
mod runtime;
mod space;
mod subscription;
mod sync;
mod views;

pub use error::{AmendsError, ArgumentKind, HostError};
pub use faces::*;
pub use host::{Beacon, Discovery, HostClock, HostServices, Mailbox, SecretStore, Sightings};
pub use pairing::Pairing;
pub use space::Space;
pub use subscription::{
    AgreementsSubscription, CheckInsSubscription, DiagnosticsSubscription, ItemsSubscription,
    NotesSubscription, OpennessSubscription, PromisesSubscription, SharesSubscription,
    StatusSubscription, TalksSubscription, TodaySubscription,
};
pub use sync::SyncOptions;
pub use views::{BothLimits, CheckInView, ExportedDocument, Limits, Reminder, ReminderWishes};

uniffi::setup_scaffolding!("amends_ffi");

// Types of another crate whose form in Swift and Kotlin core decides, in its `foreign`.
use amends::Answers;
use jiff::civil::{Date as LocalDate, DateTime as LocalDateTime, Time as LocalTime};
uniffi::use_remote_type!(amends::Answers);
uniffi::use_remote_type!(amends::LocalDate);
uniffi::use_remote_type!(amends::LocalDateTime);
uniffi::use_remote_type!(amends::LocalTime);
