//! What is in a backup, and what is none.

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

pub(super) fn key() -> BackupKey {
    BackupKey::Recipient { text: identity().to_public().to_string() }
}

pub(super) fn opener() -> BackupOpener {
    BackupOpener::Identity { text: identity().to_string().expose_secret().to_owned() }
}

fn passphrase() -> BackupOpener {
    BackupOpener::Passphrase { text: "three honest words".to_owned() }
}

impl Phone {
    pub(super) fn back_up(&mut self) -> std::path::PathBuf {
        let file = self.folder.path().join("phone.age");
        self.engine.back_up(&file, key(), true).unwrap();
        file
    }

    /// A phone that is made of this one's backup.
    pub(super) fn restored(&mut self) -> Self {
        let file = self.back_up();
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::new(self.engine.now()));
        let host = Self::host(folder.path(), &clock);
        let engine = Engine::restore(folder.path(), &file, &opener(), host).unwrap();
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
    assert_eq!(old.log, made.log);
    assert!(old.link != made.link && old.pair.expose() != made.pair.expose());
    assert!(old.vault.expose() != made.vault.expose(), "who opened it opens no later file");
}

/// What a phone is that is made of this file, or why it is none; and what is left in its folder.
fn made_of(file: &std::path::Path, opener: &BackupOpener) -> (Result<(), Error>, usize) {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("new");
    let clock = Arc::new(FixedClock::new(BEGIN));
    let host = Phone::host(folder.path(), &clock);
    let made = Engine::restore(&home, file, opener, host).map(drop);
    let left = std::fs::read_dir(&home).map_or(0, Iterator::count);
    (made, left)
}

