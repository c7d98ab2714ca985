//! Records: what a person did, in the words of the domain.
//!
//! A record is deterministic CBOR, a map of texts to values with at least
//! `kind`, `doc` (the document it is about) and `at` (`[seconds, zone]`). A kind
//! that this version does not know, or fields that it does not expect, leave the
//! record where it stands and without effect: folds pass over it.

use super::agreement::revision::Revision;
use super::{checkin, hearing, openness, pacing, promise};
use crate::cbor::{Item, Value};
use crate::id::{Commitment, DocId, Past, PersonId, Position, RevisionHash};
use crate::time::{Moment, Stated};

/// What a record does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Opens a log; its body holds the author's chosen name.
    PairOpen,
    /// Leaves the pair.
    PairLeave,
    /// Proposes a revision of an agreement, and consents to it.
    Propose {
        /// The exact terms.
        revision: Revision,
    },
    /// Makes a one-sided offer that binds only its author.
    Offer {
        /// The exact terms.
        revision: Revision,
    },
    /// Consents to a revision.
    Consent {
        /// Which.
        revision: RevisionHash,
    },
    /// Takes back one's consent.
    WithdrawConsent {
        /// To which.
        revision: RevisionHash,
        /// When the author's own phone first held both consents, if that was
        /// later than they state: cooling-off counts from then (R33).
        held: Option<Moment>,
    },
    /// Takes back one's proposal.
    WithdrawProposal {
        /// Which.
        revision: RevisionHash,
    },
    /// Says no to the partner's proposal or offer; no reason (R19).
    Decline {
        /// To which.
        revision: RevisionHash,
    },
    /// Pauses the author's part.
    Suspend,
    /// Lifts the author's own pause.
    Resume,
    /// Ends the agreement, for good (R1, R2).
    End,
    /// Opens a working draft to the partner.
    OpenDraft {
        /// The text it starts from.
        text: String,
    },
    /// Changes the text of a working draft.
    Splice {
        /// The record that opened the draft.
        draft: Position,
        /// Where, in Unicode scalar values of the text at the author's causal past.
        start: u64,
        /// How many scalar values to take out.
        delete: u64,
        /// What to put in.
        insert: String,
    },
    /// Does something with a promise.
    Promise(promise::record::Act),
    /// Does something with an openness post.
    Openness(openness::record::Act),
    /// Does something with a check-in.
    CheckIn(checkin::record::Act),
    /// Sets limits, or takes space.
    Pacing(pacing::Act),
    /// Does something with a talk or an account.
    Hearing(hearing::Act),
    /// Takes back words of one's own: their body goes on both phones.
    WithdrawWords {
        /// The record that they belong to.
        of: Position,
    },
    /// Says thank you for words of the other.
    Thank {
        /// The record that they belong to.
        of: Position,
    },
}

impl Action {
    /// Whether it only takes something back: nothing ever stands in its way.
    pub fn takes_back(&self) -> bool {
        use promise::record::Act;
        matches!(
            self,
            Action::PairLeave
                | Action::End
                | Action::Suspend
                | Action::WithdrawConsent { .. }
                | Action::WithdrawProposal { .. }
                | Action::Decline { .. }
                | Action::WithdrawWords { .. }
                | Action::Promise(Act::Retract | Act::Decline)
        )
    }
}

/// Whether the words of a record stand apart from it, in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// It has none.
    Never,
    /// It may have some.
    Sometimes,
    /// It is nothing without them.
    Always,
}

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
    /// All that came before it.
    pub past: Past,
    /// Whose log it stands in.
    pub author: PersonId,
    /// The record.
    pub record: Record,
    /// When this phone first held it. It only ever lengthens cooling-off (R33).
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
    let withdraws = record.get("of").filter(|_| kind == WITHDRAW).and_then(Position::from_value);
    Some(Header {
        target: DocId::from_slice(record.get("doc")?.bytes()?)?,
        body,
        until: record.get("until").and_then(Item::int).map(Moment),
        withdraws,
        kind,
    })
}

const WITHDRAW: &str = "words.withdraw";

