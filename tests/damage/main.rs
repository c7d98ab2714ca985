//! Damaged, full, locked, foreign and newer files. The error names what is
//! damaged, nothing that was there is lost, and `doctor` finds every flipped
//! byte that changes a stored value.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use amends::Category;
use amends::Remedy;
use amends::Who;
use amends::host::SystemEntropy;
use amends::internals::log::body::BodyState;
use amends::internals::store::{Bodies, BodyRow, PairDb, StorageError};
use amends::{Answer, Answers, CheckInCadence, TemplateId};
use amends::{Error, Space};
use amends_tests::phones::{BEGIN, Phone, host, meet, paired, plain, post, terms};
use rusqlite::Connection;
use rusqlite::types::{Value, ValueRef};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Ana's phone after a little life, closed: agreements, an offer, drafts.
async fn lived() -> [Phone; 2] {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let talk = ana.space.agreements().propose(plain("We talk on Sundays.")).await.unwrap();
    let own = terms("I say where I am.", Who::Me, Category::Whereabouts);
    ana.space.agreements().offer(own).await.unwrap();
    let draft = ana.space.agreements().keep_draft(None, "a needle in the vault").await.unwrap();
    ana.space.agreements().keep_draft(None, "another needle").await.unwrap();
    ana.space.agreements().open_draft(draft.id, None).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let shown = ben.space.agreements().show(talk.id).await.unwrap();
    ben.space.agreements().consent(&shown, shown.on_table[0].hash, None).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    phones
}

/// Everything that a file stores, as SQLite reads it.
fn dump(path: &Path) -> rusqlite::Result<Vec<Vec<Value>>> {
    let connection = Connection::open(path)?;
    let mut rows = Vec::new();
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    rows.push(vec![Value::Integer(version)]);
    let tables: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for table in ["sqlite_schema".to_owned()].iter().chain(&tables) {
        let columns = if table == "sqlite_schema" { "type, name, tbl_name, sql" } else { "*" };
        let mut statement =
            connection.prepare(&format!("SELECT {columns} FROM {table} ORDER BY 1, 2")).or_else(
                |_| connection.prepare(&format!("SELECT {columns} FROM {table} ORDER BY 1")),
            )?;
        let width = statement.column_count();
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            // Damaged text need not be UTF-8.
            let value = |at| {
                row.get_ref(at).map(|value| match value {
                    ValueRef::Text(bytes) => Value::Blob(bytes.to_vec()),
                    other => other.into(),
                })
            };
            rows.push((0..width).map(value).collect::<Result<_, _>>()?);
        }
    }
    Ok(rows)
}

fn copy(from: &Path, to: &Path) {
    for file in ["pair.db", "vault.db", "keys"] {
        fs::copy(from.join(file), to.join(file)).unwrap();
    }
}

/// What opening and checking says of the store in `folder`.
async fn found(phone: &Phone, folder: &Path) -> Vec<String> {
    match Space::open(folder, host(folder, phone.clock.clone(), None)) {
        Err(error) => vec![error.to_string()],
        Ok(space) => {
            let report = space.doctor().await;
            space.shutdown().await;
            match report {
                Ok(report) => report.findings.into_iter().map(|finding| finding.what).collect(),
                Err(error) => vec![error.to_string()],
            }
        }
    }
}

