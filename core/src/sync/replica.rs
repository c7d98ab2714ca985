//! What a session needs of the phone that it runs on.

use super::frame::{BodyAt, Run};
use crate::id::{Head, LogId};
use crate::log::{Checkpoint, LogRefusal};

/// The session's window into the logs of this phone.
pub trait Replica {
    /// What fails where storage does.
    type Error;
    /// What is held of every log, one's own and the partner's, each person's in the
    /// order of their generations.
    ///
    /// # Errors
    /// Storage.
    fn checkpoints(&mut self) -> Result<Vec<Checkpoint>, Self::Error>;
    /// Which generation of one's own log it is, held here or not.
    fn own_generation(&self, log: LogId) -> Option<u8>;
    /// Whether the log is one's own.
    fn is_own(&self, log: LogId) -> bool {
        self.own_generation(log).is_some()
    }
    /// The head that a held log had at a length; `None` beyond what is held.
    ///
    /// # Errors
    /// Storage.
    fn head_at(&mut self, log: LogId, length: u64) -> Result<Option<Head>, Self::Error>;
    /// Entries of one's own log from `first` on, about `bytes` bytes of them;
    /// `None` where there are none.
    ///
    /// # Errors
    /// Storage.
    fn read(&mut self, log: LogId, first: u64, bytes: usize) -> Result<Option<Run>, Self::Error>;
    /// Checks entries of the partner's log and stores durably those that follow;
    /// what stands before a bad one stays.
    ///
    /// # Errors
    /// Storage.
    fn accept(&mut self, run: &Run) -> Result<Intake, Self::Error>;
    /// Takes back entries of one's own log that a rolled-back disk or a lost phone
    /// has lost: only those that carry one's own mark, or that a replaced phone was
    /// told of. Where they differ from what is held they count, and what stood
    /// there is set aside. All, or none.
    ///
    /// # Errors
    /// Storage.
    fn recover(&mut self, run: &Run) -> Result<Intake, Self::Error>;
    /// Takes note that the partner's log is not what is held of it: it is frozen
    /// until its owner goes on from that.
    ///
    /// # Errors
    /// Storage.
    fn freeze(&mut self, log: LogId) -> Result<(), Self::Error>;
    /// The partner's log is what is held of it, as its owner says: where it was
    /// frozen, it is no longer.
    ///
    /// # Errors
    /// Storage.
    fn thaw(&mut self, log: LogId) -> Result<(), Self::Error>;
    /// The bodies of the partner's records that are missing here.
    ///
    /// # Errors
    /// Storage.
    fn missing_bodies(&mut self) -> Result<Vec<(LogId, u64, u8)>, Self::Error>;
    /// Bodies of one's own records.
    ///
    /// # Errors
    /// Storage.
    fn bodies(&mut self, log: LogId, which: &[(u64, u8)]) -> Result<Vec<BodyAt>, Self::Error>;
    /// Takes in the bodies that pass the gate.
    ///
    /// # Errors
    /// Storage.
    fn accept_bodies(&mut self, log: LogId, bodies: &[BodyAt]) -> Result<(), Self::Error>;
}

/// What became of received entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intake {
    /// They are durable, up to here.
    Stored(Checkpoint),
    /// They do not follow what is held: entries are missing before them.
    Missing(Checkpoint),
    /// One is refused; it and what came after it are not stored.
    Refused(LogRefusal),
    /// They contradict what is held.
    Contradiction,
}
