//! Records: what a person did, in the words of the domain.
//!
//! A record is deterministic CBOR, a map of texts to values with at least
//! `kind`, `doc` (the document it is about) and `at` (`[seconds, zone]`). A kind
//! that this version does not know, or fields that it does not expect, leave the
//! record where it stands and without effect: folds pass over it.

use super::action::{self, Action};
use super::capability::Words;
use super::refusal::Refusal;
use super::words;
use crate::cbor::{Item, Value};
use crate::id::{Commitment, DocId, Past, PersonId, Position};
use crate::text;
use crate::time::{Moment, Stated};
use std::sync::Arc;

/// A record to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The document it is about.
    pub target: DocId,
    /// What it does.
    pub action: Action,
    /// Its words, which travel apart.
    pub body: Option<Value>,
}

/// A record as its author wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The document it is about.
    pub target: DocId,
    /// The time its author states.
    pub at: Stated,
    /// What it does.
    pub action: Action,
    /// The commitment of its body, if it has one.
    pub body: Option<Commitment>,
}

/// A record with where it stands and what its author had seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Where it stands.
    pub id: Position,
    /// All that came before it: one for all records of an entry.
    pub past: Arc<Past>,
    /// Whose log it stands in.
    pub author: PersonId,
    /// The record.
    pub record: Record,
    /// When this phone first held it. It only ever lengthens cooling-off (R33) and holds asks
    /// back (F33), and stands in no view (R11).
    pub received: Moment,
}

/// What any record says of itself, whether its kind is known here or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its kind.
    pub kind: String,
    /// The document it is about.
    pub target: DocId,
    /// The commitment of its body, if it has one.
    pub body: Option<Commitment>,
    /// Until when its body is kept, if it says so: for kinds that are not known
    /// here too.
    pub until: Option<Moment>,
    /// Whose words it takes back, if it does.
    pub withdraws: Option<Position>,
}

/// Reads what any record says of itself; `None` if even that is not to be read.
pub fn header<B: AsRef<[u8]>, T: AsRef<str>>(record: &Item<B, T>) -> Option<Header> {
    let body = match record.get("body") {
        Some(body) => Some(Commitment::from_slice(body.bytes()?)?),
        None => None,
    };
    let kind = record.get("kind")?.text()?.to_owned();
    let withdraws =
        record.get("of").filter(|_| kind == words::WITHDRAW).and_then(Position::from_value);
    Some(Header {
        target: DocId::from_slice(record.get("doc")?.bytes()?)?,
        body,
        until: record.get("until").and_then(Item::int).map(Moment),
        withdraws,
        kind,
    })
}

impl Record {
    /// As CBOR.
    pub fn to_value(&self) -> Value {
        let at = Value::Array(vec![self.at.moment.0.into(), self.at.zone.as_str().into()]);
        let fields = self.action.fields().into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        Value::map([
            ("kind", Some(self.action.kind().into())),
            ("doc", Some(self.target.as_bytes().into())),
            ("at", Some(at)),
            ("body", self.body.map(|body| body.as_bytes().into())),
        ])
        .with(fields)
    }

    /// From CBOR; `None` where this version does not understand it in full: an
    /// unknown kind, a missing or additional field.
    pub fn from_value(value: &Value) -> Option<Self> {
        let header = header(value)?;
        let [moment, zone] = value.get("at")?.array()? else { return None };
        let zone = zone.text().filter(|zone| crate::text::tag_counts(zone))?.to_owned();
        let record = Self {
            target: header.target,
            at: Stated { moment: Moment(moment.int()?), zone },
            action: Action::read(&header.kind, value)?,
            body: header.body,
        };
        match record.action.words() {
            Words::Always if record.body.is_none() => return None,
            Words::Never if record.body.is_some() => return None,
            _ => {}
        }
        // What does not come back the same holds something that is not understood.
        let open = action::kind(&header.kind).is_some_and(|kind| kind.open);
        (open || record.to_value() == *value).then_some(record)
    }
}

/// A body of words alone.
///
/// # Errors
/// Those of a text.
pub(super) fn said(words: &str) -> Result<Value, Refusal> {
    Ok(Value::map([("text", Some(text::text(words)?.as_str().into()))]))
}

/// The salt from which the id of a document of one's own is made.
pub(super) fn salt(value: &Value) -> Option<[u8; 16]> {
    value.get("salt")?.bytes()?.try_into().ok()
}

/// A moment of a record's field.
pub(super) fn moment(value: &Value, key: &str) -> Option<Moment> {
    Some(Moment(value.get(key)?.int()?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::domain::pair::Act as Paired;
    use crate::domain::testing::{ANA, BEGIN, log_of};
    use crate::domain::words::Act as Words;

    fn written(action: Action, body: bool) -> Value {
        let at = Stated { moment: BEGIN, zone: "UTC".into() };
        let body = body.then_some(Commitment([3; 32]));
        Record { target: DocId([9; 16]), at, action, body }.to_value()
    }

    #[test]
    fn a_record_has_words_exactly_where_its_kind_has_them() {
        let reads = |action: Action, body| Record::from_value(&written(action, body)).is_some();
        assert!(reads(Paired::Open.into(), true) && !reads(Paired::Open.into(), false));
        assert!(reads(Paired::Leave.into(), false) && !reads(Paired::Leave.into(), true));
    }

    #[test]
    fn only_a_withdrawal_takes_words_back() {
        let of = Position { log: log_of(ANA), index: 3, place: 0 };
        let withdraws = |action: Action| header(&written(action, false)).unwrap().withdraws;
        assert_eq!(withdraws(Words::Withdraw { of }.into()), Some(of));
        assert_eq!(withdraws(Words::Thank { of }.into()), None);
    }
}
