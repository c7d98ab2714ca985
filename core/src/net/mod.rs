//! Links over TCP: Noise handshakes, frames on the wire, dialling, accepting.
//!
//! This is the only part of the library that touches a socket, behind the
//! feature `net`. Everything that could be said without one is said elsewhere:
//! [`crate::sync`] has the session, [`crate::pairing`] the conversation.

#[cfg(feature = "net")]
mod bundle;
#[cfg(feature = "net")]
mod channel;
#[cfg(feature = "net")]
mod discovery;
mod error;
#[cfg(feature = "net")]
mod mailbox;
#[cfg(feature = "mdns")]
mod mdns;
#[cfg(feature = "net")]
mod noise;
#[cfg(feature = "net")]
mod quota;
#[cfg(feature = "net")]
mod registry;
#[cfg(feature = "net")]
mod tcp;

#[cfg(feature = "net")]
pub use bundle::{Opener, Sealer, bundle_epoch};
#[cfg(feature = "net")]
pub use channel::{Channel, open};
#[cfg(feature = "net")]
pub(crate) use discovery::Sighting;
#[cfg(feature = "net")]
pub(crate) use discovery::{Announcer, Round};
#[cfg(feature = "net")]
pub use discovery::{Beacon, Discovery, DiscoveryError, SERVICE, Sightings, instance_name};
pub use error::LinkError;
#[cfg(feature = "net")]
pub use mailbox::{Folder, Mailbox, MailboxError, object_name};
#[cfg(feature = "mdns")]
pub use mdns::Mdns;
#[cfg(feature = "net")]
pub use noise::{Handshake, Noise, public_key};
#[cfg(feature = "net")]
pub use quota::Quota;
#[cfg(feature = "net")]
pub use registry::{Claim, Registry};
#[cfg(feature = "net")]
pub use tcp::{Connection, Listener, Reader, Writer};

#[cfg(feature = "net")]
use std::time::Duration;

#[cfg(feature = "net")]
/// A handshake must be done within this time.
pub const HANDSHAKE: Duration = Duration::from_secs(5);
#[cfg(feature = "net")]
/// Sockets that have not proved who they are, at once.
pub const UNAUTHENTICATED: usize = 8;
#[cfg(feature = "net")]
/// Of those, from one address.
pub const UNAUTHENTICATED_PER_ADDRESS: usize = 2;
