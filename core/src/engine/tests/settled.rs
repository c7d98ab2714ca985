//! What is long over is counted once, and what is counted is what it came to.

use super::*;
use crate::cbor::Value;
use crate::domain::agreement::reached::{Reached, reached};
use crate::domain::agreement::{
    AgreementDocs, AgreementKind, Category, Command as Agreeing, Terms, TermsClause,
};
use crate::domain::capability::{Capability as _, Class};
use crate::domain::pair::Who;
use crate::domain::promise::Outcome;
use crate::domain::recurrence::IsoWeek;
use crate::domain::tally::Tally;
use crate::store::{LogRow, PairDb};
use std::collections::BTreeMap;

impl Phone {
    /// A promise of the first day that was kept, counted and looked at no more.
    fn counted_promise(&mut self) -> DocId {
        self.engine.retire().unwrap();
        let promise = self.kept_promise();
        self.rests_until(120);
        assert!(!self.is_live(promise) && self.counts().len() == 1);
        promise
    }

    fn settle(&mut self) {
        self.engine.read_at_rest();
        assert!((0..99).any(|_| !self.engine.settle_at_rest()), "it comes to an end");
    }

    /// A promise that is due a minute from now, and is kept then.
    fn keeps(&mut self) -> DocId {
        let due = self.engine.now().plus(60);
        let new = NewPromise { due: Due::At(due), ..self.new_promise() };
        let doc = self.engine.begin::<PromiseDocs>(&Promising::Make(new)).unwrap().id;
        self.clock.set(due);
        let told = HowItWent::Kept { done: None };
        let report = Promising::Report { occurrence: None, told, words: None };
        self.engine.act::<PromiseDocs>(&[doc.into()], &report).unwrap();
        doc.into()
    }

    /// Time goes on until what is over is long over, and counted.
    fn rests_until(&mut self, last: i64) {
        for day in [90, 60, 30, 0].map(|before| last - before) {
            self.at(day * DAY);
            self.engine.retire().unwrap();
        }
        self.settle();
    }

    fn over_years(&mut self) -> Vec<(Outcome, u32)> {
        let tally = self.engine.over_years::<PromiseDocs>().unwrap();
        let mut of = BTreeMap::new();
        for (_, outcome, count) in tally.by(Who::Me) {
            *of.entry(Outcome::numbered(outcome).unwrap()).or_default() += count;
        }
        of.into_iter().collect()
    }

    fn is_counted_anew(&mut self) {
        self.engine.rebuild().unwrap();
        let kept = vec![(Outcome::Kept, 1)];
        assert_eq!(
            (self.findings(), self.over_years(), self.counts().len()),
            (vec![], kept.clone(), 0)
        );
        self.rests_until(240);
        assert_eq!((self.findings(), self.over_years(), self.counts().len()), (vec![], kept, 1));
    }

    fn counts(&mut self) -> Vec<Value> {
        self.engine.db().unwrap().years("promise").unwrap()
    }

    fn findings(&mut self) -> Vec<String> {
        let findings = self.engine.doctor().unwrap().findings;
        findings.into_iter().map(|finding| finding.what).collect()
    }

    fn change(&mut self, work: impl FnOnce(&PairDb)) {
        let db = self.engine.db().unwrap();
        db.begin().unwrap();
        work(db);
        db.finish::<_, Error>(Ok(())).unwrap();
        self.engine.forget();
        self.engine.read_at_rest();
    }
}

#[test]
fn f93_what_is_long_over_is_counted_and_no_longer_read_for_it() {
    let [mut ana, _] = Phone::pair();
    ana.tell(DAY);
    let promise = ana.counted_promise();
    let told = ledger(ana.home().pair.id, ANA, Month::of(BEGIN));
    ana.change(|db| {
        assert!(db.settled(promise).unwrap().is_some());
        assert_eq!(db.settled(told).unwrap(), None, "what does not settle is no count");
    });
    assert_eq!(ana.over_years(), [(Outcome::Kept, 1)]);
    assert!(!ana.engine.derived.read.contains_key(&promise));
    assert!(ana.engine.waits_to_settle(), "after a start it is looked once");
    assert!(!ana.engine.settle_at_rest() && !ana.engine.waits_to_settle());
    ana.engine.forget();
    assert!(!ana.engine.waits_to_settle(), "first what has come is read");
    ana.engine.read_at_rest();
    assert!(ana.engine.waits_to_settle());
    ana.engine.suspend().unwrap();
    assert!(!ana.engine.waits_to_settle(), "not while the files are closed");
    ana.engine.resume().unwrap();
    assert_eq!(ana.findings(), [""; 0]);
}

