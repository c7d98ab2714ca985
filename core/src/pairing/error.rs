//! Why a pairing fails.

/// Why a pairing did not come about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PairingError {
    /// The code has not the form of a code, or a character was mistyped.
    #[error("this is not a pairing code: 16 letters and digits, please check each of them")]
    CodeMistyped,
    /// The QR text is not one of ours.
    #[error("this is not a pairing QR code of this version")]
    QrUnreadable,
    /// The other phone does not accept this code: it is wrong, used, or expired.
    #[error("the other phone did not accept this code: it is wrong, was used, or has expired")]
    CodeRefused,
    /// Who answered is not the phone whose QR code was scanned.
    #[error("the phone that answered is not the one whose code was scanned")]
    WrongPhone,
    /// Somebody said that the short codes differ, or cancelled.
    #[error("the pairing was cancelled: nothing is kept")]
    Cancelled,
    /// The code expired or the conversation took too long.
    #[error("the pairing took too long: show a new code")]
    Expired,
    /// The other side broke the protocol.
    #[error("the other phone sent something that is not the protocol: {0}")]
    Protocol(String),
}
