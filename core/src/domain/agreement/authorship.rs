//! Who wrote a clause (R5): derived, never a field.

use super::causal::before;
use super::revision::Category;
use super::revision::{Clause, Obligor, Revision};
use crate::cbor::Value;
use crate::domain::record::Held;
use crate::domain::refusal::RefusalCode;
use crate::id::PersonId;
use crate::limits;
use crate::time::Moment;
use serde::Serialize;
use std::collections::HashMap;

/// That one adopts what one is asked for, or that a sentence which binds both is sensitive for
/// oneself (R5): said in one's own consent, sentence by sentence.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "uniffi", derive(uniffi::Record))]
pub struct Adoption {
    /// The id of the clause.
    pub clause: String,
    /// What it touches for who adopts it; sensitive where they do not say.
    #[cfg_attr(feature = "uniffi", uniffi(default))]
    pub category: Option<Category>,
}

impl Adoption {
    /// Whether the sentence is sensitive by it.
    pub fn sensitive(&self) -> bool {
        self.category.as_ref().is_none_or(Category::sensitive)
    }

    pub(super) fn to_value(&self) -> Value {
        let category = self.category.as_ref().map(|category| category.code().as_str().into());
        Value::Array(std::iter::once(self.clause.as_str().into()).chain(category).collect())
    }

    fn from_value(value: &Value) -> Option<Self> {
        let (clause, category) = match value.array()? {
            [clause] => (clause, None),
            [clause, category] => (clause, Some(Category::from_code(category.text()?)?)),
            _ => return None,
        };
        Some(Self { clause: clause.text()?.to_owned(), category })
    }
}

/// Reads what is adopted; `None` where this version does not understand it.
pub(super) fn adoptions(value: &Value) -> Option<Vec<Adoption>> {
    let all = value.array()?;
    let read = all.iter().map(Adoption::from_value).collect::<Option<Vec<_>>>()?;
    let bounded = !all.is_empty() && all.len() <= limits::REVISION_CLAUSES;
    (bounded && read.is_sorted_by(|a, b| a.clause < b.clause)).then_some(read)
}

/// Whether a person's consent at a time, with what it adopts, can count for a text with these
/// asks (R5): every sentence that they are asked for is adopted, and nothing else is marked but
/// what binds both, which may only become sensitive.
///
/// # Errors
/// `AskNotAdopted`; `NotYourClause` for a mark on what does not bind this person, or would make
/// a sentence for both less than sensitive; `RunsTooLong` where something sensitive would run
/// longer than that may (R3).
pub(super) fn adopted(
    revision: &Revision,
    asks: &[String],
    adopts: &[Adoption],
    person: PersonId,
    at: Moment,
) -> Result<(), RefusalCode> {
    let binds = |id: &String| {
        let clause = revision.clauses.iter().find(|clause| clause.id == *id);
        clause.map(|clause| clause.obligor)
    };
    let asked = |id: &String| asks.contains(id) && binds(id) == Some(Obligor::Person(person));
    let named = |id: &String| adopts.iter().any(|one| one.clause == *id);
    if asks.iter().any(|id| asked(id) && !named(id)) {
        return Err(RefusalCode::AskNotAdopted);
    }
    let fits = |one: &Adoption| match binds(&one.clause) {
        Some(Obligor::Both) => one.sensitive(),
        _ => asked(&one.clause),
    };
    if !adopts.iter().all(fits) {
        return Err(RefusalCode::NotYourClause);
    }
    let sensitive = adopts.iter().any(Adoption::sensitive);
    match sensitive && revision.span_from(at) > limits::SENSITIVE_SPAN {
        true => Err(RefusalCode::RunsTooLong),
        false => Ok(()),
    }
}

/// The counted proposals that hold each clause.
pub(super) type Authors<'a> = HashMap<&'a Clause, Vec<&'a Held>>;

/// Whether a person has written a clause: here, as `proposer`, or in an earlier proposal that
/// holds it exactly, in the causal past of the record `at`; or anywhere, without such a record.
fn wrote(
    clause: &Clause,
    person: PersonId,
    authors: &Authors<'_>,
    at: Option<&Held>,
    proposer: Option<PersonId>,
) -> bool {
    let seen = |earlier: &Held| at.is_none_or(|at| before(earlier, at));
    let earlier = authors.get(clause).into_iter().flatten();
    proposer == Some(person) || earlier.copied().any(|e| e.author == person && seen(e))
}

