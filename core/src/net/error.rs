//! Why a link fails.

/// Why the link to the other phone failed or ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Nobody answered at that address.
    #[error("nobody answers at {0}: is the other phone listening, on the same network?")]
    Unreachable(String),
    /// The system does not let this app reach the local network.
    #[error("this app may not reach the local network: allow it in the phone's settings")]
    LocalNetworkDenied,
    /// The address could not be listened on.
    #[error("cannot listen on {0}: {1}")]
    Listen(String, String),
    /// Whoever answered is not the paired phone, or not this pair any more.
    #[error("whoever answered is not the paired phone")]
    Stranger,
    /// The connection ended. What was acknowledged is safe; the rest goes on next time.
    #[error("the connection ended: {0}")]
    Lost(String),
    /// The other side broke the protocol.
    #[error("the other phone sent something that is not the protocol: {0}")]
    Protocol(String),
    /// Entries of the other phone break a rule; what came before them is here.
    #[error(
        "something that the other phone wrote cannot be taken ({0}): nothing that is here was touched; update both apps, and if it stays so, replace the other phone"
    )]
    Refused(String),
    /// The other phone's log is not what this phone holds of it.
    #[error(
        "the other phone's log is no longer what this phone holds of it: this copy stays as it is, see `status`"
    )]
    Contradiction,
    /// Nothing came for too long.
    #[error("the other phone fell silent")]
    Silent,
    /// The shared folder could not be read or written.
    #[error("the shared folder cannot be used: {0}")]
    Mailbox(String),
    /// The two did not meet in the time that was given.
    #[error(
        "nobody came in time: both phones must exchange at the same time, on one network, or one must know the address of the other"
    )]
    Nobody,
}
