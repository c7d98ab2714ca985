//! What no phone can do without, on this machine: a durable row on either side, the way between
//! them, and one Automerge change. Other figures are told as so many times this.

use crate::{Figures, Times, written};
use automerge::transaction::Transactable;
use automerge::{Automerge, ROOT};
use rusqlite::Connection;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

/// About as much as an entry with its words.
const BYTES: usize = 300;
/// Between two actions: the threads sleep meanwhile.
const PACE: Duration = Duration::from_millis(5);

fn store(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(
            "PRAGMA page_size=2048; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
             CREATE TABLE entry(place INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT",
        )
        .unwrap();
    connection
}

fn keep(connection: &Connection, bytes: &[u8]) {
    connection
        .prepare_cached("INSERT INTO entry(bytes) VALUES (?1)")
        .unwrap()
        .execute([bytes])
        .unwrap();
}

/// So many actions, one after the other.
pub fn run(actions: usize) -> Figures {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let theirs = store(&folder.path().join("theirs.db"));
    let (said, heard) = channel();
    let partner = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = [0; BYTES];
        while stream.read_exact(&mut bytes).is_ok() {
            keep(&theirs, &bytes);
            said.send(()).unwrap();
        }
    });
    let mine = store(&folder.path().join("mine.db"));
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut document = Automerge::new();
    let mut change = |at: usize| {
        let mut transaction = document.transaction();
        transaction.put(ROOT, format!("{at}"), "a few words about where I am").unwrap();
        transaction.commit();
    };
    let bytes = [7; BYTES];
    let (mut live, mut local) = (Times::default(), Times::default());
    for at in 0..actions {
        std::thread::sleep(PACE);
        let begun = Instant::now();
        keep(&mine, &bytes);
        stream.write_all(&bytes).unwrap();
        heard.recv().unwrap();
        change(at);
        live.push(begun);
    }
    let before = written();
    for at in 0..actions {
        std::thread::sleep(PACE);
        let begun = Instant::now();
        keep(&mine, &bytes);
        change(actions + at);
        local.push(begun);
    }
    let written = (written() - before) as f64 / actions as f64;
    drop(stream);
    partner.join().unwrap();
    Figures {
        live: live.at(50),
        live_slow: live.at(95),
        local: local.at(50),
        local_written: written,
        ..Figures::default()
    }
}
