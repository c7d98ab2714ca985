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
use crate::id::{DocId, LogId, PersonId, Position, WrittenId};
use crate::time::Moment;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

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
    words: WrittenId,
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
pub type Bodies<'a> = dyn Fn(Position) -> Option<Arc<Value>> + 'a;

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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::domain::openness;
    use crate::domain::pair::PairState;
    use crate::domain::testing::*;
    use crate::time::Moment;

    const DOC: DocId = DocId([9; 16]);

    fn post() -> Action {
        let until = BEGIN.plus(9);
        openness::Act::Post { kind: openness::Kind::Day, until, under: None }.into()
    }

    fn taking_back(
        written: &Written,
        who: PersonId,
        words: WrittenId,
        left: bool,
    ) -> Result<usize, RefusalCode> {
        let pair = pair();
        let context = Context {
            pair: &pair,
            pair_state: &PairState { left_at: left.then_some(BEGIN) },
            pacing: &Default::default(),
            me: who,
            side: pair.side(who).unwrap(),
            now: BEGIN,
            salt: [5; 16],
            begun: Default::default(),
        };
        let (basis, held) = (Default::default(), &written.held);
        let records = Records { doc: DOC, held, newer: &[], waiting: &[], basis: &basis };
        let drafts = withdraw(&records, words, context);
        drafts.map(|drafts| drafts.len()).map_err(|refusal| refusal.code)
    }

    #[test]
    fn r15_only_ones_own_words_are_taken_back_and_only_once() {
        let mut written = Written::default();
        let other = written.write(ANA, 0, DOC, post());
        written.with_body(other, words("Later."));
        let of = written.write(ANA, 1, DOC, post());
        written.with_body(of, words("With M."));
        let bare = written.write(ANA, 2, DOC, post());
        assert_eq!(taking_back(&written, ANA, of.item(), false), Ok(1));
        assert_eq!(taking_back(&written, BEN, of.item(), false), Err(RefusalCode::NotYourWords));
        assert_eq!(taking_back(&written, ANA, bare.item(), false), Err(RefusalCode::NotFound));
        assert_eq!(taking_back(&written, ANA, of.item(), true), Err(RefusalCode::PairLeft));
        let unknown = Position { index: 77, ..of };
        assert_eq!(taking_back(&written, ANA, unknown.item(), false), Err(RefusalCode::NotFound));
        written.write(ANA, 3, DOC, Act::Withdraw { of: other }.into());
        assert_eq!(taking_back(&written, ANA, of.item(), false), Ok(1), "that was another");
        written.write(ANA, 4, DOC, Act::Withdraw { of }.into());
        assert_eq!(taking_back(&written, ANA, of.item(), false), Err(RefusalCode::NoLongerThere));
    }

    #[test]
    fn m1_of_records_by_one_person_the_later_stands_and_apart_the_one_stated_later() {
        let mut written = Written::default();
        written.write(ANA, 9, DOC, post());
        written.write(ANA, 1, DOC, post());
        let stands = |held: Vec<&Held>| standing(&held).map(|held| held.record.at.moment);
        let held: Vec<&Held> = written.held.iter().collect();
        assert_eq!(stands(held.clone()), Some(BEGIN.plus(1)), "the later in the log");
        assert_eq!(stands(held.iter().rev().copied().collect()), Some(BEGIN.plus(1)));
        assert_eq!(stands(vec![]), None::<Moment>);
        // Of a second log that did not know of the first, the one stated later.
        let mut apart = written.held[0].clone();
        apart.id.log = crate::log::log_id(PAIR, ANA, 1);
        apart.past = Default::default();
        let mut all = held.clone();
        all.push(&apart);
        assert_eq!(stands(all), Some(BEGIN.plus(9)));
        // One that knew of it overtakes it, whenever it says that it was written.
        let mut after = apart.clone();
        after.record.at.moment = BEGIN.plus(-5);
        Arc::make_mut(&mut after.past).raise(written.held[1].id.log, 2);
        let mut all = held;
        all.push(&after);
        assert_eq!(stands(all), Some(BEGIN.plus(-5)));
    }
}