#[test]
fn a_backup_that_was_cut_or_changed_anywhere_is_refused_and_nothing_is_left_of_it() {
    let [mut ana, _] = Phone::pair();
    ana.tell(30 * DAY);
    let file = ana.folder.path().join("ana.age");
    let summary = ana.engine.back_up(&file, key(), true).unwrap();
    assert_eq!(crate::engine::restore::check(&file, &opener()), Ok(summary));
    assert_eq!(made_of(&file, &opener()), (Ok(()), 2));
    let whole = std::fs::read(&file).unwrap();
    let refused = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        let checked = crate::engine::restore::check(&file, &opener());
        assert!(checked.is_err());
        let (made, left) = made_of(&file, &opener());
        assert!(
            matches!(made, Err(Error::Storage(StorageError::Damaged(_)) | Error::Refusal(_))),
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
    ana.engine.back_up(&file, BackupKey::Passphrase { text }, true).unwrap();
    let wrong = BackupOpener::Passphrase { text: "two honest words".to_owned() };
    let other = BackupOpener::Identity { text: "AGE-SECRET-KEY-1".to_owned() };
    let says = |file: &std::path::Path, opener: &BackupOpener| {
        let (made, left) = made_of(file, opener);
        assert_eq!(left, 0);
        made.unwrap_err().to_string()
    };
    assert_eq!(says(&file, &wrong), RefusalCode::BackupNotOpened.text());
    assert_eq!(says(&file, &other), RefusalCode::BackupWantsPassphrase.text());
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
    let none = ana.engine.back_up(&file, BackupKey::Passphrase { text: String::new() }, true);
    assert_eq!(none, Err(RefusalCode::BackupKeyInvalid.into()));
    assert!(made_of(&file, &passphrase()).0.is_ok(), "what stood there is what it was");
    let (nothing, left) = made_of(&ana.folder.path().join("nothing"), &passphrase());
    assert!(matches!(nothing, Err(Error::Storage(_))) && left == 0);
}

#[test]
fn a_part_is_read_in_one_encoding_with_the_fields_that_are_known() {
    use crate::backup::{Asides, Part, Sum};
    use crate::cbor::Value;
    let log = log_id(PairId([1; 16]), ANA, 0);
    let parts = [
        Part::Gone { log, places: vec![(0, 1), (7, 0)] },
        Part::Aside(Asides { record: vec![1], body: vec![] }),
        Part::Private { id: DocId([7; 16]), name: None, kind: "note".into(), value: Value::Null },
        Part::Private {
            id: DocId([7; 16]),
            name: Some(String::new()),
            kind: "wishes".into(),
            value: Value::Null,
        },
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
fn the_partner_s_words_that_run_out_are_not_in_a_backup_nor_the_vault_where_it_is_left_out() {
    let [mut ana, mut ben] = Phone::pair();
    let (hers, over) = (ana.tell(30 * DAY), ana.tell(DAY));
    let his = ben.tell(30 * DAY);
    ana.hears(&mut ben);
    ben.hears(&mut ana);
    let item = VaultItem { id: DocId([7; 16]), kind: "note".into(), value: "mine".into() };
    ana.engine.vault().unwrap().put(&item).unwrap();
    let file = ana.folder.path().join("ana.age");
    let summary = ana.engine.back_up(&file, key(), false).unwrap();
    assert_eq!((summary.entries, summary.private_items, summary.left_out), (5, None, 0));
    ana.at(2 * DAY);
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::new(ana.engine.now()));
    let host = Phone::host(folder.path(), &clock);
    let engine = Engine::restore(folder.path(), &file, &opener(), host).unwrap();
    let mut new = Phone { engine, clock, folder };
    assert_eq!(new.engine.vault().unwrap().get(item.id).unwrap(), None);
    assert_eq!(new.body(hers), BodyState::Present, "nobody else would give it back");
    assert_ne!(new.body(over), BodyState::Present, "its time is over");
    assert_eq!(new.body(his), BodyState::Withheld);
    let missing = new.engine.missing_bodies().unwrap();
    assert_eq!(missing, [(his.log, his.index, his.place)], "his phone is asked for it");
}

#[test]
fn what_is_damaged_keeps_nothing_else_out_of_a_backup_and_is_counted() {
    let [mut ana, mut ben] = Phone::pair();
    for phone in [&mut ana, &mut ben] {
        phone.kept_promise();
        phone.tell(30 * DAY);
        phone.tell(30 * DAY);
    }
    ana.hears(&mut ben);
    let cut = ana.own().length - 2;
    let own = ana.home().own().unwrap().clone();
    let home = ana.home();
    let rewound = ana.engine.rewound(&home, &own, cut).unwrap();
    ana.engine.set_aside(&own, cut).unwrap();
    ana.engine.db().unwrap().put_log(&rewound).unwrap();
    for id in [7, 8] {
        let item = VaultItem { id: DocId([id; 16]), kind: "note".into(), value: "mine".into() };
        ana.engine.vault().unwrap().put(&item).unwrap();
    }
    let spoil = |phone: &mut Phone, file: &str, sql: &str| {
        phone.engine.suspend().unwrap();
        let connection = rusqlite::Connection::open(phone.folder.path().join(file)).unwrap();
        assert_eq!(connection.execute(sql, []).unwrap(), 1, "{sql}");
        drop(connection);
        phone.engine.resume().unwrap();
    };
    let written = |phone: &mut Phone| {
        let file = phone.folder.path().join("ana.age");
        let summary = phone.engine.back_up(&file, key(), true).unwrap();
        assert_eq!(made_of(&file, &opener()), (Ok(()), 2));
        (summary.entries, summary.private_items, summary.left_out)
    };
    let whole = written(&mut ana);
    assert_eq!((whole.1, whole.2), (Some(2), 0));
    spoil(
        &mut ana,
        "vault.db",
        "UPDATE item SET sealed = x'00' WHERE id = x'07070707070707070707070707070707'",
    );
    assert_eq!(written(&mut ana), (whole.0, Some(1), 1));
    spoil(
        &mut ana,
        "pair.db",
        "UPDATE aside SET sealed = x'00' WHERE number = (SELECT min(number) FROM aside)",
    );
    assert_eq!(written(&mut ana), (whole.0, Some(1), 2));
    // Words of the partner's, and then an entry of theirs: that log ends before it.
    spoil(&mut ana, "pair.db", "UPDATE tail SET words = x'00' WHERE log = 1 AND place = 1");
    let (entries, _, left_out) = written(&mut ana);
    assert_eq!((entries, left_out), (whole.0, 3));
    let theirs = ben.own().length;
    spoil(&mut ana, "pair.db", "UPDATE tail SET sealed = x'00' WHERE log = 1 AND place = 3");
    let (entries, _, left_out) = written(&mut ana);
    assert_eq!((entries, left_out), (whole.0 - (theirs - 3), 3 + (theirs - 3)));
}

#[test]
fn what_was_set_aside_comes_back_and_what_would_open_a_seal_does_not() {
    let [mut ana, _] = Phone::pair();
    let cut = ana.own().length;
    let post = ana.tell(30 * DAY);
    let own = ana.home().own().unwrap().clone();
    ana.engine.set_aside(&own, cut).unwrap();
    let home = ana.home();
    let rewound = ana.engine.rewound(&home, &own, cut).unwrap();
    ana.engine.db().unwrap().put_log(&rewound).unwrap();
    let seal = crate::cbor::Value::map([("opening", Some("what opens it".into()))]);
    ana.engine.db().unwrap().put_outbox(&post.to_string(), &seal).unwrap();
    let mut new = ana.restored();
    let asides = |phone: &mut Phone| phone.engine.db().unwrap().asides().unwrap();
    assert_eq!(asides(&mut new), asides(&mut ana));
    // K13: it may have been taken back since, and nobody would know.
    assert!(new.engine.db().unwrap().outbox().unwrap().is_empty());
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

#[test]
fn what_is_found_by_a_name_in_the_vault_is_found_under_the_new_key_too() {
    use crate::domain::checkin::{Answer, PrivateState, TemplateId};
    use crate::domain::talk::{Command as Talking, NewTalk, Talks};
    let [mut ana, _] = Phone::pair();
    let topic = "Sundays".to_owned();
    let begins = BEGIN.plus(DAY);
    let new = NewTalk { topic, begins, minutes: None, place: None, rules: vec![] };
    let talk = ana.engine.begin::<Talks>(&Talking::Propose(new)).unwrap().id;
    let period = "2026-W10".parse().unwrap();
    let answers = std::collections::BTreeMap::from([(1, Answer { scale: Some(3), words: None })]);
    ana.engine.keep_answers(TemplateId::Week, period, answers, PrivateState::Draft).unwrap();
    let named = [("wishes", String::new()), ("talk-preparation", talk.to_string())];
    for (kind, name) in &named {
        let vault = ana.engine.vault().unwrap();
        let item =
            VaultItem { id: vault.named(kind, name), kind: (*kind).into(), value: "mine".into() };
        vault.put(&item).unwrap();
    }
    let mut new = ana.restored();
    for (kind, name) in &named {
        let vault = new.engine.vault().unwrap();
        assert!(vault.get(vault.named(kind, name)).unwrap().is_some(), "{kind}");
    }
    let answers =
        |phone: &mut Phone| phone.engine.private_answers(TemplateId::Week, period).unwrap();
    assert!(
        answers(&mut new)
            .is_some_and(|kept| Some(kept.answers) == answers(&mut ana).map(|kept| kept.answers))
    );
    assert_eq!(new.engine.doctor().unwrap().private_items, 3);
}

#[test]
fn r10_a_backup_does_not_grow_by_a_page_that_was_added() {
    let [mut ana, _] = Phone::pair();
    let size = |phone: &mut Phone| std::fs::metadata(phone.back_up()).unwrap().len();
    let before = size(&mut ana);
    let value = "a page of words ".repeat(250).as_str().into();
    let item = VaultItem { id: DocId([7; 16]), kind: "note".into(), value };
    ana.engine.vault().unwrap().put(&item).unwrap();
    // For a key, age adds some bytes of a random number to the head.
    assert!(size(&mut ana).abs_diff(before) < 1_000);
}
