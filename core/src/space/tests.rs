//! What a space keeps and what it lets go of.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::subscription::Subscription;
use crate::PairingState;
use crate::domain::capability::Class;
use crate::domain::intention::{Command, Intentions};
use crate::domain::ledger::Month;
use crate::engine::Watched;
use crate::engine::tests::{ANA, BEN, material};
use crate::error::Error;
use crate::host::FixedClock;
use crate::store::KeyFile;
use crate::store::Setting;
use crate::time::Moment;
use crate::{Host, Space};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::test]
async fn a_pairing_that_no_session_proves_leaves_no_trace_after_ten_minutes() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::new(Moment(1_000)));
    let host = Host { clock: clock.clone(), ..Host::new(KeyFile::new(folder.path().join("k"))) };
    let space = Space::create(folder.path(), "Ana", host).unwrap();
    let material = material(ANA, BEN, vec![]);
    space.engine.ask(move |engine| engine.keep_pending(&material)).await.unwrap();
    clock.set(Moment(1_600));
    assert_eq!(space.status().await.unwrap().pairing, PairingState::Pending);
    clock.set(Moment(1_601));
    assert_eq!(space.status().await.unwrap().pairing, PairingState::Unpaired);
    assert!(
        space
            .engine
            .ask(|engine| Ok(engine.db()?.setting(Setting::Link)?))
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_caught_panic_is_an_error_of_its_own_and_the_writer_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::new(KeyFile::new(folder.path().join("k")));
    let space = Space::create(folder.path(), "Ana", host).unwrap();
    let caught: Result<(), _> = space.ask(|_| panic!("a bug of ours")).await;
    assert_eq!(caught, Err(Error::Internal));
    let caught: Result<(), _> = space.engine.ask_apart(|_| panic!("another one")).await;
    assert_eq!(caught, Err(Error::Internal));
    assert_eq!(space.status().await.unwrap().name, "Ana");
}

/// A space whose person has begun a log in a pair; the partner's phone is never met.
async fn in_a_pair(folder: &std::path::Path) -> Space {
    let clock = Arc::new(FixedClock::new(Moment(1_772_474_400)));
    let host = Host { clock, ..Host::new(KeyFile::new(folder.join("k"))) };
    let space = Space::create(folder, "Ana", host).unwrap();
    let material = material(ANA, BEN, vec![]);
    let proved = move |engine: &mut crate::engine::Engine| {
        engine.keep_pending(&material)?;
        engine.link_proved()
    };
    space.engine.call(proved).await.unwrap();
    space
}

#[tokio::test]
async fn a_view_is_made_again_only_for_its_own_class_and_once_for_all_who_listen() {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    fn posts(engine: &mut crate::engine::Engine) -> Result<Vec<crate::PostView>, Error> {
        MADE.fetch_add(1, Ordering::Relaxed);
        super::openness::posts(engine)
    }
    // Another query of the same type.
    fn none(_: &mut crate::engine::Engine) -> Result<Vec<crate::PostView>, Error> {
        Ok(Vec::new())
    }
    let folder = tempfile::tempdir().unwrap();
    let space = in_a_pair(folder.path()).await;
    let listen = |query| Subscription::new(&space, Watched::Of(&[Class::Ledger]), query);
    let (mut one, mut other) = (listen(posts as fn(&mut _) -> _), listen(posts));
    let mut nothing = listen(none);
    for view in [&mut one, &mut other, &mut nothing] {
        assert_eq!(view.next().await.unwrap(), Some(vec![]));
    }
    assert_eq!(MADE.load(Ordering::Relaxed), 1);
    let quiet = async |view: &mut Subscription<_>| {
        tokio::time::timeout(std::time::Duration::from_millis(100), view.next()).await.is_err()
    };
    let told = crate::NewItem::words(crate::Form::Account, "What it was like.");
    space.shared().offer(told).await.unwrap();
    assert!(quiet(&mut one).await && quiet(&mut other).await);
    assert_eq!(MADE.load(Ordering::Relaxed), 1, "an account is no post");
    let post = crate::NewPost {
        kind: crate::PostKind::Whereabouts,
        text: "At work.".to_owned(),
        until: None,
        under: None,
        amount: None,
        happened: None,
        want: None,
    };
    space.openness().post(post).await.unwrap();
    for view in [&mut one, &mut other] {
        assert_eq!(view.next().await.unwrap().unwrap().len(), 1);
    }
    assert_eq!(MADE.load(Ordering::Relaxed), 2);
    assert!(quiet(&mut nothing).await);
}

#[tokio::test]
async fn what_a_caught_panic_had_touched_hides_nothing_of_the_next_write() {
    let folder = tempfile::tempdir().unwrap();
    let space = in_a_pair(folder.path()).await;
    let changes = space.changes();
    let caught: Result<(), _> = space
        .write(|engine| {
            engine.write(|engine, home| {
                let today = engine.today();
                let ledgers = home.ledgers_of(Month::of_date(today));
                let say = Command::Say { text: "I listen.".to_owned(), today };
                engine.act_within::<Intentions>(home, &ledgers, &say)?;
                panic!("a bug of ours")
            })
        })
        .await;
    assert_eq!(caught, Err(Error::Internal));
    let promises = Watched::Of(&[Class::Promise]);
    let before = changes.borrow().of(promises);
    // It touches no document: everybody is told.
    space.write(|engine| engine.write(|_, _| Ok(()))).await.unwrap();
    assert_ne!(changes.borrow().of(promises), before);
}

/// What reads beside the writer until it is told to end.
async fn reading(space: &Space) -> tokio::task::JoinHandle<Result<(), Error>> {
    let (begins, begun) = tokio::sync::oneshot::channel();
    let engine = space.engine.clone();
    let reading = tokio::spawn(async move {
        let until_ended = |engine: &mut crate::engine::Engine| {
            begins.send(()).unwrap();
            loop {
                engine.db()?;
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
        };
        engine.ask_apart(until_ended).await
    });
    begun.await.unwrap();
    reading
}

#[tokio::test]
async fn r14_who_holds_back_leaves_or_suspends_ends_what_is_being_read_for_others() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::new(KeyFile::new(folder.path().join("k")));
    let space = Space::create(folder.path(), "Ana", host).unwrap();
    let read = reading(&space).await;
    space.hold_sync(true).await.unwrap();
    assert!(matches!(read.await.unwrap(), Err(Error::Suspended(_))));
    let read = reading(&space).await;
    // There is nobody to be left yet; what is read ends all the same.
    assert!(space.leave(crate::Leaving::Silent).await.is_err());
    assert!(matches!(read.await.unwrap(), Err(Error::Suspended(_))));
    let read = reading(&space).await;
    space.suspend().await.unwrap();
    assert!(matches!(read.await.unwrap(), Err(Error::Suspended(_))));
}
