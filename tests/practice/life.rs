//! Twenty years of random acts by both, some of them against every rule: folded
//! from documents derived in different orders and batches, every view is equal.

use amends::Who;
use amends::id::{Commitment, DocId, LogId, OccurrenceId, PairId, Past, PersonId, Position};
use amends::internals::cbor::Value;
use amends::internals::document::{Document, Touch, causal_order};
use amends::internals::domain::Pair;
use amends::internals::domain::action::Action;
use amends::internals::domain::checkin::seal::Bound;
use amends::internals::domain::checkin::{
    Act as CheckIn, Answer, Answers, Opening, Period, TemplateId,
};
use amends::internals::domain::ledger::{Month, ledger, own_document};
use amends::internals::domain::openness::{Act as Post, Kind, Posts};
use amends::internals::domain::overview::progress;
use amends::internals::domain::promise::{Act, Felt, PromiseDocs, PromiseView, Told, tally};
use amends::internals::domain::record::{Held, Record};
use amends::internals::domain::testing::{state, view};
use amends::internals::domain::{checkin, words};
use amends::internals::log::log_id;
use amends::time::{DAY, Moment, Stated, local_date};
use amends::{Due, IsoWeek};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

const PAIR: PairId = PairId([7; 16]);
const PEOPLE: [PersonId; 2] = [PersonId([1; 16]), PersonId([2; 16])];
const BEGIN: Moment = Moment(1_772_438_400);
const YEARS: i64 = 20;

/// A small generator with a printed seed: the same life every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

struct Life {
    dice: Dice,
    now: Moment,
    lengths: [u64; 2],
    seen: [u64; 2],
    touches: Vec<(DocId, Touch)>,
    bodies: HashMap<Position, Arc<Value>>,
    promises: Vec<(DocId, usize, Vec<OccurrenceId>)>,
    posts: Vec<(Position, usize, DocId, Moment)>,
    asked: Vec<(DocId, Position)>,
    seals: Vec<(Position, usize, Period, Opening)>,
}

fn log(who: usize) -> LogId {
    log_id(PAIR, PEOPLE[who], 0)
}

impl Life {
    fn write(
        &mut self,
        who: usize,
        target: DocId,
        action: Action,
        body: Option<Value>,
    ) -> Position {
        let id = Position { log: log(who), index: self.lengths[who], place: 0 };
        let at = Stated { moment: self.now, zone: "UTC".into() };
        let body_of = body.is_some().then_some(Commitment([id.index as u8; 32]));
        let record = Record { target, at, action, body: body_of };
        let mut past = Past::default();
        past.raise(log(who), self.lengths[who]);
        past.raise(log(1 - who), self.seen[who]);
        past.0.retain(|_, length| *length > 0);
        let records = vec![(0, record.to_value())];
        self.touches.push((target, Touch { log: log(who), index: id.index, past, records }));
        self.lengths[who] += 1;
        self.bodies.extend(body.map(|body| (id, Arc::new(body))));
        id
    }

    fn text(&mut self) -> Option<Value> {
        let number = self.dice.roll(1_000);
        Some(Value::map([("text", Some(format!("words {number}").as_str().into()))]))
    }

    fn some_occurrence(&mut self) -> Option<(DocId, usize, OccurrenceId)> {
        let back = self.dice.roll(8) as usize + 1;
        let (doc, by, all) = self.promises.iter().rev().nth(back % 8)?;
        let (doc, by) = (*doc, *by);
        let at = self.dice.0 as usize % (all.len() + 1);
        // Now and then one that the rule never produces.
        let one = all.get(at).copied().unwrap_or(OccurrenceId([3; 16]));
        Some((doc, by, one))
    }

    fn make_promise(&mut self, who: usize) {
        let day = self.dice.roll(9) as i64;
        let mut salt = [0; 16];
        salt[..8].copy_from_slice(&(self.promises.len() as u64 + 1).to_be_bytes());
        let doc = own_document(PAIR, PEOPLE[who], &salt);
        let start = local_date(self.now.plus(day * DAY), "Europe/Berlin");
        let due = match self.dice.roll(4) {
            0 => Due::On(start),
            1 => Due::Every {
                start,
                time: Some("18:30:00".parse().unwrap()),
                rule: "FREQ=WEEKLY;BYDAY=MO,WE,FR;COUNT=30".parse().unwrap(),
            },
            // In the past at times: such a promise does not count.
            _ => Due::At(Moment((self.now.0 / 60 - 600 + self.dice.roll(9_000) as i64) * 60)),
        };
        let zone = "Europe/Berlin".to_owned();
        let all = due.occurrences(doc, &zone, None).unwrap_or_default();
        let words = Some(Value::map([("action", Some("I call.".into()))]));
        let act = Act::Make { due, zone, grace: None, link: None, salt };
        self.write(who, doc, Action::Promise(act), words);
        self.promises.push((doc, who, all.iter().map(|one| one.id).collect()));
    }

