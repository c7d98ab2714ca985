//! Words that their author may take back: bodies, seen from the rules (RULES.md, words and bodies).
//!
//! A record's words stand apart from it. Whoever wrote them may take them back
//! at any time; then they are gone on both phones, and a stub says so for a
//! week. The other may say thank you, once, and nothing else.

use super::action::Action;
use super::capability::{self, Class, Context, Kind, Lasting, Merge, Records};
use super::record::{Draft, Held};
use super::refusal::{Refusal, RefusalCode};
use crate::cbor::Value;
use crate::id::{DocId, ItemId, LogId, PersonId, Position};
use crate::time::Moment;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The kind of record that takes words back.
pub(super) const WITHDRAW: &str = "words.withdraw";

/// What is done with words that stand somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Takes back words of one's own: their body goes on both phones.
    Withdraw {
        /// The record that they belong to.
        of: Position,
    },
    /// Says thank you for words of the other.
    Thank {
        /// The record that they belong to.
        of: Position,
    },
}

impl capability::Act for Act {
    const KINDS: &'static [Kind] = &[
        Kind::of(WITHDRAW, Class::Ledger, Merge::Set)
            .fields(&["of"])
            .takes_back()
            .once()
            .lasting(Lasting::Never),
        Kind::of("words.thank", Class::Ledger, Merge::Set).fields(&["of"]).lasting(Lasting::Never),
    ];

    fn kind(&self) -> &'static str {
        match self {
            Act::Withdraw { .. } => WITHDRAW,
            Act::Thank { .. } => "words.thank",
        }
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let (Act::Withdraw { of } | Act::Thank { of }) = self;
        vec![("of", of.to_value())]
    }

    fn read(kind: &str, value: &Value) -> Option<Self> {
        let of = || Position::from_value(value.get("of")?);
        match kind {
            WITHDRAW => Some(Act::Withdraw { of: of()? }),
            "words.thank" => Some(Act::Thank { of: of()? }),
            _ => None,
        }
    }

    #[cfg(test)]
    fn examples() -> Vec<Self> {
        vec![Act::Withdraw { of: capability::EXAMPLE }, Act::Thank { of: capability::EXAMPLE }]
    }
}

/// Takes back the words of a record, in its document.
pub(super) fn withdrawal(target: DocId, of: Position) -> Draft {
    Draft { target, action: Act::Withdraw { of }.into(), body: None }
}

/// Says thank you for the words of a record.
pub(super) fn thanks(target: DocId, of: Position) -> Draft {
    Draft { target, action: Act::Thank { of }.into(), body: None }
}

/// Decides to take back words of one's own in a document, whether a view still shows them
/// or not. The record that they stood beside stays.
///
/// # Errors
/// `NotFound`, `NotYourWords`, `NoLongerThere`, `PairLeft`.
pub fn withdraw(
    records: &Records<'_>,
    words: ItemId,
    context: Context<'_>,
) -> Result<Vec<Draft>, Refusal> {
    context.together()?;
    let said = records.held.iter().find(|held| held.id.item() == words);
    let said = said.filter(|held| held.record.body.is_some()).ok_or(RefusalCode::NotFound)?;
    if said.author != context.me {
        return Err(RefusalCode::NotYourWords.into());
    }
    let before = Action::from(Act::Withdraw { of: said.id });
    if records.held.iter().any(|held| held.record.action == before) {
        return Err(RefusalCode::NoLongerThere.into());
    }
    Ok(vec![withdrawal(records.doc, said.id)])
}

/// What is left of words that were taken back, or have run out (RULES.md, words and bodies).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stub {
    /// For a week it is said that something was there.
    Week,
    /// For as long as the pair lasts: that it was told, when, and when it was taken back.
    Lasting,
}

/// Where words are read: the body of the record at a position, if it is here.
pub type Bodies<'a> = dyn Fn(Position) -> Option<Value> + 'a;

/// Records in an order that depends on nothing but themselves and has nothing
/// before its causal past: the size of a closed past grows along happens-before.
pub fn in_order<'a>(records: impl IntoIterator<Item = &'a Held>) -> Vec<&'a Held> {
    let mut ordered: Vec<&Held> = records.into_iter().collect();
    ordered.sort_by_cached_key(|held| (held.past.0.values().sum::<u64>(), held.id));
    ordered
}

/// Of records by one person, the one that stands (M1): the later one in their
/// log; across logs that did not know of each other, the one stated later.
pub fn standing<'a>(records: &[&'a Held]) -> Option<&'a Held> {
    let mut last: BTreeMap<LogId, &Held> = BTreeMap::new();
    for held in records {
        let known = last.entry(held.id.log).or_insert(held);
        if held.id > known.id {
            *known = held;
        }
    }
    let overtaken = |held: &Held| last.values().any(|other| other.past.contains(held.id));
    last.values()
        .filter(|held| !overtaken(held))
        .max_by_key(|held| (held.record.at.moment, held.id))
        .copied()
}

/// The records whose words their own authors took back, and when.
pub fn withdrawn(records: &[&Held]) -> BTreeMap<Position, Moment> {
    let authors: HashMap<Position, PersonId> =
        records.iter().map(|held| (held.id, held.author)).collect();
    let mut taken: BTreeMap<Position, Moment> = BTreeMap::new();
    for held in records {
        if let Action::Words(Act::Withdraw { of }) = held.record.action
            && authors.get(&of) == Some(&held.author)
        {
            let at = held.record.at.moment;
            let known = taken.entry(of).or_insert(at);
            *known = at.min(*known);
        }
    }
    taken
}

/// The records for which the other person said thank you.
pub fn thanked(records: &[&Held]) -> BTreeSet<Position> {
    let authors: HashMap<Position, PersonId> =
        records.iter().map(|held| (held.id, held.author)).collect();
    let thanks = |held: &&Held| match held.record.action {
        Action::Words(Act::Thank { of })
            if authors.get(&of).is_some_and(|who| *who != held.author) =>
        {
            Some(of)
        }
        _ => None,
    };
    records.iter().filter_map(thanks).collect()
}

/// A text of a body, if it is one that may be shown.
pub fn text_of(body: &Value, key: &str) -> Option<String> {
    let text = body.get(key)?.text()?;
    crate::text::counts(text).then(|| text.to_owned())
}
