//! Two phones on a network of their own: two network namespaces joined by a pair of
//! virtual interfaces, a real process in each. It needs root, `ip` (iproute2) and
//! `nft` (nftables); where that is not to be had it says so, and in CI it fails.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../processes/mod.rs"]
mod processes;

use processes::{Running, Two, binary};
use serde_json::Value;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Two namespaces; gone when dropped.
struct Network {
    name: String,
}

/// Past the capture of a test that passes: measured times, and what was skipped.
fn say(line: &str) {
    drop(writeln!(std::io::stderr(), "network: {line}"));
}

static COUNT: AtomicU32 = AtomicU32::new(0);

fn ip(args: &str) -> Result<(), String> {
    let output = Command::new("ip").args(args.split(' ')).output();
    match output {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(format!("ip: {error}")),
    }
}

impl Network {
    /// `None` where the system does not allow it, with a line that says so.
    fn new() -> Option<Self> {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let network = Self { name: format!("am{}x{count}", std::process::id() % 10_000) };
        match network.up() {
            Ok(()) => Some(network),
            Err(why) if std::env::var_os("CI").is_some() => {
                panic!("no network namespaces here, and CI must not skip this: {why}")
            }
            Err(why) => {
                say(&format!(
                    "SKIPPED, no network namespaces here ({why}): run it as root on Linux, with \
                     the packages iproute2 and nftables"
                ));
                None
            }
        }
    }

    fn up(&self) -> Result<(), String> {
        let name = &self.name;
        if Command::new("nft").arg("--version").output().is_err() {
            return Err("nft is missing".to_owned());
        }
        for side in ["a", "b"] {
            ip(&format!("netns add {name}{side}"))?;
        }
        ip(&format!("link add {name}0 netns {name}a type veth peer name {name}1 netns {name}b"))?;
        for (side, link, address) in [("a", 0, "10.77.0.1/24"), ("b", 1, "10.77.0.2/24")] {
            let at = format!("-n {name}{side}");
            ip(&format!("{at} link set lo up"))?;
            ip(&format!("{at} addr add {address} dev {name}{link}"))?;
            ip(&format!("{at} link set {name}{link} up multicast on"))?;
            ip(&format!("{at} route add 224.0.0.0/4 dev {name}{link}"))?;
        }
        std::thread::sleep(Duration::from_millis(500));
        Ok(())
    }

    fn ip(&self, side: &str, args: &str) {
        let name = &self.name;
        ip(&format!("-n {name}{side} {args}").replace("DEV", &self.device(side))).unwrap();
    }

    fn device(&self, side: &str) -> String {
        format!("{}{}", self.name, u8::from(side == "b"))
    }

    /// A command in the namespace of one phone.
    fn command(&self, side: &str, program: &Path) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &format!("{}{side}", self.name)]).arg(program);
        command
    }

    fn amends(&self, side: &str, home: &Path, args: &[&str]) -> Command {
        let mut command = self.command(side, &binary());
        command.arg("--home").arg(home).arg("--json").args(args);
        command.stdin(Stdio::null()).env_remove("AMENDS_HOME");
        command
    }

    fn json(&self, side: &str, home: &Path, args: &[&str]) -> Value {
        let output = self.amends(side, home, args).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{args:?}: {text}");
        serde_json::from_str(text.lines().last().unwrap()).unwrap()
    }

    /// Drops so many of a hundred packets that come in.
    fn lose(&self, side: &str, percent: u8) {
        let rules = format!(
            "table inet loss {{ chain in {{ type filter hook input priority 0; \
             numgen random mod 100 < {percent} drop; }}; }}"
        );
        let mut nft = self.command(side, Path::new("nft"));
        let mut child = nft.args(["-f", "-"]).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(rules.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for side in ["a", "b"] {
            // Half of it may never have been made.
            let _gone = ip(&format!("netns del {}{side}", self.name));
        }
    }
}

/// A watching process whose lines come with the moment at which they came.
struct Watch {
    _running: Running,
    lines: Receiver<(Instant, Value)>,
}

impl Watch {
    fn start(network: &Network, side: &str, home: &Path) -> Self {
        let command = network.amends(side, home, &["sync", "--watch"]);
        let mut running = Running::spawn(command, None);
        let reader = running.take_lines();
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in std::io::BufRead::lines(reader).map_while(Result::ok) {
                if let Ok(value) = serde_json::from_str(&line)
                    && sender.send((Instant::now(), value)).is_err()
                {
                    return;
                }
            }
        });
        Self { _running: running, lines }
    }

    /// When so many agreements were first shown.
    fn shows(&self, count: usize, within: Duration) -> Instant {
        let deadline = Instant::now() + within;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok((at, line)) => {
                    let agreements = line["ok"]["agreements"].as_array().map_or(0, Vec::len);
                    if agreements >= count {
                        return at;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    panic!("{count} agreements were not shown within {within:?}")
                }
                Err(RecvTimeoutError::Disconnected) => panic!("the process has ended"),
            }
        }
    }
}

