//! Revisions: the exact terms that people agree to.

use crate::cbor::Value;
use crate::domain::pair::Pair;
use crate::id::{DocId, PersonId, RevisionHash};
use crate::limits;
use crate::text;
use crate::time::Moment;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// An enum whose values have stable codes and which everyone may add to:
/// `other:` and a text. A code that is neither belongs to a newer version.
macro_rules! open_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "uniffi", derive(uniffi::Enum))]
        pub enum $name {
            $($(#[$doc])* $variant,)*
            /// Something else, in the writer's words.
            Other(String),
        }

        impl $name {
            /// All that have a code of their own.
            pub const KNOWN: &[$name] = &[$($name::$variant,)*];

            /// The stable code; `other:` and the words for something else.
            pub fn code(&self) -> String {
                match self {
                    $($name::$variant => $code.to_owned(),)*
                    $name::Other(words) => format!("other:{words}"),
                }
            }

            /// From the code; `None` if a newer version must have written it.
            pub fn from_code(code: &str) -> Option<Self> {
                match code {
                    $($code => Some($name::$variant),)*
                    _ => code
                        .strip_prefix("other:")
                        .filter(|words| text::counts(words) && words.chars().count() <= limits::NAME_SCALARS)
                        .map(|words| $name::Other(words.to_owned())),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.code())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let code = std::borrow::Cow::<str>::deserialize(deserializer)?;
                Self::from_code(&code).ok_or_else(|| {
                    let known: Vec<_> = Self::KNOWN.iter().map(Self::code).collect();
                    serde::de::Error::custom(format!(
                        "expected other:<words> or one of {}", known.join(", ")
                    ))
                })
            }
        }
    };
}

open_enum! {
    /// What an agreement is about (RULES.md, word lists).
    AgreementKind {
        /// How we talk.
        Communication = "communication",
        /// Truthfulness.
        Honesty = "honesty",
        /// Social occasions.
        Social = "social",
        /// How we behave.
        Conduct = "conduct",
        /// Contact with third persons (sensitive).
        ThirdPartyContact = "third_party_contact",
        /// Phone and social media openness (sensitive).
        PhoneSocialMedia = "phone_social_media",
        /// Whereabouts openness (sensitive).
        Whereabouts = "whereabouts",
        /// Calendar and plans (sensitive).
        Calendar = "calendar",
        /// Money (sensitive).
        Money = "money",
        /// How often we check in.
        CheckInCadence = "check_in_cadence",
        /// What we expect.
        Expectations = "expectations",
        /// Emotional or physical pace.
        Pace = "pace",
        /// Time apart.
        Space = "space",
        /// Contact during a conflict.
        ContactInConflict = "contact_in_conflict",
        /// Reliability at home.
        Household = "household",
        /// Guardrails against a future break.
        Prevention = "prevention",
        /// Going to counselling.
        Counselling = "counselling",
        /// What we tell others.
        WhatWeTellOthers = "what_we_tell_others",
        /// Children and family.
        ChildrenFamily = "children_family",
        /// That both want to try (F08).
        Intention = "intention",
        /// What both say happened, made from two accounts (F07).
        Statement = "statement",
        /// Amends that one offers (F17).
        Amends = "amends",
        /// What came out of a talk (F36).
        Summary = "summary",
        /// What a counsellor's report holds (R28).
        Report = "report",
    }
}

open_enum! {
    /// What a clause touches. All but `General` and `Other` are sensitive.
    Category {
        /// Nothing sensitive.
        General = "general",
        /// Where somebody is.
        Whereabouts = "whereabouts",
        /// Phone and social media.
        PhoneSocialMedia = "phone_social_media",
        /// Money.
        Money = "money",
        /// Contact with third persons.
        ThirdPartyContact = "third_party_contact",
        /// Calendar and plans.
        Calendar = "calendar",
        /// Health care.
        Health = "health",
        /// Faith.
        Faith = "faith",
        /// Papers and documents.
        Documents = "documents",
        /// Freedom of movement.
        Movement = "movement",
    }
}

