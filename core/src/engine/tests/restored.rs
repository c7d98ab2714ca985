//! Phones made of backups, and how they come back into their pair.

use super::backup::opener;
use super::*;

/// What the partner's phone says of the logs that it holds, when it replaces this one.
fn again(ben: &mut Phone) -> Material {
    let logs = ben.home().logs.iter().map(|log| log.follower.checkpoint()).collect();
    let mut material = material(ANA, BEN, logs);
    (material.epoch, material.secret) = (1, [6; 32]);
    material
}

/// All of one person's log that a phone holds.
fn held(phone: &mut Phone, owner: PersonId, generation: u8) -> Run {
    let log = log_id(phone.home().pair.id, owner, generation);
    phone.engine.read_run(log, 0, usize::MAX, true).unwrap().unwrap()
}

#[test]
fn r32_a_phone_made_of_a_backup_shows_and_says_nothing_until_it_is_paired_again() {
    let [mut ana, mut ben] = Phone::pair();
    let before = ana.tell(30 * DAY);
    ben.hears(&mut ana);
    let mut new = ana.restored();
    let status = new.engine.status().unwrap();
    assert_eq!(status.pairing, PairingState::Restored);
    assert_eq!(status.notices, [], "there is nothing to be resumed here yet");
    assert!(new.engine.reconfirming().unwrap());
    let restored = || Err::<(), Error>(RefusalCode::Restored.into());
    assert_eq!(new.try_to_tell(DAY), restored());
    assert_eq!(new.engine.may_pair(false), restored());
    assert_eq!(new.engine.may_pair(true), Ok(()));
    assert_eq!(new.engine.link_keys().map(drop), restored());
    assert_eq!(new.engine.replacement().map(drop), restored());
    // Another pair, or a pairing that replaces nobody, is none of it.
    let mut another = again(&mut ben);
    another.pair = PairId([9; 16]);
    let mut of_the_other = again(&mut ben);
    (of_the_other.me, of_the_other.partner) = (BEN, ANA);
    let of_nothing = material(ANA, BEN, vec![ben.own()]);
    for material in [another, of_the_other, of_nothing, material(ANA, BEN, vec![])] {
        assert_eq!(new.engine.keep_pending(&material), restored());
    }
    let own = new.own();
    new.engine.suspend_when_whole().unwrap();
    assert_eq!(new.own(), own, "nothing is paused in a log that may be longer elsewhere");
    // Nor is what would bind or ask: it would be looked at anew anyway.
    let pair = new.home().pair.document();
    let space = Pacing::Begin { until: None, contact: crate::domain::pacing::Contact::None };
    assert_eq!(new.engine.act::<Pace>(&[pair], &space).map(drop), restored());
    let limits = PairLimits { retention_days: Some(7), off: Default::default() };
    assert_eq!(new.engine.act::<Pace>(&[pair], &Pacing::Limit(limits)).map(drop), restored());
    // What takes back is written all the same.
    take_back(&mut new, before);
    assert_eq!(new.own().length, own.length + 1);
    new.engine.keep_pending(&again(&mut ben)).unwrap();
    assert_eq!(new.engine.status().unwrap().pairing, PairingState::Pending);
    assert_eq!(
        new.engine.session_keys().unwrap().secret,
        [6; 32],
        "to prove it, and for nothing else"
    );
    assert_eq!(new.engine.link_keys().map(drop), restored(), "no bundle goes out under it");
    assert_eq!(new.engine.next_link_keys().map(drop), restored(), "whoever dials");
    assert_eq!(new.engine.next_link_proved(), restored());
    new.engine.link_proved().unwrap();
    assert_eq!(new.engine.status().unwrap().pairing, PairingState::Paired);
    assert_eq!(new.engine.link_keys().unwrap().epoch, 1);
}

