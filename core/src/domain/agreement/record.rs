//! What can be done with an agreement, as records.

use super::authorship::Adoption;
use super::authorship::adoptions;
use super::revision::Revision;
use crate::cbor::Value;
use crate::domain::capability::{self, Class, DOCUMENT, Kind, Merge};
use crate::id::{Position, RevisionHash};
use crate::limits;
use crate::time::Moment;

/// The kinds of working drafts.
pub(super) const OPEN: &str = "draft.open";
pub(super) const SPLICE: &str = "draft.splice";

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
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
        /// What is asked of its author there and they adopt, and what is sensitive for them
        /// (R5), ascending by clause.
        adopts: Vec<Adoption>,
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
}

/// How the partner's answers are listed: a yes that was taken back while cooling off, and who
/// ended, look like any other (R33).
const ANSWER: &str = "agreement";

const fn kind(name: &'static str) -> Kind {
    Kind::of(name, Class::Agreement, Merge::Consent)
}

impl capability::Act for Act {
    const KINDS: &'static [Kind] = &[
        kind("agreement.propose").fields(&["rev"]).repeatable().most(limits::PROPOSALS, DOCUMENT),
        kind("agreement.offer").fields(&["rev"]).repeatable(),
        kind("agreement.consent")
            .fields(&["hash", "adopts?"])
            .veiled(ANSWER)
            .most(limits::CONSENTS, DOCUMENT),
        kind("agreement.withdraw-consent").fields(&["hash", "held?"]).takes_back().veiled(ANSWER),
        kind("agreement.withdraw-proposal").fields(&["hash"]).takes_back().veiled(ANSWER),
        kind("agreement.decline").fields(&["hash"]).takes_back().veiled(ANSWER),
        kind("agreement.suspend").takes_back().veiled(ANSWER),
        kind("agreement.resume").veiled(ANSWER),
        kind("agreement.end").takes_back().veiled(ANSWER),
        Kind::of(OPEN, Class::Agreement, Merge::Text)
            .fields(&["text"])
            .most(limits::DRAFTS, DOCUMENT),
        Kind::of(SPLICE, Class::Agreement, Merge::Text)
            .fields(&["draft", "start", "delete", "insert"])
            .most(limits::SPLICES, DOCUMENT),
    ];

    fn kind(&self) -> &'static str {
        match self {
            Act::Propose { .. } => "agreement.propose",
            Act::Offer { .. } => "agreement.offer",
            Act::Consent { .. } => "agreement.consent",
            Act::WithdrawConsent { .. } => "agreement.withdraw-consent",
            Act::WithdrawProposal { .. } => "agreement.withdraw-proposal",
            Act::Decline { .. } => "agreement.decline",
            Act::Suspend => "agreement.suspend",
            Act::Resume => "agreement.resume",
            Act::End => "agreement.end",
            Act::OpenDraft { .. } => OPEN,
            Act::Splice { .. } => SPLICE,
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let hash = |revision: &RevisionHash| ("hash", Value::from(revision.as_bytes()));
        match self {
            Act::Propose { revision } | Act::Offer { revision } => {
                vec![("rev", revision.to_value())]
            }
            Act::Consent { revision, adopts } => {
                let all = adopts.iter().map(Adoption::to_value).collect();
                let adopts = (!adopts.is_empty()).then_some(("adopts", Value::Array(all)));
                [Some(hash(revision)), adopts].into_iter().flatten().collect()
            }
            Act::WithdrawProposal { revision } | Act::Decline { revision } => {
                vec![hash(revision)]
            }
            Act::WithdrawConsent { revision, held } => {
                let held = held.map(|held| ("held", Value::Int(held.0)));
                [Some(hash(revision)), held].into_iter().flatten().collect()
            }
            Act::OpenDraft { text } => vec![("text", text.as_str().into())],
            Act::Splice { draft, start, delete, insert } => vec![
                ("draft", draft.to_value()),
                ("start", (*start).into()),
                ("delete", (*delete).into()),
                ("insert", insert.as_str().into()),
            ],
            Act::Suspend | Act::Resume | Act::End => Vec::new(),
        }
    }

    fn read(kind: &str, value: &Value) -> Option<Self> {
        let hash = || RevisionHash::from_slice(value.get("hash")?.bytes()?);
        let revision = || Revision::from_value(value.get("rev")?);
        let text = |key| Some(value.get(key)?.text()?.to_owned());
        let uint = |key| value.get(key)?.uint();
        Some(match kind {
            "agreement.propose" => Act::Propose { revision: revision()? },
            "agreement.offer" => Act::Offer { revision: revision()? },
            "agreement.consent" => Act::Consent {
                revision: hash()?,
                adopts: match value.get("adopts") {
                    Some(adopts) => adoptions(adopts)?,
                    None => Vec::new(),
                },
            },
            "agreement.withdraw-consent" => Act::WithdrawConsent {
                revision: hash()?,
                held: match value.get("held") {
                    Some(held) => Some(Moment(held.int()?)),
                    None => None,
                },
            },
            "agreement.withdraw-proposal" => Act::WithdrawProposal { revision: hash()? },
            "agreement.decline" => Act::Decline { revision: hash()? },
            "agreement.suspend" => Act::Suspend,
            "agreement.resume" => Act::Resume,
            "agreement.end" => Act::End,
            OPEN => Act::OpenDraft { text: text("text")? },
            SPLICE => Act::Splice {
                draft: Position::from_value(value.get("draft")?)?,
                start: uint("start")?,
                delete: uint("delete")?,
                insert: text("insert")?,
            },
            _ => return None,
        })
    }

    fn texts(&self) -> Vec<String> {
        match self {
            Act::Propose { revision } | Act::Offer { revision } => {
                revision.clauses.iter().map(|clause| clause.text.clone()).collect()
            }
            Act::OpenDraft { text } => vec![text.clone()],
            Act::Splice { insert, .. } => vec![insert.clone()],
            _ => Vec::new(),
        }
    }

    fn counts_from_receipt(&self) -> bool {
        // Only these can be cooling off (R33).
        matches!(self, Act::Propose { .. } | Act::Offer { .. } | Act::Consent { .. })
    }

    #[cfg(test)]
    fn examples() -> Vec<Self> {
        let revision = RevisionHash([7; 32]);
        let clause = super::Clause {
            id: "1".into(),
            text: "I call.".into(),
            obligor: super::Obligor::Person(crate::id::PersonId([2; 16])),
            category: super::Category::Whereabouts,
            cadence: Some("daily".into()),
        };
        let terms = Revision {
            kind: super::AgreementKind::Conduct,
            about: None,
            parents: vec![revision],
            clauses: vec![clause],
            starts: None,
            expires_at: Moment(1_700_100_000),
            review_at: Some(Moment(1_700_050_000)),
            taper: vec![],
            lang: "en".into(),
        };
        vec![
            Act::Propose { revision: terms.clone() },
            Act::Offer { revision: terms },
            Act::Consent { revision, adopts: Vec::new() },
            Act::Consent {
                revision,
                adopts: vec![
                    Adoption { clause: "1".into(), category: None },
                    Adoption { clause: "2".into(), category: Some(super::Category::General) },
                ],
            },
            Act::WithdrawConsent { revision, held: None },
            Act::WithdrawConsent { revision, held: Some(Moment(-5)) },
            Act::WithdrawProposal { revision },
            Act::Decline { revision },
            Act::Suspend,
            Act::Resume,
            Act::End,
            Act::OpenDraft { text: "I will".into() },
            Act::Splice { draft: capability::EXAMPLE, start: 2, delete: 0, insert: "é".into() },
        ]
    }
}
