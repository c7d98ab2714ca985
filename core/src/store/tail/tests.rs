//! The newest entries: what is read back of them, and what damage does to the others.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::host::SystemEntropy;
use crate::id::{Head, Past};
use crate::log::body::BodyState;
use crate::time::Moment;
use amends_seal::DataKey;

const DOC: DocId = DocId([9; 16]);

fn entry(index: u64, length: usize) -> EntryRow {
    let (head, tag, past) = (Head([index as u8; 32]), [4; 16], Past::default());
    EntryRow { bytes: vec![index as u8; length], head, tag, past, received: Moment(5) }
}

fn body(length: usize) -> BodyRow {
    let until = Some(Moment(90));
    BodyRow { state: BodyState::Present, until, at: Moment(7), bytes: vec![5; length] }
}

/// Entries of log 1, each with a body, that touch a document.
fn add(db: &PairDb, places: std::ops::Range<u64>) {
    for place in places {
        let entry = &entry(place, 9);
        let new = NewEntry { entry, bodies: vec![(0, body(9))], docs: vec![DOC] };
        db.add_entry(1, place, new).unwrap();
    }
}

fn damage(db: &PairDb, statement: &str) {
    assert_eq!(db.file.connection.execute(statement, []).unwrap(), 1);
    db.forget();
}

#[test]
fn an_entry_is_never_written_over() {
    let (_folder, db) = PairDb::scratch();
    add(&db, 0..1);
    let new = NewEntry { entry: &entry(7, 9), bodies: vec![], docs: vec![] };
    assert!(matches!(db.add_entry(1, 0, new), Err(StorageError::Damaged(_))));
    db.forget();
    assert_eq!(db.entry(1, 0).unwrap(), entry(0, 9));
}

#[test]
fn how_far_a_document_goes_is_the_furthest_of_runs_and_single_entries() {
    let (_folder, db) = PairDb::scratch();
    let to = || {
        db.forget();
        db.touched_to(DOC, 1).unwrap()
    };
    assert_eq!(to(), 0);
    add(&db, 0..3);
    assert_eq!(to(), 3);
    // Entries that came as a run, after single ones.
    db.add_touches(DOC, 1, &[3, 9]).unwrap();
    assert_eq!(to(), 10);
    add(&db, 10..11);
    assert_eq!(to(), 11);
    // The single ones are joined: their list begins earlier and ends earlier.
    assert!(db.join_oldest(1).unwrap());
    assert_eq!(to(), 11);
    assert_eq!(db.touches(DOC, 1, 2).unwrap(), [2, 3, 9, 10]);
    // A list that a rebuild made reaches over several runs, and one of a later run is shorter.
    db.add_touches(DOC, 1, &[11, 40]).unwrap();
    db.add_touches(DOC, 1, &[20]).unwrap();
    assert_eq!(to(), 41);
    // The same list again, shorter or longer: the longer is left.
    db.add_touches(DOC, 1, &[11]).unwrap();
    assert_eq!(to(), 41);
    db.cut_log(1, 10).unwrap();
    assert_eq!(db.touches(DOC, 1, 10).unwrap(), Vec::<u64>::new(), "what was cut touches nothing");
}

#[test]
fn of_two_rows_in_one_place_the_one_that_opens_is_read_and_the_rest_stays_readable() {
    for damaged in [1, 2] {
        let (_folder, db) = PairDb::scratch();
        add(&db, 0..4);
        damage(&db, &format!("UPDATE tail SET place = {} WHERE place = {damaged}", 3 - damaged));
        for place in [0, 3 - damaged, 3] {
            assert_eq!(db.entry(1, place).unwrap(), entry(place, 9), "{damaged}");
        }
        assert!(matches!(db.entry(1, damaged), Err(StorageError::Damaged(_))));
        add(&db, 4..5);
    }
}

#[test]
fn a_row_that_damage_has_moved_is_in_nobody_s_way() {
    // Below zero, ahead of all that is written, and among what stands in runs.
    for moved in [-123, 600, 3] {
        let (_folder, db) = PairDb::scratch();
        add(&db, 0..2 * SEGMENT_ENTRIES as u64);
        assert!(db.join_oldest(1).unwrap());
        let lost = 2 * SEGMENT_ENTRIES as u64 - 4;
        damage(&db, &format!("UPDATE tail SET place = {moved} WHERE place = {lost}"));
        for place in (0..lost).step_by(50) {
            assert_eq!(db.entry(1, place).unwrap(), entry(place, 9), "{moved}");
        }
        add(&db, 2 * SEGMENT_ENTRIES as u64..700);
        db.forget();
        for place in [3, 600, 699] {
            assert_eq!(db.entry(1, place).unwrap(), entry(place, 9), "{moved}");
            assert_eq!(db.body(1, place, 0).unwrap(), Some(body(9)), "{moved}");
        }
    }
}

#[test]
fn what_is_damaged_stays_a_row_and_what_stands_around_it_becomes_runs() {
    let (_folder, db) = PairDb::scratch();
    let all = 3 * SEGMENT_ENTRIES as u64;
    add(&db, 0..all);
    damage(&db, "UPDATE tail SET sealed = zeroblob(80) WHERE place = 5");
    damage(&db, "UPDATE tail SET words = zeroblob(80) WHERE place = 7");
    while db.join_oldest(1).unwrap() {}
    db.forget();
    assert_eq!(db.tail_places(1).unwrap()[0], 5);
    assert!(db.tail_len(1).unwrap() <= 2 * SEGMENT_ENTRIES);
    for place in (0..all).filter(|place| *place != 5) {
        assert_eq!(db.entry(1, place).unwrap(), entry(place, 9));
        let found = db.body(1, place, 0).unwrap();
        assert_eq!(found, (place != 7).then(|| body(9)), "{place}");
    }
    assert!(matches!(db.entry(1, 5), Err(StorageError::Damaged(_))));
    // What ends does so wherever it stands.
    assert_eq!(db.expiring().unwrap().len() as u64, all - 1);
}

#[test]
fn the_largest_entries_and_words_are_not_kept_in_memory() {
    let (_folder, db) = PairDb::scratch();
    for (place, length) in [(0, KEPT), (1, KEPT + 1)] {
        let entry = &entry(place, length);
        let new = NewEntry { entry, bodies: vec![(0, body(length))], docs: vec![] };
        db.add_entry(1, place, new).unwrap();
        for _ in 0..2 {
            assert_eq!(db.entry(1, place).unwrap(), *entry);
            assert_eq!(db.body(1, place, 0).unwrap(), Some(body(length)));
            let tail = db.tail.borrow();
            let row = &tail.as_ref().unwrap().rows[&(1, place)];
            assert_eq!((row.entry.is_some(), row.bodies.is_some()), (place == 0, place == 0));
            drop(tail);
            db.forget();
        }
    }
}

#[test]
fn what_another_process_put_into_a_run_meanwhile_is_found_there() {
    let (folder, db) = PairDb::scratch();
    add(&db, 0..2 * SEGMENT_ENTRIES as u64);
    let (key, entropy) = (DataKey::from_bytes([1; 32]), Arc::new(SystemEntropy));
    let other = PairDb::open(&folder.path().join("pair.db"), key, [2; 16], entropy).unwrap();
    assert_eq!(other.tail_len(1).unwrap(), 2 * SEGMENT_ENTRIES);
    assert!(db.join_oldest(1).unwrap());
    assert_eq!(other.entry(1, 3).unwrap(), entry(3, 9));
    assert_eq!(other.body(1, 4, 0).unwrap(), Some(body(9)));
}
