//! Two phones and everything that can happen to them, from one seed: a network that
//! delays, cuts at any byte and stays away, phones that crash between any two writes,
//! are set back to old disks, replaced, and moved in time, and a partner who lies.
//!
//! The real session, pairing, logs and store; the time, the network and the order of
//! everything are simulated. A failure names its seed, and
//! `AMENDS_SIM_SEED=… cargo test -p amends-tests --test sim` plays it again.
//! `AMENDS_SIM_STEPS` sets how many steps are taken in all (default: one million).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod chance;
mod lies;
mod links;
mod phone;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use world::World;

/// Steps of one life.
const STEPS: u64 = 2_000;
/// Of so many lives one is with a partner whose app lies.
const LIARS: u64 = 4;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// Lives one life. What goes wrong names its seed.
fn live(seed: u64) -> world::Counts {
    let lies = seed % LIARS == LIARS - 1;
    let life = AssertUnwindSafe(|| {
        let mut world = World::new(seed, lies);
        for _ in 0..STEPS {
            world.step();
        }
        world.quiet();
        world.counts
    });
    catch_unwind(life).unwrap_or_else(|_| {
        panic!("seed {seed} fails; AMENDS_SIM_SEED={seed} cargo test -p amends-tests --test sim")
    })
}

#[test]
fn inv1_to_inv8_hold_whatever_happens_and_both_phones_agree_after_a_quiet_time() {
    if let Some(seed) = setting("AMENDS_SIM_SEED") {
        println!("{:?}", live(seed));
        return;
    }
    let lives = setting("AMENDS_SIM_STEPS").unwrap_or(1_000_000).div_ceil(STEPS);
    let (next, failed) = (AtomicU64::new(0), AtomicBool::new(false));
    let counts = std::thread::scope(|scope| {
        let run = || {
            let mut counts = world::Counts::default();
            while !failed.load(Ordering::Relaxed) {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= lives {
                    break;
                }
                match catch_unwind(|| live(seed)) {
                    Ok(life) => counts.add(&life),
                    Err(panic) => {
                        failed.store(true, Ordering::Relaxed);
                        std::panic::resume_unwind(panic);
                    }
                }
            }
            counts
        };
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(run)).collect();
        let mut all = world::Counts::default();
        threads.into_iter().for_each(|thread| all.add(&thread.join().unwrap()));
        all
    });
    println!("{lives} lives of {STEPS} steps: {counts:?}");
    // A simulation in which nothing happens would show nothing.
    let few = lives / 20;
    for (what, count) in counts.each() {
        assert!(count >= few, "{what} came up only {count} times in {lives} lives");
    }
}