/// I11: what is damaged must not keep the rest from being seen and stopped.
#[tokio::test(flavor = "multi_thread")]
async fn i11_damaged_words_keep_nothing_else_from_being_stopped() {
    let phones = lived().await;
    let ana = &phones[0];
    ana.space.openness().post(post("One.")).await.unwrap();
    ana.space.openness().post(post("Two.")).await.unwrap();
    ana.space.shutdown().await;
    let file = ana.folder.path().join("pair.db");
    let connection = Connection::open(&file).unwrap();
    let first: u64 = connection
        .query_row(
            "SELECT place FROM tail WHERE log = 0 AND words IS NOT NULL
             ORDER BY place DESC LIMIT 1 OFFSET 1",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let changed = connection
        .execute("UPDATE tail SET words = zeroblob(80) WHERE log = 0 AND place = ?1", [first])
        .unwrap();
    assert_eq!(changed, 1);
    drop(connection);
    let again = ana.reopen().unwrap();
    let posts = again.openness().list().await.unwrap();
    // Told at the same moment: either may stand first.
    let mut texts: Vec<_> = posts.iter().map(|post| post.text.as_deref()).collect();
    texts.sort_unstable();
    assert_eq!(texts, [None, Some("Two.")]);
    let stopped = again.stop_all().await.unwrap();
    assert!(stopped.len() >= 3, "the offer and both posts: {stopped:?}");
    assert_eq!(again.what_i_share().await.unwrap(), vec![]);
    again.progress().today().await.unwrap();
    again.shutdown().await;
}

/// K13: what opens one seal is damaged; the other check-in opens all the same.
#[tokio::test(flavor = "multi_thread")]
async fn k13_one_damaged_seal_keeps_no_other_shut() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let asked = vec!["How was today?".to_owned()];
    let made = ana.space.check_ins().make_template("Ours", CheckInCadence::Daily, asked).await;
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    for template in [TemplateId::Week, made.unwrap().id] {
        for phone in &phones {
            let answer = Answer { scale: Some(3), words: None };
            let answers = Answers::from([(1, answer)]);
            phone.space.check_ins().draft(template, answers).await.unwrap();
            phone.space.check_ins().seal(template).await.unwrap();
        }
    }
    let connection = Connection::open(ana.folder.path().join("pair.db")).unwrap();
    let damaged = "UPDATE outbox SET sealed = zeroblob(80)
        WHERE lookup = (SELECT min(lookup) FROM outbox)";
    assert_eq!(connection.execute(damaged, []).unwrap(), 1);
    for _ in 0..2 {
        assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    }
    for phone in &phones {
        let views = phone.space.check_ins().list().await.unwrap();
        assert_eq!(views.iter().filter(|view| view.partners.is_some()).count(), 1);
    }
    assert_eq!(ana.space.doctor().await.unwrap().findings.len(), 1);
    // The seal that cannot open is taken back all the same, for good or to be changed.
    let views = ana.space.check_ins().list().await.unwrap();
    let shut = views.iter().find(|view| view.partners.is_none() && view.mine.is_some()).unwrap();
    let open = views.iter().find(|view| view.partners.is_some()).unwrap();
    let kept = ana.space.check_ins().keep_private(open.template, open.period).await;
    assert!(kept.is_err(), "both have seen it: {kept:?}");
    ana.space.check_ins().keep_private(shut.template, shut.period).await.unwrap();
    assert_eq!(ana.space.doctor().await.unwrap().findings, []);
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let hers = ana.space.log_items().await.unwrap();
    assert!(hers.iter().any(|item| item.own && item.kinds == ["checkin.cancel"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_finds_each_of_2000_flipped_bits_that_changes_a_stored_value() {
    let [ana, ben] = lived().await;
    ana.space.shutdown().await;
    ben.space.shutdown().await;
    let work = tempfile::tempdir().unwrap();
    let mut changed = 0;
    for (file, tries) in [("pair.db", 1_600_u64), ("vault.db", 400)] {
        copy(ana.folder.path(), work.path());
        let good = fs::read(work.path().join(file)).unwrap();
        let before = dump(&work.path().join(file)).unwrap();
        assert_eq!(found(&ana, work.path()).await, Vec::<String>::new());
        for at in 0..tries {
            // Spread over the file, repeatably.
            let place = (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11) as usize % good.len();
            let mut bad = good.clone();
            bad[place] ^= 1 << (at % 8);
            copy(ana.folder.path(), work.path());
            for ending in ["pair.db-wal", "pair.db-shm", "vault.db-wal", "vault.db-shm"] {
                drop(fs::remove_file(work.path().join(ending)));
            }
            fs::write(work.path().join(file), &bad).unwrap();
            let after = dump(&work.path().join(file));
            if after.as_ref().is_ok_and(|after| *after == before) {
                continue;
            }
            changed += 1;
            fs::write(work.path().join(file), &bad).unwrap();
            let findings = found(&ana, work.path()).await;
            assert!(!findings.is_empty(), "byte {place} of {file} is not found: {after:?}");
        }
    }
    assert!(changed > 150, "only {changed} flips changed a stored value");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_what_is_damaged_and_what_can_be_rebuilt() {
    let [ana, _] = lived().await;
    let path = ana.folder.path().join("pair.db");
    ana.space.shutdown().await;
    let damage = |sql: &str| Connection::open(&path).unwrap().execute(sql, []).unwrap();

    // The index and the list of documents follow from the logs.
    assert!(damage("UPDATE tail SET docs = x'' WHERE log = 0 AND place = 1") > 0);
    let space = ana.reopen().unwrap();
    let report = space.doctor().await.unwrap();
    assert!(report.findings.iter().all(|finding| finding.remedy == Remedy::Rebuild), "{report:?}");
    assert!(!report.findings.is_empty());
    space.rebuild().await.unwrap();
    assert_eq!(space.doctor().await.unwrap().findings, vec![]);
    assert_eq!(space.agreements().list().await.unwrap().len(), 3);
    space.shutdown().await;

    // An entry of the partner's is held by the partner; one of mine is not.
    assert_eq!(damage("DELETE FROM tail WHERE log = 1 AND place = 1"), 1);
    let space = ana.reopen().unwrap();
    let report = space.doctor().await.unwrap();
    let entry = report.findings.iter().find(|f| f.what.contains("entry 1/1")).unwrap();
    assert_eq!(entry.remedy, Remedy::AskPartner);
    space.shutdown().await;

    assert_eq!(damage("UPDATE tail SET sealed = zeroblob(100) WHERE log = 0 AND place = 2"), 1);
    let space = ana.reopen().unwrap();
    let report = space.doctor().await.unwrap();
    let entry = report.findings.iter().find(|f| f.what.contains("entry 0/2")).unwrap();
    assert_eq!(entry.remedy, Remedy::Backup);
}

#[tokio::test(flavor = "multi_thread")]
async fn truncated_newer_foreign_and_missing_files_say_so_and_stay_as_they_are() {
    let [ana, ben] = lived().await;
    let path = ana.folder.path().join("pair.db");
    assert!(matches!(
        Space::create(ana.folder.path(), "Ana", host(ana.folder.path(), ana.clock.clone(), None)),
        Err(Error::Storage(StorageError::Exists))
    ));
    ana.space.shutdown().await;
    ben.space.shutdown().await;
    let good = fs::read(&path).unwrap();

    fs::write(&path, &good[..good.len() / 2]).unwrap();
    assert!(!found(&ana, ana.folder.path()).await.is_empty());
    fs::write(&path, b"not a database at all, but long enough to be looked at as one").unwrap();
    assert!(matches!(ana.reopen(), Err(Error::Storage(StorageError::Damaged(_)))));
    fs::write(&path, []).unwrap();
    assert!(matches!(ana.reopen(), Err(Error::Storage(_))));

    fs::write(&path, &good).unwrap();
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let newer = StorageError::Newer { file: "pair.db".into(), found: 99, known: 5 };
    assert_eq!(ana.reopen().err().unwrap(), Error::NeedsUpdate(newer.to_string()));

    // Ben's keys do not open Ana's store, and say so.
    fs::write(&path, &good).unwrap();
    let keys = ana.folder.path().join("keys");
    let own = fs::read(&keys).unwrap();
    fs::copy(ben.folder.path().join("keys"), &keys).unwrap();
    assert!(matches!(ana.reopen(), Err(Error::KeysMissing(_))));
    fs::remove_file(&keys).unwrap();
    assert!(matches!(ana.reopen(), Err(Error::KeysMissing(_))));
    fs::write(&keys, b"damaged").unwrap();
    assert!(ana.reopen().is_err());
    fs::write(&keys, own).unwrap();
    std::os::unix::fs::PermissionsExt::set_mode(
        &mut fs::metadata(&keys).unwrap().permissions(),
        0o600,
    );
    fs::set_permissions(&keys, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();

    let nowhere = ana.folder.path().join("nowhere");
    let missing = Space::open(&nowhere, host(&nowhere, ana.clock.clone(), None));
    assert_eq!(missing.err().unwrap(), Error::Storage(StorageError::Missing));

    // After all this it opens as if nothing had been.
    let space = ana.reopen().unwrap();
    assert_eq!(space.doctor().await.unwrap().findings, vec![]);
    assert_eq!(space.agreements().list().await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_database_is_waited_for_and_then_said_to_be_busy() {
    let [ana, _] = lived().await;
    let path = ana.folder.path().join("pair.db");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let busy = ana.space.agreements().propose(plain("Now.")).await;
    assert_eq!(busy.unwrap_err(), Error::Storage(StorageError::Busy));
    other.execute_batch("ROLLBACK").unwrap();
    ana.space.agreements().propose(plain("Now.")).await.unwrap();
    assert_eq!(ana.space.doctor().await.unwrap().findings, vec![]);
}

#[test]
fn a_full_disk_refuses_whole_transactions_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pair.db");
    let key = amends_seal_key();
    let mut db = PairDb::create(&path, key, [1; 16], Arc::new(SystemEntropy)).unwrap();
    db.limit_pages(80).unwrap();
    let body = |n: u64| BodyRow {
        state: BodyState::Present,
        until: None,
        at: amends::time::Moment(0),
        bytes: vec![n as u8; 3_000],
    };
    let bodies = |n: u64, places: &[u8]| {
        places.iter().map(|place| ((n, *place), body(n))).collect::<Bodies>()
    };
    let mut written = 0;
    let error = loop {
        db.begin().unwrap();
        let both = db.put_bodies(0, bodies(written, &[0, 1]));
        match db.finish(both) {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error, StorageError::Full);
    assert!(written > 2);
    let places: Vec<(u64, u8)> = (0..written).flat_map(|n| [(n, 0), (n, 1)]).collect();
    assert_eq!(db.bodies(0).unwrap(), places, "each transaction stands whole or not at all");
    db.limit_pages(4_000).unwrap();
    db.begin().unwrap();
    let more = db.put_bodies(0, bodies(written, &[0]));
    db.finish(more).unwrap();
    assert_eq!(db.body(0, 0, 1).unwrap(), Some(body(0)));
    assert_eq!(db.integrity().unwrap(), Vec::<String>::new());
    let db: &mut PairDb = &mut db;
    assert!(db.checkpoint().unwrap());
}

fn amends_seal_key() -> amends_seal::DataKey {
    amends_seal::DataKey::from_bytes([7; 32])
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_home_see_each_other_s_writes_and_lose_none() {
    let [ana, _ben] = lived().await;
    let other = ana.reopen().unwrap();
    let mut views = other.subscribe();
    assert_eq!(views.next().await.unwrap().unwrap().len(), 3, "the current view comes first");
    let writes = (0..20).map(|n| {
        let space = if n % 2 == 0 { ana.space.clone() } else { other.clone() };
        tokio::spawn(async move { space.agreements().propose(plain(&format!("Text {n}."))).await })
    });
    for write in writes.collect::<Vec<_>>() {
        write.await.unwrap().unwrap();
    }
    let seen = tokio::time::timeout(std::time::Duration::from_secs(5), async {
        while views.next().await.unwrap().unwrap().len() < 23 {}
    });
    seen.await.expect("the other process's writes are seen");
    assert_eq!(ana.space.agreements().list().await.unwrap().len(), 23);
    assert_eq!(ana.space.doctor().await.unwrap().findings, vec![]);
    views.cancel();
    assert_eq!(views.next().await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn r27_files_hold_no_plaintext_and_erasing_destroys_the_keys_first() {
    let [ana, ben] = lived().await;
    let folder = ana.folder.path().to_owned();
    let needles = ["needle", "Sundays", "where I am", "Ana", "Ben", "whereabouts", "agreement."];
    let search = |folder: &Path| {
        for file in fs::read_dir(folder).unwrap() {
            let file = file.unwrap().path();
            let bytes = fs::read(&file).unwrap();
            for needle in needles {
                let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
                assert!(!found, "{needle:?} is readable in {}", file.display());
            }
        }
    };
    // While it is open, the write-ahead log included, and after.
    search(&folder);
    ana.space.shutdown().await;
    search(&folder);
    let space = ana.reopen().unwrap();
    space.erase_local().await.unwrap();
    for file in ["pair.db", "vault.db", "pair.db-wal", "vault.db-wal"] {
        assert!(!folder.join(file).exists(), "{file} is still there");
    }
    assert!(matches!(ana.reopen(), Err(Error::Storage(StorageError::Missing))));
    // R15: the partner's copy is untouched.
    assert_eq!(ben.space.agreements().list().await.unwrap().len(), 3);
    assert_eq!(ben.space.doctor().await.unwrap().findings, vec![]);
    assert_eq!(BEGIN, ana.space.now());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_space_says_so_and_a_closed_one_that_it_is_closed() {
    let [ana, _] = lived().await;
    ana.space.suspend().await.unwrap();
    let wal = ana.folder.path().join("pair.db-wal");
    assert!(!wal.exists() || fs::metadata(&wal).unwrap().len() == 0, "everything is written back");
    assert!(matches!(ana.space.agreements().list().await, Err(Error::Suspended(_))));
    ana.space.resume().await.unwrap();
    assert_eq!(ana.space.agreements().list().await.unwrap().len(), 3);
    ana.space.shutdown().await;
    ana.space.shutdown().await;
    assert_eq!(ana.space.agreements().list().await, Err(Error::Closed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_space_has_no_reader_left_that_holds_its_files() {
    let [ana, _] = lived().await;
    let reading = {
        let space = ana.space.clone();
        tokio::spawn(async move {
            loop {
                drop(space.doctor().await);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
    };
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        ana.space.suspend().await.unwrap();
        let wal = ana.folder.path().join("pair.db-wal");
        let left = fs::metadata(&wal).map_or(0, |file| file.len());
        assert_eq!(left, 0, "nobody kept it from being written back");
        ana.space.resume().await.unwrap();
    }
    reading.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_document_is_kept_as_a_snapshot_that_doctor_checks_and_derives_again() {
    use amends::Splice;
    let phones = paired().await;
    let [ana, ben] = &phones;
    let draft = ana.space.agreements().keep_draft(None, "We talk.").await.unwrap();
    let opened = ana.space.agreements().open_draft(draft.id, None).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let splice = || Splice { start: 0, delete: 0, insert: "x".into() };
    for _ in 0..260 {
        ana.space.agreements().splice(opened.id, splice()).await.unwrap();
        ben.space.agreements().splice(opened.id, splice()).await.unwrap();
    }
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let text = |space: &Space| {
        let space = space.clone();
        let id = opened.id;
        async move { space.agreements().show(id).await.unwrap().draft.unwrap().text }
    };
    assert_eq!(text(&ana.space).await, text(&ben.space).await);
    assert_eq!(text(&ana.space).await.chars().filter(|c| *c == 'x').count(), 520);
    let heads = ana.space.document_heads(opened.id.into()).await.unwrap();
    assert_eq!(heads, ben.space.document_heads(opened.id.into()).await.unwrap());
    // One more change writes it down; then it is read from there.
    ana.space.agreements().splice(opened.id, splice()).await.unwrap();
    ana.space.shutdown().await;
    let path = ana.folder.path().join("pair.db");
    let kept = |sql: &str| Connection::open(&path).unwrap().execute(sql, []).unwrap();
    let space = ana.reopen().unwrap();
    assert_eq!(space.doctor().await.unwrap().findings, vec![]);
    let shown = space.agreements().show(opened.id).await.unwrap().draft.unwrap().text;
    assert_eq!(shown.chars().filter(|c| *c == 'x').count(), 521);
    space.shutdown().await;
    // A damaged one is found, passed over, and made anew.
    assert_eq!(kept("UPDATE snapshot SET sealed = zeroblob(4000)"), 1);
    let space = ana.reopen().unwrap();
    let report = space.doctor().await.unwrap();
    assert!(
        report.findings.iter().any(|f| f.what.contains("snapshot") && f.remedy == Remedy::Rebuild)
    );
    assert_eq!(space.agreements().show(opened.id).await.unwrap().draft.unwrap().text, shown);
    space.rebuild().await.unwrap();
    assert_eq!(space.doctor().await.unwrap().findings, vec![]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_stops_neither_reading_nor_ending_later_and_loses_nothing() {
    let [ana, ben] = lived().await;
    let before = ana.space.verify_logs().await.unwrap();
    ana.space.limit_pages(1).await.unwrap();
    let long = "x".repeat(8_000);
    let full = loop {
        match ana.space.agreements().propose(plain(&long)).await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(full, Error::Storage(StorageError::Full));
    let held = ana.space.verify_logs().await.unwrap();
    assert!(held[0].checkpoint.length >= before[0].checkpoint.length);
    let listed = ana.space.agreements().list().await.unwrap().len();
    // What the partner sends does not fit either, and is not acknowledged.
    for _ in 0..8 {
        ben.space.agreements().propose(plain(&long)).await.unwrap();
    }
    assert!(meet(&ana.space, &ben.space).await[0].is_err());
    assert_eq!(ana.space.agreements().list().await.unwrap().len(), listed);
    ana.space.limit_pages(100_000).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    assert_eq!(ana.space.agreements().list().await.unwrap().len(), listed + 8);
    assert_eq!(ana.space.doctor().await.unwrap().findings, vec![]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_read_again_is_damaged_no_longer_and_stop_all_leaves_it_alone() {
    let [ana, ben] = lived().await;
    let path = ana.folder.path().join("pair.db");
    let damaged = async || {
        let notices = ana.space.status().await.unwrap().notices;
        notices.contains(&amends::StatusNotice::SomethingDamaged)
    };
    let shown = ana.space.agreements().list().await.unwrap();
    // All but the first entries are damaged for a while, as by a disk that fails and comes back.
    let files = Connection::open(&path).unwrap();
    files
        .execute_batch(
            "CREATE TEMP TABLE entries AS SELECT * FROM tail;
             UPDATE tail SET sealed = zeroblob(length(sealed)) WHERE place > 0;",
        )
        .unwrap();
    // What is in memory stays usable; what is read anew is not.
    assert_eq!(ana.space.agreements().list().await.unwrap(), shown);
    ana.space.suspend().await.unwrap();
    ana.space.resume().await.unwrap();
    assert!(ana.space.agreements().list().await.unwrap().is_empty());
    assert!(damaged().await, "it is said");
    files.execute_batch("DELETE FROM tail; INSERT INTO tail SELECT * FROM temp.entries;").unwrap();
    assert_eq!(ana.space.agreements().list().await.unwrap(), shown);
    assert!(!damaged().await, "and no longer said once it is not so");
    ana.space.rebuild().await.unwrap();
    assert!(!damaged().await);
    // What binds both she has paused herself: her own offer alone is left to be stopped.
    let plain = shown.iter().find(|view| view.in_force() && view.offer_by.is_none()).unwrap().id;
    ana.space.agreements().suspend(plain).await.unwrap();
    let (own, _) = ana.space.log_lengths().await.unwrap();
    ana.space.stop_all().await.unwrap();
    let items = ana.space.log_items().await.unwrap();
    let stopped = items.iter().filter(|item| item.own && item.index >= own);
    let kinds: Vec<&String> = stopped.flat_map(|item| &item.kinds).collect();
    assert_eq!(kinds, ["agreement.end"]);
    drop(ben);
}

/// R8: what cannot be read may share something; what it is is not known.
#[tokio::test(flavor = "multi_thread")]
async fn r08_stop_all_pauses_what_cannot_be_read_and_never_ends_it() {
    let [ana, _ben] = lived().await;
    let shown = ana.space.agreements().list().await.unwrap();
    let talk = shown.iter().find(|view| view.in_force() && view.offer_by.is_none()).unwrap().id;
    let files = Connection::open(ana.folder.path().join("pair.db")).unwrap();
    files
        .execute_batch(
            "CREATE TEMP TABLE entries AS SELECT * FROM tail;
             UPDATE tail SET sealed = zeroblob(length(sealed)) WHERE place > 0;",
        )
        .unwrap();
    ana.space.suspend().await.unwrap();
    ana.space.resume().await.unwrap();
    assert!(ana.space.agreements().list().await.unwrap().is_empty());
    ana.space.stop_all().await.unwrap();
    // The disk comes back.
    files
        .execute_batch(
            "UPDATE tail SET sealed = old.sealed FROM temp.entries AS old
             WHERE old.number = tail.number;",
        )
        .unwrap();
    ana.space.rebuild().await.unwrap();
    let view = ana.space.agreements().show(talk).await.unwrap();
    assert!(view.suspended_by_me && view.ended_at.is_none(), "{:?}", view.state);
    assert!(ana.space.agreements().resume(talk).await.unwrap().in_force());
}
