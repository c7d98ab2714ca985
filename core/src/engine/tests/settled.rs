//! What is long over is counted once, and what is counted is what it came to.

use super::*;
use crate::cbor::Value;
use crate::domain::pair::Who;
use crate::domain::promise::Outcome;
use crate::domain::tally::Tally;

impl Phone {
    /// A promise of the first day that was kept, counted and looked at no more.
    fn counted_promise(&mut self) -> DocId {
        self.engine.retire().unwrap();
        let promise = self.kept_promise();
        for day in [30, 60, 90, 120] {
            self.at(day * DAY);
            self.engine.retire().unwrap();
        }
        assert!(!self.is_live(promise) && self.engine.waits_to_settle());
        self.settle();
        promise
    }

    fn settle(&mut self) {
        self.engine.read_at_rest();
        while self.engine.settle_at_rest() {}
    }

    fn over_years(&mut self) -> Vec<(Outcome, u32)> {
        let home = self.home();
        let tally = self.engine.over_years::<PromiseDocs>(&home).unwrap();
        let of = tally.by(Who::Me).map(|(_, outcome, count)| (outcome, count));
        of.map(|(outcome, count)| (Outcome::numbered(outcome).unwrap(), count)).collect()
    }

    fn counts(&mut self) -> Vec<Value> {
        self.engine.db().unwrap().years().unwrap()
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
    let promise = ana.counted_promise();
    ana.change(|_| ());
    assert_eq!(ana.over_years(), [(Outcome::Kept, 1)]);
    assert!(!ana.engine.derived.read.contains_key(&promise));
    assert!(ana.engine.waits_to_settle(), "after a start it is looked once");
    assert!(!ana.engine.settle_at_rest() && !ana.engine.waits_to_settle());
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
    for day in [150, 180, 210, 240] {
        ana.at(day * DAY);
        ana.engine.retire().unwrap();
    }
    ana.settle();
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
    ana.engine.rebuild().unwrap();
    assert_eq!((ana.findings(), ana.over_years()), (vec![], vec![(Outcome::Kept, 1)]));
}

#[test]
fn a_year_that_cannot_be_read_costs_no_count() {
    let [mut ana, _] = Phone::pair();
    ana.counted_promise();
    let year = 2026;
    ana.change(|db| db.put_year(year, &Value::Null).unwrap());
    assert_eq!(ana.over_years(), [(Outcome::Kept, 1)]);
    assert_eq!(ana.findings(), ["pair.db: year"]);
    ana.change(|db| db.put_year(year, &Tally::default().to_value()).unwrap());
    assert_eq!(ana.findings(), ["pair.db: what was counted of the years"]);
    ana.engine.rebuild().unwrap();
    assert_eq!((ana.findings(), ana.over_years()), (vec![], vec![(Outcome::Kept, 1)]));
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
        let home = ben.home();
        let tally = ben.engine.over_years::<PromiseDocs>(&home).unwrap();
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
