//! Lists of what ever was, a page at a time.

use super::*;

impl Phone {
    /// Promises of this phone's person, one a day from a day on; in the order in which they
    /// were made.
    fn promises(&mut self, from: i64, count: i64) -> Vec<DocId> {
        let make = |day: i64| {
            self.at(day * DAY);
            let due = Due::At(BEGIN.plus((day + 1) * DAY));
            let new = NewPromise { due, ..self.new_promise() };
            self.engine.begin::<PromiseDocs>(&Promising::Make(new)).unwrap().id.into()
        };
        (from..from + count).map(make).collect()
    }

    fn page(&mut self, before: Option<DocId>, limit: usize) -> Vec<DocId> {
        let home = self.home();
        let page = self.engine.page::<PromiseDocs>(&home, before, limit, |_| true).unwrap();
        page.into_iter().map(|view| view.id.into()).collect()
    }
}

#[test]
fn pages_go_back_from_the_newest_through_what_both_made_and_leave_none_out() {
    let [mut ana, mut ben] = Phone::pair();
    let hers = ana.promises(0, 3);
    let his = ben.promises(1, 3);
    ana.at(4 * DAY);
    ana.hears(&mut ben);
    // Of two that were made at one moment the order is that of the ids, on both phones.
    let mut second = [hers[1], his[0]];
    let mut third = [hers[2], his[1]];
    second.sort();
    third.sort();
    let all = [his[2], third[1], third[0], second[1], second[0], hers[0]];
    assert_eq!(ana.page(None, 99), all);
    let mut pages = Vec::new();
    for _ in 0..2 {
        pages.extend(ana.page(pages.last().copied(), 4));
    }
    assert_eq!(pages, all);
    assert_eq!(ana.page(Some(all[5]), 4), []);
    assert_eq!(ana.page(None, 0), []);
    ana.engine.rebuild().unwrap();
    assert_eq!(ana.page(Some(all[1]), 3), all[2..5], "the index made anew says the same");
    let mut ids = ana.engine.ids::<PromiseDocs>().unwrap();
    let mut known = all.to_vec();
    ids.sort();
    known.sort();
    assert_eq!(ids, known);
}

#[test]
fn only_what_is_on_a_page_is_read_for_it() {
    let [mut ana, _] = Phone::pair();
    let made = ana.promises(0, 5);
    ana.engine.forget();
    assert_eq!(ana.page(Some(made[4]), 2), [made[3], made[2]]);
    let read = |doc: &DocId| ana.engine.derived.read.contains_key(doc);
    assert_eq!(made.iter().map(read).collect::<Vec<_>>(), [false, false, true, true, false]);
}

#[test]
fn a_page_ends_where_nothing_more_is_to_be_shown_and_goes_on_from_what_there_is_only() {
    let [mut ana, _] = Phone::pair();
    let made = ana.promises(0, 3);
    let home = ana.home();
    assert!(ana.engine.page::<PromiseDocs>(&home, None, 2, |_| false).unwrap().is_empty());
    assert!(made.iter().all(|doc| ana.engine.derived.read.contains_key(doc)), "all were looked at");
    let unknown = [DocId([9; 16]), home.pair.document()];
    for before in unknown {
        let page = ana.engine.page::<PromiseDocs>(&home, Some(before), 2, |_| true);
        assert!(
            matches!(page, Err(Error::Refusal(refusal)) if refusal.code == RefusalCode::NotFound)
        );
    }
}
