//! How the types here that are no plain records reach Swift and Kotlin (feature
//! `uniffi`): each as a text that reads back, or a number.

mod error;

pub use error::{AmendsError, ArgumentKind, ErrorDetails, LinkKind, PairingKind, StorageKind};

use crate::domain::checkin::{Answer, Answers};
use crate::domain::recurrence::Rule;
use crate::domain::refusal::RefusalCode;
use crate::error::Error;
use crate::id::{
    AgreementDraftId, AgreementId, DocId, Head, IntentionId, ItemDraftId, ItemId, LogId, NoteId,
    OccurrenceId, OwnTemplateId, Past, Position, PostId, PromiseId, RevisionHash, Salt, TalkId,
    WordsId, WrittenId,
};
use crate::pairing::ShortCode;
use crate::time::Moment;
// `Date` and `Time` are other things in Swift and Kotlin.
use jiff::civil::{Date as LocalDate, DateTime as LocalDateTime, Time as LocalTime};
use std::collections::HashMap;
use std::net::SocketAddr;

/// What a call with such an argument then fails with.
fn invalid(argument: ArgumentKind, expected: &str) -> uniffi::deps::anyhow::Error {
    let what = format!("an argument cannot be read: expected {expected}");
    AmendsError::invalid(argument, &what).into()
}

/// A path that says the same wherever the app is at work.
///
/// # Errors
/// `Invalid` with `Path` for one that is relative.
pub fn absolute(path: String) -> Result<std::path::PathBuf, AmendsError> {
    let path = std::path::PathBuf::from(path);
    let what = "this path is relative: give the whole of it, from the root on";
    match path.is_absolute() {
        true => Ok(path),
        false => Err(AmendsError::invalid(ArgumentKind::Path, what)),
    }
}

/// A type that is handed over as the text it prints and reads.
macro_rules! as_text {
    ($($(#[$doc:meta])* $name:ident, $argument:ident: $expected:literal),* $(,)?) => {
        $(uniffi::custom_type!($(#[$doc])* $name, String, {
            lower: |value| value.to_string(),
            try_lift: |text| text.parse::<$name>().map_err(|_| invalid(ArgumentKind::$argument, $expected)),
        });)*
    };
}

as_text!(
    /// The id of a document, whatever it is. 32 hexadecimal digits.
    DocId, Id: "an id of 32 hexadecimal digits",
    /// The id of something that somebody wrote. 32 hexadecimal digits.
    WrittenId, Id: "an id of 32 hexadecimal digits",
    /// The id of an agreement, an offer or a working draft. 32 hexadecimal digits.
    AgreementId, Id: "an id of 32 hexadecimal digits",
    /// The id of a promise or practice. 32 hexadecimal digits.
    PromiseId, Id: "an id of 32 hexadecimal digits",
    /// The id of a talk. 32 hexadecimal digits.
    TalkId, Id: "an id of 32 hexadecimal digits",
    /// The id of something that one tells and the other may answer. 32 hexadecimal digits.
    ItemId, Id: "an id of 32 hexadecimal digits",
    /// The id of a note. 32 hexadecimal digits.
    NoteId, Id: "an id of 32 hexadecimal digits",
    /// The id of a private draft of an agreement. 32 hexadecimal digits.
    AgreementDraftId, Id: "an id of 32 hexadecimal digits",
    /// The id of a private draft of an item. 32 hexadecimal digits.
    ItemDraftId, Id: "an id of 32 hexadecimal digits",
    /// The id of questions that one of the two made. 32 hexadecimal digits.
    OwnTemplateId, Id: "an id of 32 hexadecimal digits",
    /// The id of a post. 32 hexadecimal digits.
    PostId, Id: "an id of 32 hexadecimal digits",
    /// The id of an intention for a day. 32 hexadecimal digits.
    IntentionId, Id: "an id of 32 hexadecimal digits",
    /// The id of words that were added to something. 32 hexadecimal digits.
    WordsId, Id: "an id of 32 hexadecimal digits",
    /// One time at which a promise is due. 32 hexadecimal digits.
    OccurrenceId, Id: "an id of 32 hexadecimal digits",
    /// One generation of one person's transparency log. 32 hexadecimal digits.
    LogId, Id: "an id of 32 hexadecimal digits",
    /// The head of a hash chain. 64 hexadecimal digits.
    Head, Id: "a hash of 64 hexadecimal digits",
    /// The hash of one exact text of an agreement. 64 hexadecimal digits.
    RevisionHash, Id: "a hash of 64 hexadecimal digits",
    /// What the id of a document of one's own is made from.
    Salt, Id: "the salt of a view",
    /// Where a record stands in its log.
    Position, Id: "the position of a view",
);

uniffi::custom_type!(
    /// A recurrence rule as in RFC 5545, `FREQ=WEEKLY;BYDAY=MO,WE;COUNT=12`.
    Rule,
    String,
    {
        lower: |rule| rule.to_string(),
        // What a rule may not say is a refusal like every other.
        try_lift: |text| Ok(text.parse().map_err(|code: RefusalCode| AmendsError::from(Error::from(code)))?),
    }
);

/// The same for types of other crates.
macro_rules! remote_as_text {
    ($($(#[$doc:meta])* $name:ident, $argument:ident: $expected:literal),* $(,)?) => {
        $(uniffi::custom_type!($(#[$doc])* $name, String, {
            remote,
            lower: |value| value.to_string(),
            try_lift: |text| text.parse::<$name>().map_err(|_| invalid(ArgumentKind::$argument, $expected)),
        });)*
    };
}

remote_as_text!(
    /// A local date, `2026-03-02`.
    LocalDate, Time: "a day such as 2026-03-02",
    /// A local time of day, `18:30:00`.
    LocalTime, Time: "a time of day such as 18:30",
    /// A local date and time without a zone, `2026-03-02T18:30:00`.
    LocalDateTime, Time: "a local time such as 2026-03-02T18:30",
    /// A network address, `192.168.0.7:4444`.
    SocketAddr, Address: "an address such as 192.168.0.7:4444",
);

uniffi::custom_type!(
    /// A moment, in whole seconds since 1970-01-01T00:00:00Z.
    Moment,
    i64,
    { lower: |moment| moment.0, try_lift: |seconds| Ok(Moment(seconds)) }
);

uniffi::custom_type!(
    /// The digits that both people compare while pairing.
    ShortCode,
    String,
    { lower: |code| code.0, try_lift: |digits| Ok(ShortCode(digits)) }
);

uniffi::custom_type!(
    /// What a view had seen when it was made. Opaque: hand it back as it is.
    Past,
    String,
    {
        lower: |past| {
            let logs: Vec<String> = past.0.iter().map(|(log, n)| format!("{log}:{n}")).collect();
            logs.join(" ")
        },
        try_lift: |text| {
            let mut past = Past::default();
            let wrong = || invalid(ArgumentKind::Id, "the past of a view, as it came");
            for part in text.split_whitespace() {
                let (log, length) = part.split_once(':').ok_or_else(wrong)?;
                let log = log.parse().map_err(|_| wrong())?;
                past.0.insert(log, length.parse().map_err(|_| wrong())?);
            }
            Ok(past)
        },
    }
);

uniffi::custom_type!(
    /// The answers that were given, by the number of their question, from 1. Every
    /// question may be skipped.
    Answers,
    HashMap<u8, Answer>,
    {
        remote,
        lower: |answers| answers.into_iter().collect(),
        try_lift: |answers| Ok(answers.into_iter().collect()),
    }
);
