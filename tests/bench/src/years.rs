//! What looks at years: each view read from the disk, then once more; the doctor; and the search
//! for a word in as many pages of one's own.

use crate::ours::{Life, Phone, pair};
use crate::resident;
use amends::{NewNote, NoteContent, Who};
use std::time::{Duration, Instant};

/// Weeks that follow-through can be asked for: some five years.
const WEEKS: u8 = u8::MAX;

/// Pages of the journal at most: the vault holds 100,000 things.
const PAGES: u64 = 99_000;

/// How long nobody asks the phone for anything, before its views are looked at; and as long
/// again for every 10,000 records.
const RESTS: Duration = Duration::from_secs(5);

/// Asks twice, first of files that were just opened; prints what both took, and the memory then.
macro_rules! twice {
    ($phone:expr, $name:literal, $asked:expr) => {{
        $phone.space.suspend().await.unwrap();
        $phone.space.resume().await.unwrap();
        let mut times = Vec::new();
        for _ in 0..2 {
            let begun = Instant::now();
            $asked.await.unwrap();
            times.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        let memory = resident() as f64 / 1e6;
        println!(
            "  {:<28} {:>10.1} ms, again {:>10.1} ms, {memory:.0} MB",
            $name, times[0], times[1]
        );
    }};
}

/// A life of so many records of Ana's, and what its views over years take.
pub async fn print(records: u64) {
    let [ana, ben] = [Phone::new("Ana"), Phone::new("Ben")];
    pair(&ana.space, &ben.space).await;
    ben.space.shutdown().await;
    let mut life = Life::of(records);
    for _ in 0..records {
        life.record(&ana).await;
    }
    // A phone that is put down counts what is long over.
    tokio::time::sleep(RESTS + RESTS * (records / 10_000) as u32).await;
    println!("{records} records: the first time, and again");
    twice!(ana, "today", ana.space.progress().today());
    twice!(ana, "follow-through, 5 years", ana.space.progress().follow_through(Who::Me, WEEKS));
    twice!(ana, "milestones", ana.space.progress().milestones());
    twice!(ana, "every promise", ana.space.promises().page(u32::MAX, None));
    twice!(ana, "the last 50 promises", ana.space.promises().page(50, None));
    twice!(ana, "every agreement", ana.space.agreements().page(u32::MAX, None));
    twice!(ana, "doctor", ana.space.doctor());
    for at in 0..records.min(PAGES) {
        let text = format!("Page {at}: I was awake at four and thought of the letter, word {at}.");
        let content = NoteContent::Journal { text };
        let note = NewNote { content, feelings: vec![], tags: vec![] };
        ana.space.inner().write(note).await.unwrap();
    }
    twice!(ana, "a word in as many pages", ana.space.inner().search("nowhere"));
    ana.space.shutdown().await;
}
