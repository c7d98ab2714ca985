//! What comes back, what waits for its owner, and what was set aside.

use super::*;
use crate::cbor::Value;
use crate::domain::agreement;
use crate::domain::pacing::Contact;
use crate::domain::record::Record;
use crate::id::Head;
use crate::limits::LOG_GENERATIONS;
use crate::log::{Entry, body, log_id};
use crate::store::AsideRow;
use crate::time::Stated;

fn aside(
    target: DocId,
    act: impl Into<crate::domain::action::Action>,
    words: Option<Value>,
) -> AsideRow {
    let at = Stated { moment: BEGIN, zone: "UTC".into() };
    let body = words.map(|words| body::encode([7; 16], words)).unwrap_or_default();
    let commitment = (!body.is_empty()).then(|| body::commitment(&body));
    let record = Record { target, at, action: act.into(), body: commitment };
    AsideRow { record: record.to_value().encode(), body }
}

const DOC: DocId = DocId([9; 16]);

fn end() -> AsideRow {
    aside(DOC, agreement::Act::End, None)
}

/// A post, as if it had been written in another past.
fn post(phone: &mut Phone) -> AsideRow {
    let home = phone.home();
    let of = Value::map([("more", Some("a list".into()))]);
    let words = [("text", Some("At my mother's.".into())), ("deep", Some(Value::Array(vec![of])))];
    let act =
        crate::domain::openness::Act::Post { kind: Kind::Day, until: BEGIN.plus(DAY), under: None };
    aside(ledger(home.pair.id, home.me, Month::of(BEGIN)), act, Some(Value::map(words)))
}

fn set_aside(phone: &mut Phone, rows: &[AsideRow]) {
    let db = phone.engine.db().unwrap();
    rows.iter().for_each(|row| db.add_aside(row).unwrap());
}

fn kinds(phone: &mut Phone) -> Vec<String> {
    phone.engine.asides().unwrap().into_iter().map(|one| one.kind).collect()
}

fn generations(phone: &mut Phone) -> Vec<(bool, u8)> {
    let own = |log: &LogRow| log.follower.owner() == ANA;
    let home = phone.home();
    home.logs
        .iter()
        .filter(|log| own(log))
        .map(|log| (log.kept, log.follower.generation()))
        .collect()
}

fn last_entry(phone: &mut Phone) -> Entry {
    let own = phone.home().own().unwrap().clone();
    let index = own.follower.checkpoint().length - 1;
    Entry::decode(&phone.engine.db().unwrap().entry(own.number, index).unwrap().bytes).unwrap()
}

#[test]
fn what_was_set_aside_is_shown_with_all_its_words() {
    let [mut ana, _] = Phone::pair();
    assert_eq!(ana.engine.asides().unwrap(), []);
    let rows = [post(&mut ana), end()];
    set_aside(&mut ana, &rows);
    let all = ana.engine.asides().unwrap();
    let shown: Vec<_> = all.iter().map(|one| (one.kind.as_str(), one.at, one.repeatable)).collect();
    assert_eq!(shown, [("openness.post", BEGIN, true), ("agreement.end", BEGIN, true)]);
    let mut words = all[0].words.clone();
    words.sort();
    assert_eq!(words, ["At my mother's.", "a list"]);
    let yes =
        agreement::Act::Consent { revision: crate::id::RevisionHash([3; 32]), adopts: vec![] };
    set_aside(&mut ana, &[aside(DOC, yes, None)]);
    assert!(!ana.engine.asides().unwrap()[2].repeatable, "a yes needs the text before one's eyes");
}

