//! Two transparency logs that pin each other.
//!
//! Each person has one open log: the append-only, hash-chained list of all they
//! ever offered or shared. A log is a sequence of [`Entry`]s, one per user
//! action; the [`Head`](crate::id::Head) after an entry fixes everything before it:
//!
//! ```text
//! head_0 = SHA-256("amends/log/v1" ‖ pair id ‖ log id)
//! head_n = SHA-256("amends/entry/v1" ‖ head_{n-1} ‖ entry bytes)
//! ```
//!
//! Each entry *pins* the other person's log as its author held it. So neither
//! can rewrite what the other has seen without the other's phone noticing, and
//! what came before what is known without trusting a clock. There are no
//! signatures (R30): the link says who speaks, the pins make rewriting visible,
//! and neither person holds a proof for outsiders.
//!
//! This module is pure. [`Follower`] checks one log as it grows and says yes or
//! why not; whoever stores the entries keeps its state. Words that their author
//! may take back are not in the log but beside it, see [`body`].
//!
//! ```
//! # #[cfg(feature = "sim")] {
//! use amends::id::{PairId, PersonId};
//! use amends::internals::log::{log_id, Entry, Follower};
//!
//! let (pair, ana) = (PairId([1; 16]), PersonId([2; 16]));
//! let log = log_id(pair, ana, 0);
//! let mut held = Follower::new(pair, ana, 0);
//! let entry = Entry { index: 0, seen: vec![], records: vec![b"\xa0".to_vec()], continues: None };
//! let first = held.follow(&entry.encode(), &|_, _| None).unwrap();
//! assert_eq!(held.checkpoint().length, 1);
//! assert_eq!(first.past.length(log), 0);
//! // The same entry again is not the next one.
//! assert!(held.follow(&entry.encode(), &|_, _| None).is_err());
//! # }
//! ```

pub mod body;
mod chain;
mod entry;
mod follower;

pub use chain::{genesis_head, log_id, next_head, own_tag, own_tag_matches};
pub use entry::{Checkpoint, Entry, EnvelopeError};
pub use follower::{Followed, Follower, LogRefusal};
