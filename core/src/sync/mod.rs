//! The session between two phones, without a socket, a clock or a thread.
//!
//! A [`Session`] is told what came in ([`Session::receive`]), that time passed
//! ([`Session::tick`]) or that something new was written ([`Session::pump`]); it
//! looks into the logs through a [`Replica`] and says what to do as [`Action`]s.
//! The tests and the simulator run two of them in one thread.
//!
//! The story: both say [`Frame::Hello`] with what they hold of every log. Each
//! owner then checks that what the other holds of the own log is a beginning of
//! it, and sends the rest in runs of [`Frame::Entries`], a bounded number of
//! bytes ahead of the other's [`Frame::Ack`]s, which are sent once the entries
//! are durable. When everything is acknowledged both ways the two are *in step*,
//! and a few dozen bytes have told them so however long their history is. A
//! connection may end at any byte: the next one goes on from the last durable
//! entry. Nothing else is remembered between sessions.

mod frame;
mod replica;
mod session;

pub use frame::{BodyAt, Claim, Epoch, Frame, FrameError, Run};
pub use replica::{Intake, Replica};
pub use session::{Action, Config, Ended, Notice, Session};