#[test]
fn what_was_set_aside_is_said_again_or_let_go_by_its_number() {
    let [mut ana, _] = Phone::pair();
    let rows = [end(), post(&mut ana), post(&mut ana)];
    set_aside(&mut ana, &rows);
    let number = |phone: &mut Phone, at: usize| phone.engine.asides().unwrap()[at].number;
    let before = ana.own().length;
    let second = number(&mut ana, 1);
    ana.engine.say_again(second).unwrap();
    assert_eq!(kinds(&mut ana), ["agreement.end", "openness.post"]);
    assert_eq!(ana.own().length, before + 1);
    let said = Position { log: ana.own().log, index: before, place: 0 };
    assert!(ana.reads(said));
    let salt = |phone: &mut Phone| {
        let row = phone.engine.db().unwrap().body(0, said.index, 0).unwrap().unwrap();
        Value::decode(&row.bytes).unwrap().get("salt").unwrap().bytes().unwrap().to_vec()
    };
    assert_ne!(salt(&mut ana), [7; 16], "it has a salt of its own");
    assert!(ana.engine.say_again(second).is_err());

    let first = number(&mut ana, 0);
    ana.engine.let_go(first).unwrap();
    assert_eq!(kinds(&mut ana), ["openness.post"]);
    assert!(ana.engine.let_go(first).is_err() && ana.own().length == before + 1);
}

#[test]
fn inv8_what_only_takes_back_counts_while_it_is_set_aside_and_is_done_again_at_once() {
    let [mut ana, _] = Phone::pair();
    let rows = [end(), post(&mut ana)];
    set_aside(&mut ana, &rows);
    let aside_on = |phone: &mut Phone, doc| phone.engine.set_aside_on(doc).unwrap().len();
    assert_eq!(aside_on(&mut ana, DOC), 0, "the log had one past");
    let length = ana.own().length;
    ana.engine.recovered().unwrap();
    assert_eq!((ana.own().length, kinds(&mut ana).len()), (length, 2));
    ana.engine.note_fork().unwrap();
    let ledger = ledger(ana.home().pair.id, ANA, Month::of(BEGIN));
    assert_eq!((aside_on(&mut ana, DOC), aside_on(&mut ana, ledger)), (1, 0));
    assert_eq!(aside_on(&mut ana, DocId([8; 16])), 0);

    let held = ana.own();
    ana.engine.recovered().unwrap();
    assert_eq!(generations(&mut ana), [(false, 0), (false, 1)]);
    assert_eq!(kinds(&mut ana), ["openness.post"], "that waits for its author");
    let entry = last_entry(&mut ana);
    let kinds =
        entry.records.iter().map(|record| Record::from_value(&Value::decode(record).unwrap()));
    let kinds: Vec<_> = kinds.map(|record| record.unwrap().action.kind()).collect();
    assert_eq!(kinds, ["pair.open", "agreement.end"]);
    assert_eq!(entry.continues, Some(held));
    assert_eq!(ana.setting(Setting::Forked), None);
}

#[test]
fn a_log_without_room_for_another_generation_goes_on_where_it_is() {
    let [mut ana, _] = Phone::pair();
    let mut go_on = || {
        ana.engine.note_fork().unwrap();
        ana.engine.recovered().unwrap();
        generations(&mut ana).len()
    };
    let most = usize::from(LOG_GENERATIONS);
    assert_eq!((2..=most).map(|_| go_on()).last(), Some(most));
    assert_eq!(go_on(), most);
    set_aside(&mut ana, &[end()]);
    ana.engine.note_fork().unwrap();
    ana.engine.recovered().unwrap();
    assert_eq!(last_entry(&mut ana).records.len(), 1, "what takes back is done all the same");
}

#[test]
fn r12_a_phone_that_replaces_another_waits_for_the_logs_that_it_was_told_of() {
    let [mut lost, _] = Phone::pair();
    lost.tell(DAY);
    let told = lost.own();
    let theirs = Checkpoint { log: log_id(PairId([1; 16]), BEN, 0), length: 0, head: told.head };
    let mut new = Phone::of(&material(ANA, BEN, vec![told, theirs]));
    assert_eq!(generations(&mut new), [(true, 0), (false, 1)]);
    assert_eq!(new.engine.awaited().unwrap(), [told, theirs]);
    assert!(new.engine.returning().unwrap() && new.engine.reconfirming().unwrap());
    assert_eq!(last_entry(&mut new).continues, Some(told), "it goes on from what is to come");
    let home = new.home();
    assert_eq!(home.logs.iter().filter(|log| log.follower.owner() == BEN).count(), 1);

    let [mut first, _] = Phone::pair();
    assert_eq!(generations(&mut first), [(false, 0)]);
    assert_eq!(first.engine.awaited().unwrap(), []);
    assert!(!first.engine.returning().unwrap() && !first.engine.reconfirming().unwrap());
    assert_eq!(last_entry(&mut first).continues, None);
}

