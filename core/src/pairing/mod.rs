//! How two phones become a pair, without a socket, a clock or a thread.
//!
//! Both people are in one place, both phones unlocked (R12). One phone shows an
//! [`Invitation`], as a QR code to scan or as a [`Code`] of 16 characters to
//! type; both are one-time secrets for a Noise `XXpsk0` handshake. Then a
//! [`Conversation`] runs inside that channel: each phone shows the other's
//! chosen name and the same [`ShortCode`], and each person confirms on their own
//! phone. The short code is made from nonces that both committed to before they
//! revealed them, and from the handshake: nobody in between can steer it.
//!
//! What comes out is [`Material`], the same on both phones but for who is who.
//! It stays *pending* until the first ordinary session has proved that both
//! hold it.
//!
//! The same conversation lets a new phone take the place of a lost one: the phone that
//! stays names the pair in its reveal, see [`Replacement`].

mod code;
mod conversation;
mod error;
mod invitation;

pub use code::Code;
pub use conversation::{Action, Conversation, Material, Message, Replacement, Role, ShortCode};
pub use error::PairingError;
pub use invitation::Invitation;
