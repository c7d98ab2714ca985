//! Backups, and phones made of them.

use super::*;
use crate::backup::{BackupKey, BackupOpener};
use crate::store::VaultItem;
use age::secrecy::ExposeSecret as _;
use age::x25519::Identity;
use std::sync::OnceLock;

/// What most backups here are sealed for: a passphrase is stretched for half a second.
fn identity() -> &'static Identity {
    static IDENTITY: OnceLock<Identity> = OnceLock::new();
    IDENTITY.get_or_init(Identity::generate)
}

fn key() -> BackupKey {
    BackupKey::Recipient { text: identity().to_public().to_string() }
}

fn opener() -> BackupOpener {
    BackupOpener::Identity { text: identity().to_string().expose_secret().to_owned() }
}

fn passphrase() -> BackupOpener {
    BackupOpener::Passphrase { text: "three honest words".to_owned() }
}

impl Phone {
    fn back_up(&mut self) -> std::path::PathBuf {
        let file = self.folder.path().join("phone.age");
        self.engine.back_up(&file, &key(), true).unwrap();
        file
    }

    /// A phone that is made of this one's backup.
    fn restored(&mut self) -> Self {
        let file = self.back_up();
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::new(self.engine.now()));
        let host = Self::host(folder.path(), &clock);
        let engine = Engine::restore(folder.path(), host, &file, &opener()).unwrap();
        Self { engine, clock, folder }
    }
}

#[test]
fn what_a_phone_held_is_held_by_one_that_is_made_of_its_backup() {
    let [mut ana, mut ben] = Phone::pair();
    ben.kept_promise();
    ana.hears(&mut ben);
    let promise = ana.kept_promise();
    let gone = ana.tell(30 * DAY);
    take_back(&mut ana, gone);
    let item = VaultItem { id: DocId([7; 16]), kind: "note".into(), value: "mine".into() };
    ana.engine.vault().unwrap().put(&item).unwrap();
    let mut new = ana.restored();
    assert_eq!(new.own(), ana.own());
    let logs = |phone: &mut Phone| -> Vec<_> {
        phone.home().logs.iter().map(|log| (log.follower.checkpoint(), log.stated)).collect()
    };
    assert_eq!(logs(&mut new), logs(&mut ana));
    let view = |phone: &mut Phone| {
        let home = phone.home();
        phone.engine.view::<PromiseDocs>(&home, &[promise]).unwrap()
    };
    assert_eq!(view(&mut new), view(&mut ana));
    assert_eq!(new.body(gone), BodyState::Gone);
    assert_eq!(new.engine.vault().unwrap().get(item.id).unwrap(), Some(item));
    assert_eq!(new.engine.doctor().unwrap().findings, []);
    let (old, made) = (&ana.engine.keys, &new.engine.keys);
    assert_eq!((old.log, old.vault.expose()), (made.log, made.vault.expose()));
    assert!(old.link != made.link && old.pair.expose() != made.pair.expose());
}

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
    assert!(status.notices.contains(&StatusNotice::WaitsForReconfirmation));
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
    let nothing_held = material(ANA, BEN, vec![ben.own()]);
    for material in [another, of_the_other, nothing_held, material(ANA, BEN, vec![])] {
        assert_eq!(new.engine.keep_pending(&material), restored());
    }
    let own = new.own();
    new.engine.suspend_when_whole().unwrap();
    assert_eq!(new.own(), own, "nothing is paused in a log that may be longer elsewhere");
    // What takes back is written all the same.
    take_back(&mut new, before);
    assert_eq!(new.own().length, own.length + 1);
    new.engine.keep_pending(&again(&mut ben)).unwrap();
    assert_eq!(new.engine.status().unwrap().pairing, PairingState::Restored);
    assert_eq!(new.engine.link_keys().unwrap().secret, [6; 32], "for the session that proves it");
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

