//! Who wrote a clause (R5): derived, never a field.

use super::causal::before;
use super::revision::{Clause, Obligor, Revision};
use crate::domain::record::Held;
use crate::id::PersonId;
use std::collections::HashMap;

/// The counted proposals that hold each clause.
pub(super) type Authors<'a> = HashMap<&'a Clause, Vec<&'a Held>>;

/// R5: a sensitive clause binds one person, and that person wrote it first. Its
/// author is derived, never a field: an earlier proposal of theirs, seen here,
/// holds the exact clause.
pub(super) fn written_by_whom_it_binds(
    revision: &Revision,
    held: &Held,
    authors: &Authors<'_>,
) -> bool {
    revision.clauses.iter().filter(|clause| revision.clause_sensitive(clause)).all(|clause| {
        match clause.obligor {
            Obligor::Both => false,
            Obligor::Person(person) => {
                person == held.author
                    || authors.get(clause).is_some_and(|earlier| {
                        earlier.iter().any(|e| e.author == person && before(e, held))
                    })
            }
        }
    })
}

/// The ids of a revision's asks (R5): clauses that bind one person alone, who has written them
/// neither here, as `proposer`, nor in the causal past of the record `at`; or nowhere at all.
pub(super) fn asks(
    revision: &Revision,
    authors: &Authors<'_>,
    at: Option<&Held>,
    proposer: Option<PersonId>,
) -> Vec<String> {
    let seen = |earlier: &Held| at.is_none_or(|at| before(earlier, at));
    let wrote = |clause: &Clause, person| {
        let earlier = authors.get(clause).into_iter().flatten();
        proposer == Some(person) || earlier.copied().any(|e| e.author == person && seen(e))
    };
    let ask = |clause: &&Clause| match clause.obligor {
        Obligor::Both => false,
        Obligor::Person(person) => !wrote(clause, person),
    };
    revision.clauses.iter().filter(ask).map(|clause| clause.id.clone()).collect()
}
