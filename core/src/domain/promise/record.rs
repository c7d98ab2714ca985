//! What can be done with a promise, as records.

use crate::cbor::Value;
use crate::domain::capability::{self, By, Class, DOCUMENT, Kind, Lasting, Merge, Words};
use crate::domain::record::{moment, salt};
use crate::domain::recurrence::Due;
use crate::id::{DocId, OccurrenceId, Position};
use crate::limits;
use crate::text;
use crate::time::Moment;
use serde::{Deserialize, Serialize};

/// What the promisor says of an occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Told {
    /// Kept, at this moment.
    Kept {
        /// When.
        at: Moment,
    },
    /// Partly.
    Partly,
    /// Missed.
    Missed,
}

/// How the promisee felt about an occurrence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
pub enum Felt {
    /// As reported.
    Confirmed,
    /// It felt like kept, whatever the letter says.
    FeltLikeKept,
    /// The promisee saw it differently. Both texts stay; there is no verdict.
    SawItDifferently,
}

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Promises. The words are in the body.
    Make {
        /// When it is due.
        due: Due,
        /// IANA zone of its local times.
        zone: String,
        /// Seconds of good will; by default as [`Due::occurrences`] says.
        grace: Option<u32>,
        /// The agreement that it belongs to.
        link: Option<DocId>,
        /// What its document's id is made from.
        salt: [u8; 16],
    },
    /// Pauses a promise: what is due within is not due. By the promisor.
    Pause {
        /// From when.
        from: Moment,
        /// Until when.
        until: Moment,
    },
    /// Takes the promise back. By the promisor.
    Retract,
    /// "Please do not promise me this." By the promisee.
    Decline,
    /// Says ahead that it will be later, or otherwise. By the promisor.
    HeadsUp {
        /// Of which.
        occurrence: OccurrenceId,
        /// When it is expected now.
        expected: Option<Moment>,
    },
    /// Asks for another due, before the old one. By the promisor.
    Renegotiate {
        /// Of which.
        occurrence: OccurrenceId,
        /// The new due; a single one.
        due: Due,
    },
    /// Says yes to a new due. By the promisee.
    AcceptNew {
        /// The renegotiation.
        of: Position,
    },
    /// Stays with the old due. By the promisee.
    KeepOld {
        /// The renegotiation.
        of: Position,
    },
    /// Lets the promisor off. By the promisee.
    Release {
        /// Of which.
        occurrence: OccurrenceId,
    },
    /// Reports how it went. By the promisor.
    Report {
        /// Of which.
        occurrence: OccurrenceId,
        /// How.
        told: Told,
    },
    /// Says how it felt. By the promisee.
    Comment {
        /// Of which.
        occurrence: OccurrenceId,
        /// How.
        felt: Felt,
    },
    /// Says after a miss what happened and what changes. By the promisor.
    Repair {
        /// Of which.
        occurrence: OccurrenceId,
        /// A new promise that comes out of it.
        promise: Option<DocId>,
    },
}

impl Act {
    /// The occurrence that it is about.
    pub fn occurrence(&self) -> Option<OccurrenceId> {
        match self {
            Act::HeadsUp { occurrence, .. }
            | Act::Renegotiate { occurrence, .. }
            | Act::Release { occurrence }
            | Act::Report { occurrence, .. }
            | Act::Comment { occurrence, .. }
            | Act::Repair { occurrence, .. } => Some(*occurrence),
            _ => None,
        }
    }
}

/// What is said of a promise: over by its age, unless it says otherwise, and not without end.
const fn said(name: &'static str) -> Kind {
    back(name).most(limits::PROMISE_RECORDS, "promise, with all that is said of it")
}

/// What takes a promise back is never crowded out.
const fn back(name: &'static str) -> Kind {
    Kind::of(name, Class::Promise, Merge::TwoVoices).lasting(Lasting::Never)
}

