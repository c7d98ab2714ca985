//! A mailbox: a folder that both phones reach, where they leave bundles for each other.

use super::Phone;
use super::bundle::BundleSummary;
use super::lifecycle::TroubleOf;
use super::links::{Links, stopped};
use crate::engine::Engine;
use crate::error::Error;
use crate::id::Past;
use crate::limits::BUNDLE_BYTES;
use crate::net::LinkError;
use crate::net::{Mailbox, MailboxError, object_name};
use serde::Serialize;
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// Objects that a reader looks for beyond the one that comes next, and before it.
const WINDOW: u64 = 64;
/// How often a mailbox is looked into.
const MAIL_CHECK: Duration = Duration::from_secs(10);
/// How long after a change it is written to.
const MAIL_PAUSE: Duration = Duration::from_secs(1);

impl Engine {
    /// The objects of a mailbox that may be for this phone, by number.
    fn wanted_objects(&mut self, names: &[String]) -> Result<Vec<(u64, String)>, Error> {
        let keys = self.link_keys()?;
        if !keys.receive {
            return Ok(Vec::new());
        }
        let next = self.mailbox_read()?;
        let numbers = next.saturating_sub(WINDOW)..next + WINDOW;
        let named = numbers.map(|number| (number, object_name(&keys.secret, keys.partner, number)));
        Ok(named.filter(|(_, name)| names.contains(name)).collect())
    }

    /// The next object to be put into the mailbox, if something is to be put there:
    /// what the other phone is not known to hold and what was not put there before; about
    /// [`BUNDLE_BYTES`] of it, sealed in one job.
    fn next_object(&mut self, names: &[String]) -> Result<Option<Object>, Error> {
        let keys = self.link_keys()?;
        let home = self.home()?;
        let mut from = self.delivered(&home)?;
        from.join(&self.mailed()?);
        let own = home.logs.iter().filter(|log| log.follower.owner() == home.me);
        let mut own = own.map(|log| log.follower.checkpoint());
        if own.all(|at| from.length(at.log) >= at.length) {
            return Ok(None);
        }
        let (bytes, summary, ends) = self.seal_bundle(Vec::new(), &from, BUNDLE_BYTES)?;
        let mut number = self.mailbox_written()?;
        // Write-once: what stands there is never replaced.
        while names.contains(&object_name(&keys.secret, keys.me, number)) {
            number += 1;
        }
        let name = object_name(&keys.secret, keys.me, number);
        Ok(Some(Object { number, name, bytes, entries: summary.entries, ends }))
    }
}

/// A bundle on its way into a mailbox.
struct Object {
    number: u64,
    name: String,
    bytes: Vec<u8>,
    entries: u64,
    ends: Past,
}

/// What a visit to a mailbox did, in entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct MailboxVisit {
    /// Put there for the other phone.
    pub put: u64,
    /// New here.
    pub taken: u64,
}

/// Has the host's mailbox do something where it may block.
async fn with<T: Send + 'static>(
    mailbox: &Arc<dyn Mailbox>,
    work: impl FnOnce(&dyn Mailbox) -> Result<T, MailboxError> + Send + 'static,
) -> Result<T, Error> {
    let mailbox = mailbox.clone();
    let done = tokio::task::spawn_blocking(move || work(mailbox.as_ref())).await;
    let done = done.unwrap_or_else(|_| Err(MailboxError("it failed".to_owned())));
    Ok(done.map_err(|error| LinkError::Mailbox(error.0))?)
}