/// What a phone is that is made of this file, or why it is none; and what is left in its folder.
fn made_of(file: &std::path::Path, opener: &BackupOpener) -> (Result<(), Error>, usize) {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("new");
    let clock = Arc::new(FixedClock::new(BEGIN));
    let host = Phone::host(folder.path(), &clock);
    let made = Engine::restore(&home, host, file, opener).map(drop);
    let left = std::fs::read_dir(&home).map_or(0, Iterator::count);
    (made, left)
}

#[test]
fn a_backup_that_was_cut_or_changed_anywhere_is_refused_and_nothing_is_left_of_it() {
    let [mut ana, _] = Phone::pair();
    ana.tell(30 * DAY);
    let file = ana.folder.path().join("ana.age");
    let summary = ana.engine.back_up(&file, &key(), true).unwrap();
    assert_eq!(crate::engine::backup::check(&file, &opener()), Ok(summary));
    assert_eq!(made_of(&file, &opener()), (Ok(()), 2));
    let whole = std::fs::read(&file).unwrap();
    let refused = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        let checked = crate::engine::backup::check(&file, &opener());
        assert!(checked.is_err());
        let (made, left) = made_of(&file, &opener());
        assert!(
            matches!(made, Err(Error::Storage(StorageError::Damaged(_)) | Error::Locked(_))),
            "{made:?}"
        );
        assert_eq!(left, 0);
    };
    for at in (0..whole.len()).step_by(whole.len() / 60 + 1) {
        refused(&whole[..at]);
        let mut changed = whole.clone();
        changed[at] ^= 1;
        refused(&changed);
    }
    refused(&[&whole[..], b"more"].concat());
    // Somebody who knows the public half writes on after its end.
    let mut plain = age::decrypt(identity(), &whole).unwrap();
    *plain.last_mut().unwrap() = 1;
    refused(&age::encrypt(&identity().to_public(), &plain).unwrap());
}

#[test]
fn a_file_that_is_no_backup_is_refused_in_words() {
    let [mut ana, _] = Phone::pair();
    let file = ana.folder.path().join("ana.age");
    let text = "three honest words".to_owned();
    ana.engine.back_up(&file, &BackupKey::Passphrase { text }, true).unwrap();
    let wrong = BackupOpener::Passphrase { text: "two honest words".to_owned() };
    let other = BackupOpener::Identity { text: "AGE-SECRET-KEY-1".to_owned() };
    let says = |file: &std::path::Path, opener: &BackupOpener| {
        let (made, left) = made_of(file, opener);
        assert_eq!(left, 0);
        made.unwrap_err().to_string()
    };
    assert_eq!(says(&file, &wrong), "this does not open the backup: try again");
    assert_eq!(says(&file, &other), "this backup opens with a passphrase");
    let elsewhere = ana.folder.path().join("other");
    std::fs::write(&elsewhere, "a letter").unwrap();
    assert_eq!(says(&elsewhere, &passphrase()), "this backup (it is no age file) is damaged");
    let endless = [b"age-encryption.org/v1\n".as_slice(), &b"-> no end\n".repeat(50_000)].concat();
    std::fs::write(&elsewhere, endless).unwrap();
    assert_eq!(says(&elsewhere, &passphrase()), "this backup (it is no age file) is damaged");
    let sealed = |plain: &[u8]| {
        let mut recipient = age::scrypt::Recipient::new("three honest words".to_owned().into());
        recipient.set_work_factor(2);
        let sealed = age::encrypt(&recipient, plain).unwrap();
        std::fs::write(&elsewhere, sealed).unwrap();
    };
    sealed(b"a letter");
    assert!(says(&elsewhere, &passphrase()).contains("it is no backup of this library"));
    // A part that claims to be as long as can be told.
    sealed(&[0x5a, 0xff, 0xff, 0xff, 0xff]);
    assert!(says(&elsewhere, &passphrase()).contains("it is no backup of this library"));
    let newer = crate::cbor::Value::map([
        ("t", Some("amends-backup".into())),
        ("version", Some(2_u64.into())),
    ]);
    let part = newer.encode();
    sealed(&[&[0x58, part.len() as u8][..], &part].concat());
    assert!(matches!(made_of(&elsewhere, &passphrase()).0, Err(Error::NeedsUpdate(_))));
    let mut hard = age::scrypt::Recipient::new("three honest words".to_owned().into());
    hard.set_work_factor(19);
    std::fs::write(&elsewhere, age::encrypt(&hard, b"").unwrap()).unwrap();
    assert!(says(&elsewhere, &passphrase()).contains("stretched harder"));
    let none = ana.engine.back_up(&file, &BackupKey::Passphrase { text: String::new() }, true);
    assert!(matches!(none, Err(Error::Locked(_))));
    assert!(made_of(&file, &passphrase()).0.is_ok(), "what stood there is what it was");
    assert_eq!(made_of(&elsewhere.join("nothing"), &passphrase()).1, 0);
}

