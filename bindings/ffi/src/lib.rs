//! The face of Amends for Swift and Kotlin: objects, what the host lends, errors.
//! Nothing is decided here; every call goes to [`amends`].
//!
//! Start with [`Space`]: one person's phone. Its capabilities are objects of their own
//! ([`Agreements`], [`Promises`], [`Openness`], …). Every call runs on a runtime of the
//! space's own, so that a caller who goes away never loses a write.

mod agreements;
mod check_ins;
mod error;
mod exchange;
mod hearing;
mod host;
mod inner;
mod openness;
mod pairing;
mod progress;
mod promises;
mod runtime;
mod space;
mod subscription;
mod views;

pub use agreements::Agreements;
pub use check_ins::CheckIns;
pub use error::{AmendsError, HostError};
pub use exchange::{Exchange, ExchangeSettings};
pub use hearing::Hearing;
pub use host::{Beacon, Clock, Discovery, HostServices, Mailbox, SecretStore, Sightings};
pub use inner::Inner;
pub use openness::Openness;
pub use pairing::Pairing;
pub use progress::Progress;
pub use promises::Promises;
pub use space::Space;
pub use subscription::{
    AgreementsSubscription, CatchUpSubscription, CheckInsSubscription, OpennessSubscription,
    PromisesSubscription, TodaySubscription,
};
pub use views::{BothLimits, CheckInView, ExportedDocument, Limits, Reminder, ReminderWishes};

uniffi::setup_scaffolding!("amends_ffi");

// Types of another crate whose form in Swift and Kotlin core decides, in its `foreign`.
use jiff::civil::{Date as LocalDate, DateTime as LocalDateTime, Time as LocalTime};
uniffi::use_remote_type!(amends::LocalDate);
uniffi::use_remote_type!(amends::LocalDateTime);
uniffi::use_remote_type!(amends::LocalTime);
