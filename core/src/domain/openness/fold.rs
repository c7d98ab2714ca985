//! The posts of one ledger: a pure fold over its records.

use super::record::{Act, Kind};
use crate::domain::action::Action;
use crate::domain::ledger::{Month, ledger};
use crate::domain::pair::{Pair, Side};
use crate::domain::record::Held;
use crate::domain::words::{in_order, thanked, withdrawn};
use crate::id::{DocId, PersonId, Position};
use crate::limits;
use crate::time::Moment;
use std::collections::BTreeMap;

/// A post as its records say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostFolded {
    /// Its record.
    pub id: Position,
    /// Its author.
    pub by: Side,
    /// When, as stated.
    pub at: Moment,
    /// What it tells.
    pub kind: Kind,
    /// Until when it lives.
    pub until: Moment,
    /// The agreement in which it was agreed to.
    pub under: Option<DocId>,
    /// Its corrections, in order, with the time each states, and whether the other said thank
    /// you for it.
    pub corrections: Vec<(Position, Moment, bool)>,
    /// When it was withdrawn.
    pub withdrawn: Option<Moment>,
    /// Whether the other said thank you for the post itself.
    pub thanked: bool,
}

/// The posts of one ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folded {
    /// In an order that depends on nothing but the records.
    pub posts: Vec<PostFolded>,
}

/// Folds the records of one ledger. What lives longer than 90 days, stands in a
/// ledger that is not its author's of that month, or corrects another's words
/// does not count.
pub fn fold(pair: &Pair, doc: DocId, records: &[Held]) -> Folded {
    let records = in_order(records);
    let withdrawn = withdrawn(&records);
    let thanked = thanked(&records);
    let mut posts: Vec<PostFolded> = Vec::new();
    let mut places: BTreeMap<Position, usize> = BTreeMap::new();
    let mut known: BTreeMap<(PersonId, Month), bool> = BTreeMap::new();
    for held in records {
        let Action::Openness(act) = &held.record.action else { continue };
        let Some(by) = pair.side(held.author) else { continue };
        let at = held.record.at.moment;
        match act {
            Act::Post { kind, until, under } => {
                let month = (held.author, Month::of(at));
                let here =
                    *known.entry(month).or_insert_with(|| doc == ledger(pair.id, month.0, month.1));
                let lives = *until > at && *until <= at.plus(limits::OPENNESS_SPAN);
                if !here || !lives || posts.len() >= limits::POSTS_PER_MONTH {
                    continue;
                }
                places.insert(held.id, posts.len());
                posts.push(PostFolded {
                    id: held.id,
                    by,
                    at,
                    kind: *kind,
                    until: *until,
                    under: *under,
                    corrections: Vec::new(),
                    withdrawn: withdrawn.get(&held.id).copied(),
                    thanked: thanked.contains(&held.id),
                });
            }
            Act::Correct { of, until } => {
                let Some(post) = places.get(of).map(|place| &mut posts[*place]) else { continue };
                if post.by == by
                    && post.until == *until
                    && post.corrections.len() < limits::CORRECTIONS
                    && !withdrawn.contains_key(&held.id)
                {
                    post.corrections.push((held.id, at, thanked.contains(&held.id)));
                }
            }
        }
    }
    Folded { posts }
}