/// R5: a sensitive clause binds one person, and that person wrote it first.
pub(super) fn written_by_whom_it_binds(
    revision: &Revision,
    held: &Held,
    authors: &Authors<'_>,
) -> bool {
    let mut sensitive = revision.clauses.iter().filter(|clause| revision.clause_sensitive(clause));
    sensitive.all(|clause| match clause.obligor {
        Obligor::Both => false,
        Obligor::Person(person) => wrote(clause, person, authors, Some(held), Some(held.author)),
    })
}

/// The ids of a revision's asks (R5): clauses that bind one person alone, who has not written
/// them, as seen from the record `at` by `proposer`; or at all.
pub(super) fn asks(
    revision: &Revision,
    authors: &Authors<'_>,
    at: Option<&Held>,
    proposer: Option<PersonId>,
) -> Vec<String> {
    let ask = |clause: &&Clause| match clause.obligor {
        Obligor::Both => false,
        Obligor::Person(person) => !wrote(clause, person, authors, at, proposer),
    };
    revision.clauses.iter().filter(ask).map(|clause| clause.id.clone()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::domain::agreement::{Act, AgreementKind};
    use crate::domain::testing::{ANA, BEGIN, BEN, Written};
    use crate::id::DocId;
    use crate::time::DAY;

    const DOC: DocId = DocId([9; 16]);

    fn clause(id: &str, obligor: Obligor, category: Category) -> Clause {
        let text = format!("Sentence {id}.");
        Clause { id: id.into(), text, obligor, category, cadence: None }
    }

    /// Of Ana's: the first asks something of Ben, the second binds both, the third herself.
    fn text(days: i64) -> Revision {
        let general = || Category::General;
        Revision {
            kind: AgreementKind::Conduct,
            about: None,
            clauses: vec![
                clause("1", Obligor::Person(BEN), general()),
                clause("2", Obligor::Both, general()),
                clause("3", Obligor::Person(ANA), general()),
            ],
            starts: None,
            expires_at: BEGIN.plus(days * DAY),
            review_at: None,
            taper: vec![],
            lang: "en".into(),
            parents: vec![],
        }
    }

    fn mark(clause: &str, category: Option<Category>) -> Adoption {
        Adoption { clause: clause.into(), category }
    }

    #[test]
    fn r05_what_is_adopted_is_sensitive_unless_who_adopts_it_says_otherwise() {
        assert!(mark("1", None).sensitive() && mark("1", Some(Category::Money)).sensitive());
        assert!(!mark("1", Some(Category::General)).sensitive());
    }

    #[test]
    fn r05_every_ask_is_adopted_by_who_is_asked_and_nothing_else_is_marked() {
        use RefusalCode::{AskNotAdopted, NotYourClause};
        let (general, money) = (Some(Category::General), Some(Category::Money));
        let say = |who, adopts: &[Adoption]| {
            adopted(&text(80), &["1".to_owned()], adopts, who, BEGIN).err()
        };
        let first = || mark("1", None);
        assert_eq!(say(BEN, &[first()]), None);
        assert_eq!(say(BEN, &[mark("1", general.clone())]), None, "by whom it binds");
        assert_eq!(say(BEN, &[]), Some(AskNotAdopted));
        assert_eq!(say(BEN, &[mark("2", None)]), Some(AskNotAdopted));
        assert_eq!(say(BEN, &[first(), mark("3", None)]), Some(NotYourClause));
        assert_eq!(say(BEN, &[first(), mark("9", None)]), Some(NotYourClause));
        assert_eq!(say(BEN, &[first(), mark("2", None)]), None, "sensitive to me");
        assert_eq!(say(BEN, &[first(), mark("2", money)]), None);
        assert_eq!(say(BEN, &[first(), mark("2", general)]), Some(NotYourClause), "never laxer");
        assert_eq!(say(ANA, &[]), None, "what is asked of the other is not for her to adopt");
        assert_eq!(say(ANA, &[first()]), Some(NotYourClause));
        assert_eq!(say(ANA, &[mark("3", None)]), Some(NotYourClause), "her own is no ask");
        assert_eq!(say(ANA, &[mark("2", None)]), None);
    }

    #[test]
    fn r03_r05_what_is_sensitive_by_adoption_runs_ninety_days_at_most() {
        let say = |days, category| {
            adopted(&text(days), &["1".to_owned()], &[mark("1", category)], BEN, BEGIN).err()
        };
        assert_eq!(say(90, None), None);
        assert_eq!(say(91, None), Some(RefusalCode::RunsTooLong));
        assert_eq!(say(91, Some(Category::General)), None);
    }

    #[test]
    fn adoptions_stand_in_order_each_once_and_not_without_end() {
        let read = |ids: &[String]| {
            let all = ids.iter().map(|id| mark(id, Some(Category::Money)).to_value()).collect();
            adoptions(&Value::Array(all)).map(|all| all.len())
        };
        let ids = |count: usize| (100..100 + count).map(|id| id.to_string()).collect::<Vec<_>>();
        assert_eq!(read(&ids(2)), Some(2));
        assert_eq!(read(&ids(limits::REVISION_CLAUSES)), Some(limits::REVISION_CLAUSES));
        assert_eq!(read(&ids(limits::REVISION_CLAUSES + 1)), None);
        assert_eq!(read(&[]), None);
        assert_eq!(read(&["2".to_owned(), "1".to_owned()]), None, "out of order");
        assert_eq!(read(&["1".to_owned(), "1".to_owned()]), None, "twice");
        assert_eq!(
            adoptions(&Value::Array(vec![mark("1", None).to_value()])),
            Some(vec![mark("1", None)])
        );
    }

    /// Who wrote a sentence is who proposed exactly it, where the record that counts on it had
    /// seen that; the same words, written apart by the other, are no adoption.
    #[test]
    fn r05_a_sentence_is_no_ask_to_who_wrote_it_first_and_was_heard() {
        let mut written = Written::default();
        let propose = |text: &Revision| Act::Propose { revision: text.clone() }.into();
        let asks_of = |written: &Written, at: Option<&Held>, proposer| {
            let revision = text(80);
            let mut authors: Authors<'_> = HashMap::new();
            for held in &written.held {
                revision.clauses.iter().for_each(|clause| {
                    authors.entry(clause).or_default().push(held);
                });
            }
            let mut asks = asks(&revision, &authors, at, proposer);
            asks.sort();
            asks
        };
        assert_eq!(asks_of(&written, None, Some(ANA)), ["1"]);
        assert_eq!(asks_of(&written, None, Some(BEN)), ["3"]);
        assert_eq!(asks_of(&written, None, None), ["1", "3"], "nobody wrote anything");
        written.write(BEN, 0, DOC, propose(&text(80)));
        assert_eq!(asks_of(&written, None, None), ["3"]);
        let mut heard = written.clone();
        heard.write(ANA, 60, DOC, propose(&text(80)));
        let at = heard.held.last().unwrap();
        assert_eq!(asks_of(&written, Some(at), Some(ANA)), Vec::<String>::new());
        let mut apart = written.clone();
        apart.write_apart(ANA, 60, DOC, propose(&text(80)));
        let at = apart.held.last().unwrap();
        assert_eq!(asks_of(&written, Some(at), Some(ANA)), ["1"], "she had not heard of it");
    }

    #[test]
    fn r05_a_sensitive_sentence_binds_one_person_who_wrote_it() {
        let counts = |obligor, category, by| {
            let mut revision = text(80);
            revision.clauses = vec![clause("1", obligor, category)];
            let mut written = Written::default();
            written.write(by, 0, DOC, Act::Propose { revision: revision.clone() }.into());
            written_by_whom_it_binds(&revision, &written.held[0], &HashMap::new())
        };
        let whereabouts = || Category::Whereabouts;
        assert!(counts(Obligor::Person(ANA), whereabouts(), ANA));
        assert!(!counts(Obligor::Person(BEN), whereabouts(), ANA), "it cannot even be asked");
        assert!(!counts(Obligor::Both, whereabouts(), ANA));
        assert!(counts(Obligor::Person(BEN), Category::General, ANA), "that is an ask");
        assert!(counts(Obligor::Both, Category::General, ANA));
    }
}
