#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::domain::action::Action;
use crate::domain::agreement;
use crate::domain::record::Record;
use crate::id::DocId;
use crate::time::{Moment, Stated};
use proptest::prelude::*;

const DOC: DocId = DocId([5; 16]);
const LOGS: [LogId; 2] = [LogId([1; 16]), LogId([2; 16])];

fn record(action: Action) -> Value {
    let at = Stated { moment: Moment(0), zone: "UTC".into() };
    Record { target: DOC, at, action, body: None }.to_value()
}

fn draft_id() -> Position {
    Position { log: LOGS[0], index: 0, place: 0 }
}

/// What two people did in one document: who, whether they met before, a splice or a plain record.
type Step = (usize, bool, Option<(u8, u8, String)>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let splice = prop::option::weighted(0.7, (any::<u8>(), 0u8..4, "[a-zé🙂]{0,3}"));
    prop::collection::vec((0usize..2, prop::bool::weighted(0.3), splice), 0..60)
}

/// The touches of a random history with offline stretches by both.
fn history(steps: &[Step]) -> Vec<Touch> {
    let mut lengths = [1u64, 0];
    let mut seen = [0u64, 0];
    let opening =
        record(Action::Agreement(agreement::Act::OpenDraft { text: "I will call".into() }));
    let mut touches =
        vec![Touch { log: LOGS[0], index: 0, past: Past::default(), records: vec![(0, opening)] }];
    for (who, meet, splice) in steps {
        if *meet {
            seen = [lengths[1], lengths[0]];
        }
        let action = match splice {
            Some((start, delete, insert)) => Action::Agreement(agreement::Act::Splice {
                draft: draft_id(),
                start: u64::from(*start) % 16,
                delete: u64::from(*delete),
                insert: insert.clone(),
            }),
            None => Action::Agreement(agreement::Act::Suspend),
        };
        let mut past = Past::default();
        past.raise(LOGS[*who], lengths[*who]);
        if seen[*who] > 0 {
            past.raise(LOGS[1 - *who], seen[*who]);
        }
        let index = lengths[*who];
        lengths[*who] += 1;
        touches.push(Touch { log: LOGS[*who], index, past, records: vec![(0, record(action))] });
    }
    touches
}

fn derive(touches: &[Touch]) -> Document {
    let mut document = Document::new().unwrap();
    for touch in touches {
        document.apply(touch).unwrap();
    }
    document
}

/// One phone holds its own log first and gets the partner's later: another
/// valid order of arrival.
fn own_first(touches: &[Touch], log: LogId) -> Vec<Touch> {
    let mut left: Vec<Touch> = touches.to_vec();
    let mut ordered: Vec<Touch> = Vec::new();
    let mut held = Past::default();
    while !left.is_empty() {
        let ready = |t: &Touch| {
            t.past.0.iter().all(|(log, length)| {
                touches
                    .iter()
                    .filter(|o| o.log == *log && o.index < *length)
                    .all(|o| held.length(*log) > o.index)
            })
        };
        let next = left
            .iter()
            .position(|t| t.log == log && ready(t))
            .or_else(|| left.iter().position(&ready))
            .unwrap();
        let touch = left.remove(next);
        held.raise(touch.log, touch.index + 1);
        ordered.push(touch);
    }
    ordered
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Log invariants 4 and 5, I1: whatever the order of arrival, both phones
    /// derive equal heads, records and texts, and a derivation from nothing too.
    #[test]
    fn inv4_inv5_both_phones_derive_equal_heads_from_equal_logs(steps in steps()) {
        let touches = history(&steps);
        let mut a = derive(&own_first(&touches, LOGS[0]));
        let mut b = derive(&own_first(&touches, LOGS[1]));
        let mut fresh = derive(&causal_order(touches.clone()));
        prop_assert_eq!(a.heads(), b.heads());
        prop_assert_eq!(a.heads(), fresh.heads());
        prop_assert_eq!(a.text(draft_id()), b.text(draft_id()));
        prop_assert_eq!(a.records().unwrap(), b.records().unwrap());
        let values: Vec<Value> = a.records().unwrap().into_iter().map(|s| s.value).collect();
        prop_assert_eq!(values.len(), touches.len());
        for touch in &touches {
            prop_assert!(values.contains(&touch.records[0].1));
        }
    }

    /// A snapshot taken anywhere goes on to the same document.
    #[test]
    fn inv4_a_document_goes_on_from_a_snapshot_as_if_it_had_never_been_one(
        steps in steps(), cut in any::<prop::sample::Index>()
    ) {
        let touches = own_first(&history(&steps), LOGS[1]);
        let cut = cut.index(touches.len()) + 1;
        let mut saved = Document::load(&derive(&touches[..cut]).save()).unwrap();
        prop_assert_eq!(saved.basis(), derive(&touches[..cut]).basis());
        for touch in &touches[cut..] {
            saved.apply(touch).unwrap();
        }
        prop_assert_eq!(saved.heads(), derive(&touches).heads());
    }

    #[test]
    fn a_difference_makes_the_new_text_of_the_old(old in "[ab🙂]{0,8}", new in "[ab🙂]{0,8}") {
        let made: String = match difference(&old, &new) {
            None => old.clone(),
            Some(s) => {
                let old: Vec<char> = old.chars().collect();
                old[..s.start].iter().chain(s.insert.chars().collect::<Vec<_>>().iter())
                    .chain(&old[s.start + s.delete..]).collect()
            }
        };
        prop_assert_eq!(made, new);
    }
}