    fn step(&mut self) {
        let who = self.dice.roll(2) as usize;
        match self.dice.roll(20) {
            0 => self.seen = [self.lengths[1], self.lengths[0]],
            1 | 2 => self.make_promise(who),
            3..=10 => {
                let Some((doc, by, occurrence)) = self.some_occurrence() else { return };
                // One in ten is the wrong person's: it must not count.
                let who = if self.dice.roll(10) == 0 { 1 - by } else { by };
                let at = self.now.plus(-(self.dice.roll(90_000) as i64));
                let (act, words) = match self.dice.roll(14) {
                    0..=4 => (Act::Report { occurrence, told: Told::Kept { at } }, self.text()),
                    5 => (Act::Report { occurrence, told: Told::Partly }, None),
                    6 => (Act::Report { occurrence, told: Told::Missed }, self.text()),
                    7 => (Act::Comment { occurrence, felt: Felt::FeltLikeKept }, None),
                    8 => (Act::Comment { occurrence, felt: Felt::SawItDifferently }, self.text()),
                    9 => (Act::Release { occurrence }, None),
                    10 => (Act::HeadsUp { occurrence, expected: None }, self.text()),
                    11 => (Act::Repair { occurrence, promise: None }, self.text()),
                    12 => match self.dice.roll(12) {
                        0 => (Act::Retract, None),
                        1 => (Act::Decline, None),
                        _ => {
                            let until = self.now.plus(5 * DAY);
                            (Act::Pause { from: self.now, until }, None)
                        }
                    },
                    _ => {
                        let due = Due::At(Moment(self.now.plus(3 * DAY).0 / 60 * 60));
                        let act = Act::Renegotiate { occurrence, due };
                        let id = self.write(by, doc, Action::Promise(act), None);
                        self.asked.push((doc, id));
                        return;
                    }
                };
                let theirs =
                    matches!(act, Act::Comment { .. } | Act::Release { .. } | Act::Decline);
                let who = if theirs { 1 - who } else { who };
                self.write(who, doc, Action::Promise(act), words);
            }
            11 => {
                let Some((doc, of)) = self.asked.pop() else { return };
                let yes = self.dice.roll(3) > 0;
                let act = if yes { Act::AcceptNew { of } } else { Act::KeepOld { of } };
                self.write(who, doc, Action::Promise(act), None);
            }
            12..=15 => {
                let doc = ledger(PAIR, PEOPLE[who], Month::of(self.now));
                // At times too long: such a post does not count.
                let until = self.now.plus(self.dice.roll(95) as i64 * DAY);
                let act = Post::Post { kind: Kind::Day, until, under: None };
                let words = self.text();
                let id = self.write(who, doc, Action::Openness(act), words);
                self.posts.push((id, who, doc, until));
            }
            16 => {
                let Some((of, by, doc, until)) = self.posts.pop() else { return };
                let action = match self.dice.roll(3) {
                    0 => Action::Words(words::Act::Withdraw { of }),
                    1 => Action::Words(words::Act::Thank { of }),
                    _ => Action::Openness(Post::Correct { of, until }),
                };
                let words = match action {
                    Action::Openness(_) => self.text(),
                    _ => None,
                };
                let who = if self.dice.roll(4) == 0 { 1 - by } else { by };
                self.write(who, doc, action, words);
            }
            _ => self.check_in(who),
        }
    }