#[test]
fn f93_what_waits_to_be_counted_counts_already() {
    let [mut ana, _] = Phone::pair();
    let promise = ana.counted_promise();
    ana.change(|db| {
        db.forget_settled().unwrap();
        db.add_unsettled(promise).unwrap();
    });
    assert_eq!(ana.over_years(), [(Outcome::Kept, 1)]);
    assert!(ana.engine.derived.read.contains_key(&promise) && ana.counts().is_empty());
    assert_eq!(ana.findings(), [""; 0]);
    ana.settle();
    assert_eq!((ana.over_years(), ana.counts().len()), (vec![(Outcome::Kept, 1)], 1));
}

#[test]
fn f74_what_is_said_of_it_later_changes_what_it_is_counted_as() {
    let [mut ana, _] = Phone::pair();
    let promise = ana.counted_promise();
    let report = |told| Promising::Report { occurrence: None, told, words: None };
    ana.engine.act::<PromiseDocs>(&[promise], &report(HowItWent::Missed)).unwrap();
    assert!(ana.is_live(promise));
    assert_eq!(ana.over_years(), [(Outcome::Missed, 1)], "not twice");
    assert_eq!(ana.findings(), [""; 0]);
    ana.rests_until(240);
    assert!(!ana.is_live(promise));
    assert_eq!(ana.over_years(), [(Outcome::Missed, 1)]);
    assert_eq!(ana.findings(), [""; 0]);
}

#[test]
fn a_clock_that_is_set_back_lists_all_again_and_nothing_is_counted_twice() {
    let [mut ana, _] = Phone::pair();
    let promise = ana.counted_promise();
    ana.at(119 * DAY);
    ana.engine.retire().unwrap();
    assert!(ana.is_live(promise) && ana.counts().is_empty());
    assert_eq!(ana.over_years(), [(Outcome::Kept, 1)]);
    assert_eq!(ana.findings(), [""; 0]);
}

#[test]
fn a_check_finds_a_count_that_is_not_what_it_should_be_and_a_rebuild_makes_it_anew() {
    let [mut ana, _] = Phone::pair();
    let promise = ana.counted_promise();
    let wrong = Tally::default().to_value();
    ana.change(|db| db.put_settled(promise, Some(&wrong)).unwrap());
    assert_eq!(ana.findings(), [format!("pair.db: what was counted of document {promise}")]);
    ana.is_counted_anew();
}

#[test]
fn a_year_that_cannot_be_read_costs_no_count() {
    let [mut ana, _] = Phone::pair();
    ana.counted_promise();
    let year = 2026;
    ana.change(|db| db.put_year("promise", year, &Value::Null).unwrap());
    assert_eq!(ana.over_years(), [(Outcome::Kept, 1)]);
    assert_eq!(ana.findings(), ["pair.db: year"]);
    ana.change(|db| db.put_year("promise", year, &Tally::default().to_value()).unwrap());
    assert_eq!(ana.findings(), ["pair.db: what was counted of the years"]);
    ana.is_counted_anew();
}

#[test]
fn what_comes_when_it_is_long_over_is_counted_without_being_listed() {
    let [mut ana, mut ben] = Phone::pair();
    let promise = ana.kept_promise();
    (0..crate::limits::SEGMENT_ENTRIES).for_each(|_| {
        ana.tell(2 * DAY);
    });
    ben.at(200 * DAY);
    ben.hears(&mut ana);
    ben.engine.read_at_rest();
    assert!(!ben.is_live(promise) && ben.counts().is_empty());
    let theirs = |ben: &mut Phone| {
        let tally = ben.engine.over_years::<PromiseDocs>().unwrap();
        tally.by(Who::Partner).map(|(_, outcome, count)| (outcome, count)).collect::<Vec<_>>()
    };
    let kept = [(Outcome::Kept.number(), 1)];
    assert_eq!(theirs(&mut ben), kept);
    ben.settle();
    assert_eq!((theirs(&mut ben), ben.counts().len(), ben.findings()), (kept.to_vec(), 1, vec![]));
    // What is said to it now takes it out of its year again.
    let felt = crate::domain::promise::Felt::SawItDifferently;
    let comment = Promising::Comment { occurrence: None, felt, words: None };
    ben.engine.act::<PromiseDocs>(&[promise], &comment).unwrap();
    assert_eq!(theirs(&mut ben), [(Outcome::SeenDifferently.number(), 1)]);
    assert_eq!(ben.findings(), [""; 0]);
}

