//! What travels: nothing that can be read, and nothing that the vault changes.

use amends::host::{Entropy, EntropyError};
use amends::{ExchangeOptions, Leaving};
use amends::{Host, Space};
use amends_tests::phones::{Phone, host, plain};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What went each way, connection by connection.
type Recording = Arc<Mutex<Vec<[Vec<u8>; 2]>>>;

/// Stands between two phones and writes down every byte.
async fn listen_in(to: String) -> (String, Recording) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let recording: Recording = Arc::default();
    let kept = recording.clone();
    tokio::spawn(async move {
        loop {
            let (inbound, _) = listener.accept().await.unwrap();
            let Ok(outbound) = TcpStream::connect(&to).await else { continue };
            let number = {
                let mut kept = kept.lock().unwrap();
                kept.push(Default::default());
                kept.len() - 1
            };
            let ((from_a, to_a), (from_b, to_b)) = (inbound.into_split(), outbound.into_split());
            for (way, mut from, mut onward) in [(0, from_a, to_b), (1, from_b, to_a)] {
                let kept = kept.clone();
                tokio::spawn(async move {
                    let mut buffer = vec![0; 65_536];
                    while let Ok(length @ 1..) = from.read(&mut buffer).await {
                        kept.lock().unwrap()[number][way].extend_from_slice(&buffer[..length]);
                        if onward.write_all(&buffer[..length]).await.is_err() {
                            break;
                        }
                    }
                    drop(onward.shutdown().await);
                });
            }
        }
    });
    (address, recording)
}

/// Fixed randomness: the same bytes at every call, other ones on each phone. So
/// what the vault draws changes nothing that the pair draws.
struct Fixed(u8);

impl Entropy for Fixed {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = self.0.wrapping_mul(31).wrapping_add(at as u8);
        }
        Ok(())
    }
}

fn fixed(name: &str, seed: u8) -> (Phone, Space) {
    let phone = Phone::new("unused", None);
    let folder = phone.folder.path().join("fixed");
    let lent = Host {
        entropy: Arc::new(Fixed(seed)),
        ..host(phone.folder.path(), phone.clock.clone(), None)
    };
    let space = Space::create(&folder, name, lent).unwrap();
    (phone, space)
}

