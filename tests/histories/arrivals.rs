//! What has come is stored at once and read when something asks: nobody can tell.

use amends::BundleOf;
use amends::HowItWent;
use amends::Space;
use amends::id::DocId;
use amends::time::Moment;
use amends_tests::phones::{BEGIN, copy_of, host, meet, paired, plain, promise};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

const DUE: Moment = Moment(BEGIN.0 + 3_600);

/// Runs that stand in a home and are not read yet.
fn unread(db: &Connection) -> u64 {
    db.query_row("SELECT count(*) FROM arrived", [], |row| row.get(0)).unwrap()
}

async fn seen(space: &Space) -> String {
    let agreements = space.agreements().list().await.unwrap();
    let promises = space.promises().list().await.unwrap();
    serde_json::to_string(&(agreements, promises)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_stops_before_it_has_read_what_came_has_it_when_it_opens() {
    let [ana, ben] = paired().await;
    for day in 0..20 {
        ana.space.agreements().propose(plain(&format!("Sentence {day}."))).await.unwrap();
        ana.space.promises().make(promise(&format!("Promise {day}."), DUE)).await.unwrap();
    }
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("bundle");
    ana.space.write_bundle(&file, BundleOf::Everything).await.unwrap();
    let empty = copy_of(ben.folder.path());
    let open = |home: &Path| Space::open(home, host(home, ben.clock.clone(), None));
    let mut stopped = None;
    for _ in 0..50 {
        let home = copy_of(empty.path());
        let space = open(home.path()).unwrap();
        space.read_bundle(&file).await.unwrap();
        // As if the system had ended the app here: nobody writes while it is copied.
        let files = Connection::open(home.path().join("pair.db")).unwrap();
        files.execute_batch("BEGIN IMMEDIATE").unwrap();
        if unread(&files) > 0 {
            stopped = Some(copy_of(home.path()));
            break;
        }
    }
    let stopped = stopped.expect("a copy was taken before the writer rested");
    let opened = open(stopped.path()).unwrap();
    let views = seen(&opened).await;
    let files = Connection::open(stopped.path().join("pair.db")).unwrap();
    assert_eq!(unread(&files), 0, "it is read before anything is shown");
    assert_eq!(opened.doctor().await.unwrap().findings, []);
    // The same as on a phone that took it in step by step.
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    assert_eq!(views, seen(&ben.space).await);
    assert!(views.contains("Sentence 19.") && views.contains("Promise 19."));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_come_is_read_though_nobody_asks() {
    let [ana, ben] = paired().await;
    for day in 0..20 {
        ana.space.promises().make(promise(&format!("Promise {day}."), DUE)).await.unwrap();
    }
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("bundle");
    ana.space.write_bundle(&file, BundleOf::Everything).await.unwrap();
    ben.space.read_bundle(&file).await.unwrap();
    let files = Connection::open(ben.folder.path().join("pair.db")).unwrap();
    let read = async {
        while unread(&files) > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_are_taken_back_before_they_were_read_stay_gone() {
    let [ana, ben] = paired().await;
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    for day in 0..20 {
        ana.space.agreements().propose(plain(&format!("Sentence {day}."))).await.unwrap();
    }
    let made = ana.space.promises().make(promise("Call at noon.", DUE)).await.unwrap();
    ana.clock.set(BEGIN.plus(7_200));
    ben.clock.set(BEGIN.plus(7_200));
    let words = Some("NEEDLE".to_owned());
    let told = ana.space.promises().report(made.id, None, HowItWent::Missed, words).await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let [first, second] = ["1", "2"].map(|name| files.path().join(name));
    ana.space.write_bundle(&first, BundleOf::Everything).await.unwrap();
    let note = told.occurrences[0].report_words.clone().unwrap().id;
    ana.space.promises().withdraw_words(made.id, note).await.unwrap();
    ana.space.write_bundle(&second, BundleOf::Everything).await.unwrap();
    ben.space.read_bundle(&first).await.unwrap();
    ben.space.read_bundle(&second).await.unwrap();
    let seen = seen(&ben.space).await;
    assert!(seen.contains("Call at noon.") && !seen.contains("NEEDLE"), "{seen}");
    let again = ben.space.read_bundle(&first).await.unwrap();
    assert_eq!(again.new, 0);
    assert!(!self::seen(&ben.space).await.contains("NEEDLE"));
}

/// A bundle of a log so long that a view does not wait until all of it is read; its promises
/// stand at its beginning, but for one, which is made last.
async fn long_log(ana: &Space, file: &Path) -> usize {
    const MADE: usize = 90;
    for day in 0..MADE {
        ana.promises().make(promise(&format!("Promise {day}."), DUE)).await.unwrap();
    }
    let made = ana.promises().list().await.unwrap();
    for _ in 0..30 {
        for promise in &made {
            let (from, until) = (BEGIN.plus(86_400), BEGIN.plus(90_000));
            ana.promises().pause(promise.id, from, until).await.unwrap();
        }
    }
    ana.promises().make(promise("The last promise.", DUE)).await.unwrap();
    ana.write_bundle(file, BundleOf::Everything).await.unwrap();
    MADE + 1
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_answered_before_a_long_catch_up_is_read_and_a_write_after_it() {
    let [ana, ben] = paired().await;
    let empty = copy_of(ben.folder.path());
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("bundle");
    let made = long_log(&ana.space, &file).await;
    let mut before = false;
    // The writer reads on while nobody asks: another try, if this one asked late.
    for _ in 0..5 {
        let home = copy_of(empty.path());
        let late = Space::open(home.path(), host(home.path(), ben.clock.clone(), None)).unwrap();
        late.read_bundle(&file).await.unwrap();
        let mut views = late.promises().subscribe();
        let mut seen = views.next().await.unwrap().unwrap();
        before = seen.len() == made - 1;
        // A write sees all that came; and whoever listens hears of the rest.
        late.promises().make(promise("Mine.", DUE)).await.unwrap();
        assert_eq!(late.promises().list().await.unwrap().len(), made + 1);
        while seen.len() < made + 1 {
            seen = views.next().await.unwrap().unwrap();
        }
        if before {
            break;
        }
    }
    assert!(before, "a view was answered while the end of the log was still to be read");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_waits_for_a_long_catch_up_without_its_caller_and_lets_views_pass() {
    let [ana, ben] = paired().await;
    let empty = copy_of(ben.folder.path());
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("bundle");
    let made = long_log(&ana.space, &file).await;
    let mut passed = None;
    // The writer reads on while nobody asks: another try, if this one asked late.
    for _ in 0..5 {
        let home = copy_of(empty.path());
        let open = || Space::open(home.path(), host(home.path(), ben.clock.clone(), None)).unwrap();
        let late = open();
        late.read_bundle(&file).await.unwrap();
        let promises = late.promises();
        passed = tokio::select! {
            biased;
            // Begun first, and dropped as soon as the view is there.
            _ = promises.make(promise("Mine.", DUE)) => None,
            seen = promises.list() => Some(seen.unwrap().len()),
        };
        late.shutdown().await;
        let seen = open().promises().list().await.unwrap();
        assert_eq!(seen.len(), made + 1, "the write is there");
        if passed == Some(made - 1) {
            break;
        }
    }
    assert_eq!(passed, Some(made - 1), "the view saw neither the end of the log nor the write");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_read_to_its_end_without_its_caller_and_lets_others_pass() {
    let [ana, ben] = paired().await;
    for day in 0..300 {
        let words = format!("Sentence {day}. {}", "On and on. ".repeat(700));
        ana.space.agreements().propose(plain(&words)).await.unwrap();
    }
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("bundle");
    ana.space.write_bundle(&file, BundleOf::Everything).await.unwrap();
    let all = ana.space.log_lengths().await.unwrap().0;
    let held = async || ben.space.log_lengths().await.unwrap().1;
    let begun = async { while held().await < 10 {} };
    let passed = tokio::select! {
        biased;
        // Begun first, and dropped as soon as something of it is seen.
        _ = ben.space.read_bundle(&file) => false,
        () = begun => held().await < all,
    };
    assert!(passed, "others were answered while the bundle was read");
    let read = async {
        while held().await < all {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), read).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_is_answered_while_the_doctor_looks() {
    let [ana, ben] = paired().await;
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("bundle");
    let made = long_log(&ana.space, &file).await;
    ben.space.read_bundle(&file).await.unwrap();
    let doctor = tokio::spawn({
        let space = ben.space.clone();
        async move { space.doctor().await.unwrap() }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    for _ in 0..3 {
        ben.space.promises().list().await.unwrap();
    }
    assert!(!doctor.is_finished(), "it takes longer than a few views");
    assert_eq!(doctor.await.unwrap().findings, []);
    assert_eq!(ben.space.promises().list().await.unwrap().len(), made);
}

/// A document takes in what its entries say while nobody asks, a slice at a time: what comes of
/// it is what comes of all at once, and doctor finds both the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_long_document_that_is_derived_at_rest_is_the_one_that_is_derived_at_once() {
    let [ana, ben] = paired().await;
    for round in 0..6 {
        for number in 0..60 {
            let (one, other) = (format!("{round} {number}"), format!("And {round} {number}"));
            ana.space.check_ins().intend(&one).await.unwrap();
            ben.space.check_ins().intend(&other).await.unwrap();
        }
        assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    }
    let items = ana.space.log_items().await.unwrap();
    let docs: BTreeSet<DocId> = items.iter().flat_map(|item| item.documents.clone()).collect();
    // One that opens what is there, and asks at once; the other has rested.
    let fresh = copy_of(ben.folder.path());
    tokio::time::sleep(Duration::from_millis(800)).await;
    let fresh =
        Space::open_here(fresh.path(), host(fresh.path(), ben.clock.clone(), None)).unwrap();
    let mut long = 0;
    for doc in docs {
        let heads = ana.space.document_heads(doc).await.unwrap();
        assert_eq!(heads, fresh.document_heads(doc).await.unwrap());
        assert_eq!(heads, ben.space.document_heads(doc).await.unwrap());
        long +=
            usize::from(items.iter().filter(|item| item.documents.contains(&doc)).count() > 256);
    }
    assert!(long > 0, "one of them is longer than a slice");
    for space in [&ana.space, &ben.space] {
        assert_eq!(space.doctor().await.unwrap().findings, []);
    }
}