fn touch(who: usize, index: u64, seen: u64, action: Action) -> Touch {
    let mut past = Past::default();
    past.raise(LOGS[who], index);
    past.raise(LOGS[1 - who], seen);
    Touch { log: LOGS[who], index, past, records: vec![(0, record(action))] }
}

fn splice_at(start: u64, delete: u64, insert: &str) -> Action {
    Action::Agreement(agreement::Act::Splice {
        draft: draft_id(),
        start,
        delete,
        insert: insert.into(),
    })
}

#[test]
fn what_both_typed_while_apart_is_merged() {
    let open = Action::Agreement(agreement::Act::OpenDraft { text: "call at six".into() });
    let document = derive(&[
        touch(0, 0, 0, open),
        touch(0, 1, 0, splice_at(0, 0, "I will ")),
        touch(1, 0, 1, splice_at(11, 0, " on weekdays")),
    ]);
    assert_eq!(document.text(draft_id()).unwrap(), "I will call at six on weekdays");
}

#[test]
fn a_splice_outside_the_text_changes_nothing_and_stays_a_record() {
    let open = Action::Agreement(agreement::Act::OpenDraft { text: "call".into() });
    let far = [splice_at(5, 0, "x"), splice_at(0, 5, ""), splice_at(u64::MAX >> 1, 1, "x")];
    for splice in far {
        let document = derive(&[touch(0, 0, 0, open.clone()), touch(1, 0, 1, splice)]);
        assert_eq!(document.text(draft_id()).unwrap(), "call");
        assert_eq!(document.records().unwrap().len(), 2);
    }
    let missing = derive(&[touch(1, 0, 0, splice_at(0, 0, "x"))]);
    assert_eq!(missing.text(draft_id()), None);
}

#[test]
fn a_draft_stops_growing_at_the_cap_and_the_records_stay() {
    let mut touches =
        vec![touch(0, 0, 0, Action::Agreement(agreement::Act::OpenDraft { text: String::new() }))];
    let count = limits::SPLICES as u64 + 5;
    touches.extend((0..count).map(|index| touch(1, index, 1, splice_at(0, 0, "x"))));
    let document = derive(&touches);
    assert_eq!(document.text(draft_id()).unwrap().len(), limits::SPLICES);
    assert_eq!(document.records().unwrap().len(), touches.len());
}

#[test]
fn a_record_of_a_kind_that_nobody_knows_stands_in_the_document_as_any_other() {
    let mut t = touch(0, 0, 0, Action::Agreement(agreement::Act::End));
    let Value::Map(mut fields) = t.records[0].1.clone() else { panic!() };
    fields.iter_mut().find(|(key, _)| key == "kind").unwrap().1 = "future.say".into();
    fields.push((
        "list".into(),
        Value::Array(vec![1_u64.into(), Value::map([("deep", Some(2_u64.into()))])]),
    ));
    let unknown = Value::Map(Vec::new()).with(fields);
    t.records = vec![(0, unknown.clone())];
    let document = derive(std::slice::from_ref(&t));
    assert_eq!(document.records().unwrap()[0].value, unknown);
    let slot = child(&document.merged, "records").unwrap();
    let slot = document.merged.map_range(&slot, ..).next().unwrap().id();
    let keys: Vec<_> = document.merged.keys(&slot).collect();
    assert_eq!(keys, ["record", "seen"], "as a map, and nothing as bytes");
}

#[test]
fn what_is_typed_depends_on_the_drafts_own_fields_alone() {
    // A newer version adds a field: the record is not understood here, and types the same.
    let open =
        touch(0, 0, 0, Action::Agreement(agreement::Act::OpenDraft { text: "I will call".into() }));
    let mut newer = open.clone();
    newer.records[0].1 = open.records[0].1.clone().with(vec![("colour".into(), "blue".into())]);
    let id = Position { log: open.log, index: 0, place: 0 };
    for touch in [open, newer] {
        assert_eq!(derive(&[touch]).text(id).as_deref(), Some("I will call"));
    }
}

#[test]
fn what_was_typed_on_an_older_text_joins_what_came_in_meanwhile() {
    let open = Action::Agreement(agreement::Act::OpenDraft { text: "call at six".into() });
    let mut document = derive(&[touch(0, 0, 0, open)]);
    let basis = document.basis();
    document.apply(&touch(1, 0, 1, splice_at(11, 0, " on weekdays"))).unwrap();
    let splices = document.retype(draft_id(), &basis, "I call at six").unwrap().unwrap();
    assert_eq!(splices, vec![Splice { start: 0, delete: 0, insert: "I ".into() }]);
    assert_eq!(document.retype(draft_id(), &basis, "call at six").unwrap(), Some(vec![]));
}
