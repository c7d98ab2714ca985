//! Words that stand apart, and the files of a space.

use super::*;
use crate::domain::intention::{Command as Saying, Intentions};
use BodyState::{Gone, Present};

#[test]
fn r07_words_are_hidden_from_the_moment_at_which_they_end() {
    let [mut ana, _] = Phone::pair();
    let post = ana.tell(100);
    let mut read = |at| {
        ana.at(at);
        ana.reads(post)
    };
    assert_eq!([0, 99, 100, 101].map(&mut read), [true, true, false, false]);
    assert!(read(0), "a clock that was ahead has deleted nothing");
    ana.engine.forget();
    assert!(ana.reads(post), "read from the disk");
    let unknown = Position { place: 9, ..post };
    assert!(!ana.reads(unknown));
}

/// The next entry stands where the one would have stood that did not fit on the disk.
#[test]
fn what_was_never_written_ends_nothing_that_is_written_later() {
    let [mut ana, _] = Phone::pair();
    ana.tell(DAY);
    ana.engine.sweep().unwrap();
    ana.engine.db().unwrap().limit_pages(1).unwrap();
    let known = loop {
        let known = ana.engine.rows.expiring.clone().unwrap();
        match ana.try_to_tell(DAY) {
            Ok(()) => assert_eq!(ana.engine.rows.expiring.as_ref().unwrap().len(), known.len() + 1),
            Err(error) => {
                assert_eq!(error, Error::Storage(StorageError::Full));
                break known;
            }
        }
    };
    assert_eq!(ana.engine.db().unwrap().expiring().unwrap(), known);
    assert!(ana.engine.rows.expiring.is_none_or(|all| all == known));
}

#[test]
fn r15_words_are_hidden_when_a_vote_ends_them() {
    let ([mut ana, mut ben], posts) = under_a_vote();
    for (phone, after) in [(&mut ana, [false, false]), (&mut ben, [false, true])] {
        phone.at(7 * DAY - 1);
        assert_eq!(posts.map(|post| phone.reads(post)), [true, true]);
        phone.at(7 * DAY);
        assert_eq!(posts.map(|post| phone.reads(post)), after);
    }
}

#[test]
fn i09_words_are_taken_back_by_who_wrote_them_and_by_nobody_else() {
    let [mut ana, mut ben] = Phone::pair();
    let (post, kept) = (ana.tell(DAY), ana.tell(DAY));
    ben.hears(&mut ana);
    for phone in [&mut ana, &mut ben] {
        let home = phone.home();
        assert!(phone.reads(post));
        phone.engine.sweep().unwrap();
        let unknown = LogId([9; 16]);
        for (who, log) in [(BEN, post.log), (ANA, unknown)] {
            phone.engine.take_words(&home, who, [Position { log, ..post }]).unwrap();
        }
        assert_eq!(phone.body(post), Present);
        phone.engine.scrub = false;
        phone.engine.take_words(&home, ANA, [post]).unwrap();
        assert_eq!((phone.body(post), phone.body(kept)), (Gone, Present));
        let number = PairDb::find(&home.logs, post.log).unwrap().number;
        let db = phone.engine.db().unwrap();
        let bytes = |of: Position| db.body(number, of.index, of.place).unwrap().unwrap().bytes;
        assert!(bytes(post).is_empty() && !bytes(kept).is_empty(), "not even sealed");
        assert!(!phone.reads(post) && phone.reads(kept));
        assert!(phone.engine.scrub, "their bytes are to be wiped");
        let expiring = phone.engine.rows.expiring.as_ref().unwrap();
        assert_eq!(expiring.iter().map(|one| one.index).collect::<Vec<_>>(), [kept.index]);
    }
}

#[test]
fn f95_a_space_that_is_suspended_holds_no_file_open_and_opens_them_again() {
    let [mut ana, _] = Phone::pair();
    let post = ana.tell(DAY);
    ana.engine.suspend().unwrap();
    assert!(matches!(ana.engine.db(), Err(Error::Suspended(_))));
    assert!(ana.wal() == 0, "all is written back");
    ana.engine.resume().unwrap();
    assert!(ana.reads(post));
    let before = ana.engine.changes().any;
    ana.engine.resume().unwrap();
    assert_eq!(ana.engine.changes().any, before, "they are open already");
}

#[test]
fn r01_erasing_destroys_the_keys_and_every_file_of_the_space() {
    let [mut ana, _] = Phone::pair();
    ana.tell(DAY);
    let (folder, store) = (ana.folder.path().to_owned(), ana.engine.store);
    let secrets = ana.engine.host.secrets.clone();
    assert!(Keys::load(secrets.as_ref(), &store).is_ok());
    ana.engine.erase().unwrap();
    assert!(Keys::load(secrets.as_ref(), &store).is_err());
    let left = std::fs::read_dir(&folder).unwrap().flatten();
    let left: Vec<_> =
        left.filter(|file| file.file_name().to_string_lossy().contains(".db")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn r01_a_file_that_cannot_be_erased_is_told_and_the_keys_are_gone_all_the_same() {
    let [mut ana, _] = Phone::pair();
    let (folder, store) = (ana.folder.path().to_owned(), ana.engine.store);
    let secrets = ana.engine.host.secrets.clone();
    ana.engine.suspend().unwrap();
    let in_the_way = folder.join("pair.db-shm");
    if in_the_way.exists() {
        std::fs::remove_file(&in_the_way).unwrap();
    }
    std::fs::create_dir(&in_the_way).unwrap();
    assert!(matches!(ana.engine.erase(), Err(Error::Storage(_))));
    assert!(Keys::load(secrets.as_ref(), &store).is_err());
}

#[test]
fn f82_an_intention_is_thanked_for_by_what_is_seen_of_it() {
    let [mut ana, mut ben] = Phone::pair();
    let (next, today) = (ben.own(), ben.engine.today());
    let ledgers = ben.home().ledgers_of(Month::of_date(today));
    let say = Saying::Say { text: "I listen before I answer.".to_owned(), today };
    ben.engine.act::<Intentions>(&ledgers, &say).unwrap();
    ana.hears(&mut ben);
    let id = Position { log: next.log, index: next.length, place: 0 }.item();
    ana.engine.act::<Intentions>(&ledgers, &Saying::Thank { id }).unwrap();
    assert!(ben.engine.act::<Intentions>(&ledgers, &Saying::Thank { id }).is_err(), "one's own");
}
