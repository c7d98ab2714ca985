//! Links over TCP: Noise handshakes, frames on the wire, dialling, accepting.
//!
//! This is the only part of the library that touches a socket, behind the
//! feature `net`. Everything that could be said without one is said elsewhere:
//! [`crate::sync`] has the session, [`crate::pairing`] the conversation.

mod bundle;
mod channel;
mod discovery;
mod mailbox;
#[cfg(feature = "mdns")]
mod mdns;
mod noise;
mod quota;
mod registry;
mod tcp;

pub use bundle::{Opener, Sealer, bundle_epoch};
pub use channel::{Channel, open};
pub(crate) use discovery::Sighting;
pub(crate) use discovery::{Announcer, Round};
pub use discovery::{Beacon, Discovery, DiscoveryError, SERVICE, Sightings, instance_name};
pub use mailbox::{Folder, Mailbox, MailboxError, object_name};
#[cfg(feature = "mdns")]
pub use mdns::Mdns;
pub use noise::{Handshake, Noise, public_key};
pub use quota::Quota;
pub use registry::{Claim, Registry};
pub use tcp::{Connection, Listener, Reader, Writer};

use std::time::Duration;

/// A handshake must be done within this time.
pub const HANDSHAKE: Duration = Duration::from_secs(5);
/// Sockets that have not proved who they are, at once.
pub const UNAUTHENTICATED: usize = 8;
/// Of those, from one address.
pub const UNAUTHENTICATED_PER_ADDRESS: usize = 2;