#[test]
fn a_count_that_cannot_be_read_keeps_nobody_from_writing_and_is_made_anew() {
    let report = || Promising::Report { occurrence: None, told: HowItWent::Missed, words: None };
    for year in [true, false] {
        let [mut ana, _] = Phone::pair();
        let promises = [ana.counted_promise(), ana.keeps()];
        ana.rests_until(240);
        assert_eq!(ana.counts().len(), 1);
        ana.change(|db| match year {
            true => db.put_year("promise", 2026, &Value::Null).unwrap(),
            false => db.put_settled(promises[0], Some(&Value::Null)).unwrap(),
        });
        ana.engine.act::<PromiseDocs>(&[promises[0]], &report()).unwrap();
        let both = [(Outcome::Kept, 1), (Outcome::Missed, 1)];
        assert_eq!(ana.over_years(), both);
        assert_eq!(ana.findings(), [""; 0], "the other one waits to be counted");
        ana.settle();
        assert_eq!((ana.over_years(), ana.counts().len()), (both.to_vec(), 1));
    }
}

#[test]
fn a_year_that_cannot_be_read_when_more_is_to_be_counted_is_counted_anew() {
    let [mut ana, _] = Phone::pair();
    ana.counted_promise();
    let second = ana.keeps();
    ana.change(|db| db.put_year("promise", 2026, &Value::Null).unwrap());
    ana.rests_until(240);
    assert!(!ana.is_live(second));
    assert_eq!(ana.over_years(), [(Outcome::Kept, 2)]);
    assert_eq!((ana.counts().len(), ana.findings()), (1, vec![]));
}

#[test]
fn more_than_is_counted_at_once_is_counted_a_slice_after_the_other() {
    let [mut ana, _] = Phone::pair();
    ana.engine.retire().unwrap();
    let kept = 20;
    (0..kept).for_each(|_| {
        ana.keeps();
    });
    for day in [30, 60, 90, 120] {
        ana.at(day * DAY);
        ana.engine.retire().unwrap();
    }
    ana.change(|_| ());
    let mut slices = usize::from(ana.engine.settle_at_rest());
    let pair = ana.home().pair.document();
    let read: Vec<_> = ana.engine.derived.read.keys().copied().collect();
    assert_eq!(read, [pair], "what was read of them is let go of");
    while slices < 99 && ana.engine.settle_at_rest() {
        slices += 1;
        assert_eq!(ana.over_years(), [(Outcome::Kept, kept)], "whatever was counted already");
    }
    assert!(slices > 1 && slices < 99 && ana.engine.db().unwrap().unsettled(1).unwrap().is_empty());
}

#[test]
fn what_leaves_the_list_is_counted_where_another_process_wrote_just_before() {
    let [mut ana, _] = Phone::pair();
    let promise = ana.kept_promise();
    // What was known of the rows is forgotten when somebody else has written.
    ana.engine.rows = crate::engine::cache::Rows::default();
    let retire = |engine: &mut Engine| engine.retire_document(promise, Some(Class::Promise));
    ana.engine.transact(retire).unwrap();
    assert_eq!(ana.over_years(), [(Outcome::Kept, 1)]);
    ana.settle();
    assert_eq!((ana.over_years(), ana.counts().len()), (vec![(Outcome::Kept, 1)], 1));
}

fn begin_promise(db: &PairDb, doc: DocId, first: (&mut LogRow, u64)) {
    db.begin_document(doc, ("promise", "promise.make"), first, BEGIN, true).unwrap();
}