#[test]
fn r32_a_clock_set_back_by_more_than_a_day_pauses_what_is_in_force() {
    let [mut ana, _] = Phone::pair();
    ana.at(9 * DAY);
    ana.tell(10 * DAY);
    assert_eq!(ana.time(Setting::Clock), Some(9 * DAY));
    let mut waits = |at: i64| {
        ana.at(at);
        ana.engine.reconfirming().unwrap()
    };
    assert!(!waits(9 * DAY) && !waits(8 * DAY) && waits(8 * DAY - 1));
    ana.at(8 * DAY);
    ana.engine.look_at_clock().unwrap();
    assert_eq!(ana.time(Setting::Clock), Some(9 * DAY), "a day at most is no matter");
    assert_eq!(ana.setting(Setting::Paused), None);
    ana.at(8 * DAY - 1);
    ana.engine.look_at_clock().unwrap();
    assert_eq!(ana.time(Setting::Clock), Some(8 * DAY - 1));
    assert!(ana.setting(Setting::Paused).is_some() && !ana.engine.reconfirming().unwrap());
    ana.at(9 * DAY + 1);
    ana.engine.look_at_clock().unwrap();
    assert_eq!(ana.time(Setting::Clock), Some(9 * DAY + 1));
    ana.engine.suspend_recovered().unwrap();
    assert!(ana.engine.reconfirming().unwrap(), "until its owner says so again");
    ana.engine.suspend_when_whole().unwrap();
    assert!(!ana.engine.reconfirming().unwrap());
}

#[test]
fn r32_nothing_is_paused_before_all_is_back() {
    let [mut lost, _] = Phone::pair();
    let post = lost.tell(DAY);
    let told = lost.own();
    let run = lost.run(0);
    let mut new = Phone::of(&material(ANA, BEN, vec![told]));
    new.engine.suspend_when_whole().unwrap();
    assert!(new.engine.reconfirming().unwrap() && new.setting(Setting::Paused).is_none());
    assert_eq!(new.engine.recover(&run).unwrap(), Intake::Stored(told));
    assert!(new.engine.returning().unwrap());
    new.engine.suspend_when_whole().unwrap();
    assert!(!new.engine.reconfirming().unwrap() && !new.engine.returning().unwrap());
    assert!(new.setting(Setting::Paused).is_some());
    assert!(new.engine.awaited().unwrap().is_empty() && new.reads(post));
}

/// However long the other phone keeps them: one that gives nothing back, or whose disk died.
#[test]
fn r32_until_all_is_back_nothing_new_is_written_and_the_phone_says_why() {
    let lost = Checkpoint { log: log_id(PairId([1; 16]), ANA, 0), length: 9, head: Head([7; 32]) };
    let mut ana = Phone::of(&material(ANA, BEN, vec![lost]));
    let notices = |phone: &mut Phone| phone.engine.status().unwrap().notices;
    assert!(notices(&mut ana).contains(&StatusNotice::WordsOnTheirWayBack));
    let before = ana.own();
    let refused = Err(RefusalCode::NotYetWhole.into());
    assert_eq!(ana.try_to_tell(DAY), refused);
    let promised = ana.engine.begin::<PromiseDocs>(&Promising::Make(ana.new_promise()));
    assert_eq!(promised.map(drop), refused);
    assert_eq!(ana.own(), before, "nobody would see it");
    // No contact can be asked for, whatever the other phone keeps.
    let pair = ana.home().pair.document();
    let space = Pacing::Begin { until: None, contact: Contact::None };
    ana.engine.act::<Pace>(&[pair], &space).unwrap();
    ana.limit(7);
    let before = ana.own();
    // What takes back is written, and so is a farewell.
    ana.engine.leave(Leaving::Announced).unwrap();
    assert_eq!(ana.own().length, before.length + 1);

    let [mut whole, _] = Phone::pair();
    whole.tell(DAY);
    assert!(!notices(&mut whole).contains(&StatusNotice::WordsOnTheirWayBack));
}

