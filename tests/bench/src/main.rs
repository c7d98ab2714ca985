//! Amends beside what no phone can do without (the floor) and beside samod, on the same machine
//! in one run.
//!
//! Both keep a history of the same number of records on disk and talk over
//! loopback TCP, through a relay that counts bytes. Amends lives a life (a
//! constant number of records a day, a constant number of promises, offers and
//! posts that live); samod has one document with as many changes, which is how a
//! straightforward app would use it. Ratios travel between machines; times don't.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod floor;
mod ours;
mod relay;
mod table;
mod theirs;
mod volume;
mod wakes;
mod years;

use clap::Parser;
use std::path::PathBuf;

/// Measure amends beside samod 0.16.
#[derive(Debug, Parser)]
#[command(name = "amends-bench")]
struct Args {
    /// Write the figures to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Histories of 1,000 and 10,000 records only.
    #[arg(long)]
    quick: bool,
    /// Leave samod out.
    #[arg(long)]
    alone: bool,
    /// A life of some weeks, alone: whether everything is still measured.
    #[arg(long)]
    smoke: bool,
    /// Only the catch-up of an empty phone, of so many records.
    #[arg(long, value_name = "RECORDS")]
    catch_up: Option<u64>,
    /// Only live posts, so many.
    #[arg(long, value_name = "ACTIONS")]
    live: Option<usize>,
    /// Only how often an idle phone wakes.
    #[arg(long)]
    idle: bool,
    /// Only the views that look at years, of a life of so many records.
    #[arg(long, value_name = "RECORDS")]
    years: Option<u64>,
    /// Only what a partner costs who writes so many records of one kind.
    #[arg(long, value_name = "RECORDS")]
    volume: Option<u64>,
    /// Opens a home in a process of its own and prints what that took.
    #[arg(long, hide = true, value_name = "KIND")]
    open: Option<String>,
    /// See `--open`.
    #[arg(long, hide = true, value_name = "DIR")]
    home: Option<PathBuf>,
    /// See `--open`.
    #[arg(long, hide = true, default_value = "")]
    what: String,
}

/// What one history gave, in seconds and bytes.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    pub records: u64,
    /// One live action until it is durable on both and the other's subscription fires.
    pub live: f64,
    /// Of a hundred such, the one that 95 were faster than.
    pub live_slow: f64,
    /// One action of a phone that is alone, until it is durable and its author's view is made.
    pub local: f64,
    /// Bytes written to disk for it.
    pub local_written: f64,
    /// 10,000 single actions, each.
    pub stream: f64,
    /// Bytes written to disk by both, for each of them.
    pub written: f64,
    /// Bytes on the wire, for each of them.
    pub wire: f64,
    /// Reconnect without news.
    pub reconnect: f64,
    pub reconnect_bytes: f64,
    /// Catch-up of an empty phone.
    pub catch_up: f64,
    /// And from then to the first view of the phone that has caught up.
    pub first_view: f64,
    /// The longest that a view was waited for while a phone caught up.
    pub view_meanwhile: f64,
    /// Cold open to the first view, in a process of its own.
    pub open: f64,
    /// Resident memory then.
    pub memory: f64,
    /// On disk.
    pub disk: f64,
}

pub fn median(times: Vec<f64>) -> f64 {
    Times(times).at(50)
}

/// How long something took, again and again, in seconds.
#[derive(Default)]
pub struct Times(Vec<f64>);

impl Times {
    pub fn push(&mut self, begun: std::time::Instant) {
        self.0.push(begun.elapsed().as_secs_f64());
    }

    /// The one that so many of a hundred were faster than.
    pub fn at(&self, percent: usize) -> f64 {
        let mut times = self.0.clone();
        times.sort_by(f64::total_cmp);
        times[times.len() * percent / 100]
    }
}

/// Bytes that this process has had written to disk.
pub fn written() -> u64 {
    let text = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    line.and_then(|bytes| bytes.parse().ok()).unwrap_or(0)
}

/// Resident memory of this process, in bytes.
pub fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
    kilobytes.unwrap_or(0) * 1024
}

pub fn size_of(folder: &std::path::Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let size = |entry: std::fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => size_of(&entry.path()),
        _ => entry.metadata().map_or(0, |data| data.len()),
    };
    entries.flatten().map(size).sum()
}

/// A copy of a folder and all that is in it.
pub fn copy_of(folder: &std::path::Path) -> tempfile::TempDir {
    fn copy(from: &std::path::Path, to: &std::path::Path) {
        for entry in std::fs::read_dir(from).unwrap().flatten() {
            let (path, at) = (entry.path(), to.join(entry.file_name()));
            if path.is_dir() {
                std::fs::create_dir(&at).unwrap();
                copy(&path, &at);
            } else {
                std::fs::copy(&path, &at).unwrap();
            }
        }
    }
    let place = tempfile::tempdir().unwrap();
    copy(folder, place.path());
    place
}

/// Opens a home in a process of its own, three times: the median time and memory.
pub fn cold_open(kind: &str, home: &std::path::Path, what: &str) -> (f64, f64) {
    let once = || {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--open", kind, "--home"])
            .arg(home)
            .args(["--what", what])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let mut fields = text.split_whitespace().map(|field| field.parse::<f64>().unwrap());
        (fields.next().unwrap(), fields.next().unwrap())
    };
    let mut all: Vec<(f64, f64)> = (0..3).map(|_| once()).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    all[1]
}

/// Single actions that are streamed.
const STREAMED: u64 = 10_000;
/// Records of a life of some weeks.
const SMOKE: u64 = 200;

fn main() {
    let args = Args::parse();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if let (Some(kind), Some(home)) = (&args.open, &args.home) {
        let (time, memory) = match kind.as_str() {
            "ours" => runtime.block_on(ours::open(home, &args.what)),
            _ => runtime.block_on(theirs::open(home, &args.what)),
        };
        println!("{time} {memory}");
        return;
    }
    if args.idle {
        runtime.block_on(wakes::print());
        return;
    }
    if let Some(records) = args.catch_up {
        runtime.block_on(ours::catch_up_only(records));
        if !args.alone {
            runtime.block_on(theirs::catch_up_only(records));
        }
        return;
    }
    if let Some(actions) = args.live {
        runtime.block_on(ours::live_only(actions));
        return;
    }
    if let Some(records) = args.years {
        runtime.block_on(years::print(records));
        return;
    }
    if let Some(records) = args.volume {
        runtime.block_on(volume::print(records));
        return;
    }
    if args.smoke {
        let figures = runtime.block_on(ours::run(SMOKE, SMOKE));
        table::print(&floor::run(20), &[(figures.clone(), None)]);
        let missing = table::missing(&figures);
        assert!(missing.is_empty(), "not measured: {missing:?}");
        return;
    }
    let sizes: &[u64] = if args.quick { &[1_000, 10_000] } else { &[1_000, 10_000, 100_000] };
    let mut rows = Vec::new();
    eprintln!("the floor …");
    let floor = floor::run(200);
    for records in sizes {
        eprintln!("amends, {records} records …");
        let ours = runtime.block_on(ours::run(*records, STREAMED));
        let theirs = (!args.alone).then(|| {
            eprintln!("samod, {records} changes …");
            runtime.block_on(theirs::run(*records))
        });
        rows.push((ours, theirs));
    }
    table::print(&floor, &rows);
    eprintln!("idle, a minute …");
    runtime.block_on(wakes::print());
    if let Some(path) = &args.json {
        std::fs::write(path, table::json(&floor, &rows)).unwrap();
    }
}