impl capability::Act for Act {
    const KINDS: &'static [Kind] = &[
        Kind::of("promise.make", Class::Promise, Merge::TwoVoices)
            .by(By::Maker)
            .fields(&["salt", "due", "zone", "grace?", "link?"])
            .words(Words::Always)
            .repeatable()
            .lasting(Lasting::AsItSays),
        said("promise.pause")
            .by(By::Maker)
            .fields(&["from", "to"])
            .repeatable()
            .most(limits::PROMISE_PAUSES, DOCUMENT),
        back("promise.retract").by(By::Maker).takes_back(),
        back("promise.decline").by(By::Other).takes_back(),
        said("promise.heads-up")
            .by(By::Maker)
            .fields(&["occ", "expected?"])
            .words(Words::Sometimes)
            .repeatable(),
        said("promise.renegotiate")
            .by(By::Maker)
            .fields(&["occ", "due"])
            .repeatable()
            .lasting(Lasting::AsItSays),
        said("promise.accept-new").by(By::Other).fields(&["of"]),
        said("promise.keep-old").by(By::Other).fields(&["of"]),
        said("promise.release").by(By::Other).fields(&["occ"]).repeatable(),
        said("promise.report")
            .by(By::Maker)
            .fields(&["occ", "told", "when?"])
            .words(Words::Sometimes)
            .repeatable(),
        said("promise.comment")
            .by(By::Other)
            .fields(&["occ", "felt"])
            .words(Words::Sometimes)
            .repeatable(),
        said("promise.repair")
            .by(By::Maker)
            .fields(&["occ", "promise?"])
            .words(Words::Always)
            .repeatable(),
    ];

    fn kind(&self) -> &'static str {
        match self {
            Act::Make { .. } => "promise.make",
            Act::Pause { .. } => "promise.pause",
            Act::Retract => "promise.retract",
            Act::Decline => "promise.decline",
            Act::HeadsUp { .. } => "promise.heads-up",
            Act::Renegotiate { .. } => "promise.renegotiate",
            Act::AcceptNew { .. } => "promise.accept-new",
            Act::KeepOld { .. } => "promise.keep-old",
            Act::Release { .. } => "promise.release",
            Act::Report { .. } => "promise.report",
            Act::Comment { .. } => "promise.comment",
            Act::Repair { .. } => "promise.repair",
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let mut fields: Vec<(&'static str, Value)> = Vec::new();
        if let Some(occurrence) = self.occurrence() {
            fields.push(("occ", occurrence.as_bytes().into()));
        }
        match self {
            Act::Make { due, zone, grace, link, salt } => {
                fields.push(("salt", salt.as_slice().into()));
                fields.push(("due", due.to_value()));
                fields.push(("zone", zone.as_str().into()));
                fields.extend(grace.map(|grace| ("grace", u64::from(grace).into())));
                fields.extend(link.map(|link| ("link", link.as_bytes().into())));
            }
            Act::Pause { from, until } => {
                fields.extend([("from", from.0.into()), ("to", until.0.into())]);
            }
            Act::HeadsUp { expected, .. } => {
                fields.extend(expected.map(|at| ("expected", at.0.into())));
            }
            Act::Renegotiate { due, .. } => fields.push(("due", due.to_value())),
            Act::AcceptNew { of } | Act::KeepOld { of } => {
                fields.push(("of", of.to_value()));
            }
            Act::Report { told, .. } => {
                let (word, at) = match told {
                    Told::Kept { at } => ("kept", Some(*at)),
                    Told::Partly => ("partly", None),
                    Told::Missed => ("missed", None),
                };
                fields.push(("told", word.into()));
                fields.extend(at.map(|at| ("when", at.0.into())));
            }
            Act::Comment { felt, .. } => fields.push((
                "felt",
                match felt {
                    Felt::Confirmed => "confirmed",
                    Felt::FeltLikeKept => "felt-like-kept",
                    Felt::SawItDifferently => "differently",
                }
                .into(),
            )),
            Act::Repair { promise, .. } => {
                fields.extend(promise.map(|doc| ("promise", doc.as_bytes().into())));
            }
            Act::Retract | Act::Decline | Act::Release { .. } => {}
        }
        fields
    }

    fn read(kind: &str, value: &Value) -> Option<Self> {
        let occurrence = || OccurrenceId::from_slice(value.get("occ")?.bytes()?);
        let due = || Due::from_value(value.get("due")?);
        let of = || Position::from_value(value.get("of")?);
        let optional = |key: &str| match value.get(key) {
            Some(bytes) => Some(Some(DocId::from_slice(bytes.bytes()?)?)),
            None => Some(None),
        };
        Some(match kind {
            "promise.make" => Act::Make {
                due: due()?,
                zone: value.get("zone")?.text().filter(|zone| text::tag_counts(zone))?.to_owned(),
                grace: match value.get("grace") {
                    Some(grace) => Some(grace.uint()?.try_into().ok()?),
                    None => None,
                },
                link: optional("link")?,
                salt: salt(value)?,
            },
            "promise.pause" => {
                Act::Pause { from: moment(value, "from")?, until: moment(value, "to")? }
            }
            "promise.retract" => Act::Retract,
            "promise.decline" => Act::Decline,
            "promise.heads-up" => Act::HeadsUp {
                occurrence: occurrence()?,
                expected: match value.get("expected") {
                    Some(at) => Some(Moment(at.int()?)),
                    None => None,
                },
            },
            "promise.renegotiate" => {
                Act::Renegotiate { occurrence: occurrence()?, due: due().filter(Due::is_single)? }
            }
            "promise.accept-new" => Act::AcceptNew { of: of()? },
            "promise.keep-old" => Act::KeepOld { of: of()? },
            "promise.release" => Act::Release { occurrence: occurrence()? },
            "promise.report" => Act::Report {
                occurrence: occurrence()?,
                told: match value.get("told")?.text()? {
                    "kept" => Told::Kept { at: moment(value, "when")? },
                    "partly" => Told::Partly,
                    "missed" => Told::Missed,
                    _ => return None,
                },
            },
            "promise.comment" => Act::Comment {
                occurrence: occurrence()?,
                felt: match value.get("felt")?.text()? {
                    "confirmed" => Felt::Confirmed,
                    "felt-like-kept" => Felt::FeltLikeKept,
                    "differently" => Felt::SawItDifferently,
                    _ => return None,
                },
            },
            "promise.repair" => {
                Act::Repair { occurrence: occurrence()?, promise: optional("promise")? }
            }
            _ => return None,
        })
    }

    fn lasts(&self, doc: DocId, before: Moment) -> bool {
        match self {
            Act::Make { due, zone, grace, .. } => due
                .occurrences(doc, zone, *grace)
                .is_ok_and(|all| all.iter().any(|one| one.deadline > before)),
            Act::Renegotiate { due, .. } => due.may_be_after(before),
            _ => true,
        }
    }

    #[cfg(test)]
    #[expect(clippy::expect_used, reason = "a constant")]
    fn examples() -> Vec<Self> {
        let until = Moment(1_800_000_000);
        let (day, occurrence) = (jiff::civil::date(2026, 3, 2), OccurrenceId([9; 16]));
        let (doc, zone) = (Some(DocId([4; 16])), "Europe/Berlin".to_owned());
        let rule = "FREQ=WEEKLY;BYDAY=MO,FR;COUNT=9".parse().expect("a rule");
        let every = Due::Every { start: day, time: None, rule };
        vec![
            Act::Make { due: every, zone: zone.clone(), grace: Some(60), link: doc, salt: [8; 16] },
            Act::Make { due: Due::At(until), zone, grace: None, link: None, salt: [8; 16] },
            Act::Pause { from: Moment(5), until },
            Act::Retract,
            Act::Decline,
            Act::HeadsUp { occurrence, expected: Some(until) },
            Act::HeadsUp { occurrence, expected: None },
            Act::Renegotiate { occurrence, due: Due::On(day) },
            Act::AcceptNew { of: capability::EXAMPLE },
            Act::KeepOld { of: capability::EXAMPLE },
            Act::Release { occurrence },
            Act::Report { occurrence, told: Told::Kept { at: until } },
            Act::Report { occurrence, told: Told::Partly },
            Act::Report { occurrence, told: Told::Missed },
            Act::Comment { occurrence, felt: Felt::Confirmed },
            Act::Comment { occurrence, felt: Felt::FeltLikeKept },
            Act::Comment { occurrence, felt: Felt::SawItDifferently },
            Act::Repair { occurrence, promise: None },
            Act::Repair { occurrence, promise: doc },
        ]
    }
}