impl AgreementKind {
    /// Whether every clause under it is sensitive, whatever its own category says.
    pub fn sensitive(&self) -> bool {
        use AgreementKind::*;
        matches!(self, ThirdPartyContact | PhoneSocialMedia | Whereabouts | Calendar | Money)
    }
}

impl Category {
    /// Whether R5, cooling-off (R33) and the 90-day cap (R3) hold for it.
    pub fn sensitive(&self) -> bool {
        !matches!(self, Category::General | Category::Other(_))
    }
}

/// Whom a clause binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Obligor {
    /// One person.
    Person(PersonId),
    /// Both; refused for sensitive clauses.
    Both,
}

/// One sentence of an agreement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Clause {
    /// Its id within the agreement, kept from revision to revision: `1`, `2`, …
    pub id: String,
    /// The exact words.
    pub text: String,
    /// Whom it binds.
    pub obligor: Obligor,
    /// What it touches.
    pub category: Category,
    /// How often, in words, if it recurs.
    pub cadence: Option<String>,
}

/// The step of a taper that ends it.
const TAPER_END: &str = "none";

/// From `from` on, a sensitive clause is kept less often: the way out of openness.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct TaperStep {
    /// From when.
    pub from: Moment,
    /// How often from then on, in words; `none` ends it.
    pub cadence: String,
}

/// The exact terms. Its author is no part of it: two people who write the same
/// words write the same revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// What it is about.
    pub kind: AgreementKind,
    /// What it is about, where it is: a breach, an acknowledgement, a talk.
    pub about: Option<DocId>,
    /// The sentences.
    pub clauses: Vec<Clause>,
    /// From when it holds; at once where left out.
    pub starts: Option<Moment>,
    /// Until when, exclusive. Nothing renews itself (R3).
    pub expires_at: Moment,
    /// When the two look at it again.
    pub review_at: Option<Moment>,
    /// How it fades out.
    pub taper: Vec<TaperStep>,
    /// BCP 47 language tag of the texts.
    pub lang: String,
    /// The revisions that it goes beyond, ascending.
    pub parents: Vec<RevisionHash>,
}

impl Revision {
    /// The hash that consent binds to (R4): over the document and every word.
    pub fn hash(&self, doc: DocId) -> RevisionHash {
        let digest = Sha256::new()
            .chain_update(b"amends/revision/v1")
            .chain_update(doc.0)
            .chain_update(self.to_value().encode());
        RevisionHash(digest.finalize().into())
    }

    /// Whether cooling-off and the 90-day cap hold for the whole of it: the
    /// strictest rule over its kind and every clause wins.
    pub fn sensitive(&self) -> bool {
        self.clauses.iter().any(|clause| self.clause_sensitive(clause))
    }

    /// For how long it runs from its beginning, or from `at` where that is later.
    pub fn span_from(&self, at: Moment) -> i64 {
        self.expires_at.since(self.starts.unwrap_or(at).max(at))
    }

    /// When it is over: at its end, or where its taper comes to `none` (F68).
    pub fn ends_at(&self) -> Moment {
        let none = self.taper.iter().find(|step| step.cadence == TAPER_END);
        none.map_or(self.expires_at, |step| step.from.min(self.expires_at))
    }

    /// How often its sensitive clauses are kept at that time, where its taper says so.
    pub fn tapered(&self, now: Moment) -> Option<&str> {
        let step = self.taper.iter().rev().find(|step| step.from <= now);
        step.map(|step| step.cadence.as_str())
    }

    /// Whether `clause`, standing in this revision, is sensitive.
    pub fn clause_sensitive(&self, clause: &Clause) -> bool {
        self.kind.sensitive() || clause.category.sensitive()
    }

