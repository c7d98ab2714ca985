//! How often an idle phone wakes: the voluntary switches of every thread of this process.

use crate::ours::{Phone, pair};
use amends::ExchangeOptions;
use std::time::Duration;

/// How long an idle phone is watched, after it has come to rest.
const WATCHED: Duration = Duration::from_secs(30);
const REST: Duration = Duration::from_secs(5);

/// So often all threads of this process have given up the processor of their own will: once
/// for each time that they woke.
fn switches() -> u64 {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else { return 0 };
    let of = |task: std::fs::DirEntry| {
        let status = std::fs::read_to_string(task.path().join("status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line?.trim().parse::<u64>().ok()
    };
    tasks.flatten().filter_map(of).sum()
}

/// Wake-ups a second while nothing happens, for each of `phones` phones.
async fn idle(phones: f64) -> f64 {
    tokio::time::sleep(REST).await;
    let before = switches();
    tokio::time::sleep(WATCHED).await;
    // The one that looks wakes too.
    (switches() - before).saturating_sub(2) as f64 / WATCHED.as_secs_f64() / phones
}

/// Two phones, connected and idle; then apart.
pub async fn print() {
    let [ana, ben] = [Phone::new("Ana"), Phone::new("Ben")];
    pair(&ana.space, &ben.space).await;
    let listen = Some("127.0.0.1:0".parse().unwrap());
    let options = ExchangeOptions { listen, ..Default::default() };
    let mut listening = ana.space.exchange(options).await.unwrap();
    let peers = vec![listening.address().unwrap().to_string()];
    let options = ExchangeOptions { peers, ..Default::default() };
    let mut dialling = ben.space.exchange(options).await.unwrap();
    println!("idle and connected (wake-ups a second, each phone)");
    println!("            amends {:>12.3}", idle(2.0).await);
    dialling.stop();
    listening.stop();
    dialling.finished().await.unwrap();
    listening.finished().await.unwrap();
    println!("idle and not connected (wake-ups a second, each phone)");
    println!("            amends {:>12.3}", idle(2.0).await);
}