    fn check_in(&mut self, who: usize) {
        let period = Period::Week(IsoWeek::of(local_date(self.now, "UTC")));
        let month = Month::of_date(period.first().unwrap());
        let doc = ledger(PAIR, PEOPLE[who], month);
        if self.dice.roll(2) == 0 {
            let Some((of, by, period, opening)) = self.seals.pop() else { return };
            let month = Month::of_date(period.first().unwrap());
            let doc = ledger(PAIR, PEOPLE[by], month);
            let mut opening = opening;
            if self.dice.roll(5) == 0 {
                opening.nonce = [9; 32];
            }
            let until = self.now.plus(300 * DAY);
            let act = CheckIn::Open { of, until };
            self.write(by, doc, Action::CheckIn(act), Some(opening.to_value()));
            return;
        }
        let answer = Answer { scale: Some(self.dice.roll(5) as u8), words: None };
        let opening = Opening { nonce: [1; 32], answers: Answers::from([(1, answer)]) };
        let bound = Bound {
            pair: PAIR,
            person: PEOPLE[who],
            log: log(who),
            template: TemplateId::Week,
            period,
        };
        let commit = opening.commitment(&bound);
        let act = CheckIn::Seal { template: TemplateId::Week, period, commit };
        let id = self.write(who, doc, Action::CheckIn(act), None);
        self.seals.insert(0, (id, who, period, opening));
    }
}

/// Another order of arrival: one phone held all of its own log first, as far as
/// what it had seen allows.
fn own_first(touches: &[Touch], own: LogId) -> Vec<Touch> {
    let (mut mine, mut theirs): (Vec<&Touch>, Vec<&Touch>) =
        causal_order_refs(touches).into_iter().partition(|touch| touch.log == own);
    mine.reverse();
    theirs.reverse();
    let mut ordered: Vec<Touch> = Vec::new();
    let here = |ordered: &[Touch], touch: &Touch| {
        touches.iter().all(|other| {
            other.index >= touch.past.length(other.log)
                || ordered.iter().any(|o| (o.log, o.index) == (other.log, other.index))
        })
    };
    loop {
        if let Some(touch) = mine.last().filter(|touch| here(&ordered, touch)) {
            ordered.push((*touch).clone());
            mine.pop();
        } else if let Some(touch) = theirs.pop() {
            ordered.push(touch.clone());
        } else {
            return ordered;
        }
    }
}

fn causal_order_refs(touches: &[Touch]) -> Vec<&Touch> {
    let mut all: Vec<&Touch> = touches.iter().collect();
    all.sort_by_key(|touch| (touch.past.0.values().sum::<u64>(), touch.log, touch.index));
    all
}

/// Derives a document, going through a snapshot after every `batch` entries.
fn derived(touches: &[Touch], batch: usize) -> Vec<Held> {
    let mut document = Document::new().unwrap();
    for (at, touch) in touches.iter().enumerate() {
        document.apply(touch).unwrap();
        if (at + 1) % batch == 0 {
            document = Document::load(&document.save()).unwrap();
        }
    }
    let held = |stored: amends::internals::document::Stored| {
        let record = Record::from_value(&stored.value)?;
        let author = if stored.id.log == log(0) { PEOPLE[0] } else { PEOPLE[1] };
        let received = record.at.moment;
        Some(Held { id: stored.id, past: Arc::new(stored.past), author, record, received })
    };
    document.records().unwrap().into_iter().filter_map(held).collect()
}

fn json(value: &impl serde::Serialize) -> serde_json::Value {
    serde_json::to_value(value).unwrap()
}