#[test]
fn f93_every_promise_counts_though_views_look_at_the_last_of_them_only() {
    let [mut ana, _] = Phone::pair();
    let many = crate::limits::LIVE_DOCUMENTS + 1;
    let own = ana.engine.home().unwrap().own().unwrap().clone();
    ana.change(|db| {
        for nth in 0..many as u64 {
            let doc = DocId((u128::from(nth) << 64).to_be_bytes());
            begin_promise(db, doc, (&mut own.clone(), nth));
        }
    });
    let live = ana.engine.live_documents(&[Class::Promise], PromiseDocs::MOST_LIVE).unwrap();
    let counted = ana.engine.uncounted::<PromiseDocs>().unwrap();
    assert_eq!((live.len(), counted.len()), (many - 1, many));
}

#[test]
fn of_too_many_promises_those_that_were_begun_first_count() {
    let [mut ana, _] = Phone::pair();
    let last = PromiseDocs::MOST - 1;
    let [first, second] = [8, 9].map(|id| DocId([id; 16]));
    let mut own = ana.engine.home().unwrap().own().unwrap().clone();
    own.begun = [("promise".to_owned(), last)].into();
    ana.change(|db| {
        begin_promise(db, first, (&mut own, 0));
        begin_promise(db, second, (&mut own, 1));
    });
    assert_eq!(ana.engine.uncounted::<PromiseDocs>().unwrap(), [first]);
}

#[test]
fn f93_what_is_counted_of_one_kind_is_never_told_as_another_ones() {
    let [mut ana, _] = Phone::pair();
    ana.counted_promise();
    let mut other = Tally::default();
    other.count(Who::Me, "2026-W10".parse().unwrap(), Outcome::Missed.number());
    ana.change(|db| db.put_year("talk", 2026, &other.to_value()).unwrap());
    assert_eq!(ana.over_years(), [(Outcome::Kept, 1)]);
}

#[test]
fn a_document_whose_row_is_damaged_keeps_no_other_from_being_counted() {
    let [mut ana, _] = Phone::pair();
    ana.engine.retire().unwrap();
    let kept = ana.keeps();
    ana.rests_until(120);
    let gone = DocId([9; 16]);
    ana.change(|db| {
        db.forget_settled().unwrap();
        // Nothing is known of this one, and it comes first or last.
        db.add_unsettled(gone).unwrap();
        db.add_unsettled(kept).unwrap();
    });
    assert_eq!(ana.over_years(), [(Outcome::Kept, 1)]);
    assert!(ana.findings().iter().any(|what| what.starts_with("pair.db: unsettled")));
    ana.settle();
    assert_eq!((ana.over_years(), ana.findings()), (vec![(Outcome::Kept, 1)], vec![]));
}

#[test]
fn f91_what_an_agreement_reached_is_counted_once_it_is_long_over() {
    let [mut ana, _] = Phone::pair();
    let clause = TermsClause {
        id: None,
        text: "I tell you first when my plans change.".to_owned(),
        binds: Who::Me,
        category: Category::General,
        cadence: None,
    };
    let terms = Terms {
        kind: AgreementKind::Conduct,
        about: None,
        clauses: vec![clause],
        starts: None,
        expires_at: Some(BEGIN.plus(30 * DAY)),
        review_at: Some(BEGIN.plus(10 * DAY)),
        taper: vec![],
        lang: "en".to_owned(),
    };
    let doc = ana.engine.begin::<AgreementDocs>(&Agreeing::Offer { terms }).unwrap().id;
    ana.at(31 * DAY);
    let (over, seen) = ana.engine.counted_and_not::<AgreementDocs>().unwrap();
    let due = [(Reached::Review, BEGIN.plus(10 * DAY))];
    assert_eq!((over.clone(), reached(&seen[0])), (Tally::default(), due.to_vec()));
    ana.engine.retire().unwrap();
    ana.rests_until(150);
    assert!(!ana.is_live(doc.into()));
    let (over, seen) = ana.engine.counted_and_not::<AgreementDocs>().unwrap();
    assert_eq!(seen.len(), 0, "it is no longer read for it");
    let over: Vec<_> = over.by(Who::Both).collect();
    let week = IsoWeek::of(local_date(BEGIN.plus(10 * DAY), "UTC"));
    assert_eq!(over, [(week, Reached::Review.number(), 1)]);
    assert_eq!(ana.findings(), [""; 0]);
}