#[test]
fn a_part_is_read_in_one_encoding_with_the_fields_that_are_known() {
    use crate::backup::{Asides, Part, Sum};
    use crate::cbor::Value;
    let log = log_id(PairId([1; 16]), ANA, 0);
    let parts = [
        Part::Gone { log, places: vec![(0, 1), (7, 0)] },
        Part::Seal(Value::map([("seal", Some("a".into()))])),
        Part::Aside(Asides { record: vec![1], body: vec![] }),
        Part::Private { id: DocId([7; 16]), kind: "note".into(), value: Value::Null },
        Part::End(Sum { entries: 1, private: 0 }),
    ];
    for part in parts {
        let bytes = part.encode();
        assert_eq!(Part::decode(&bytes).as_ref(), Some(&part));
        let more = Value::decode(&bytes).unwrap().with(vec![("more".to_owned(), Value::Null)]);
        assert_eq!(Part::decode(&more.encode()), None, "{part:?}");
    }
    let mut ana = Phone::pair().into_iter().next().unwrap();
    let file = ana.back_up();
    let plain = age::decrypt(identity(), &std::fs::read(file).unwrap()).unwrap();
    // The head is 0x59, two bytes of its length, and that much.
    let length = usize::from(u16::from_be_bytes([plain[1], plain[2]]));
    let head = &plain[3..3 + length];
    assert_eq!(Part::decode(head).unwrap().encode().as_slice(), head);
    let value = Value::decode(head).unwrap();
    for (key, wrong) in [("clock", "now".into()), ("version", 0_u64.into()), ("pair", Value::Null)]
    {
        let Value::Map(fields) = value.clone() else { panic!("no map") };
        let others = fields.into_iter().filter(|(name, _)| name != key).collect();
        let wrong = Value::Map(others).with(vec![(key.to_owned(), wrong)]);
        assert_eq!(Part::decode(&wrong.encode()), None, "{key}");
    }
}

#[test]
fn words_that_run_out_are_not_in_a_backup_nor_the_vault_where_it_is_left_out() {
    let [mut ana, _] = Phone::pair();
    let post = ana.tell(30 * DAY);
    let item = VaultItem { id: DocId([7; 16]), kind: "note".into(), value: "mine".into() };
    ana.engine.vault().unwrap().put(&item).unwrap();
    let file = ana.folder.path().join("ana.age");
    let summary = ana.engine.back_up(&file, &key(), false).unwrap();
    assert_eq!((summary.entries, summary.private_items, summary.left_out), (2, None, 0));
    let folder = tempfile::tempdir().unwrap();
    let host = Phone::host(folder.path(), &ana.clock);
    let mut new = Engine::restore(folder.path(), host, &file, &opener()).unwrap();
    let home = new.home().unwrap();
    let number = PairDb::find(&home.logs, post.log).unwrap().number;
    let body = new.db().unwrap().body(number, post.index, post.place).unwrap().unwrap();
    assert_eq!(body.state, BodyState::Withheld);
    assert_eq!(new.vault().unwrap().get(item.id).unwrap(), None);
    assert!(new.keys.vault.expose() != ana.engine.keys.vault.expose());
}