/// Pairs, writes and exchanges, with a vault of `notes` notes on both phones.
async fn life(notes: usize) -> Vec<[Vec<u8>; 2]> {
    let ((_a, ana), (_b, ben)) = (fixed("Ana", 1), fixed("Ben", 2));
    for space in [&ana, &ben] {
        for number in 0..notes {
            let words = format!("private note {number}: {}", "x".repeat(number * 7 % 900));
            let content = amends::NoteContent::Journal { text: words.clone() };
            let note = amends::NewNote { content, feelings: vec![], tags: vec![] };
            let note = space.inner().write(note).await.unwrap();
            if number.is_multiple_of(2) {
                space.inner().remove(note.id).await.unwrap();
            }
            space.inner().search("private").await.unwrap();
            space.agreements().keep_draft(None, &words).await.unwrap();
            let drafts = space.agreements().drafts().await.unwrap();
            if number.is_multiple_of(3) {
                space.agreements().discard_draft(drafts[0].id).await.unwrap();
            }
        }
    }
    let mut show = ana.pair_show("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let (address, recording) = listen_in(show.address.unwrap().to_string()).await;
    let mut join = ben.pair_join(&show.code.clone().unwrap(), &address).await.unwrap();
    let (a, b) = tokio::join!(show.asked(), join.asked());
    a.unwrap();
    b.unwrap();
    show.answer(true);
    join.answer(true);
    let (a, b) = tokio::join!(show.finished(), join.finished());
    a.unwrap();
    b.unwrap();
    ana.agreements().propose(plain("A sentence that both may see.")).await.unwrap();
    let mut kept = recording.lock().unwrap().clone();

    let once = Some(Duration::from_secs(10));
    let options = ExchangeOptions {
        listen: Some("127.0.0.1:0".parse().unwrap()),
        peers: vec![],
        once,
        ..Default::default()
    };
    let mut listening = ana.exchange(options).await.unwrap();
    let (relay, recording) = listen_in(listening.address().unwrap().to_string()).await;
    let options = ExchangeOptions { listen: None, peers: vec![relay], once, ..Default::default() };
    let mut dialling = ben.exchange(options).await.unwrap();
    let (a, b) = tokio::join!(listening.finished(), dialling.finished());
    a.unwrap();
    b.unwrap();
    assert_eq!(ben.agreements().list().await.unwrap().len(), 1);
    kept.extend(recording.lock().unwrap().clone());
    kept
}

/// Both say goodbye when they are in step, and whoever is first ends the
/// connection: the last message may be missing. Everything before it may not.
const GOODBYE: usize = 2 + 64 + 16;

#[tokio::test(flavor = "multi_thread")]
async fn r09_r10_a_vault_full_of_notes_and_an_empty_one_give_the_same_bytes_on_the_wire() {
    let (empty, full) = (life(0).await, life(60).await);
    assert_eq!(empty.len(), full.len(), "as many connections");
    let mut compared = 0;
    for (one, other) in empty.iter().zip(&full) {
        for way in 0..2 {
            let common = one[way].len().min(other[way].len());
            let longer = one[way].len().max(other[way].len());
            assert!(longer - common <= GOODBYE, "{longer} bytes against {common}");
            let same = one[way].iter().zip(&other[way]).take_while(|(a, b)| a == b).count();
            assert!(common - same <= GOODBYE, "byte {same} of {common} differs");
            compared += same;
        }
    }
    assert!(compared > 1_500, "only {compared} bytes were compared");
}

#[tokio::test(flavor = "multi_thread")]
async fn r35_nothing_readable_in_a_capture_of_pairing_and_exchange() {
    for ways in life(2).await {
        for bytes in ways {
            for needle in ["Ana", "Ben", "sentence", "agreement", "hello", "entries", "note", "UTC"]
            {
                let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
                assert!(!found, "{needle:?} is readable on the wire");
            }
        }
    }
}

/// What a phone sends after its person has held exchange or left in silence,
/// while a session stands: nothing.
async fn sent_after(act: impl AsyncFnOnce(&Space)) -> usize {
    let phones = amends_tests::phones::paired().await;
    let listen = Some("127.0.0.1:0".parse().unwrap());
    let options = ExchangeOptions { listen, peers: vec![], once: None, ..Default::default() };
    let mut listening = phones[1].space.exchange(options).await.unwrap();
    let (relay, recording) = listen_in(listening.address().unwrap().to_string()).await;
    let options =
        ExchangeOptions { listen: None, peers: vec![relay], once: None, ..Default::default() };
    let mut dialling = phones[0].space.exchange(options).await.unwrap();
    let talk = phones[0].space.agreements().propose(plain("We talk.")).await.unwrap();
    let arrived = async {
        while phones[1].space.agreements().list().await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), arrived).await.expect("a live session");
    tokio::time::sleep(Duration::from_millis(200)).await;
    let sent = || recording.lock().unwrap().iter().map(|ways| ways[0].len()).sum::<usize>();
    let before = sent();
    act(&phones[0].space).await;
    // Ending would be sent, if anything still were.
    drop(phones[0].space.agreements().end(talk.id).await);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let after = sent();
    dialling.stop();
    listening.stop();
    dialling.finished().await.unwrap();
    listening.finished().await.unwrap();
    after - before
}

#[tokio::test(flavor = "multi_thread")]
async fn r14_leaving_in_silence_sends_nothing_more_even_from_a_running_session() {
    let sent = sent_after(async |space| space.leave(Leaving::Silent).await.unwrap()).await;
    assert_eq!(sent, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn holding_exchange_sends_nothing_more_even_from_a_running_session() {
    let sent = sent_after(async |space| space.hold_sync(true).await.unwrap()).await;
    assert_eq!(sent, 0);
}
