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