#[test]
fn what_is_damaged_keeps_nothing_else_out_of_a_backup_and_is_counted() {
    let [mut ana, _] = Phone::pair();
    for id in [7, 8] {
        let item = VaultItem { id: DocId([id; 16]), kind: "note".into(), value: "mine".into() };
        ana.engine.vault().unwrap().put(&item).unwrap();
    }
    ana.engine.suspend().unwrap();
    let vault = rusqlite::Connection::open(ana.folder.path().join("vault.db")).unwrap();
    let spoil = "UPDATE item SET sealed = x'00' WHERE id = ?1";
    vault.execute(spoil, [&[7_u8; 16][..]]).unwrap();
    drop(vault);
    ana.engine.resume().unwrap();
    let file = ana.folder.path().join("ana.age");
    let summary = ana.engine.back_up(&file, &key(), true).unwrap();
    assert_eq!((summary.private_items, summary.left_out), (Some(1), 1));
}

#[test]
fn what_opens_a_seal_and_what_was_set_aside_come_back_too() {
    let [mut ana, _] = Phone::pair();
    let cut = ana.own().length;
    let post = ana.tell(30 * DAY);
    let own = ana.home().own().unwrap().clone();
    ana.engine.set_aside(&own, cut).unwrap();
    let home = ana.home();
    let rewound = ana.engine.rewound(&home, &own, cut).unwrap();
    ana.engine.db().unwrap().put_log(&rewound).unwrap();
    let seal = crate::cbor::Value::map([
        ("seal", Some(post.to_string().as_str().into())),
        ("opening", Some("what opens it".into())),
    ]);
    ana.engine.db().unwrap().put_outbox(&post.to_string(), &seal).unwrap();
    let mut new = ana.restored();
    let asides = |phone: &mut Phone| phone.engine.db().unwrap().asides().unwrap();
    assert_eq!(asides(&mut new), asides(&mut ana));
    let waiting = new.engine.db().unwrap().outbox().unwrap();
    assert_eq!(waiting.into_iter().map(|(_, value)| value.unwrap()).collect::<Vec<_>>(), [seal]);
    new.engine.db().unwrap().clear_outbox_of(&post.to_string()).unwrap();
    assert!(new.engine.db().unwrap().outbox().unwrap().is_empty(), "under its own name");
}

#[test]
fn words_too_large_to_travel_beside_their_entry_are_in_a_backup() {
    let [mut ana, _] = Phone::pair();
    let doc = ana.home().pair.document();
    let text = crate::cbor::Value::map([("name", Some("n".repeat(60_000).as_str().into()))]);
    let of = |_| crate::domain::record::Draft {
        target: doc,
        action: crate::domain::pair::Act::Open.into(),
        body: Some(text.clone()),
    };
    let mut home = ana.home();
    let drafts: Vec<_> = (0..20).map(of).collect();
    ana.engine.transact(|engine| engine.append(&mut home, drafts)).unwrap();
    let mut new = ana.restored();
    for place in [0, 19] {
        assert_eq!(new.body(Position { log: ana.own().log, index: 1, place }), BodyState::Present);
    }
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
    let mut new = Engine::restore(folder.path(), host, &file, &opener()).unwrap();
    assert_eq!(new.link_keys().map(drop), Err(RefusalCode::Restored.into()));
    // Who leaves once more on the phone that is made of it has left, and is not paired again.
    new.leave(Leaving::Silent).unwrap();
    assert_eq!(new.status().unwrap().pairing, PairingState::Left);
    assert_eq!(new.may_pair(true), Err(RefusalCode::AlreadyPaired.into()));
}
