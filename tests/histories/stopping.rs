//! What binds a person, read from the records as they are and by none of the library's folds:
//! against this `stop_all` is held (R8, I11).

use amends::id::{DocId, PersonId, RevisionHash};
use amends::internals::domain::action::Action;
use amends::internals::domain::agreement::{Act, Obligor, Revision};
use amends::internals::domain::record::Held;
use amends::time::{DAY, Moment};
use std::collections::{BTreeMap, BTreeSet};

fn act(held: &Held) -> Option<&Act> {
    match &held.record.action {
        Action::Agreement(act) => Some(act),
        _ => None,
    }
}

/// One person's acts, in the order of their log.
fn of(records: &[Held], who: PersonId) -> Vec<(&Held, &Act)> {
    let own = records.iter().filter(|held| held.author == who);
    let mut own: Vec<_> = own.filter_map(|held| Some((held, act(held)?))).collect();
    own.sort_by_key(|(held, _)| held.id);
    own
}

/// Whether who said yes to a text had it before their eyes.
fn shown(records: &[Held], doc: DocId, yes: &Held, hash: RevisionHash) -> bool {
    records.iter().any(|held| {
        let text =
            matches!(act(held), Some(Act::Propose { revision }) if revision.hash(doc) == hash);
        text && yes.past.contains(held.id)
    })
}

/// The texts to which this person has said yes, and has not taken it back: the last yes to each.
fn yeses(records: &[Held], doc: DocId, who: PersonId) -> BTreeMap<RevisionHash, &Held> {
    let mut yeses = BTreeMap::new();
    for (held, act) in of(records, who) {
        match act {
            Act::Propose { revision } => drop(yeses.insert(revision.hash(doc), held)),
            Act::Consent { revision, .. } if shown(records, doc, held, *revision) => {
                yeses.insert(*revision, held);
            }
            Act::WithdrawConsent { revision, .. }
            | Act::WithdrawProposal { revision }
            | Act::Decline { revision } => drop(yeses.remove(revision)),
            _ => {}
        }
    }
    yeses
}

/// Whether one had heard, when they said yes, of every text that the other proposed before their
/// own yes: of two texts that were proposed apart neither is agreed to by having been proposed.
fn heard(records: &[Held], one: &Held, other: &Held) -> bool {
    let before = of(records, other.author)
        .into_iter()
        .filter(|(held, act)| matches!(act, Act::Propose { .. }) && held.id < other.id);
    before.into_iter().all(|(held, _)| one.past.contains(held.id))
}

/// Whether one's yes still stood when the other's came: who proposes another text before they
/// have heard of the other's yes has answered themselves (K22).
fn stood(records: &[Held], one: &Held, other: &Held) -> bool {
    let later = of(records, one.author)
        .into_iter()
        .filter(|(held, act)| matches!(act, Act::Propose { .. }) && held.id > one.id);
    later.into_iter().all(|(held, _)| held.past.contains(other.id))
}

/// Whether one document may bind this person: nobody ended it, they have not paused their part,
/// and both have said yes to a text with a sentence for them that has not run out and that no
/// later text to which both said yes takes the place of. What of this lapsed is not worked out.
pub fn may_bind(
    records: &[Held],
    doc: DocId,
    people: [PersonId; 2],
    who: PersonId,
    now: Moment,
) -> bool {
    if records.iter().any(|held| act(held) == Some(&Act::End)) {
        return false;
    }
    let mut stances = of(records, who);
    stances.retain(|(_, act)| matches!(act, Act::Suspend | Act::Resume));
    if stances.last().is_some_and(|(_, act)| **act == Act::Suspend) {
        return false;
    }
    let proposed = records.iter().filter_map(|held| match act(held)? {
        Act::Propose { revision } => Some((revision.hash(doc), revision)),
        _ => None,
    });
    let texts: BTreeMap<RevisionHash, &Revision> = proposed.collect();
    let [ones, others] = people.map(|person| yeses(records, doc, person));
    let agreed = ones.iter().filter_map(|(hash, one)| {
        let other = others.get(hash)?;
        let each = [(one, other), (other, one)];
        if !each.iter().all(|(a, b)| heard(records, a, b) && stood(records, a, b)) {
            return None;
        }
        let since = one.record.at.moment.max(other.record.at.moment);
        Some((*hash, (*texts.get(hash)?, since)))
    });
    let agreed: BTreeMap<RevisionHash, (&Revision, Moment)> = agreed.collect();
    // One that cools off leaves the text before it in force for a day (R33).
    let settled = agreed.values().filter(|(_, since)| now >= since.plus(DAY));
    let replaced: BTreeSet<RevisionHash> =
        settled.flat_map(|(text, _)| text.parents.iter().copied()).collect();
    let standing = agreed.iter().filter(|(hash, _)| !replaced.contains(*hash));
    standing.map(|(_, (text, _))| text).any(|text| {
        let binds = |obligor: &Obligor| {
            matches!(obligor, Obligor::Both) || *obligor == Obligor::Person(who)
        };
        text.expires_at > now && text.clauses.iter().any(|clause| binds(&clause.obligor))
    })
}

/// Whether texts were proposed, or answered, apart: what counts of those is more than the records
/// say one by one.
pub fn crossed(records: &[Held]) -> bool {
    let chosen =
        |held: &&Held| matches!(act(held), Some(Act::Propose { .. } | Act::Consent { .. }));
    let chosen: Vec<&Held> = records.iter().filter(chosen).collect();
    let apart = |a: &Held, b: &Held| !a.past.contains(b.id) && !b.past.contains(a.id);
    chosen.iter().any(|a| chosen.iter().any(|b| a.author != b.author && apart(a, b)))
}
