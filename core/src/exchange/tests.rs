//! What is shown of an exchange, and what wakes it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use crate::domain::capability::Class;
use crate::engine::Watched;
use crate::store::KeyFile;
use crate::{Host, NewPost, PostKind, Space};

#[test]
fn r11_a_short_catch_up_shows_nothing() {
    let mut behind = Behind::default();
    assert_eq!(behind.now(LONG - 1), None);
    assert_eq!(behind.now(0), None);
    assert_eq!(behind.now(LONG), Some(CatchUp { done: 0, of: LONG }));
    assert_eq!(behind.now(1), Some(CatchUp { done: LONG - 1, of: LONG }));
    assert_eq!(behind.now(0), None);
}

#[test]
fn a_refusal_of_the_system_is_told_apart_from_nobody_being_there() {
    let of = |kind: std::io::ErrorKind| links::unreachable("10.0.0.7:4444", &kind.into());
    assert_eq!(of(std::io::ErrorKind::PermissionDenied), LinkError::LocalNetworkDenied);
    let nobody = LinkError::Unreachable("10.0.0.7:4444".into());
    assert_eq!(of(std::io::ErrorKind::ConnectionRefused), nobody);
    assert_eq!(of(std::io::ErrorKind::HostUnreachable), nobody);
}

async fn paired(folders: [&std::path::Path; 2]) -> [Space; 2] {
    let [ana, ben] = folders.map(|folder| {
        let host = Host::new(KeyFile::new(folder.join("keys")));
        Space::create(folder, "Ana", host).unwrap()
    });
    let mut show = ana.pair_show("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let (code, address) = (show.code.clone().unwrap(), show.address.unwrap().to_string());
    let mut join = ben.pair_join(&code, &address).await.unwrap();
    let (a, b) = tokio::join!(show.asked(), join.asked());
    assert_eq!(a.unwrap().code, b.unwrap().code);
    show.answer(true);
    join.answer(true);
    let (a, b) = tokio::join!(show.finished(), join.finished());
    a.and(b).unwrap();
    [ana, ben]
}

#[tokio::test]
async fn a_pairing_that_is_cancelled_frees_its_port_and_dials_no_more() {
    let (folder, patience) = (tempfile::tempdir().unwrap(), Duration::from_secs(5));
    let host = Host::new(KeyFile::new(folder.path().join("keys")));
    let ana = Space::create(folder.path(), "Ana", host).unwrap();
    let cancelled = Err(crate::PairingError::Cancelled.into());
    let mut address = "127.0.0.1:0".parse().unwrap();
    for _ in 0..50 {
        let show = ana.pair_show(address).await.unwrap();
        address = show.address.unwrap();
        assert_eq!(show.cancel().await, cancelled);
    }
    // It takes what dials, and never says a word.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = silent.local_addr().unwrap().to_string();
    let code = ana.pair_show(address).await.unwrap().code.unwrap();
    let join = ana.pair_join(&code, &peer).await.unwrap();
    let _held = silent.accept().await.unwrap();
    let ended = tokio::time::timeout(patience, join.cancel()).await;
    assert_eq!(ended.unwrap(), cancelled);
}

#[tokio::test]
async fn what_one_does_and_the_other_sees_is_two_jobs_of_each_writer() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [ana, ben] = paired([folders[0].path(), folders[1].path()]).await;
    let listen = Some("127.0.0.1:0".parse().unwrap());
    let at_ana = ana.exchange(ExchangeOptions { listen, ..Default::default() }).await.unwrap();
    let peers = vec![at_ana.address().unwrap().to_string()];
    let _at_ben = ben.exchange(ExchangeOptions { peers, ..Default::default() }).await.unwrap();
    let mut posts = ben.openness().subscribe();
    assert_eq!(posts.next().await.unwrap(), Some(vec![]));
    let jobs = || [ana.phone.engine.jobs(), ben.phone.engine.jobs()];
    let new = || {
        let (until, want, amount, happened, under) = (None, None, None, None, None);
        let text = "At my mother's.".to_owned();
        NewPost { kind: PostKind::Day, text, until, want, amount, happened, under }
    };
    // The first one, until its acknowledgement is stored too.
    ana.openness().post(new()).await.unwrap();
    posts.next().await.unwrap();
    sleep(Duration::from_millis(500)).await;
    let before = jobs();
    for told in 1..=3 {
        ana.openness().post(new()).await.unwrap();
        posts.next().await.unwrap();
        let acknowledged = async {
            while jobs()[0] < before[0] + 2 * told {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(10), acknowledged).await.unwrap();
    }
    sleep(Duration::from_millis(300)).await;
    let [of_ana, of_ben] = jobs();
    // Written and handed to the link in one, then acknowledged; stored in one, then seen.
    assert_eq!([of_ana - before[0], of_ben - before[1]], [6, 6]);
}

#[tokio::test]
async fn a_link_that_brings_nothing_new_makes_no_view_again() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [ana, ben] = paired([folders[0].path(), folders[1].path()]).await;
    let once = Some(Duration::from_secs(10));
    let meet = async || {
        let listen = Some("127.0.0.1:0".parse().unwrap());
        let options = ExchangeOptions { listen, once, ..Default::default() };
        let mut at_ana = ana.exchange(options).await.unwrap();
        let peers = vec![at_ana.address().unwrap().to_string()];
        let options = ExchangeOptions { peers, once, ..Default::default() };
        let mut at_ben = ben.exchange(options).await.unwrap();
        let (a, b) = tokio::join!(at_ana.finished(), at_ben.finished());
        a.and(b).unwrap();
    };
    meet().await;
    let promises = || {
        let seen = |space: &Space| space.changes().borrow().of(Watched::Of(&[Class::Promise]));
        [seen(&ana), seen(&ben)]
    };
    let before = promises();
    meet().await;
    assert_eq!(promises(), before);
}
