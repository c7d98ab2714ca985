//! Bundles and the mailbox: exchange without a common network.

use amends::{BundleOf, ExchangeOptions};
use amends::{Error, LinkError};
use amends::{Folder, Mailbox};
use amends_tests::phones::{BEGIN, Phone, meet, paired, plain};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

async fn heads(phone: &Phone) -> Vec<amends::Checkpoint> {
    let logs = phone.space.verify_logs().await.unwrap();
    let mut heads: Vec<_> = logs.into_iter().map(|log| log.checkpoint).collect();
    heads.sort_by_key(|at| at.log);
    heads
}

async fn propose(phone: &Phone, text: &str) {
    phone.space.agreements().propose(plain(text)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_brings_what_is_missing_and_twice_late_or_out_of_order_is_harmless() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    propose(ana, "First.").await;
    let first = ana.space.write_bundle(&at("1"), BundleOf::News).await.unwrap();
    assert_eq!((first.entries, first.gap), (1, false));
    propose(ana, "Second.").await;
    let both = ana.space.write_bundle(&at("2"), BundleOf::News).await.unwrap();
    assert_eq!(both.entries, 2, "nobody said that the first had come");
    for (name, new) in [("2", 2), ("1", 0), ("2", 0)] {
        assert_eq!(ben.space.read_bundle(&at(name)).await.unwrap().new, new);
    }
    assert_eq!(heads(ana).await, heads(ben).await);
    // Ben's answer tells what he holds: the next bundle begins there.
    propose(ben, "His.").await;
    ben.space.write_bundle(&at("3"), BundleOf::News).await.unwrap();
    assert_eq!(ana.space.read_bundle(&at("3")).await.unwrap().new, 1);
    propose(ana, "Third.").await;
    assert_eq!(ana.space.write_bundle(&at("4"), BundleOf::News).await.unwrap().entries, 1);
    propose(ana, "Fourth.").await;
    let all = ana.space.write_bundle(&at("5"), BundleOf::Everything).await.unwrap();
    assert!(all.entries >= 5);
    assert_eq!(ben.space.read_bundle(&at("5")).await.unwrap().new, 2);
    assert_eq!(ben.space.read_bundle(&at("4")).await.unwrap().new, 0);
    assert_eq!(heads(ana).await, heads(ben).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_run_out_stay_out_of_a_file_and_come_over_the_next_link() {
    let [ana, ben] = paired().await;
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bundle");
    let post = amends::NewPost {
        kind: amends::PostKind::Day,
        text: "On the tram.".into(),
        until: None,
        want: None,
        amount: None,
        happened: None,
        under: None,
    };
    ana.space.openness().post(post).await.unwrap();
    ana.space.write_bundle(&file, BundleOf::News).await.unwrap();
    ben.space.read_bundle(&file).await.unwrap();
    assert_eq!(ben.space.openness().list().await.unwrap()[0].text, None);
    // Over a link that stays, what is missing is asked for.
    let listen = Some("127.0.0.1:0".parse().unwrap());
    let options = ExchangeOptions { listen, ..Default::default() };
    let listening = ana.space.exchange(options).await.unwrap();
    let peers = vec![listening.address().unwrap().to_string()];
    let options = ExchangeOptions { peers, ..Default::default() };
    let dialling = ben.space.exchange(options).await.unwrap();
    let mut posts = ben.space.openness().subscribe();
    let arrives = async {
        while posts.next().await.unwrap().unwrap()[0].text.as_deref() != Some("On the tram.") {}
    };
    tokio::time::timeout(Duration::from_secs(10), arrives).await.unwrap();
    listening.stop();
    dialling.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_that_was_cut_changed_or_is_for_somebody_else_is_refused_whole_or_in_part() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    let others = paired().await;
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bundle");
    propose(ana, "A needle in a bundle.").await;
    ana.space.write_bundle(&file, BundleOf::News).await.unwrap();
    let whole = std::fs::read(&file).unwrap();
    let needle = b"A needle in a bundle.";
    assert!(!whole.windows(needle.len()).any(|window| window == needle));
    let before = heads(ben).await;
    for length in (0..whole.len()).step_by(7) {
        std::fs::write(&file, &whole[..length]).unwrap();
        assert!(ben.space.read_bundle(&file).await.is_err(), "{length} bytes");
    }
    for at in (0..whole.len()).step_by(5) {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        std::fs::write(&file, &changed).unwrap();
        assert!(ben.space.read_bundle(&file).await.is_err(), "byte {at}");
    }
    std::fs::write(&file, [&whole[..], b"more"].concat()).unwrap();
    assert!(ben.space.read_bundle(&file).await.is_err());
    std::fs::write(&file, &whole).unwrap();
    for stranger in [&others[0], &others[1], ana] {
        let outcome = stranger.space.read_bundle(&file).await;
        assert_eq!(outcome, Err(Error::Link(LinkError::Stranger)));
    }
    // What follows the end may have been read before the end was looked at.
    let after = heads(ben).await;
    assert!(after == before || after == heads(ana).await);
    ben.space.read_bundle(&file).await.unwrap();
    assert_eq!(heads(ana).await, heads(ben).await);
}

fn fifo(at: &Path, _elsewhere: &Path) {
    let made = std::process::Command::new("mkfifo").arg(at).status().unwrap();
    assert!(made.success());
}

fn subfolder(at: &Path, _elsewhere: &Path) {
    std::fs::create_dir(at).unwrap();
}

fn link(at: &Path, elsewhere: &Path) {
    std::os::unix::fs::symlink(elsewhere, at).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    Folder::new(folder).list().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_carries_both_ways_is_written_once_and_cleaned_by_its_reader() {
    let phones = paired().await;
    let [ana, ben] = &phones;
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let folder = tempfile::tempdir().unwrap();
    let mailbox: Arc<dyn Mailbox> = Arc::new(Folder::new(folder.path()));
    for round in 0..5 {
        propose(ana, &format!("Hers {round}.")).await;
        propose(ben, &format!("His {round}.")).await;
        let put = ana.space.visit_mailbox(mailbox.clone()).await.unwrap();
        assert_eq!(put.put, 1);
        let again = ana.space.visit_mailbox(mailbox.clone()).await.unwrap();
        assert_eq!((again.put, again.taken), (0, 0), "nothing is put twice");
        let visit = ben.space.visit_mailbox(mailbox.clone()).await.unwrap();
        assert_eq!((visit.put, visit.taken), (1, 1));
        assert_eq!(ana.space.visit_mailbox(mailbox.clone()).await.unwrap().taken, 1);
        assert_eq!(names(folder.path()), Vec::<String>::new());
        assert_eq!(heads(ana).await, heads(ben).await);
    }
    // Half an object, and one of somebody else's, stay where they are.
    propose(ana, "Late.").await;
    ana.space.visit_mailbox(mailbox.clone()).await.unwrap();
    let name = names(folder.path()).remove(0);
    let whole = mailbox.read(&name).unwrap();
    std::fs::write(folder.path().join(&name), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(folder.path().join("somebody.amends"), b"else").unwrap();
    assert_eq!(ben.space.visit_mailbox(mailbox.clone()).await.unwrap().taken, 0);
    assert_eq!(names(folder.path()).len(), 2);
    std::fs::write(folder.path().join(&name), &whole).unwrap();
    assert_eq!(ben.space.visit_mailbox(mailbox.clone()).await.unwrap().taken, 1);
    assert_eq!(names(folder.path()), ["somebody.amends"]);
    // Nor does anything that is no plain file keep the next from being looked at, or leads elsewhere.
    let elsewhere = folder.path().join("elsewhere");
    for (round, put) in [fifo, subfolder, link].into_iter().enumerate() {
        let put: fn(&Path, &Path) = put;
        propose(ana, &format!("Hidden {round}.")).await;
        ana.space.visit_mailbox(mailbox.clone()).await.unwrap();
        let hidden = names(folder.path()).into_iter().find(|name| !name.starts_with("somebody"));
        let hidden = folder.path().join(hidden.unwrap());
        std::fs::rename(&hidden, &elsewhere).unwrap();
        put(&hidden, &elsewhere);
        propose(ana, &format!("Seen {round}.")).await;
        ana.space.visit_mailbox(mailbox.clone()).await.unwrap();
        let visit = ben.space.visit_mailbox(mailbox.clone());
        let visit = tokio::time::timeout(Duration::from_secs(20), visit).await;
        // It is told; and what comes after it waits for it, and is there.
        let told = visit.expect("nothing is waited for");
        assert!(matches!(told, Err(Error::Link(LinkError::Mailbox(_)))), "{told:?}");
        assert!(hidden.symlink_metadata().is_ok(), "what is none of ours is left alone");
        match hidden.is_dir() {
            true => std::fs::remove_dir(&hidden).unwrap(),
            false => std::fs::remove_file(&hidden).unwrap(),
        }
        std::fs::rename(&elsewhere, &hidden).unwrap();
        ben.space.visit_mailbox(mailbox.clone()).await.unwrap();
        ben.space.visit_mailbox(mailbox.clone()).await.unwrap();
        assert_eq!(names(folder.path()), ["somebody.amends"]);
        assert_eq!(heads(ana).await, heads(ben).await);
    }
    // Who may write there cannot have this phone write over anything else.
    std::fs::write(&elsewhere, "as it was").unwrap();
    let part = |name: &str, at: usize| {
        folder.path().join(format!("{name}.{}-{at}.part", std::process::id()))
    };
    link(&part("x.amends", 0), &elsewhere);
    link(&part("x.amends", 1), &elsewhere);
    std::fs::create_dir(part("y.amends", 0)).unwrap();
    for name in ["x.amends", "y.amends"] {
        mailbox.write(name, b"an object").unwrap();
        assert_eq!(mailbox.read(name).unwrap(), b"an object");
    }
    assert_eq!(std::fs::read(&elsewhere).unwrap(), b"as it was");
    // A folder that is gone is this phone's own trouble, and no more.
    let gone: Arc<dyn Mailbox> = Arc::new(Folder::new(&folder.path().join("gone")));
    propose(ben, "Still here.").await;
    let outcome = ben.space.visit_mailbox(gone).await;
    assert!(matches!(outcome, Err(Error::Link(LinkError::Mailbox(_)))));
    ana.clock.set(BEGIN.plus(60));
}

#[tokio::test(flavor = "multi_thread")]
async fn r14_who_left_or_holds_exchange_takes_and_gives_no_bundle() {
    let [ana, ben] = paired().await;
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let folder = tempfile::tempdir().unwrap();
    let (file, leave) = (folder.path().join("bundle"), folder.path().join("leave"));
    propose(&ana, "We talk.").await;
    ana.space.write_bundle(&file, BundleOf::News).await.unwrap();
    ben.space.hold_sync(true).await.unwrap();
    assert!(ben.space.read_bundle(&file).await.is_err());
    ben.space.hold_sync(false).await.unwrap();
    // An announced leave still travels; nothing is taken in after it.
    ben.space.leave(amends::Leaving::Announced).await.unwrap();
    assert!(ben.space.read_bundle(&file).await.is_err());
    ben.space.write_bundle(&leave, BundleOf::News).await.unwrap();
    ana.space.read_bundle(&leave).await.unwrap();
    assert!(ana.space.status().await.unwrap().left_at.is_some());
    // A silent one does not.
    let [ana, ben] = paired().await;
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    ben.space.leave(amends::Leaving::Silent).await.unwrap();
    assert!(ben.space.write_bundle(&leave, BundleOf::News).await.is_err());
    drop(ana);
}
