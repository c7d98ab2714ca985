//! How the types here that are no plain records reach Swift and Kotlin (feature
//! `uniffi`): each as a text that reads back, or a number.

use crate::domain::recurrence::Rule;
use crate::id::{DocId, Head, ItemId, LogId, OccurrenceId, Past, Position, RevisionHash, Salt};
use crate::pairing::ShortCode;
use crate::time::Moment;
// `Date` and `Time` are other things in Swift and Kotlin.
use jiff::civil::{Date as LocalDate, DateTime as LocalDateTime, Time as LocalTime};
use std::net::SocketAddr;

fn invalid(why: &dyn std::fmt::Debug) -> uniffi::deps::anyhow::Error {
    std::io::Error::other(format!("{why:?}")).into()
}

/// A type that is handed over as the text it prints and reads.
macro_rules! as_text {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $(uniffi::custom_type!($(#[$doc])* $name, String, {
            lower: |value| value.to_string(),
            try_lift: |text| text.parse::<$name>().map_err(|error| invalid(&error)),
        });)*
    };
}

as_text!(
    /// The id of a document: an agreement, a promise, a talk. 32 hexadecimal digits.
    DocId,
    /// The id of something that somebody wrote. 32 hexadecimal digits.
    ItemId,
    /// One time at which a promise is due. 32 hexadecimal digits.
    OccurrenceId,
    /// One generation of one person's transparency log. 32 hexadecimal digits.
    LogId,
    /// The head of a hash chain. 64 hexadecimal digits.
    Head,
    /// The hash of one exact text of an agreement. 64 hexadecimal digits.
    RevisionHash,
    /// What the id of a document of one's own is made from.
    Salt,
    /// Where a record stands in its log.
    Position,
    /// A recurrence rule as in RFC 5545, `FREQ=WEEKLY;BYDAY=MO,WE;COUNT=12`.
    Rule,
);

/// The same for types of other crates.
macro_rules! remote_as_text {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $(uniffi::custom_type!($(#[$doc])* $name, String, {
            remote,
            lower: |value| value.to_string(),
            try_lift: |text| Ok(text.parse::<$name>()?),
        });)*
    };
}

remote_as_text!(
    /// A local date, `2026-03-02`.
    LocalDate,
    /// A local time of day, `18:30:00`.
    LocalTime,
    /// A local date and time without a zone, `2026-03-02T18:30:00`.
    LocalDateTime,
    /// A network address, `192.168.0.7:4444`.
    SocketAddr,
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
            for part in text.split_whitespace() {
                let Some((log, length)) = part.split_once(':') else {
                    return Err(std::io::Error::other("not a past").into());
                };
                past.0.insert(log.parse()?, length.parse()?);
            }
            Ok(past)
        },
    }
);
