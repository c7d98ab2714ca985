//! Who wrote a clause (R5): derived, never a field.

use super::causal::before;
use super::revision::{Clause, Obligor, Revision};
use crate::domain::record::Held;
use crate::id::PersonId;
use std::collections::HashMap;

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
