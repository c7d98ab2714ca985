//! What is deleted, what leaves the lists, and when that is looked for.

use super::*;
use crate::engine::upkeep::INDEX;
use BodyState::{Gone, Present};

/// What is kept of two posts after a look at this time, and since when something is over.
fn swept(phone: &mut Phone, at: i64, posts: [Position; 2]) -> ([BodyState; 2], Option<i64>) {
    phone.at(at);
    phone.engine.sweep().unwrap();
    (posts.map(|post| phone.body(post)), phone.time(Setting::ExpiredSeen))
}

#[test]
fn r07_words_are_deleted_when_two_looks_a_minute_apart_agree() {
    let [mut ana, _] = Phone::pair();
    let posts = [ana.tell(100), ana.tell(130)];
    let mut look = |at| swept(&mut ana, at, posts);
    assert_eq!(look(99), ([Present, Present], None));
    assert_eq!(look(100), ([Present, Present], Some(100)));
    assert_eq!(look(159), ([Present, Present], Some(100)));
    assert_eq!(look(160), ([Gone, Present], Some(160)), "the other was not over at the first");
    assert_eq!(look(219), ([Gone, Present], Some(160)));
    assert_eq!(look(220), ([Gone, Gone], None));
}

#[test]
fn r07_a_clock_that_goes_back_is_looked_at_anew() {
    let [mut ana, _] = Phone::pair();
    let posts = [ana.tell(100), ana.tell(900)];
    let mut look = |at| swept(&mut ana, at, posts);
    assert_eq!(look(500), ([Present, Present], Some(500)));
    assert_eq!(look(300), ([Present, Present], Some(300)), "back, and still over");
    assert_eq!(look(359), ([Present, Present], Some(300)));
    assert_eq!(look(90), ([Present, Present], None), "nothing is over");
    assert_eq!(look(400), ([Present, Present], Some(400)));
    ana.at(0);
    assert!(ana.reads(posts[0]), "now it is in memory too");
    assert_eq!(swept(&mut ana, 460, posts), ([Gone, Present], None));
    ana.at(0);
    assert!(!ana.reads(posts[0]), "what is deleted does not come back with the clock");
}

#[test]
fn r15_k14_a_vote_ends_ones_own_words_on_both_phones_and_the_others_on_ones_own() {
    let ([mut ana, mut ben], posts) = under_a_vote();
    for (phone, after) in [(&mut ana, [Gone, Gone]), (&mut ben, [Gone, Present])] {
        let day = 7 * DAY;
        assert_eq!(swept(phone, day - 1, posts), ([Present, Present], None));
        assert_eq!(swept(phone, day, posts).1, Some(day));
        assert_eq!(swept(phone, day + 60, posts), (after, None));
    }
}

#[test]
fn what_expires_is_looked_for_once_a_minute_and_after_a_clock_that_went_back() {
    let [mut ana, _] = Phone::pair();
    assert!(!ana.engine.read_at_rest() && !ana.engine.unread);
    ana.engine.swept = None;
    ana.engine.unread = true;
    ana.engine.upkeep();
    assert_eq!(ana.engine.swept, None, "first all that has come is read");
    ana.engine.unread = false;
    let mut looked = |at: i64| {
        ana.at(at);
        ana.engine.upkeep();
        ana.engine.swept.map(|at| at.since(BEGIN))
    };
    assert_eq!([0, 59, 60, 119, 120].map(&mut looked), [0, 0, 60, 60, 120].map(Some));
    assert_eq!([30, 31, 90].map(&mut looked), [30, 30, 90].map(Some), "it went back");
    ana.engine.suspend().unwrap();
    ana.at(900);
    ana.engine.upkeep();
    assert_eq!(ana.engine.swept.map(|at| at.since(BEGIN)), Some(90), "there are no files");
}

#[test]
fn what_was_erased_is_wiped_by_the_next_upkeep() {
    let [mut ana, _] = Phone::pair();
    ana.engine.read_at_rest();
    ana.engine.upkeep();
    ana.tell(DAY);
    assert!(ana.wal() > 0);
    ana.engine.scrub = true;
    // In the same second nothing else is due.
    ana.engine.upkeep();
    assert!(!ana.engine.scrub && ana.wal() == 0);
}

#[test]
fn what_has_come_in_a_long_run_is_read_at_rest() {
    let [mut ana, mut ben] = Phone::pair();
    ana.engine.read_arrived().unwrap();
    let last = (0..20).map(|_| ben.tell(DAY)).last().unwrap();
    ana.hears(&mut ben);
    assert!(
        ana.engine.unread && ana.engine.db().unwrap().body(1, last.index, 0).unwrap().is_none()
    );
    while ana.engine.read_at_rest() {}
    assert!(!ana.engine.unread && ana.reads(last));
}