fn swapped(value: &serde_json::Value) -> serde_json::Value {
    let text = value.to_string();
    let text = text.replace("\"by\":\"me\"", "\"by\":\"x\"");
    let text = text
        .replace("\"by\":\"partner\"", "\"by\":\"me\"")
        .replace("\"by\":\"x\"", "\"by\":\"partner\"");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn i1_i7_i10_i16_twenty_years_by_both_end_in_equal_views_in_every_order() {
    let mut life = Life {
        dice: Dice(20_261_122),
        now: BEGIN,
        lengths: [0, 0],
        seen: [0, 0],
        touches: Vec::new(),
        bodies: HashMap::new(),
        promises: Vec::new(),
        posts: Vec::new(),
        asked: Vec::new(),
        seals: Vec::new(),
    };
    while life.now < BEGIN.plus(YEARS * 365 * DAY) {
        life.step();
        life.now = life.now.plus(40_000 + life.dice.roll(30_000) as i64);
    }
    let pair = Pair::new(PAIR, PEOPLE[0], PEOPLE[1]).unwrap();
    let mut documents: BTreeMap<DocId, Vec<Touch>> = BTreeMap::new();
    for (doc, touch) in &life.touches {
        documents.entry(*doc).or_default().push(touch.clone());
    }
    assert!(life.touches.len() > 9_000, "{} records", life.touches.len());
    let read = |position: Position| life.bodies.get(&position).cloned();
    let (mut promises, mut counted, mut revealed) = (Vec::new(), 0, 0);
    for (doc, touches) in &documents {
        let orders = [
            derived(&causal_order(touches.clone()), usize::MAX),
            derived(&own_first(touches, log(0)), 7),
            derived(&own_first(touches, log(1)), 3),
        ];
        let mut views = Vec::new();
        for records in &orders {
            let folded = state::<PromiseDocs>(&pair, *doc, PEOPLE[0], records);
            let at = touches.iter().flat_map(|touch| &touch.records).next().unwrap();
            let made = Record::from_value(&at.1).unwrap().at.moment;
            let mut all = Vec::new();
            for viewer in PEOPLE {
                for now in [made.plus(DAY), made.plus(40 * DAY), life.now] {
                    let promise = view::<PromiseDocs>(&pair, *doc, viewer, &folded, now, &read);
                    let posts = state::<Posts>(&pair, *doc, viewer, records);
                    let posts = view::<Posts>(&pair, *doc, viewer, &posts, now, &read);
                    let posts = posts.unwrap_or_default();
                    counted += posts.len();
                    all.push((json(&promise), json(&posts), promise));
                }
            }
            views.push(all);
        }
        assert_eq!(views[0], views[1], "document {doc}");
        assert_eq!(views[0], views[2], "document {doc}");
        let (ana, ben) = views[0].split_at(3);
        for (a, b) in ana.iter().zip(ben) {
            let waiting = |value: &serde_json::Value| {
                let mut value = value.clone();
                if let Some(fields) = value.as_object_mut() {
                    fields.remove("waits_for_me");
                }
                value
            };
            assert_eq!(waiting(&swapped(&a.0)), waiting(&b.0), "swapping the two swaps the view");
            assert_eq!(swapped(&a.1), b.1);
        }
        promises.extend(views[0][2].2.clone());
    }
    // Check-ins stand in two ledgers at once.
    let mut weeks: Vec<Month> =
        life.seals.iter().map(|seal| Month::of_date(seal.2.first().unwrap())).collect();
    weeks.sort_unstable();
    weeks.dedup();
    let mut at = BEGIN;
    while at < life.now {
        let month = Month::of(at);
        let of = |who: usize| documents.get(&ledger(PAIR, PEOPLE[who], month)).cloned();
        let ledgers: Vec<Vec<Touch>> = [of(0), of(1)].into_iter().flatten().collect();
        let orders = [usize::MAX, 2].map(|batch| {
            let mut held: Vec<Vec<Held>> = ledgers
                .iter()
                .map(|touches| derived(&causal_order(touches.clone()), batch))
                .collect();
            if batch == 2 {
                held.reverse();
                held.iter_mut().for_each(|records| records.reverse());
            }
            let slices: Vec<&[Held]> = held.iter().map(Vec::as_slice).collect();
            let folded = checkin::fold::fold(&pair, &slices);
            let keys: Vec<_> = folded.periods.keys().copied().collect();
            let view = |(template, period)| {
                PEOPLE.map(|viewer| {
                    let side = pair.side(viewer).unwrap();
                    json(&checkin::project(&folded, template, period, side, None, BEGIN, &read))
                })
            };
            keys.into_iter().map(view).collect::<Vec<_>>()
        });
        assert_eq!(orders[0], orders[1]);
        let open = orders[0].iter().filter(|views| views[0]["state"] == "revealed");
        revealed += open.count();
        at = at.plus(28 * DAY);
    }
    assert!(
        promises.len() > 400 && counted > 1_000 && revealed > 5,
        "{} promises, {counted} posts seen, {revealed} check-ins open",
        promises.len()
    );
    no_number_of_both(&promises, life.now);
}

/// I13, R16: the counts of one person do not change with what the other promised.
fn no_number_of_both(promises: &[PromiseView], now: Moment) {
    let week = IsoWeek::of(local_date(now, "UTC"));
    let mine: Vec<PromiseView> =
        promises.iter().filter(|view| view.by == Who::Me).cloned().collect();
    let all = progress::follow_through(&tally(promises), Who::Me, week, 60);
    assert_eq!(all, progress::follow_through(&tally(&mine), Who::Me, week, 60));
    assert!(all.iter().any(|week| week.told() > 0));
    assert_eq!(
        progress::pattern_line(&tally(promises), Who::Me, week, 60),
        progress::pattern_line(&tally(&mine), Who::Me, week, 60)
    );
}