#[test]
fn r32_what_was_said_after_the_backup_comes_back_and_the_log_goes_on_in_another() {
    let [mut ana, mut ben] = Phone::pair();
    let before = ana.tell(30 * DAY);
    let mut new = ana.restored();
    let after = ana.tell(30 * DAY);
    take_back(&mut ana, before);
    let told = ana.own();
    ben.hears(&mut ana);
    new.engine.keep_pending(&again(&mut ben)).unwrap();
    new.engine.link_proved().unwrap();
    assert!(new.engine.returning().unwrap(), "nothing is said before it is here");
    let first = new.run(0);
    let entry = crate::log::Entry::decode(&first.entries[0]).unwrap();
    assert_eq!(entry.continues, Some(told), "it goes on from all that the other phone holds");
    assert_eq!(new.engine.recover(&held(&mut ben, ANA, 0)).unwrap(), Intake::Stored(told));
    new.hears(&mut ben);
    new.engine.suspend_when_whole().unwrap();
    assert!(!new.engine.returning().unwrap() && !new.engine.reconfirming().unwrap());
    assert!(new.reads(after) && new.body(before) == BodyState::Gone);
    assert_eq!(new.engine.asides().unwrap(), []);
    // And the other phone follows it.
    ben.hears(&mut new);
    assert_eq!(new.engine.doctor().unwrap().findings, []);
    assert_eq!(ben.engine.doctor().unwrap().findings, []);
    assert!(
        new.engine.home().unwrap().logs.iter().all(|log| !log.kept),
        "all of it bears her mark"
    );
}

#[test]
fn r32_what_a_backup_has_and_the_other_phone_never_got_is_set_aside_and_what_takes_back_is_done() {
    let [mut ana, mut ben] = Phone::pair();
    let post = ana.tell(30 * DAY);
    ben.hears(&mut ana);
    let told = ana.own();
    ana.tell(30 * DAY);
    take_back(&mut ana, post);
    let mut new = ana.restored();
    new.engine.keep_pending(&again(&mut ben)).unwrap();
    new.engine.link_proved().unwrap();
    let kinds: Vec<String> =
        new.engine.asides().unwrap().into_iter().map(|aside| aside.kind).collect();
    assert_eq!(kinds, ["openness.post"], "its author may have thought better of it since");
    let log = log_id(new.home().pair.id, ANA, 0);
    let cut = new.home().logs.iter().find(|row| row.id() == log).unwrap().follower.checkpoint();
    assert_eq!(cut, told);
    ben.hears(&mut new);
    assert_eq!(ben.body(post), BodyState::Gone);
    new.hears(&mut ben);
    new.engine.suspend_when_whole().unwrap();
    assert!(!new.engine.returning().unwrap());
    assert_eq!(new.engine.doctor().unwrap().findings, []);
}

#[test]
fn a_log_that_had_two_pasts_since_the_backup_is_what_the_other_phone_gives_back() {
    let [mut ana, mut ben] = Phone::pair();
    ana.tell(30 * DAY);
    let mut elsewhere = ana.copy();
    ana.tell(10 * DAY);
    let mut new = ana.restored();
    // The phone went on from an earlier disk, and that is what was delivered.
    elsewhere.at(60);
    let post = elsewhere.tell(20 * DAY);
    elsewhere.tell(20 * DAY);
    ben.hears(&mut elsewhere);
    new.engine.keep_pending(&again(&mut ben)).unwrap();
    new.engine.link_proved().unwrap();
    let back = held(&mut ben, ANA, 0);
    assert_eq!(new.engine.recover(&back).unwrap(), Intake::Stored(elsewhere.own()));
    assert!(new.reads(post));
    assert_eq!(new.engine.asides().unwrap().len(), 1);
    new.engine.recovered().unwrap();
    new.hears(&mut ben);
    new.engine.suspend_when_whole().unwrap();
    assert!(!new.engine.returning().unwrap());
    for generation in [1, 2] {
        assert!(matches!(
            ben.engine.accept(&held(&mut new, ANA, generation)).unwrap(),
            Intake::Stored(_)
        ));
    }
    assert_eq!(new.engine.doctor().unwrap().findings, []);
}

#[test]
fn a_log_that_the_other_phone_never_heard_of_is_begun_anew() {
    let [mut ana, mut ben] = Phone::pair();
    ana.tell(30 * DAY);
    ben.hears(&mut ana);
    let told = ana.own();
    ana.engine.note_fork().unwrap();
    ana.engine.recovered().unwrap();
    ana.tell(20 * DAY);
    assert_eq!(ana.home().own().unwrap().follower.generation(), 1);
    let mut new = ana.restored();
    assert_eq!(new.own(), ana.own());
    new.engine.keep_pending(&again(&mut ben)).unwrap();
    new.engine.link_proved().unwrap();
    assert_eq!(new.own().length, 1);
    let entry = crate::log::Entry::decode(&new.run(0).entries[0]).unwrap();
    assert_eq!(entry.continues, Some(told));
    ben.hears(&mut new);
    assert_eq!(new.engine.asides().unwrap().len(), 2, "the opening, and the post");
    new.hears(&mut ben);
    new.engine.suspend_when_whole().unwrap();
    assert_eq!(new.engine.doctor().unwrap().findings, []);
}