#[test]
fn what_stands_in_another_past_is_set_aside_with_its_words_and_what_was_taken_back_is_not() {
    let [mut ana, _] = Phone::pair();
    let before = ana.tell(DAY);
    let cut = ana.own().length;
    ana.at(60);
    let (kept, gone) = (ana.tell(DAY), ana.tell(DAY));
    take_back(&mut ana, gone);
    take_back(&mut ana, before);
    let opening = Value::map([("words", Some("sealed".into()))]);
    let seal = |at: Position| {
        Value::map([
            ("seal", Some(at.to_string().as_str().into())),
            ("opening", Some(opening.clone())),
        ])
    };
    let db = ana.engine.db().unwrap();
    db.put_outbox("here", &seal(kept)).unwrap();
    db.put_outbox("elsewhere", &seal(before)).unwrap();
    let home = ana.home();
    let own = home.own().unwrap().clone();
    let rewound = ana.engine.rewound(&home, &own, cut).unwrap();
    assert_eq!((rewound.follower.checkpoint().length, rewound.stated), (cut, BEGIN));
    assert!(own.stated > BEGIN, "what is cut off was said later");
    ana.engine.scrub = false;
    ana.engine.set_aside(&own, cut).unwrap();
    ana.engine.db().unwrap().put_log(&rewound).unwrap();

    assert_eq!(
        kinds(&mut ana),
        ["openness.post", "words.withdraw"],
        "what it took back stays here"
    );
    let rows = ana.engine.db().unwrap().asides().unwrap();
    assert_eq!(rows[0].1.body, opening.encode(), "what was sealed here waits with its seal");
    assert!(rows[1].1.body.is_empty());
    let left = ana.engine.db().unwrap().outbox().unwrap();
    assert_eq!(left.len(), 1, "the other seal stands where it stood");
    assert_eq!(ana.own().length, cut);
    assert!(ana.engine.scrub);
    let cuts = |phone: &mut Phone| {
        (phone.setting(Setting::Cuts).unwrap().int().unwrap(), phone.engine.cuts)
    };
    assert_eq!(cuts(&mut ana), (1, Some(1)));
    ana.engine.set_aside(&rewound, cut).unwrap();
    assert_eq!(cuts(&mut ana), (2, Some(2)), "others on this home see that it was cut again");
}

#[test]
fn words_that_are_set_aside_are_those_that_are_here() {
    let [mut ana, _] = Phone::pair();
    let cut = ana.own().length;
    ana.tell(DAY);
    let erased = ana.tell(DAY);
    ana.engine.erase_bodies(0, &[erased]).unwrap();
    let own = ana.home().own().unwrap().clone();
    ana.engine.set_aside(&own, cut).unwrap();
    let rows = ana.engine.db().unwrap().asides().unwrap();
    let words: Vec<bool> = rows.iter().map(|(_, row)| !row.body.is_empty()).collect();
    assert_eq!(words, [true, false]);
}

#[test]
fn r32_nothing_is_paused_before_what_was_seen_is_here_too() {
    let [mut ana, mut ben] = Phone::pair();
    let mut back = ana.copy();
    ben.tell(DAY);
    ana.hears(&mut ben);
    ana.tell(DAY);
    let run = ana.run(0);
    assert_eq!(back.engine.recover(&run).unwrap(), Intake::Stored(ana.own()));
    back.engine.suspend_when_whole().unwrap();
    assert!(back.engine.reconfirming().unwrap() && back.engine.returning().unwrap());
    back.hears(&mut ben);
    back.engine.suspend_when_whole().unwrap();
    assert!(!back.engine.reconfirming().unwrap() && !back.engine.returning().unwrap());
}