#[test]
fn what_is_long_over_leaves_the_list_once_a_day_and_a_jump_of_the_clock_hides_nothing() {
    let [mut ana, _] = Phone::pair();
    ana.engine.retire().unwrap();
    let promise = ana.kept_promise();
    let mut look = |at: i64| {
        ana.at(at);
        ana.engine.retire().unwrap();
        (ana.is_live(promise), ana.time(Setting::Retired).unwrap())
    };
    assert_eq!(look(DAY - 1), (true, 0), "not again before a day is over");
    assert_eq!(look(DAY), (true, DAY));
    assert_eq!(look(92 * DAY), (true, 92 * DAY), "after so long it is only noted");
    assert_eq!(look(93 * DAY - 1), (true, 92 * DAY));
    assert_eq!(look(93 * DAY), (false, 93 * DAY));
    assert_eq!(look(93 * DAY - 1), (true, 93 * DAY - 1), "set back, it is listed again");
    assert_eq!(look(94 * DAY), (false, 94 * DAY));
    let last = [124, 125].map(|day| look(day * DAY));
    assert_eq!(last, [(false, 124 * DAY), (false, 125 * DAY)]);
}

#[test]
fn thirty_days_without_a_look_are_no_jump() {
    let [mut ana, _] = Phone::pair();
    let promise = ana.kept_promise();
    for day in [30, 60, 90, 120] {
        assert!(ana.is_live(promise));
        ana.at(day * DAY);
        ana.engine.retire().unwrap();
    }
    assert!(!ana.is_live(promise), "it was over at the last look, 30 days after the one before");
}

#[test]
fn what_is_over_leaves_the_list_at_the_very_end_of_its_thirteen_weeks() {
    let [mut ana, _] = Phone::pair();
    let promise = ana.kept_promise();
    for day in [30, 60, 90] {
        ana.at(day * DAY);
        ana.engine.retire().unwrap();
    }
    assert!(ana.engine.rows.recent.contains_key(&promise), "not to be looked at before");
    ana.at(92 * DAY);
    ana.engine.retire().unwrap();
    assert!(!ana.is_live(promise) && !ana.engine.rows.recent.contains_key(&promise));
}

#[test]
fn what_was_touched_within_thirteen_weeks_is_not_long_over() {
    let [mut ana, _] = Phone::pair();
    let promise = ana.kept_promise();
    let home = ana.home();
    let mut over = |at: i64| {
        ana.at(at);
        ana.engine.long_over(&home, promise, "promise.make").unwrap()
    };
    assert!(!over(92 * DAY - 1) && over(92 * DAY));
    let last = ana.engine.last_touched(&home, promise).unwrap();
    assert_eq!(last, Some(BEGIN.plus(DAY)));
    assert_eq!(ana.engine.rows.recent.get(&promise), Some(&BEGIN.plus(92 * DAY)));
}

#[test]
fn the_document_of_the_pair_never_leaves_the_list() {
    let [mut ana, _] = Phone::pair();
    let pair = ana.home().pair.document();
    for day in [0, 30, 60, 90, 120, 150] {
        ana.at(day * DAY);
        ana.engine.retire().unwrap();
    }
    assert!(ana.is_live(pair));
}

#[test]
fn lists_of_another_version_are_made_anew_when_a_space_opens() {
    let [mut ana, _] = Phone::pair();
    let promise = ana.kept_promise();
    let db = ana.engine.db().unwrap();
    db.begin().unwrap();
    db.forget_documents().unwrap();
    db.finish::<_, Error>(Ok(())).unwrap();
    ana.engine.forget();
    ana.engine.begin_upkeep().unwrap();
    assert!(!ana.is_live(promise), "they are of this version, as far as it can tell");
    ana.engine.db().unwrap().set(Setting::Index, &1_u64.into()).unwrap();
    ana.engine.begin_upkeep().unwrap();
    assert!(ana.is_live(promise));
    assert_eq!(ana.setting(Setting::Index).and_then(|value| value.int()), Some(INDEX));
}

#[test]
fn entries_that_were_written_one_by_one_are_put_into_runs() {
    let [mut ana, _] = Phone::pair();
    (0..2 * crate::limits::SEGMENT_ENTRIES).for_each(|_| {
        ana.tell(DAY);
    });
    let joinable = |phone: &mut Phone| phone.engine.db().unwrap().joinable(0).unwrap().is_some();
    assert!(joinable(&mut ana));
    ana.engine.join_entries().unwrap();
    assert!(!joinable(&mut ana));
    assert_eq!(ana.engine.doctor().unwrap().findings, [], "and none is lost");
}

/// No minute passes in which upkeep would join them.
#[test]
fn whoever_sends_one_by_one_gets_no_longer_tail_and_is_read_at_once() {
    let [mut ana, mut ben] = Phone::pair();
    let most = 4 * crate::limits::SEGMENT_ENTRIES;
    let mut longest = 0;
    for told in 0..most + 40 {
        // Of one month so many are too many.
        let month = if told < most / 2 { 0 } else { 40 };
        ana.at(month * DAY);
        ben.at(month * DAY);
        ana.tell((month + 1) * DAY);
        ben.hears(&mut ana);
        assert!(!ben.engine.unread);
        longest = longest.max(ben.engine.db().unwrap().tail_len(1).unwrap());
    }
    assert_eq!(longest, most, "and none of them is a run of its own");
    assert!(ben.engine.db().unwrap().tail_len(1).unwrap() < most);
    assert_eq!(ben.engine.doctor().unwrap().findings, []);
}