/// K18, with a backup: the phone that ended it is lost, and an older backup is restored.
#[test]
fn k18_a_backup_of_before_a_leave_is_no_way_back() {
    let [mut ana, mut ben] = Phone::pair();
    let file = ana.back_up();
    ana.engine.leave(Leaving::Announced).unwrap();
    ben.hears(&mut ana);
    assert_eq!(ben.engine.replacement().map(drop), Err(RefusalCode::PairLeft.into()));
    let folder = tempfile::tempdir().unwrap();
    let host = Phone::host(folder.path(), &ana.clock);
    let mut new = Engine::restore(folder.path(), &file, &opener(), host).unwrap();
    assert_eq!(new.link_keys().map(drop), Err(RefusalCode::Restored.into()));
    // Who leaves once more on the phone that is made of it has left, and is not paired again.
    new.leave(Leaving::Silent).unwrap();
    assert_eq!(new.status().unwrap().pairing, PairingState::Left);
    assert_eq!(new.may_pair(true), Err(RefusalCode::AlreadyPaired.into()));
}

#[test]
fn r32_a_log_that_was_begun_after_the_backup_under_another_key_comes_back_as_it_was_told() {
    let [mut ana, mut ben] = Phone::pair();
    ana.tell(30 * DAY);
    ben.hears(&mut ana);
    let file = ana.back_up();
    // She lost it, and the next phone had no backup.
    let mut second = Phone::of(&again(&mut ben));
    assert!(matches!(second.engine.recover(&held(&mut ben, ANA, 0)).unwrap(), Intake::Stored(_)));
    second.hears(&mut ben);
    second.engine.suspend_when_whole().unwrap();
    let post = second.tell(20 * DAY);
    ben.hears(&mut second);
    // It is lost too, and the old backup is found.
    let folder = tempfile::tempdir().unwrap();
    let host = Phone::host(folder.path(), &ana.clock);
    let engine = Engine::restore(folder.path(), &file, &opener(), host).unwrap();
    let mut new = Phone { engine, clock: ana.clock.clone(), folder };
    new.engine.keep_pending(&again(&mut ben)).unwrap();
    new.engine.link_proved().unwrap();
    let back = held(&mut ben, ANA, 1);
    assert!(matches!(new.engine.recover(&back).unwrap(), Intake::Stored(_)));
    new.hears(&mut ben);
    new.engine.suspend_when_whole().unwrap();
    assert!(!new.engine.returning().unwrap() && new.reads(post));
    ben.hears(&mut new);
    assert_eq!(new.engine.doctor().unwrap().findings, []);
}

#[test]
fn a_backup_of_a_phone_that_was_still_getting_words_back_holds_what_was_here() {
    let [mut ana, mut ben] = Phone::pair();
    let his = ben.kept_promise();
    ana.hears(&mut ben);
    ana.tell(30 * DAY);
    ben.hears(&mut ana);
    // The phone that takes its place has her words, which have seen his, and not yet his.
    let mut second = Phone::of(&again(&mut ben));
    assert!(matches!(second.engine.recover(&held(&mut ben, ANA, 0)).unwrap(), Intake::Stored(_)));
    let file = second.back_up();
    let checked = crate::engine::restore::check(&file, &opener()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let host = Phone::host(folder.path(), &ana.clock);
    let engine = Engine::restore(folder.path(), &file, &opener(), host).unwrap();
    let mut new = Phone { engine, clock: ana.clock.clone(), folder };
    let lengths = |phone: &mut Phone| -> u64 {
        phone.home().logs.iter().map(|log| log.follower.checkpoint().length).sum()
    };
    assert_eq!((lengths(&mut new), checked.entries), (lengths(&mut second), lengths(&mut second)));
    new.engine.keep_pending(&again(&mut ben)).unwrap();
    new.engine.link_proved().unwrap();
    new.hears(&mut ben);
    new.engine.suspend_when_whole().unwrap();
    assert!(!new.engine.returning().unwrap() && new.is_live(his));
    ben.hears(&mut new);
    assert_eq!(new.engine.doctor().unwrap().findings, []);
}