impl Phone {
    /// See [`crate::Space::visit_mailbox`].
    pub(crate) async fn visit_mailbox(
        &self,
        mailbox: Arc<dyn Mailbox>,
    ) -> Result<MailboxVisit, Error> {
        let mut visit = MailboxVisit::default();
        let mut failed = None;
        let mut names = with(&mailbox, |mailbox| mailbox.list()).await?;
        let known = names.clone();
        for (number, name) in self.ask(move |engine| engine.wanted_objects(&known)).await? {
            // What is too much waits there; and so does what waits for something else.
            if !self.lifecycle.quota(|quota, now| quota.open(now)) {
                break;
            }
            if self.lifecycle.mail_waits(&name) {
                continue;
            }
            let object = name.clone();
            let bytes = match with(&mailbox, move |mailbox| mailbox.read(&object)).await {
                Ok(bytes) => bytes,
                // Whatever stands there under its name keeps no other from being looked at.
                Err(error) => {
                    failed.get_or_insert(error);
                    continue;
                }
            };
            let length = bytes.len();
            match self.take_object(number, bytes).await? {
                Taking::Taken(summary) => {
                    self.lifecycle.quota(|quota, now| quota.take(length, now));
                    visit.taken += summary.new;
                    if summary.new > 0 {
                        self.lifecycle.mail_came();
                    }
                    with(&mailbox, move |mailbox| mailbox.remove(&name)).await?;
                }
                Taking::Waits => self.lifecycle.mail_is_to_wait(name),
                // None of ours is as large as that.
                Taking::NotWhole if length > 2 * BUNDLE_BYTES => {
                    self.lifecycle.mail_is_to_wait(name);
                }
                Taking::NotWhole => {}
            }
        }
        loop {
            let known = names.clone();
            let Some(object) = self.ask(move |engine| engine.next_object(&known)).await? else {
                // Told once the others are looked at, and what is to be put there is.
                return failed.map_or(Ok(visit), Err);
            };
            let Object { number, name, bytes, entries, ends } = object;
            names.push(name.clone());
            with(&mailbox, move |mailbox| mailbox.write(&name, &bytes)).await?;
            self.engine.write(move |engine| engine.put_into_mailbox(number, &ends)).await?;
            visit.put += entries;
        }
    }
}

impl Phone {
    async fn take_object(&self, number: u64, bytes: Vec<u8>) -> Result<Taking, Error> {
        match self.take_bundle(move || Ok(Cursor::new(bytes))).await {
            Ok(summary) if summary.gap => {
                tracing::debug!(number, "an object of the mailbox waits for what came before it");
                Ok(Taking::Waits)
            }
            Ok(summary) => {
                self.engine.call(move |engine| engine.took_from_mailbox(number)).await?;
                Ok(Taking::Taken(summary))
            }
            Err(Error::Link(error)) => {
                tracing::debug!(%error, "an object of the mailbox is not whole");
                Ok(Taking::NotWhole)
            }
            Err(error) => Err(error),
        }
    }
}

/// What became of an object.
enum Taking {
    /// It is here, and goes.
    Taken(BundleSummary),
    /// It goes on from something that is not here: it stays, and is looked at again once something
    /// else has come, or after a while.
    Waits,
    /// It may still be on its way into the folder, and is looked at again.
    NotWhole,
}

/// Visits the mailbox after changes and now and then.
pub(super) async fn post(mailbox: Arc<dyn Mailbox>, links: Links) {
    let mut stop = links.stop.clone();
    let mut changes = links.phone.changes();
    let lifecycle = links.phone.lifecycle.clone();
    loop {
        match links.phone.visit_mailbox(mailbox.clone()).await {
            Ok(_) => lifecycle.works(TroubleOf::Mailbox),
            Err(Error::Link(error)) => {
                lifecycle.trouble(TroubleOf::Mailbox, error.to_string(), links.phone.now());
            }
            Err(error) => tracing::debug!(%error, "the mailbox was not visited"),
        }
        changes.borrow_and_update();
        tokio::select! {
            () = stopped(&mut stop) => break,
            () = sleep(MAIL_CHECK) => {}
            // What is written in one go is put in one go.
            changed = changes.changed() => match changed {
                Ok(()) => sleep(MAIL_PAUSE).await,
                Err(_) => break,
            },
        }
    }
}