impl Action {
    /// The kind as it stands in the record.
    pub fn kind(&self) -> &'static str {
        match self {
            Action::PairOpen => "pair.open",
            Action::PairLeave => "pair.leave",
            Action::Propose { .. } => "agreement.propose",
            Action::Offer { .. } => "agreement.offer",
            Action::Consent { .. } => "agreement.consent",
            Action::WithdrawConsent { .. } => "agreement.withdraw-consent",
            Action::WithdrawProposal { .. } => "agreement.withdraw-proposal",
            Action::Decline { .. } => "agreement.decline",
            Action::Suspend => "agreement.suspend",
            Action::Resume => "agreement.resume",
            Action::End => "agreement.end",
            Action::OpenDraft { .. } => "draft.open",
            Action::Splice { .. } => "draft.splice",
            Action::Promise(act) => act.kind(),
            Action::Openness(act) => act.kind(),
            Action::CheckIn(act) => act.kind(),
            Action::Pacing(act) => act.kind(),
            Action::Hearing(act) => act.kind(),
            Action::WithdrawWords { .. } => WITHDRAW,
            Action::Thank { .. } => "words.thank",
        }
    }

    /// Whether its words stand apart, in a body.
    pub fn words(&self) -> Words {
        match self {
            Action::PairOpen | Action::Openness(_) => Words::Always,
            Action::Promise(act) => act.words(),
            Action::CheckIn(act) => act.words(),
            Action::Hearing(act) => act.words(),
            _ => Words::Never,
        }
    }

    /// Until when its body is kept, if it ends.
    pub fn until(&self) -> Option<Moment> {
        use checkin::record::Act::{Intention, Open, ShareAlone};
        match self {
            Action::Openness(
                openness::record::Act::Post { until, .. }
                | openness::record::Act::Correct { until, .. },
            )
            | Action::CheckIn(
                Open { until, .. } | ShareAlone { until, .. } | Intention { until, .. },
            ) => Some(*until),
            _ => None,
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let hash = |revision: &RevisionHash| ("hash", Value::from(revision.as_bytes()));
        match self {
            Action::Propose { revision } | Action::Offer { revision } => {
                vec![("rev", revision.to_value())]
            }
            Action::Consent { revision }
            | Action::WithdrawProposal { revision }
            | Action::Decline { revision } => vec![hash(revision)],
            Action::WithdrawConsent { revision, held } => {
                let held = held.map(|held| ("held", Value::Int(held.0)));
                [Some(hash(revision)), held].into_iter().flatten().collect()
            }
            Action::OpenDraft { text } => vec![("text", text.as_str().into())],
            Action::Splice { draft, start, delete, insert } => vec![
                ("draft", draft.to_value()),
                ("start", (*start).into()),
                ("delete", (*delete).into()),
                ("insert", insert.as_str().into()),
            ],
            Action::Promise(act) => act.fields(),
            Action::Openness(act) => act.fields(),
            Action::CheckIn(act) => act.fields(),
            Action::Pacing(act) => act.fields(),
            Action::Hearing(act) => act.fields(),
            Action::WithdrawWords { of } | Action::Thank { of } => {
                vec![("of", of.to_value())]
            }
            _ => Vec::new(),
        }
    }

    fn read(kind: &str, value: &Value) -> Option<Self> {
        let hash = || RevisionHash::from_slice(value.get("hash")?.bytes()?);
        let revision = || Revision::from_value(value.get("rev")?);
        let text = |key| Some(value.get(key)?.text()?.to_owned());
        let uint = |key| value.get(key)?.uint();
        Some(match kind {
            "pair.open" => Action::PairOpen,
            "pair.leave" => Action::PairLeave,
            "agreement.propose" => Action::Propose { revision: revision()? },
            "agreement.offer" => Action::Offer { revision: revision()? },
            "agreement.consent" => Action::Consent { revision: hash()? },
            "agreement.withdraw-consent" => Action::WithdrawConsent {
                revision: hash()?,
                held: match value.get("held") {
                    Some(held) => Some(Moment(held.int()?)),
                    None => None,
                },
            },
            "agreement.withdraw-proposal" => Action::WithdrawProposal { revision: hash()? },
            "agreement.decline" => Action::Decline { revision: hash()? },
            "agreement.suspend" => Action::Suspend,
            "agreement.resume" => Action::Resume,
            "agreement.end" => Action::End,
            "draft.open" => Action::OpenDraft { text: text("text")? },
            "draft.splice" => Action::Splice {
                draft: Position::from_value(value.get("draft")?)?,
                start: uint("start")?,
                delete: uint("delete")?,
                insert: text("insert")?,
            },
            WITHDRAW => Action::WithdrawWords { of: Position::from_value(value.get("of")?)? },
            "words.thank" => Action::Thank { of: Position::from_value(value.get("of")?)? },
            _ => {
                let promise = || promise::record::Act::read(kind, value).map(Action::Promise);
                let openness = || openness::record::Act::read(kind, value).map(Action::Openness);
                let check_in = || checkin::record::Act::read(kind, value).map(Action::CheckIn);
                let pacing = || pacing::Act::read(kind, value).map(Action::Pacing);
                let hearing = || hearing::Act::read(kind, value).map(Action::Hearing);
                let daily = promise().or_else(openness).or_else(check_in);
                return daily.or_else(pacing).or_else(hearing);
            }
        })
    }
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
        (record.to_value() == *value).then_some(record)
    }
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

    fn record(action: Action) -> Record {
        let at = Stated { moment: Moment(1_700_000_000), zone: "Europe/Berlin".into() };
        Record { target: DocId([1; 16]), at, action, body: None }
    }

    fn practice(of: Position) -> Vec<Action> {
        use crate::domain::checkin::{Cadence, TemplateId, record::Act as CheckIn};
        use crate::domain::openness::{Kind, record::Act as Post};
        use crate::domain::pacing::{Act as Pacing, Contact, Feature};
        use crate::domain::promise::{Felt, Told, record::Act};
        use crate::domain::recurrence::Due;
        let occurrence = crate::id::OccurrenceId([9; 16]);
        let until = Moment(1_800_000_000);
        let doc = Some(DocId([4; 16]));
        let zone = "Europe/Berlin".to_owned();
        let rule = Due::Every {
            start: "2026-03-02".parse().unwrap(),
            time: None,
            rule: "FREQ=WEEKLY;BYDAY=MO,FR;COUNT=9".parse().unwrap(),
        };
        let period = Cadence::Weekly.period("2026-03-02".parse().unwrap());
        let day = "2026-03-02".parse().unwrap();
        let promise = [
            Act::Make { due: rule, zone: zone.clone(), grace: Some(60), link: doc, salt: [8; 16] },
            Act::Make { due: Due::At(until), zone, grace: None, link: None, salt: [8; 16] },
            Act::Pause { from: Moment(5), until },
            Act::Retract,
            Act::Decline,
            Act::HeadsUp { occurrence, expected: Some(until) },
            Act::HeadsUp { occurrence, expected: None },
            Act::Renegotiate { occurrence, due: Due::On(day) },
            Act::AcceptNew { of },
            Act::KeepOld { of },
            Act::Release { occurrence },
            Act::Report { occurrence, told: Told::Kept { at: until } },
            Act::Report { occurrence, told: Told::Partly },
            Act::Report { occurrence, told: Told::Missed },
            Act::Comment { occurrence, felt: Felt::Confirmed },
            Act::Comment { occurrence, felt: Felt::FeltLikeKept },
            Act::Comment { occurrence, felt: Felt::SawItDifferently },
            Act::Repair { occurrence, promise: doc },
        ];
        let posts = Kind::ALL.iter().map(|kind| Post::Post { kind: *kind, until, under: doc });
        let posts = posts.chain([Post::Correct { of, until }]);
        let commit = Commitment([3; 32]);
        let check_ins = [
            CheckIn::Template { cadence: Cadence::Daily, salt: [8; 16] },
            CheckIn::Seal { template: TemplateId::Week, period, commit },
            CheckIn::Cancel { of },
            CheckIn::Open { of, until },
            CheckIn::ShareAlone { template: TemplateId::Own(DocId([4; 16])), period, until },
            CheckIn::Intention { day, until },
        ];
        let pacing = [
            Pacing::SetLimits { retention: Some(30), off: vec![Feature::Openness] },
            Pacing::SetLimits { retention: None, off: vec![] },
            Pacing::BeginSpace { until: Some(until), contact: Contact::Logistics },
            Pacing::EndSpace { of },
        ];
        use crate::domain::hearing::Act as Hearing;
        let hearing = [
            Hearing::ProposeTalk { begins: until, salt: None },
            Hearing::ProposeTalk { begins: until, salt: Some([8; 16]) },
            Hearing::AcceptTalk { of },
            Hearing::DeclineTalk,
            Hearing::EndTalk,
            Hearing::Tell { salt: [8; 16] },
            Hearing::Ask { on: of },
            Hearing::Answer { of },
        ];
        let pacing = pacing.map(Action::Pacing).into_iter().chain(hearing.map(Action::Hearing));
        let promise = promise.into_iter().map(Action::Promise);
        let posts = posts.map(Action::Openness);
        let check_ins = check_ins.into_iter().map(Action::CheckIn);
        promise.chain(posts).chain(check_ins).chain(pacing).collect()
    }

    #[test]
    fn every_kind_of_record_reads_back_from_its_bytes() {
        let revision = RevisionHash([7; 32]);
        let draft = Position { log: crate::id::LogId([2; 16]), index: 3, place: 1 };
        let actions = [
            Action::PairOpen,
            Action::PairLeave,
            Action::Consent { revision },
            Action::WithdrawConsent { revision, held: None },
            Action::WithdrawConsent { revision, held: Some(Moment(-5)) },
            Action::WithdrawProposal { revision },
            Action::Decline { revision },
            Action::Suspend,
            Action::Resume,
            Action::End,
            Action::OpenDraft { text: "I will".into() },
            Action::Splice { draft, start: 2, delete: 0, insert: "é".into() },
            Action::WithdrawWords { of: draft },
            Action::Thank { of: draft },
        ];
        let actions = actions.into_iter().chain(practice(draft));
        for action in actions {
            let mut record = record(action);
            record.body = (record.action.words() == Words::Always).then_some(Commitment([6; 32]));
            let bytes = record.to_value().encode();
            assert_eq!(Record::from_value(&Value::decode(&bytes).unwrap()), Some(record));
        }
    }

    #[test]
    fn an_unknown_kind_or_field_is_passed_over_but_its_header_is_read() {
        let known = record(Action::End).to_value();
        let newer = known.clone().with(vec![("because".into(), "x".into())]);
        assert_eq!(Record::from_value(&newer), None);
        assert_eq!(header(&newer).unwrap().target, DocId([1; 16]));
        let Value::Map(mut fields) = known else { panic!() };
        fields.iter_mut().find(|(key, _)| key == "kind").unwrap().1 = "agreement.sing".into();
        let unknown = Value::Map(fields);
        assert_eq!(Record::from_value(&unknown), None);
        assert_eq!(header(&unknown).unwrap().kind, "agreement.sing");
    }
}
