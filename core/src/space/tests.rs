//! What a space keeps and what it lets go of.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use crate::PairingState;
use crate::error::Error;
use crate::host::FixedClock;
use crate::id::{PairId, PersonId};
use crate::pairing::Material;
use crate::store::KeyFile;
use crate::store::Setting;
use crate::time::Moment;
use crate::{Host, Space};
use std::sync::Arc;

#[tokio::test]
async fn a_pairing_that_no_session_proves_leaves_no_trace_after_ten_minutes() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::new(Moment(1_000)));
    let host = Host { clock: clock.clone(), ..Host::new(KeyFile::new(folder.path().join("k"))) };
    let space = Space::create(folder.path(), "Ana", host).unwrap();
    let material = Material {
        pair: PairId([1; 16]),
        me: PersonId([2; 16]),
        partner: PersonId([3; 16]),
        partner_key: [4; 32],
        secret: [5; 32],
        partner_name: "Ben".to_owned(),
        epoch: 0,
        logs: Vec::new(),
    };
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
    assert!(matches!(read.await.unwrap(), Err(Error::Locked(_))));
    let read = reading(&space).await;
    // There is nobody to be left yet; what is read ends all the same.
    assert!(space.leave(crate::Leaving::Silent).await.is_err());
    assert!(matches!(read.await.unwrap(), Err(Error::Locked(_))));
    let read = reading(&space).await;
    space.suspend().await.unwrap();
    assert!(matches!(read.await.unwrap(), Err(Error::Locked(_))));
}
