//! samod: one document with as many changes, in its own file store.

use crate::relay::Relay;
use crate::{Figures, cold_open, copy_of, median, resident, size_of, written};
use automerge::transaction::Transactable;
use automerge::{Automerge, ObjType, ROOT, ReadDoc};
use futures::StreamExt;
use samod::storage::TokioFilesystemStorage;
use samod::tokio_io::TcpDialer;
use samod::{AutomergeUrl, BackoffConfig, DocHandle, Repo};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

async fn repo(folder: &Path) -> Repo {
    let storage = TokioFilesystemStorage::new(folder);
    Repo::build_tokio().with_storage(storage).load().await
}

/// What a straightforward app would keep of one record: its kind, its time, its words.
fn change(document: &mut Automerge, at: u64) {
    let mut transaction = document.transaction();
    let record = transaction.put_object(ROOT, format!("{at:012}"), ObjType::Map).unwrap();
    let kind = ["promise.report", "openness.post"][(at % 2) as usize];
    transaction.put(&record, "kind", kind).unwrap();
    transaction.put(&record, "at", 1_772_438_400 + 9_000 * at as i64).unwrap();
    let text = format!("Day {}: a few words about where I am.", at / 8);
    transaction.put(&record, "text", text).unwrap();
    transaction.commit();
}

/// A listening repository, and a relay to it.
async fn listen(repo: &Repo) -> Relay {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let url = url::Url::parse(&format!("tcp://{address}")).unwrap();
    let acceptor = repo.make_acceptor(url).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).unwrap();
            if acceptor.accept_tokio_io(stream).is_err() {
                break;
            }
        }
    });
    Relay::new(address).await
}

fn length(handle: &DocHandle) -> usize {
    handle.with_document(|document| document.length(ROOT))
}

async fn wait_for(handle: &DocHandle, goal: usize) {
    while length(handle) < goal {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Dials through the relay, and waits until both ends know that they are equal.
async fn reconnect(repo: &Repo, relay: &Relay, document: &DocHandle) -> (f64, f64) {
    let before = relay.bytes();
    let begun = Instant::now();
    let host = relay.address.ip().to_string();
    let dialer = TcpDialer::new_host_port(host, relay.address.port());
    let handle = repo.dial(BackoffConfig::default(), Arc::new(dialer)).unwrap();
    handle.established().await.unwrap();
    let connection = loop {
        // The document hears of the connection a moment after the repository.
        if let Some(connection) = document.peers().0.keys().max_by_key(|id| u32::from(**id)) {
            break *connection;
        }
        tokio::time::sleep(Duration::from_micros(200)).await;
    };
    document.we_have_their_changes(connection).await;
    document.they_have_our_changes(connection).await;
    let time = begun.elapsed().as_secs_f64();
    // What is still on its way belongs to it.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let bytes = (relay.bytes() - before) as f64;
    handle.close();
    tokio::time::sleep(Duration::from_millis(50)).await;
    (time, bytes)
}

/// Only the catch-up of an empty repository.
pub async fn catch_up_only(records: u64) {
    let here = tempfile::tempdir().unwrap();
    let ana = repo(here.path()).await;
    let mut document = Automerge::new();
    (0..records).for_each(|at| change(&mut document, at));
    let mine = ana.create(document).await.unwrap();
    let relay = listen(&ana).await;
    for _ in 0..3 {
        let there = tempfile::tempdir().unwrap();
        let ben = repo(there.path()).await;
        let before = relay.bytes();
        let time = catch_up(&ben, &relay, &mine, records).await.1;
        println!(
            "{records} changes: {:.1} ms, {:.1} MB",
            time * 1e3,
            (relay.bytes() - before) as f64 / 1e6
        );
        ben.stop().await;
    }
    ana.stop().await;
}

/// An empty repository asks for the document: until it holds all of it.
async fn catch_up(ben: &Repo, relay: &Relay, mine: &DocHandle, records: u64) -> (DocHandle, f64) {
    let dialer = TcpDialer::new_host_port(relay.address.ip().to_string(), relay.address.port());
    let begun = Instant::now();
    let connection = ben.dial(BackoffConfig::default(), Arc::new(dialer)).unwrap();
    connection.established().await.unwrap();
    let theirs = ben.find(mine.document_id().clone()).await.unwrap().unwrap();
    wait_for(&theirs, records as usize).await;
    let time = begun.elapsed().as_secs_f64();
    connection.close();
    tokio::time::sleep(Duration::from_millis(200)).await;
    (theirs, time)
}

pub async fn run(records: u64) -> Figures {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ana = repo(here.path()).await;
    let mut document = Automerge::new();
    (0..records).for_each(|at| change(&mut document, at));
    let mine = ana.create(document).await.unwrap();
    let relay = listen(&ana).await;
    let mut figures = Figures { records, ..Figures::default() };

    let ben = repo(there.path()).await;
    let host = relay.address.ip().to_string();
    let dial = || TcpDialer::new_host_port(host.clone(), relay.address.port());
    let mut times = Vec::new();
    for _ in 0..5 {
        let place = tempfile::tempdir().unwrap();
        let empty = repo(place.path()).await;
        times.push(catch_up(&empty, &relay, &mine, records).await.1);
        empty.stop().await;
    }
    figures.catch_up = median(times);
    let theirs = catch_up(&ben, &relay, &mine, records).await.0;

    let mut times = Vec::new();
    for _ in 0..5 {
        let (time, bytes) = reconnect(&ben, &relay, &theirs).await;
        times.push(time);
        figures.reconnect_bytes = bytes;
    }
    figures.reconnect = median(times);

    // As it is after so many changes, before more are streamed.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let copy = copy_of(there.path());
    let url = mine.url().to_string();
    figures.disk = size_of(copy.path()) as f64;
    (figures.open, figures.memory) = cold_open("theirs", copy.path(), &url);

    let connection = ben.dial(BackoffConfig::default(), Arc::new(dial())).unwrap();
    connection.established().await.unwrap();
    let mut changes = Box::pin(theirs.changes());
    let mut at = records;
    let mut times = Vec::new();
    for round in 0..60 {
        let begun = Instant::now();
        mine.with_document(|document| change(document, at));
        at += 1;
        while length(&theirs) < at as usize {
            changes.next().await.unwrap();
        }
        if round >= 10 {
            times.push(begun.elapsed().as_secs_f64());
        }
    }
    figures.live = median(times);
    drop(changes);

    // At a hundred thousand changes ten thousand more would take minutes.
    let streamed = if records > 10_000 { 1_000 } else { 10_000 };
    let (disk, wire) = (written(), relay.bytes());
    let begun = Instant::now();
    for _ in 0..streamed {
        mine.with_document(|document| change(document, at));
        at += 1;
        tokio::task::yield_now().await;
    }
    wait_for(&theirs, at as usize).await;
    figures.stream = begun.elapsed().as_secs_f64() / f64::from(streamed);
    figures.wire = (relay.bytes() - wire) as f64 / f64::from(streamed);
    ana.stop().await;
    ben.stop().await;
    figures.written = (written() - disk) as f64 / f64::from(streamed);
    figures
}

/// A cold open to the first view.
pub async fn open(home: &Path, url: &str) -> (f64, f64) {
    let begun = Instant::now();
    let repo = repo(home).await;
    let url: AutomergeUrl = url.parse().unwrap();
    let handle = repo.find(url.document_id().clone()).await.unwrap().unwrap();
    let last = handle.with_document(|document| document.keys(ROOT).next().is_some());
    assert!(last);
    let time = begun.elapsed().as_secs_f64();
    let memory = resident() as f64;
    repo.stop().await;
    (time, memory)
}
