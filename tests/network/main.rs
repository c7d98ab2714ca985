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

/// All that goes over the wire of one side, until it is stopped.
struct Capture {
    child: std::process::Child,
    file: std::path::PathBuf,
}

impl Capture {
    fn start(network: &Network, side: &str, folder: &Path) -> Self {
        let file = folder.join("capture");
        let script = processes::root().join("tests/network/capture.py");
        let mut python = network.command(side, Path::new("python3"));
        let mut child =
            python.arg(script).arg(&file).stdout(Stdio::piped()).spawn().expect("python3");
        let mut line = String::new();
        let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut out, &mut line).unwrap();
        assert_eq!(line.trim(), "capturing");
        Self { child, file }
    }

    fn stop(mut self) -> Vec<u8> {
        std::thread::sleep(Duration::from_millis(200));
        drop(self.child.kill());
        drop(self.child.wait());
        std::fs::read(&self.file).unwrap()
    }
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// A word as it might stand on a wire: as it is, in UTF-16, in hexadecimal, in Base64
/// at each of its three offsets.
fn disguises(word: &str) -> Vec<Vec<u8>> {
    let wide = |order: fn(u16) -> [u8; 2]| word.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let hex: String = word.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut all = vec![
        word.as_bytes().to_vec(),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
    ];
    all.extend((0..3).map(|offset| inner_base64(word.as_bytes(), offset)));
    // Fewer bytes may stand anywhere by chance.
    all.retain(|bytes| bytes.len() >= 5);
    all
}

/// Those characters of Base64 that depend on these bytes alone, wherever they begin.
fn inner_base64(bytes: &[u8], offset: usize) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let padded = [&vec![0; offset], bytes].concat();
    let digits = padded.chunks_exact(3).flat_map(|three| {
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        [18, 12, 6, 0].map(|at| DIGITS[(bits >> at) as usize & 63])
    });
    digits.skip(if offset == 0 { 0 } else { 4 }).collect()
}

#[test]
fn a_word_is_found_in_a_capture_however_it_is_written() {
    let found = |text: &[u8]| disguises("sunflower").iter().any(|word| holds(text, word));
    assert!(found(b"a sunflower") && found(b"73756e666c6f776572"));
    // "sunflower", "a sunflower" and "my sunflower" in Base64.
    assert!(found(b"c3VuZmxvd2Vy") && found(b"YSBzdW5mbG93ZXI=") && found(b"bXkgc3VuZmxvd2Vy"));
    assert!(!found(b"a rose"));
}

#[test]
fn r13_r35_whoever_listens_on_the_network_reads_no_word_no_name_and_no_id() {
    let Some(network) = Network::new() else { return };
    let folder = tempfile::tempdir().unwrap();
    let capture = Capture::start(&network, "b", folder.path());
    let two = paired(&network);
    let ana = Watch::start(&network, "a", &two.ana());
    let ben = Watch::start(&network, "b", &two.ben());
    let tomorrow = jiff::Zoned::now().date().tomorrow().unwrap().to_string();
    let words = "both: We light the sunflower lamp.";
    network.json("a", &two.ana(), &["agreement", "propose", "--clause", words]);
    ben.shows(1, LONG);
    network.json("b", &two.ben(), &["openness", "post", "whereabouts", "At the harbour café."]);
    network.json("a", &two.ana(), &["promise", "make", "I buy marigolds.", "--on", &tomorrow]);
    // The journal never leaves; and one more change says that all of this is through.
    network.json("b", &two.ben(), &["journal", "write", "Only for the periwinkle drawer."]);
    propose(&network, "b", &two.ben());
    ana.shows(2, LONG);
    drop((ana, ben));
    let heard = capture.stop();

    // That it listened at all: both phones announced themselves, and TCP went by.
    assert!(holds(&heard, b"\x07_amends\x04_tcp"), "no announcement was captured");
    // Source and destination, one after the other, in the header of each packet.
    let packets = heard.windows(8).filter(|bytes| *bytes == [10, 77, 0, 1, 10, 77, 0, 2]).count();
    assert!(packets >= 10, "{packets} packets of Ana's were captured");

    let mut needles: Vec<String> =
        ["sunflower", "harbour", "marigold", "periwinkle"].map(str::to_owned).to_vec();
    let record_words =
        ["agreement.propose", "agreement", "clauses", "openness", "promise", "Europe/"];
    needles.extend(record_words.map(str::to_owned));
    for name in ["Ana", "Ben"] {
        // As a record has it: the key and its text.
        needles.push(format!("dname\u{63}{name}"));
    }
    for (side, home) in [("a", two.ana()), ("b", two.ben())] {
        let logs = network.json(side, &home, &["log", "verify"]);
        for log in logs["ok"]["logs"].as_array().unwrap() {
            let id = log["log"].as_str().unwrap();
            let bytes: Vec<u8> = (0..id.len() / 2)
                .map(|at| u8::from_str_radix(&id[2 * at..2 * at + 2], 16).unwrap())
                .collect();
            assert!(bytes.len() >= 16 && !holds(&heard, &bytes), "the id {id} was on the wire");
            needles.push(id.to_owned());
        }
    }
    for needle in needles {
        for disguise in disguises(&needle) {
            assert!(!holds(&heard, &disguise), "{needle:?} was on the wire");
        }
    }
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
