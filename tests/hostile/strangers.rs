//! Bytes from nobody in particular.

use amends::Code;
use amends::ExchangeOptions;
use amends::{Error, host::SystemEntropy};
use amends::{LinkError, PairingError};
use amends_tests::phones::{Phone, meet, pair, paired, plain};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn listening(phone: &Phone) -> (amends::Exchange, String) {
    let listen = Some("127.0.0.1:0".parse().unwrap());
    let options = ExchangeOptions { listen, peers: vec![], once: None, ..Default::default() };
    let exchange = phone.space.exchange(options).await.unwrap();
    let address = exchange.address().unwrap().to_string();
    (exchange, address)
}

/// Sends bytes and says how many came back before the phone hung up.
async fn throw(address: &str, bytes: &[u8]) -> usize {
    let mut stream = TcpStream::connect(address).await.unwrap();
    if stream.write_all(bytes).await.is_err() {
        return 0;
    }
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    match tokio::time::timeout(Duration::from_secs(8), read).await {
        Ok(_) => answer.len(),
        Err(_) => panic!("the phone did not hang up on {} bytes", bytes.len()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_truncation_and_oversized_lengths_get_no_answer_and_harm_nothing() {
    let phones = paired().await;
    phones[0].space.agreements().propose(plain("We talk.")).await.unwrap();
    let (exchange, address) = listening(&phones[0]).await;
    let garbage: Vec<Vec<u8>> = vec![
        vec![],
        vec![0],
        vec![0, 0],
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        [&[0, 96][..], &[7; 96]].concat(),
        [&[0, 48][..], &[7; 20]].concat(),
        vec![0xff; 70_000],
    ];
    for bytes in garbage {
        assert_eq!(throw(&address, &bytes).await, 0, "{} bytes were answered", bytes.len());
    }
    exchange.stop();
    assert_eq!(meet(&phones[0].space, &phones[1].space).await, [Ok(()), Ok(())]);
    assert_eq!(phones[1].space.agreements().list().await.unwrap().len(), 1);
}

/// Records what goes from one phone to the other, and may change it.
async fn relay(
    to: String,
    change: impl Fn(usize, &mut Vec<u8>) + Send + 'static,
) -> (String, tokio::task::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let task = tokio::spawn(async move {
        let (inbound, _) = listener.accept().await.unwrap();
        let outbound = TcpStream::connect(to).await.unwrap();
        let (mut from, mut back) = inbound.into_split();
        let (mut from_other, mut onward) = outbound.into_split();
        tokio::spawn(async move {
            drop(tokio::io::copy(&mut from_other, &mut back).await);
        });
        let mut recorded = Vec::new();
        let mut number = 0;
        loop {
            let Ok(length) = from.read_u16().await else { return recorded };
            let mut message = vec![0; usize::from(length)];
            if from.read_exact(&mut message).await.is_err() {
                return recorded;
            }
            recorded.extend(length.to_be_bytes());
            recorded.extend(&message);
            change(number, &mut message);
            number += 1;
            let wire = [&(message.len() as u16).to_be_bytes()[..], &message].concat();
            if onward.write_all(&wire).await.is_err() {
                return recorded;
            }
        }
    });
    (address, task)
}

#[tokio::test(flavor = "multi_thread")]
async fn replayed_changed_and_cut_messages_are_noticed_and_nothing_is_lost() {
    let phones = paired().await;
    phones[1].space.agreements().propose(plain("We talk.")).await.unwrap();
    let (exchange, address) = listening(&phones[0]).await;

    // A flipped bit in each of the first messages: the link ends, nothing is taken.
    for flipped in 0..3 {
        let (relay, _) = relay(address.clone(), move |number, message| {
            if number == flipped && !message.is_empty() {
                message[0] ^= 1;
            }
        })
        .await;
        let once = Some(Duration::from_millis(700));
        let options =
            ExchangeOptions { listen: None, peers: vec![relay], once, ..Default::default() };
        let outcome = phones[1].space.exchange(options).await.unwrap().finished().await;
        assert!(matches!(outcome, Err(Error::Link(_))), "message {flipped}: {outcome:?}");
    }
    assert!(phones[0].space.agreements().list().await.unwrap().is_empty());

    // A whole session, recorded and then replayed: no answer, and nothing new.
    let (relay, recording) = relay(address.clone(), |_, _| {}).await;
    let once = Some(Duration::from_secs(10));
    let options = ExchangeOptions { listen: None, peers: vec![relay], once, ..Default::default() };
    phones[1].space.exchange(options).await.unwrap().finished().await.unwrap();
    let recorded = recording.await.unwrap();
    assert_eq!(phones[0].space.agreements().list().await.unwrap().len(), 1);
    let before = phones[0].space.verify_logs().await.unwrap();
    // The handshake's own answer is all that a replay gets out of the phone.
    assert!(throw(&address, &recorded).await <= 2 + 48, "a replay was answered with data");
    assert_eq!(phones[0].space.verify_logs().await.unwrap(), before);
    exchange.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_or_used_code_is_refused_in_words_and_leaves_no_trace() {
    let phones = [Phone::new("Ana", None), Phone::new("Ben", None)];
    let stranger = Phone::new("Mal", None);
    let mut show = phones[0].space.pair_show("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = show.address.unwrap().to_string();

    let wrong = Code::new(&SystemEntropy).unwrap();
    let mut join = stranger.space.pair_join(&wrong, &address).await.unwrap();
    assert_eq!(join.asked().await.unwrap_err(), Error::Pairing(PairingError::CodeRefused));

    // The right one still works after that, once.
    let code = show.code.clone().unwrap();
    let mut join = phones[1].space.pair_join(&code, &address).await.unwrap();
    let (a, b) = tokio::join!(show.asked(), join.asked());
    a.unwrap();
    b.unwrap();
    let mut late = stranger.space.pair_join(&code, &address).await.unwrap();
    show.answer(true);
    join.answer(true);
    let (a, b) = tokio::join!(show.finished(), join.finished());
    a.unwrap();
    b.unwrap();
    let late = late.asked().await.unwrap_err();
    let refused = [
        Error::Pairing(PairingError::CodeRefused),
        Error::Link(LinkError::Unreachable(address)),
        Error::Link(LinkError::Silent),
    ];
    assert!(refused.contains(&late), "{late:?}");
    let status = stranger.space.status().await.unwrap();
    assert_eq!(status.pairing, amends::PairingState::Unpaired);
    assert!(Code::parse("0000-0000-0000-000X").is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn saying_no_on_either_phone_leaves_no_trace_on_both() {
    for refuses in 0..2 {
        let phones = [Phone::new("Ana", None), Phone::new("Ben", None)];
        let mut show = phones[0].space.pair_show("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let address = show.address.unwrap().to_string();
        let code = show.code.clone().unwrap();
        let mut join = phones[1].space.pair_join(&code, &address).await.unwrap();
        let (a, b) = tokio::join!(show.asked(), join.asked());
        a.unwrap();
        b.unwrap();
        show.answer(refuses != 0);
        join.answer(refuses != 1);
        let (a, b) = tokio::join!(show.finished(), join.finished());
        assert_eq!(a.unwrap_err(), Error::Pairing(PairingError::Cancelled));
        assert_eq!(b.unwrap_err(), Error::Pairing(PairingError::Cancelled));
        for phone in &phones {
            let status = phone.space.status().await.unwrap();
            assert_eq!(status.pairing, amends::PairingState::Unpaired);
        }
        // Another try is a new start.
        pair(&phones).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r12_a_scanned_code_of_another_phone_is_noticed() {
    let phones = [Phone::new("Ana", None), Phone::new("Ben", None)];
    let show = phones[0].space.pair_show("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let mut invitation = show.invitation.clone().unwrap();
    invitation.key[0] ^= 1;
    let mut scan = phones[1].space.pair_scan(&invitation, None).await.unwrap();
    assert_eq!(scan.asked().await.unwrap_err(), Error::Pairing(PairingError::WrongPhone));
    invitation.expires_at = amends_tests::phones::BEGIN;
    let expired = phones[1].space.pair_scan(&invitation, None).await.err().unwrap();
    assert_eq!(expired, Error::Pairing(PairingError::Expired));
}

/// A connection that breaks after a number of bytes.
async fn cut_after(to: String, bytes: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let (inbound, _) = listener.accept().await.unwrap();
        drop(listener);
        let outbound = TcpStream::connect(to).await.unwrap();
        let (from, mut back) = inbound.into_split();
        let (mut from_other, mut onward) = outbound.into_split();
        tokio::spawn(async move { drop(tokio::io::copy(&mut from_other, &mut back).await) });
        drop(tokio::io::copy(&mut from.take(bytes as u64), &mut onward).await);
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_at_any_byte_goes_on_from_the_last_durable_entry() {
    let phones = paired().await;
    for number in 0..12 {
        let text = format!("Sentence {number}. {}", "x".repeat(300));
        phones[1].space.agreements().propose(plain(&text)).await.unwrap();
    }
    let (exchange, address) = listening(&phones[0]).await;
    let mut before = 0;
    for bytes in (0..8_000).step_by(333) {
        let broken = cut_after(address.clone(), bytes).await;
        let once = Some(Duration::from_millis(250));
        let options =
            ExchangeOptions { listen: None, peers: vec![broken], once, ..Default::default() };
        drop(phones[1].space.exchange(options).await.unwrap().finished().await);
        let held = phones[0].space.agreements().list().await.unwrap().len();
        assert!(held >= before, "{held} after {before}");
        before = held;
    }
    exchange.stop();
    assert_eq!(meet(&phones[0].space, &phones[1].space).await, [Ok(()), Ok(())]);
    assert_eq!(phones[0].space.agreements().list().await.unwrap().len(), 12);
    for phone in &phones {
        assert_eq!(phone.space.doctor().await.unwrap().findings, vec![]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_phones_that_dial_each_other_at_once_come_in_step_over_one_connection() {
    let phones = paired().await;
    for round in 0..5 {
        let text = format!("Round {round}.");
        phones[0].space.agreements().propose(plain(&text)).await.unwrap();
        phones[1].space.agreements().propose(plain(&text)).await.unwrap();
        // Two free ports, so that each can be told the other's beforehand.
        let ports =
            [TcpListener::bind("127.0.0.1:0").await, TcpListener::bind("127.0.0.1:0").await];
        let at = ports.map(|port| port.unwrap().local_addr().unwrap());
        let once = Some(Duration::from_secs(10));
        let options = |own: usize| ExchangeOptions {
            listen: Some(at[own]),
            peers: vec![at[1 - own].to_string()],
            once,
            ..Default::default()
        };
        let (a, b) = tokio::join!(
            phones[0].space.exchange(options(0)),
            phones[1].space.exchange(options(1))
        );
        let (mut a, mut b) = (a.unwrap(), b.unwrap());
        let (a, b) = tokio::join!(a.finished(), b.finished());
        assert_eq!((a, b), (Ok(()), Ok(())));
        for phone in &phones {
            assert_eq!(phone.space.agreements().list().await.unwrap().len(), 2 * (round + 1));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_shown_on_all_addresses_names_one_that_can_be_reached() {
    let phones = [Phone::new("Ana", None), Phone::new("Ben", None)];
    let mut show = phones[0].space.pair_show("0.0.0.0:0".parse().unwrap()).await.unwrap();
    let address = show.address.unwrap();
    assert!(!address.ip().is_unspecified() && address.port() != 0);
    assert_eq!(show.invitation.as_ref().unwrap().hints, vec![address]);
    let code = show.code.clone().unwrap();
    let mut join = phones[1].space.pair_join(&code, &address.to_string()).await.unwrap();
    let (a, b) = tokio::join!(show.asked(), join.asked());
    assert_eq!(a.unwrap().code, b.unwrap().code);
}

/// A connection from one of this machine's many loopback addresses.
async fn from(source: u8, to: &str) -> TcpStream {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, source], 0).into()).unwrap();
    socket.connect(to.parse().unwrap()).await.unwrap()
}

/// Whether the phone hangs up within this time.
async fn hung_up(stream: &mut TcpStream, within: Duration) -> bool {
    matches!(tokio::time::timeout(within, stream.read(&mut [0; 1])).await, Ok(Ok(0) | Err(_)))
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn strangers_get_five_seconds_two_sockets_of_one_address_and_eight_in_all() {
    const SOON: Duration = Duration::from_secs(2);
    const AT_ONCE: Duration = Duration::from_millis(100);
    let phones = paired().await;
    let (exchange, address) = listening(&phones[0]).await;
    let begun = std::time::Instant::now();
    let mut kept = Vec::new();
    for source in 2..6 {
        for _ in 0..2 {
            kept.push(from(source, &address).await);
        }
        // The third of an address; at the fourth address the eighth has been taken.
        assert!(hung_up(&mut from(source, &address).await, SOON).await, "127.0.0.{source}");
    }
    assert!(hung_up(&mut from(6, &address).await, SOON).await, "the ninth");
    for stream in &mut kept {
        assert!(!hung_up(stream, AT_ONCE).await, "a stranger within the limits is listened to");
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "too slow a machine to tell");
    // Whatever they send now and then, their time is over.
    for stream in &mut kept {
        let _may_be_gone = stream.write_all(&[0]).await;
        assert!(hung_up(stream, Duration::from_secs(6)).await);
    }
    assert!(begun.elapsed() > Duration::from_secs(4), "nobody waited for the handshake");
    // And there is room again, for the partner too.
    assert!(!hung_up(&mut from(6, &address).await, AT_ONCE).await);
    exchange.stop();
    assert_eq!(meet(&phones[0].space, &phones[1].space).await, [Ok(()), Ok(())]);
}
