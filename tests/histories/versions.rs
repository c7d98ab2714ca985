//! Two phones of one pair need not have the same version.

use amends::internals::domain::action::forget_kinds;
use amends::time::DAY;
use amends::{BundleOf, CheckInCadence, Form, HowItWent, NewItem, NewTalk, Space, StatusNotice};
use amends_tests::phones::{BEGIN, copy_of, host, paired, plain, post, promise};
use std::collections::BTreeSet;

fn account(words: &str) -> NewItem {
    NewItem::words(Form::Account, words)
}

async fn shown(space: &Space) -> String {
    let agreements = space.agreements().list().await.unwrap();
    let promises = space.promises().list().await.unwrap();
    let talks = space.hearing().talks().await.unwrap();
    let accounts = space.shared().list(None).await.unwrap();
    let posts = space.openness().list().await.unwrap();
    serde_json::to_string(&(agreements, promises, talks, accounts, posts)).unwrap()
}

#[tokio::test]
async fn a_phone_that_knows_fewer_kinds_derives_the_same_documents_and_shows_all_when_it_is_newer()
{
    let [ana, ben] = paired().await;
    let older = copy_of(ben.folder.path());
    let due = BEGIN.plus(3_600);
    let agreed = ana.space.agreements().propose(plain("We call at noon.")).await.unwrap();
    let made = ana.space.promises().make(promise("I call.", due)).await.unwrap();
    let told = ana.space.shared().offer(account("What it was like.")).await.unwrap();
    let talk = ana
        .space
        .hearing()
        .propose_talk(NewTalk::about("The week.", due.plus(86_400)))
        .await
        .unwrap();
    ana.space.openness().post(post("At work.")).await.unwrap();
    let words = ana.space.agreements().keep_draft(None, "We write.").await.unwrap();
    let typed = ana.space.agreements().open_draft(words.id, Some(agreed.id)).await.unwrap();
    ana.space.agreements().type_text(&typed, "We write a letter.").await.unwrap();
    for phone in [&ana, &ben] {
        phone.clock.set(due);
    }
    ana.space
        .promises()
        .report(made.id, None, HowItWent::Partly, Some("Late.".into()))
        .await
        .unwrap();
    let mut docs =
        BTreeSet::from([agreed.id.into(), made.id.into(), told.id.into(), talk.id.into()]);
    // The ledgers too, and what the pair itself has.
    docs.extend(ana.space.log_items().await.unwrap().iter().flat_map(|item| &item.documents));
    assert!(docs.len() > 5);
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("bundle");
    ana.space.write_bundle(&file, BundleOf::Everything).await.unwrap();
    ben.space.read_bundle(&file).await.unwrap();

    let open = || host(older.path(), ben.clock.clone(), None);
    forget_kinds(&["promise", "openness", "talk", "account", "draft"]);
    let old = Space::open_here(older.path(), open()).unwrap();
    old.read_bundle(&file).await.unwrap();
    for doc in docs {
        let heads = old.document_heads(doc).await.unwrap();
        assert!(!heads.is_empty());
        assert_eq!(heads, ben.space.document_heads(doc).await.unwrap());
    }
    assert_eq!(old.agreements().list().await.unwrap().len(), 1);
    let unknown = old.promises().list().await.unwrap().len();
    let unknown = unknown + old.hearing().talks().await.unwrap().len();
    assert_eq!(unknown, 0);
    old.shutdown().await;
    drop(old);

    forget_kinds(&[]);
    let newer = Space::open(older.path(), open()).unwrap();
    assert_eq!(shown(&newer).await, shown(&ben.space).await);
    assert_eq!(newer.doctor().await.unwrap().findings, []);
}

#[tokio::test]
async fn what_a_phone_did_not_know_is_there_years_later_when_it_is_newer() {
    let [ana, ben] = paired().await;
    let older = copy_of(ben.folder.path());
    ana.space.shared().offer(account("What it was like.")).await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("bundle");
    ana.space.write_bundle(&file, BundleOf::Everything).await.unwrap();
    let open = || host(older.path(), ben.clock.clone(), None);
    forget_kinds(&["account"]);
    let old = Space::open_here(older.path(), open()).unwrap();
    old.read_bundle(&file).await.unwrap();
    // Once a day it looks for what is long over.
    for day in [0, 1, 20, 40, 60, 80, 100, 120, 121, 122] {
        ben.clock.set(BEGIN.plus(day * DAY));
        old.status().await.unwrap();
    }
    old.shutdown().await;
    drop(old);
    forget_kinds(&[]);
    let newer = Space::open(older.path(), open()).unwrap();
    assert_eq!(newer.shared().list(None).await.unwrap().len(), 1);
}

/// What a newer version wrote is said to be there wherever it stands: in a ledger that holds
/// other things too, among the questions, in a document of a kind that is not known.
#[tokio::test]
async fn what_a_newer_version_wrote_is_said_to_be_there_in_every_kind_of_document() {
    type Forgotten = &'static [&'static str];
    let families: [Forgotten; 5] = [&[], &["openness"], &["intention"], &["talk"], &["checkin"]];
    for forgotten in families {
        let [ana, ben] = paired().await;
        let older = copy_of(ben.folder.path());
        ana.space.openness().post(post("At work.")).await.unwrap();
        ana.space.check_ins().intend("I listen.").await.unwrap();
        let talk = NewTalk::about("The week.", BEGIN.plus(DAY));
        ana.space.hearing().propose_talk(talk).await.unwrap();
        let items = vec!["How was it?".to_owned()];
        let check_ins = ana.space.check_ins();
        check_ins.make_template("Ours", CheckInCadence::Daily, items).await.unwrap();
        let files = tempfile::tempdir().unwrap();
        let file = files.path().join("bundle");
        ana.space.write_bundle(&file, BundleOf::Everything).await.unwrap();
        forget_kinds(forgotten);
        let old = Space::open_here(older.path(), host(older.path(), ben.clock.clone(), None));
        let old = old.unwrap();
        old.read_bundle(&file).await.unwrap();
        let told = old.status().await.unwrap().notices;
        let says = told.contains(&StatusNotice::WrittenByNewerVersion);
        assert_eq!(says, !forgotten.is_empty(), "{forgotten:?}: {told:?}");
        forget_kinds(&[]);
    }
}