/// Two phones paired over the network between the namespaces.
fn paired(network: &Network) -> Two {
    let two = Two::new();
    let args = ["pair", "show", "--listen", "10.77.0.1:7700"];
    let mut show = Running::spawn(network.amends("a", &two.ana(), &args), Some("yes"));
    let shown = show.line();
    let code = shown["ok"]["code"].as_str().unwrap().to_owned();
    let args = ["pair", "join", &code, "--peer", "10.77.0.1:7700"];
    let mut join = Running::spawn(network.amends("b", &two.ben(), &args), Some("yes"));
    assert_eq!(join.line()["ok"]["code"], show.line()["ok"]["code"]);
    assert_eq!(join.line()["ok"]["event"], "paired");
    assert_eq!(show.line()["ok"]["event"], "paired");
    assert!(show.0.wait().unwrap().success() && join.0.wait().unwrap().success());
    two
}

fn propose(network: &Network, side: &str, home: &Path) -> Instant {
    let begun = Instant::now();
    network.json(side, home, &["agreement", "propose", "--clause", "both: We talk."]);
    begun
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn two_phones_find_each_other_and_keep_in_step_through_what_a_network_does() {
    let Some(network) = Network::new() else { return };
    let two = paired(&network);
    // No address is given to either.
    let begun = Instant::now();
    let ana = Watch::start(&network, "a", &two.ana());
    let ben = Watch::start(&network, "b", &two.ben());
    propose(&network, "a", &two.ana());
    let found = ben.shows(1, LONG).duration_since(begun);
    ana.shows(1, LONG);
    // A change in another terminal of Ana's, until Ben's screen shows it.
    let mut times: Vec<Duration> = (2..7)
        .map(|count| {
            let begun = propose(&network, "a", &two.ana());
            ben.shows(count, LONG).duration_since(begun)
        })
        .collect();
    times.sort();
    say(&format!("found each other in {found:?}; a change is shown after {:?} (median)", times[2]));
    // The link goes down for a while; both write.
    network.ip("b", "link set DEV down");
    propose(&network, "a", &two.ana());
    std::thread::sleep(Duration::from_secs(2));
    network.ip("b", "link set DEV up");
    network.ip("b", "route add 224.0.0.0/4 dev DEV");
    let begun = Instant::now();
    say(&format!("shown after the link came back: {:?}", ben.shows(7, LONG).duration_since(begun)));
    // Ben's phone gets another address.
    network.ip("b", "addr del 10.77.0.2/24 dev DEV");
    network.ip("b", "addr add 10.77.0.9/24 dev DEV");
    network.ip("b", "route replace 224.0.0.0/4 dev DEV");
    let begun = propose(&network, "b", &two.ben());
    say(&format!("shown after another address: {:?}", ana.shows(8, LONG).duration_since(begun)));
    // One packet of five is lost, both ways.
    for side in ["a", "b"] {
        network.lose(side, 20);
    }
    let begun = propose(&network, "a", &two.ana());
    say(&format!("shown with 20 % loss: {:?}", ben.shows(9, LONG).duration_since(begun)));
    drop((ana, ben));
    assert_eq!(
        network.json("a", &two.ana(), &["log", "verify"])["ok"]["logs"].as_array().map(Vec::len),
        Some(2)
    );
}

#[test]
fn a_stranger_who_floods_the_phone_does_not_keep_the_pair_apart() {
    let Some(network) = Network::new() else { return };
    let two = paired(&network);
    let ana = Watch::start(&network, "a", &two.ana());
    let ben = Watch::start(&network, "b", &two.ben());
    propose(&network, "a", &two.ana());
    ben.shows(1, LONG);
    let median = |first: usize| {
        let mut times: Vec<Duration> = (first..first + 7)
            .map(|count| {
                let begun = propose(&network, "a", &two.ana());
                ben.shows(count, LONG).duration_since(begun)
            })
            .collect();
        times.sort();
        times[3]
    };
    let quiet = median(2);
    // The stranger sits on Ben's network and knows where Ana listens.
    let (_, line) = ana.lines.recv_timeout(LONG).unwrap();
    let port = line["ok"]["address"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
    let program = std::env::current_exe().unwrap();
    let mut flood = network
        .command("b", &program)
        .args(["the_stranger", "--exact", "--ignored", "--nocapture"])
        .env("AMENDS_FLOOD", format!("10.77.0.1:{port}"))
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(1));
    let flooded = median(9);
    let over = flood.try_wait().unwrap().is_some();
    drop(flood.kill());
    drop(flood.wait());
    say(&format!("a change is shown after {quiet:?}, under a flood after {flooded:?}"));
    assert!(!over, "the flood was over before it was measured");
    assert!(flooded < 2 * quiet + Duration::from_millis(50), "{flooded:?} against {quiet:?}");
}

/// Not a test: the stranger's process of the one above.
#[test]
#[ignore = "run by the flood test"]
fn the_stranger() {
    let Ok(target) = std::env::var("AMENDS_FLOOD") else { return };
    let target: SocketAddr = target.parse().unwrap();
    assert_ne!(target.ip(), Ipv4Addr::LOCALHOST);
    let mut kept = Vec::new();
    let mut count = 0_u32;
    loop {
        let Ok(mut stream) = TcpStream::connect_timeout(&target, Duration::from_secs(1)) else {
            continue;
        };
        count += 1;
        match count % 3 {
            // Garbage; a handshake that stays half; a byte and then silence.
            0 => drop(stream.write_all(&[0xff; 4_096])),
            1 => drop(stream.write_all(&[0, 96, 1, 2, 3])),
            _ => drop(stream.write_all(&[0])),
        }
        kept.push(stream);
        if kept.len() > 200 {
            kept.remove(0);
        }
    }
}