    /// As CBOR.
    pub fn to_value(&self) -> Value {
        let clauses = self.clauses.iter().map(|clause| {
            let obligor = match clause.obligor {
                Obligor::Person(person) => Some(Value::from(person.as_bytes())),
                Obligor::Both => None,
            };
            Value::map([
                ("id", Some(clause.id.as_str().into())),
                ("text", Some(clause.text.as_str().into())),
                ("binds", obligor),
                ("category", Some(clause.category.code().as_str().into())),
                ("cadence", clause.cadence.as_deref().map(Value::from)),
            ])
        });
        let taper = self
            .taper
            .iter()
            .map(|step| Value::Array(vec![step.from.0.into(), step.cadence.as_str().into()]));
        let parents = self.parents.iter().map(|parent| parent.as_bytes().into());
        Value::map([
            ("kind", Some(self.kind.code().as_str().into())),
            ("about", self.about.map(|about| about.as_bytes().into())),
            ("clauses", Some(Value::Array(clauses.collect()))),
            ("starts", self.starts.map(|moment| moment.0.into())),
            ("expires", Some(self.expires_at.0.into())),
            ("review", self.review_at.map(|moment| moment.0.into())),
            ("taper", Some(Value::Array(taper.collect()))),
            ("lang", Some(self.lang.as_str().into())),
            ("parents", Some(Value::Array(parents.collect()))),
        ])
    }

    /// From CBOR; `None` for anything that this version does not understand.
    pub fn from_value(value: &Value) -> Option<Self> {
        let moment = |key: &str| match value.get(key) {
            Some(moment) => moment.int().map(|seconds| Some(Moment(seconds))),
            None => Some(None),
        };
        let clauses = value.get("clauses")?.array()?;
        let taper = value.get("taper")?.array()?;
        let parents = value.get("parents")?.array()?;
        if clauses.len() > limits::REVISION_CLAUSES
            || taper.len() > limits::TAPER_STEPS
            || parents.len() > limits::REVISION_PARENTS
        {
            return None;
        }
        Some(Self {
            kind: AgreementKind::from_code(value.get("kind")?.text()?)?,
            about: match value.get("about") {
                Some(about) => Some(DocId::from_slice(about.bytes()?)?),
                None => None,
            },
            clauses: clauses.iter().map(Clause::from_value).collect::<Option<_>>()?,
            starts: moment("starts")?,
            expires_at: moment("expires")??,
            review_at: moment("review")?,
            taper: taper.iter().map(TaperStep::from_value).collect::<Option<_>>()?,
            lang: value.get("lang")?.text()?.to_owned(),
            parents: parents
                .iter()
                .map(|parent| RevisionHash::from_slice(parent.bytes()?))
                .collect::<Option<_>>()?,
        })
    }

    /// Whether a proposal of this, stated at `at`, can count at all: its form,
    /// its bounds and its dates. Who may write which clause is not asked here.
    pub fn well_formed(&self, pair: &Pair, at: Moment) -> bool {
        let paper = self.kind.paper();
        let span = if self.sensitive() { limits::SENSITIVE_SPAN } else { paper.span };
        let starts = self.starts.unwrap_or(at).max(at);
        // A review or a step that has passed stays: renewing changes the end only.
        let inside = |moment: Moment| moment < self.expires_at;
        let ids = || self.clauses.iter().map(|clause| &clause.id);
        !self.clauses.is_empty()
            && paper.takes(self).is_ok()
            && self.clauses.iter().all(|clause| clause.well_formed(pair))
            && ids().enumerate().all(|(at, id)| !ids().take(at).any(|before| before == id))
            && self.expires_at > starts
            && self.span_from(at) <= span
            && self.review_at.is_none_or(|review| review <= self.expires_at)
            && self
                .taper
                .iter()
                .all(|s| inside(s.from) && text::counts(&s.cadence) && short(&s.cadence))
            && self.taper.is_sorted_by(|a, b| a.from < b.from)
            && text::tag_counts(&self.lang)
            && self.parents.is_sorted_by(|a, b| a < b)
    }
}

fn short(words: &str) -> bool {
    words.chars().nth(limits::NAME_SCALARS).is_none()
}

impl Clause {
    fn from_value(value: &Value) -> Option<Self> {
        let text = |key| Some(value.get(key)?.text()?.to_owned());
        Some(Self {
            id: text("id")?,
            text: text("text")?,
            obligor: match value.get("binds") {
                Some(person) => Obligor::Person(PersonId::from_slice(person.bytes()?)?),
                None => Obligor::Both,
            },
            category: Category::from_code(value.get("category")?.text()?)?,
            cadence: match value.get("cadence") {
                Some(cadence) => Some(cadence.text()?.to_owned()),
                None => None,
            },
        })
    }

