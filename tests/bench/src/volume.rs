//! What a partner costs who writes as much as they can: so many small records of one kind, and what
//! each command then takes on the honest phone, of files that were just opened.

use crate::resident;
use amends::id::{AgreementId, DocId, Position};
use amends::internals::cbor::Value;
use amends::internals::domain::action::Action;
use amends::internals::domain::ledger::{Month, ledger};
use amends::internals::domain::record::Record;
use amends::internals::domain::{agreement, openness, pacing};
use amends::internals::log::{Checkpoint, next_head};
use amends::time::{DAY, Stated};
use amends_tests::liar::{Liar, entry};
use amends_tests::phones::{BEGIN, Phone, meet, paired, plain};
use std::time::Instant;

/// Records of an entry, and entries of a frame.
const RECORDS: u64 = 64;
const ENTRIES: usize = 64;

/// What the partner's app writes again and again.
#[derive(Clone, Copy)]
pub enum Flood {
    Limits,
    Spaces,
    Agreements,
    Suspends,
    Posts,
    Corrections,
    Ends,
}

const ALL: [(&str, Flood); 7] = [
    ("limits", Flood::Limits),
    ("spaces", Flood::Spaces),
    ("empty agreements", Flood::Agreements),
    ("suspends in one", Flood::Suspends),
    ("posts", Flood::Posts),
    ("corrections of one", Flood::Corrections),
    ("ends of unknown ones", Flood::Ends),
];

impl Flood {
    fn record(self, at: u64, first: u64, liar: &Liar, agreed: AgreementId) -> Value {
        let month = ledger(liar.pair, liar.me, Month::of(BEGIN));
        let made = DocId(*[&at.to_be_bytes()[..], &[7; 8]].concat().first_chunk().unwrap());
        let until = BEGIN.plus(DAY);
        let post = openness::Act::Post { kind: openness::Kind::Day, until, under: None };
        let (target, action): (DocId, Action) = match self {
            Self::Limits => {
                let off = vec![];
                let days = Some(1 + (at % 300) as u16);
                (liar.pair_document(), pacing::Act::SetLimits { retention: days, off }.into())
            }
            Self::Spaces => {
                let (until, contact) = (None, pacing::Contact::None);
                (liar.pair_document(), pacing::Act::BeginSpace { until, contact }.into())
            }
            Self::Agreements => (made, agreement::Act::Suspend.into()),
            Self::Suspends => (agreed.into(), agreement::Act::Suspend.into()),
            Self::Ends => (made, agreement::Act::End.into()),
            Self::Posts => (month, post.into()),
            Self::Corrections if at == 0 => (month, post.into()),
            Self::Corrections => {
                let of = Position { log: liar.own_log(), index: first, place: 0 };
                (month, openness::Act::Correct { of, until }.into())
            }
        };
        let at = Stated { moment: BEGIN, zone: "UTC".into() };
        Record { target, at, action, body: None }.to_value()
    }
}

/// Ana's phone, which holds so many of them, and the agreement that both have.
async fn flooded(flood: Flood, records: u64) -> (Phone, AgreementId) {
    let [ana, ben] = paired().await;
    let agreed = ana.space.agreements().propose(plain("We talk on Sundays.")).await.unwrap().id;
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    let shown = ben.space.agreements().show(agreed).await.unwrap();
    ben.space.agreements().consent(&shown, shown.on_table[0].hash, None).await.unwrap();
    assert_eq!(meet(&ana.space, &ben.space).await, [Ok(()), Ok(())]);
    ben.space.shutdown().await;
    let liar = Liar::of(&ben);
    let logs = ana.space.verify_logs().await.unwrap();
    let held: Checkpoint = logs.iter().find(|log| !log.own).unwrap().checkpoint;
    let mut at = held;
    let mut frames = Vec::new();
    let mut entries = Vec::new();
    let mut first = at.length;
    for number in (0..records).step_by(RECORDS as usize) {
        let some = (number..(number + RECORDS).min(records))
            .map(|n| flood.record(n, held.length, &liar, agreed));
        let entry = entry(at.length, some.collect());
        at = Checkpoint { length: at.length + 1, head: next_head(at.head, &entry.encode()), ..at };
        entries.push(entry);
        if entries.len() == ENTRIES {
            frames.push(liar.entries(first, &std::mem::take(&mut entries), at.head));
            first = at.length;
        }
    }
    if !entries.is_empty() {
        frames.push(liar.entries(first, &entries, at.head));
    }
    liar.say(&ana, vec![held], frames).await;
    (ana, agreed)
}

/// Times a call of files that were just opened; prints it in milliseconds.
macro_rules! cold {
    ($phone:expr, $call:expr) => {{
        $phone.space.suspend().await.unwrap();
        $phone.space.resume().await.unwrap();
        let begun = Instant::now();
        let _answer = $call.await.unwrap();
        print!(" {:>9.0}", begun.elapsed().as_secs_f64() * 1e3);
    }};
}

pub async fn print(records: u64) {
    println!("{records} records of one kind from the partner; ms of files that were just opened");
    println!(
        "{:<22} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "", "first", "status", "today", "list", "posts", "say", "end", "stop_all", "leave"
    );
    for (name, flood) in ALL {
        let (ana, agreed) = flooded(flood, records).await;
        print!("{name:<22}");
        let space = &ana.space;
        cold!(ana, space.progress().today());
        cold!(ana, space.status());
        cold!(ana, space.progress().today());
        cold!(ana, space.agreements().list());
        cold!(ana, space.openness().list());
        cold!(ana, space.agreements().propose(plain("We call.")));
        cold!(ana, space.agreements().end(agreed));
        cold!(ana, space.stop_all());
        cold!(ana, space.leave(amends::Leaving::Announced));
        println!("   {:.0} MB", resident() as f64 / 1e6);
        ana.space.shutdown().await;
    }
}
