//! Pairing and exchange with the other phone.

use super::Space;
use crate::error::Error;
use crate::exchange::{
    BundleOf, BundleSummary, Diagnostics, Exchange, ExchangeOptions, MailboxVisit, Pairing,
};
use crate::net::Mailbox;
use crate::pairing::{Code, Invitation};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;

impl Space {
    /// Exchanges with the other phone over TCP, in the background of the tokio
    /// runtime that this is called in. It goes on through [`Space::suspend`] and
    /// [`Space::resume`], [`Space::network_changed`], and lost connections.
    ///
    /// # Errors
    /// `NotPaired`, `PairLeft`, `SyncHeld`; [`crate::LinkError::Listen`].
    pub async fn exchange(&self, options: ExchangeOptions) -> Result<Exchange, Error> {
        self.phone.exchange(options).await
    }

    /// Shows a code (and a QR code) for the other phone and waits for it, two
    /// minutes at most.
    ///
    /// # Errors
    /// `AlreadyPaired`; [`crate::LinkError::Listen`].
    pub async fn pair_show(&self, address: SocketAddr) -> Result<Pairing, Error> {
        self.phone.pair_show(address).await
    }

    /// The partner has a new phone: shows a code for it, as [`Space::pair_show`]
    /// does. On the new phone the code is typed as for any pairing. When both have
    /// confirmed, and a first session has proved it, the phone before is a stranger.
    ///
    /// # Errors
    /// `NotPaired`, `PairLeft`, `NotYetWhole`; [`crate::LinkError::Listen`].
    pub async fn pair_replace(&self, address: SocketAddr) -> Result<Pairing, Error> {
        self.phone.pair_replace(address).await
    }

    /// Goes to the phone at `peer` with the code that it shows.
    ///
    /// # Errors
    /// `AlreadyPaired`.
    pub async fn pair_join(&self, code: &Code, peer: &str) -> Result<Pairing, Error> {
        self.phone.pair_join(code, peer).await
    }

    /// Goes to the phone whose QR code was scanned, at `peer` or where the QR
    /// code says.
    ///
    /// # Errors
    /// `AlreadyPaired`; [`crate::PairingError::Expired`].
    pub async fn pair_scan(
        &self,
        invitation: &Invitation,
        peer: Option<&str>,
    ) -> Result<Pairing, Error> {
        self.phone.pair_scan(invitation, peer).await
    }

    /// [`Space::diagnostics`], whenever they have changed.
    pub fn watch_diagnostics(&self) -> watch::Receiver<Diagnostics> {
        self.phone.lifecycle.watch_diagnostics()
    }

    /// Visits a mailbox once: takes what is there for this phone, and puts there
    /// what the other one lacks.
    ///
    /// # Errors
    /// [`crate::LinkError::Mailbox`]; as [`Space::write_bundle`].
    pub async fn visit_mailbox(&self, mailbox: Arc<dyn Mailbox>) -> Result<MailboxVisit, Error> {
        self.phone.visit_mailbox(mailbox).await
    }
}

#[cfg_attr(feature = "uniffi", amends_face::exported(network))]
impl Space {
    /// The way to the network has changed: another Wi-Fi, another address. Links
    /// are dropped and made again at once, without the waiting that follows a
    /// failure.
    pub fn network_changed(&self) {
        self.phone.lifecycle.network_changed();
    }

    /// How the exchange of this phone stands, and its own troubles with the network. Of the
    /// partner's phone it says nothing (R11).
    pub fn diagnostics(&self) -> Diagnostics {
        self.phone.lifecycle.diagnostics()
    }

    /// Writes a bundle to a file: what the other phone lacks, to be handed over by any
    /// means. Only the other phone can read it; words that run out are not in it.
    ///
    /// # Errors
    /// `NotPaired`, `SyncHeld`, `PairLeft`; `Suspended` where the space is suspended, held back or
    /// left meanwhile; `Storage` where the file cannot be written.
    pub async fn write_bundle(&self, path: &Path, of: BundleOf) -> Result<BundleSummary, Error> {
        self.phone.write_bundle(path, of).await
    }

    /// Takes in a bundle that the other phone wrote. Twice, late or out of order is
    /// harmless.
    ///
    /// # Errors
    /// `Link` for one that is not from the partner's phone to this one, or was changed
    /// (`Stranger`), and for half a bundle (`Protocol`); `NotPaired`, `SyncHeld`,
    /// `PairLeft`.
    pub async fn read_bundle(&self, path: &Path) -> Result<BundleSummary, Error> {
        self.phone.read_bundle(path).await
    }
}
