//! How much of one's own logs the other phone is known to hold, and what went through a
//! mailbox.

use super::{Engine, Home};
use crate::error::Error;
use crate::id::{LogId, Past};
use crate::store::{Setting, past_from_value, past_view};

impl Engine {
    /// How far one's own logs are with somebody, as a setting says. One that cannot
    /// be read is as none: it costs a longer bundle.
    fn lengths(&mut self, name: Setting) -> Result<Past, Error> {
        let value = self.db()?.setting(name)?;
        Ok(value.as_ref().and_then(past_from_value).unwrap_or_default())
    }

    /// Keeps how far one's own logs are with somebody.
    fn keep_lengths(&mut self, name: Setting, lengths: &Past) -> Result<(), Error> {
        Ok(self.db()?.set(name, &past_view(lengths).to_value())?)
    }

    /// A number that only grows.
    fn count(&mut self, name: Setting) -> Result<u64, Error> {
        Ok(self.db()?.setting(name)?.and_then(|count| count.uint()).unwrap_or(0))
    }

    /// How much of one's own logs the other phone is known to hold: it said so, or
    /// what it wrote had seen it.
    pub(crate) fn delivered(&mut self, home: &Home) -> Result<Past, Error> {
        let mut lengths = self.known_delivered()?.clone();
        for log in home.logs.iter().filter(|log| log.follower.owner() != home.me) {
            log.follower.pins().for_each(|pin| lengths.raise(pin.log, pin.length));
        }
        Ok(lengths)
    }

    fn known_delivered(&mut self) -> Result<&mut Past, Error> {
        let known = match self.delivered.take() {
            Some(known) => known,
            None => self.lengths(Setting::Delivered)?,
        };
        Ok(self.delivered.insert(known))
    }

    /// The other phone says how much of one's own log it holds. It is written down
    /// with the next upkeep: forgetting it costs a longer bundle.
    pub(crate) fn note_delivered(&mut self, log: LogId, length: u64) -> Result<(), Error> {
        self.known_delivered()?.0.insert(log, length);
        Ok(())
    }

    pub(crate) fn keep_delivered(&mut self) -> Result<(), Error> {
        let Some(known) = self.delivered.clone() else { return Ok(()) };
        if known != self.lengths(Setting::Delivered)? {
            self.keep_lengths(Setting::Delivered, &known)?;
        }
        Ok(())
    }

    /// How much of one's own logs was put into the mailbox.
    pub(crate) fn mailed(&mut self) -> Result<Past, Error> {
        self.lengths(Setting::Mailed)
    }

    /// The number of the next object to be read from the mailbox.
    pub(crate) fn mailbox_read(&mut self) -> Result<u64, Error> {
        self.count(Setting::MailboxRead)
    }

    /// The number of the next object to be put into the mailbox.
    pub(crate) fn mailbox_written(&mut self) -> Result<u64, Error> {
        self.count(Setting::MailboxWritten)
    }

    /// An object of the mailbox was taken in.
    pub(crate) fn took_from_mailbox(&mut self, number: u64) -> Result<(), Error> {
        if self.count(Setting::MailboxRead)? <= number {
            self.db()?.set(Setting::MailboxRead, &(number + 1).into())?;
        }
        Ok(())
    }

    /// An object was put into the mailbox, and one's own logs with it up to here.
    pub(crate) fn put_into_mailbox(&mut self, number: u64, ends: &Past) -> Result<(), Error> {
        self.transact(|engine| {
            engine.db()?.set(Setting::MailboxWritten, &(number + 1).into())?;
            engine.keep_lengths(Setting::Mailed, ends)
        })
    }
}