    fn well_formed(&self, pair: &Pair) -> bool {
        let member = match self.obligor {
            Obligor::Person(person) => pair.side(person).is_some(),
            Obligor::Both => true,
        };
        member
            && !self.id.is_empty()
            && self.id.len() <= 16
            && self.id.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && text::counts(&self.text)
            && self.cadence.as_ref().is_none_or(|words| text::counts(words) && short(words))
    }
}

impl TaperStep {
    fn from_value(value: &Value) -> Option<Self> {
        let [from, cadence] = value.array()? else { return None };
        Some(Self { from: Moment(from.int()?), cadence: cadence.text()?.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::id::PairId;

    fn pair() -> Pair {
        Pair::new(PairId([0; 16]), PersonId([1; 16]), PersonId([2; 16])).unwrap()
    }

    fn revision() -> Revision {
        let clause = Clause {
            id: "1".into(),
            text: "We talk on Sunday evenings.".into(),
            obligor: Obligor::Both,
            category: Category::General,
            cadence: Some("weekly".into()),
        };
        Revision {
            kind: AgreementKind::Communication,
            about: None,
            clauses: vec![clause],
            starts: None,
            expires_at: Moment(limits::AGREEMENT_SPAN),
            review_at: Some(Moment(10)),
            taper: vec![],
            lang: "en".into(),
            parents: vec![],
        }
    }

    #[test]
    fn r04_every_changed_character_is_another_hash() {
        let doc = DocId([9; 16]);
        let one = revision();
        let mut other = one.clone();
        other.clauses[0].text = "We talk on Sunday evenings!".into();
        assert_ne!(one.hash(doc), other.hash(doc));
        assert_ne!(one.hash(doc), one.hash(DocId([8; 16])));
        assert_eq!(Revision::from_value(&one.to_value()), Some(one));
    }

    #[test]
    fn r03_nothing_runs_longer_than_its_kind_may() {
        assert!(revision().well_formed(&pair(), Moment(0)));
        let longer = Revision { expires_at: Moment(limits::AGREEMENT_SPAN + 1), ..revision() };
        assert!(!longer.well_formed(&pair(), Moment(0)));
        let open = Revision { kind: AgreementKind::Whereabouts, ..revision() };
        assert!(!open.well_formed(&pair(), Moment(0)));
        let ninety = Revision { expires_at: Moment(limits::SENSITIVE_SPAN), ..open.clone() };
        assert!(ninety.well_formed(&pair(), Moment(0)));
        let ninety_one = Revision { expires_at: Moment(limits::SENSITIVE_SPAN + 1), ..open };
        assert!(!ninety_one.well_formed(&pair(), Moment(0)));
    }

    #[test]
    fn the_strictest_of_kind_and_clauses_decides_what_is_sensitive() {
        let mut one = revision();
        assert!(!one.sensitive());
        one.clauses[0].category = Category::Money;
        assert!(one.sensitive());
        let other = Revision { kind: AgreementKind::Money, ..revision() };
        assert!(other.sensitive());
    }

    #[test]
    fn a_code_of_a_newer_version_is_not_understood() {
        assert_eq!(Category::from_code("biometrics"), None);
        assert_eq!(Category::from_code("other:pets"), Some(Category::Other("pets".into())));
        assert_eq!(Category::from_code("other:"), None);
        for known in Category::KNOWN {
            assert_eq!(Category::from_code(&known.code()).as_ref(), Some(known));
        }
    }

    #[test]
    fn clauses_are_bounded_and_told_apart() {
        let mut twice = revision();
        twice.clauses.push(twice.clauses[0].clone());
        assert!(!twice.well_formed(&pair(), Moment(0)));
        let mut stranger = revision();
        stranger.clauses[0].obligor = Obligor::Person(PersonId([7; 16]));
        assert!(!stranger.well_formed(&pair(), Moment(0)));
        let none = Revision { clauses: vec![], ..revision() };
        assert!(!none.well_formed(&pair(), Moment(0)));
    }
}
