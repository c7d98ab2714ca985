//! The way over TCP, between simulated hosts: latency, cuts in one direction or both,
//! packets that wait, and both phones dialling at once. Time is virtual.

use crate::chance::Chance;
use amends::Code;
use amends::Error;
use amends::ExchangeOptions;
use amends::KeyFile;
use amends::host::{Clock, SeededEntropy};
use amends::id::Head;
use amends::time::Moment;
use amends::{Host, Space};
use amends_tests::phones::{BEGIN, plain};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Agreements that each of the two proposes while the network does what it does.
const WRITTEN: usize = 12;
/// After the network is whole again: a link that is half dead is noticed within 45 s,
/// and dialled again within 30 s.
const IN_STEP: Duration = Duration::from_secs(45 + 30 + 15);

/// The simulation's time.
struct Virtual;

impl Clock for Virtual {
    fn now(&self) -> Moment {
        BEGIN.plus(turmoil::sim_elapsed().unwrap_or_default().as_secs() as i64)
    }

    fn zone(&self) -> String {
        "UTC".to_owned()
    }
}

/// What the two do, and what the network looks at.
#[derive(Default)]
struct Story {
    code: RefCell<Option<Code>>,
    paired: Cell<usize>,
    wrote: Cell<usize>,
    /// The network is whole and stays so.
    healed: Cell<Option<Duration>>,
    heads: RefCell<[Vec<Head>; 2]>,
    /// How long after the healing both were in step.
    took: Cell<Duration>,
}

impl Story {
    fn equal(&self) -> bool {
        let heads = self.heads.borrow();
        heads[0] == heads[1] && self.wrote.get() == 2 * WRITTEN
    }
}

async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

async fn life(who: usize, seed: u64, story: Rc<Story>) -> Result<(), Error> {
    let folder = tempfile::tempdir().unwrap();
    let (name, other) = [("Ana", "ben:7700"), ("Ben", "ana:7700")][who];
    let host = Host {
        clock: Arc::new(Virtual),
        entropy: Arc::new(SeededEntropy::new(seed * 2 + who as u64)),
        ..Host::new(KeyFile::new(folder.path().join("keys")))
    };
    let space = Space::create_here(folder.path(), name, host)?;
    let mut pairing = if who == 0 {
        let show = space.pair_show("0.0.0.0:7600".parse().unwrap()).await?;
        story.code.replace(show.code.clone());
        show
    } else {
        while story.code.borrow().is_none() {
            a_moment().await;
        }
        let code = story.code.borrow().clone().unwrap();
        space.pair_join(&code, "ana:7600").await?
    };
    pairing.asked().await?;
    pairing.answer(true);
    pairing.finished().await?;
    story.paired.set(story.paired.get() + 1);

    let exchange = space
        .exchange(ExchangeOptions {
            listen: Some("0.0.0.0:7700".parse().unwrap()),
            peers: vec![other.to_owned()],
            ..ExchangeOptions::default()
        })
        .await?;
    let mut chance = Chance::new(seed * 2 + who as u64);
    for at in 0..WRITTEN {
        // A handful now and then, one after the other.
        if at % 4 == 0 {
            tokio::time::sleep(Duration::from_millis(chance.below(60_000) as u64)).await;
        }
        space.agreements().propose(plain(&format!("We talk, {at}."))).await?;
        story.wrote.set(story.wrote.get() + 1);
    }
    loop {
        let logs = space.verify_logs().await?;
        let mut heads: Vec<Head> = logs.iter().map(|log| log.checkpoint.head).collect();
        heads.sort();
        story.heads.borrow_mut()[who] = heads;
        if story.equal() {
            if let Some(healed) = story.healed.get() {
                story.took.set(turmoil::sim_elapsed().unwrap_or_default().saturating_sub(healed));
            }
            exchange.stop();
            return Ok(());
        }
        a_moment().await;
    }
}

/// Both phones with this network; how long they took after it was whole again.
fn play(seed: u64) -> Duration {
    let mut chance = Chance::new(seed);
    let slowest = 1 + chance.below(400) as u64;
    let mut sim = turmoil::Builder::new()
        .rng_seed(seed)
        .enable_random_order()
        .tick_duration(Duration::from_millis(5))
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(slowest))
        .simulation_duration(Duration::from_secs(3_600))
        .tcp_capacity(4_096)
        .build();
    let story = Rc::new(Story::default());
    for (who, name) in ["ana", "ben"].into_iter().enumerate() {
        let story = story.clone();
        sim.client(name, async move { Ok(life(who, seed, story).await?) });
    }
    let both = || story.paired.get() == 2;
    let mut next = Duration::ZERO;
    loop {
        let over = sim.step().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        if over {
            return story.took.get();
        }
        let now = sim.elapsed();
        if let Some(healed) = story.healed.get() {
            let late = now.saturating_sub(healed) > IN_STEP;
            assert!(!late, "seed {seed}: not in step {IN_STEP:?} after the network was whole");
            continue;
        }
        if !both() || now < next {
            continue;
        }
        sim.release("ana", "ben");
        sim.repair("ana", "ben");
        if story.wrote.get() == 2 * WRITTEN {
            story.healed.set(Some(now));
            continue;
        }
        match chance.below(5) {
            0 => sim.partition("ana", "ben"),
            1 => sim.partition_oneway("ana", "ben"),
            2 => sim.partition_oneway("ben", "ana"),
            3 => sim.hold("ana", "ben"),
            _ => {}
        }
        next = now + Duration::from_millis(chance.below(60_000) as u64);
    }
}

#[test]
fn two_phones_that_dial_each_other_come_in_step_after_whatever_the_network_did() {
    let seeds = match std::env::var("AMENDS_LINKS_SEED") {
        Ok(seed) => seed.parse().unwrap()..=seed.parse().unwrap(),
        Err(_) => 0..=24,
    };
    let mut took: Vec<Duration> = seeds.map(play).collect();
    took.sort();
    println!("in step after {:?} (median), {:?} at most", took[took.len() / 2], took.last());
}
