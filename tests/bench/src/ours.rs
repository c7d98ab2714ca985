//! Amends: a life of Ana's, and Ben's phone beside it.

use crate::relay::Relay;
use crate::{Figures, Times, cold_open, copy_of, median, resident, size_of, written};
use amends::Due;
use amends::KeyFile;
use amends::Who;
use amends::host::FixedClock;
use amends::id::PromiseId;
use amends::time::{DAY, Moment};
use amends::{AgreementKind, Category, Terms, TermsClause};
use amends::{Exchange, ExchangeOptions};
use amends::{Host, Space};
use amends::{HowItWent, NewPromise};
use amends::{NewPost, PostKind as Kind};
use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const BEGIN: Moment = Moment(1_772_438_400);
/// Records a day.
const A_DAY: u64 = 8;
const YEAR: i64 = 365;
/// On which day of its year a life is measured: the practices are as old in all.
const DAY_OF_YEAR: i64 = 100;
/// Single actions, and how long is waited between two.
const ACTIONS: usize = 100;
const PACE: Duration = Duration::from_millis(5);
/// Who writes nothing for so long has nothing left to do.
const RESTING: Duration = Duration::from_secs(1);
/// So many more come first: they find the phones still cold.
const COLD: usize = 10;
/// Posts of a day, where nothing but posts is measured.
const A_HUNDRED: usize = 100;
/// Days between offers.
const OFFERS: i64 = 73;

pub struct Phone {
    pub space: Space,
    clock: Arc<FixedClock>,
    folder: tempfile::TempDir,
}

fn host(folder: &Path, clock: Arc<FixedClock>) -> Host {
    Host { clock, ..Host::new(KeyFile::new(folder.join("keys"))) }
}

impl Phone {
    pub fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::new(BEGIN));
        let space = Space::create(folder.path(), name, host(folder.path(), clock.clone())).unwrap();
        Self { space, clock, folder }
    }
}

pub async fn pair(a: &Space, b: &Space) {
    let mut show = a.pair_show("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = show.address.unwrap().to_string();
    let code = show.code.clone().unwrap();
    let mut join = b.pair_join(&code, &address).await.unwrap();
    let (x, y) = tokio::join!(show.asked(), join.asked());
    assert_eq!(x.unwrap().code, y.unwrap().code);
    show.answer(true);
    join.answer(true);
    let (x, y) = tokio::join!(show.finished(), join.finished());
    x.unwrap();
    y.unwrap();
}

/// One exchange until both are in step: seconds, and bytes through the relay.
async fn exchange(a: &Space, b: &Space) -> (f64, f64) {
    let once = Some(Duration::from_secs(600));
    let listen = Some("127.0.0.1:0".parse().unwrap());
    let begun = Instant::now();
    let mut listening = a
        .exchange(ExchangeOptions { listen, peers: vec![], once, ..Default::default() })
        .await
        .unwrap();
    let relay = Relay::new(listening.address().unwrap()).await;
    let peers = vec![relay.address.to_string()];
    let mut dialling = b
        .exchange(ExchangeOptions { listen: None, peers, once, ..Default::default() })
        .await
        .unwrap();
    let (x, y) = tokio::join!(listening.finished(), dialling.finished());
    assert_eq!((x, y), (Ok(()), Ok(())));
    (begun.elapsed().as_secs_f64(), relay.bytes() as f64)
}

fn post(text: String, kind: Kind) -> NewPost {
    NewPost { kind, text, until: None, want: None, amount: None, happened: None, under: None }
}

fn promise(action: &str, due: Due) -> NewPromise {
    NewPromise {
        action: action.into(),
        due,
        zone: "UTC".into(),
        grace: None,
        cue: None,
        response: None,
        note: None,
        link: None,
    }
}

/// A life: each day a promise made and kept, three reports on practices, an
/// intention and two posts; practices made anew each year, offers five times in it.
pub struct Life {
    day: i64,
    step: u64,
    practices: Vec<PromiseId>,
    single: Option<PromiseId>,
}

impl Life {
    /// A life that has come to the same day of a year after so many records: a
    /// view at its end shows as much however long it was.
    pub fn of(records: u64) -> Self {
        let days = (records / A_DAY) as i64;
        let day = (DAY_OF_YEAR - days).rem_euclid(YEAR);
        Self { day, step: 0, practices: Vec::new(), single: None }
    }

    pub async fn record(&mut self, phone: &Phone) {
        let Phone { space, clock, .. } = phone;
        let step = self.step % A_DAY;
        if step == 0 {
            self.day += 1;
            clock.set(BEGIN.plus(self.day * DAY));
            if self.practices.is_empty() || self.day % YEAR == 1 {
                let start = amends::time::local_date(BEGIN.plus(self.day * DAY), "UTC");
                self.practices.clear();
                for _ in 0..3 {
                    let rule = "FREQ=DAILY;COUNT=366".parse().unwrap();
                    let due = Due::Every { start, time: None, rule };
                    let made = space.promises().make(promise("I do the dishes.", due)).await;
                    self.practices.push(made.unwrap().id);
                }
            }
            if self.day % OFFERS == 1 {
                for at in 0..5 {
                    let clause = TermsClause {
                        id: None,
                        text: format!("I tell you first when my plans change, case {at}."),
                        binds: Who::Me,
                        category: Category::General,
                        cadence: None,
                    };
                    let expires_at = Some(space.now().plus(OFFERS * DAY));
                    let terms = Terms {
                        kind: AgreementKind::Conduct,
                        about: None,
                        clauses: vec![clause],
                        starts: None,
                        expires_at,
                        review_at: None,
                        taper: vec![],
                        lang: "en".into(),
                    };
                    space.agreements().offer(terms).await.unwrap();
                }
            }
        }
        self.step += 1;
        // The day's records are made in one sitting.
        clock.set(BEGIN.plus(self.day * DAY + step as i64 * 7));
        let now = space.now();
        match step {
            0 => {
                let due = Due::At(now.plus(6 * 3_600));
                let made = space.promises().make(promise("I call you from work.", due)).await;
                self.single = Some(made.unwrap().id);
            }
            1 => drop(space.check_ins().intend("I listen before I answer.").await.unwrap()),
            2..=4 => {
                let id = self.practices[step as usize - 2];
                space
                    .promises()
                    .report(id, None, HowItWent::Kept { done: Some(now) }, None)
                    .await
                    .unwrap();
            }
            5 => {
                if let Some(id) = self.single {
                    let told = HowItWent::Kept { done: Some(now) };
                    space.promises().report(id, None, told, None).await.unwrap();
                }
            }
            _ => {
                let text =
                    format!("Day {} at step {step}: a few words about where I am.", self.day);
                space.openness().post(post(text, Kind::Whereabouts)).await.unwrap();
            }
        }
    }
}

/// How long an empty phone takes to catch up, five times from copies of its disk; and
/// the bytes of each on the wire.
async fn catch_ups(ana: &Phone, empty: &std::path::Path) -> Vec<(f64, f64)> {
    let mut all = Vec::new();
    for _ in 0..5 {
        let copy = copy_of(empty);
        let clock = Arc::new(FixedClock::new(ana.space.now()));
        let space = Space::open(copy.path(), host(copy.path(), clock)).unwrap();
        all.push(exchange(&ana.space, &space).await);
        space.shutdown().await;
    }
    all
}

/// The longest that a view was waited for while an empty phone caught up, and until all that
/// came was read.
async fn view_meanwhile(ana: &Phone, empty: &Path) -> f64 {
    let copy = copy_of(empty);
    let clock = Arc::new(FixedClock::new(ana.space.now()));
    let space = Space::open(copy.path(), host(copy.path(), clock)).unwrap();
    let longest = Cell::new(0.0);
    let asking = async {
        loop {
            let begun = Instant::now();
            space.agreements().list().await.unwrap();
            longest.set(begun.elapsed().as_secs_f64().max(longest.get()));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    // An exchange of once ends when all that came is read.
    tokio::select! {
        _ = exchange(&ana.space, &space) => {}
        () = asking => {}
    }
    let longest = longest.get();
    space.shutdown().await;
    longest
}

/// Catches up again and again with fresh phones of Ben's, for a profile.
pub async fn catch_up_only(records: u64) {
    let [ana, ben] = [Phone::new("Ana"), Phone::new("Ben")];
    pair(&ana.space, &ben.space).await;
    let mut life = Life::of(records);
    for _ in 0..records {
        life.record(&ana).await;
    }
    ben.space.shutdown().await;
    for (time, bytes) in catch_ups(&ana, ben.folder.path()).await {
        println!("{records} records: {:.1} ms, {:.1} MB", time * 1e3, bytes / 1e6);
    }
}

/// An exchange of two phones that goes on.
struct Link {
    running: [Exchange; 2],
    relay: Option<Relay>,
}

impl Link {
    /// Through a relay that counts what passes, where it is `counted`.
    async fn between(a: &Space, b: &Space, counted: bool) -> Self {
        let listen = Some("127.0.0.1:0".parse().unwrap());
        let options = ExchangeOptions { listen, peers: vec![], once: None, ..Default::default() };
        let listening = a.exchange(options).await.unwrap();
        let address = listening.address().unwrap();
        let relay = if counted { Some(Relay::new(address).await) } else { None };
        let peers = vec![relay.as_ref().map_or(address, |relay| relay.address).to_string()];
        let options = ExchangeOptions { listen: None, peers, once: None, ..Default::default() };
        Self { running: [listening, b.exchange(options).await.unwrap()], relay }
    }

    /// How many bytes have passed.
    fn bytes(&self) -> u64 {
        self.relay.as_ref().map_or(0, Relay::bytes)
    }

    async fn end(self) {
        self.running.iter().for_each(Exchange::stop);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// So many single posts of Ana's, each until Ben's subscription has given it. The first few find
/// the phones still cold.
async fn live(ana: &Phone, ben: &Phone, actions: usize) -> Times {
    let mut posts = ben.space.openness().subscribe();
    posts.next().await.unwrap();
    let mut times = Times::default();
    for at in 0..COLD + actions {
        tokio::time::sleep(PACE).await;
        let words = format!("Live {at}.");
        let begun = Instant::now();
        ana.space.openness().post(post(words.clone(), Kind::Whereabouts)).await.unwrap();
        loop {
            let seen = posts.next().await.unwrap().unwrap();
            if seen.iter().any(|post| post.text.as_ref() == Some(&words)) {
                break;
            }
        }
        if at >= COLD {
            times.push(begun);
        }
    }
    times
}

/// Posts live again and again, for a profile.
pub async fn live_only(actions: usize) {
    let [ana, ben] = [Phone::new("Ana"), Phone::new("Ben")];
    pair(&ana.space, &ben.space).await;
    let link = Link::between(&ana.space, &ben.space, false).await;
    for day in 1..=actions.div_ceil(A_HUNDRED) {
        let now = BEGIN.plus(day as i64 * DAY);
        for phone in [&ana, &ben] {
            phone.clock.set(now);
        }
        let times = live(&ana, &ben, A_HUNDRED).await;
        println!("day {day}: {:.2} ms, p95 {:.2} ms", times.at(50) * 1e3, times.at(95) * 1e3);
    }
    link.end().await;
}

/// Until neither phone has anything left to do.
async fn rest() {
    let mut before = None;
    while before != Some(written()) {
        before = Some(written());
        tokio::time::sleep(RESTING).await;
    }
}

pub async fn run(records: u64, streamed: u64) -> Figures {
    let [ana, ben] = [Phone::new("Ana"), Phone::new("Ben")];
    pair(&ana.space, &ben.space).await;
    let mut life = Life::of(records);
    for _ in 0..records {
        life.record(&ana).await;
    }
    let mut figures = Figures { records, ..Figures::default() };
    ben.clock.set(ana.space.now());
    ben.space.suspend().await.unwrap();
    let times = catch_ups(&ana, ben.folder.path()).await;
    figures.catch_up = median(times.into_iter().map(|(time, _)| time).collect());
    figures.view_meanwhile = view_meanwhile(&ana, ben.folder.path()).await;
    ben.space.resume().await.unwrap();
    exchange(&ana.space, &ben.space).await;
    let begun = Instant::now();
    ben.space.progress().today().await.unwrap();
    figures.first_view = begun.elapsed().as_secs_f64();
    // Ben's clock has jumped by years; only what a second and a third look agree
    // on is deleted, and no longer looked at.
    for later in [61, DAY, DAY + 61] {
        let now = BEGIN.plus(life.day * DAY + DAY + later);
        for phone in [&ana, &ben] {
            phone.clock.set(now);
            phone.space.progress().today().await.unwrap();
            // Upkeep follows a job.
            phone.space.status().await.unwrap();
        }
    }
    life.day += 2;

    let mut times = Vec::new();
    for _ in 0..5 {
        let (time, bytes) = exchange(&ana.space, &ben.space).await;
        times.push(time);
        figures.reconnect_bytes = bytes;
    }
    figures.reconnect = median(times);

    // As it is after so many records, before more are streamed.
    for phone in [&ana, &ben] {
        phone.space.suspend().await.unwrap();
    }
    let now = ana.space.now().to_string();
    let copy = copy_of(ben.folder.path());
    figures.disk = size_of(copy.path()) as f64;
    (figures.open, figures.memory) = cold_open("ours", copy.path(), &now);
    for phone in [&ana, &ben] {
        phone.space.resume().await.unwrap();
    }

    // What the phones still do of the years before is not written for what comes now.
    rest().await;

    // A phone that is alone.
    let mut times = Times::default();
    let before = written();
    for at in 0..ACTIONS {
        tokio::time::sleep(PACE).await;
        let begun = Instant::now();
        let words = format!("Alone {at}.");
        ana.space.openness().post(post(words, Kind::Whereabouts)).await.unwrap();
        times.push(begun);
    }
    figures.local = times.at(50);
    figures.local_written = (written() - before) as f64 / ACTIONS as f64;

    // A link that stays, with nothing between the two.
    let link = Link::between(&ana.space, &ben.space, false).await;
    let times = live(&ana, &ben, ACTIONS).await;
    (figures.live, figures.live_slow) = (times.at(50), times.at(95));
    link.end().await;

    // And one that counts what passes.
    let link = Link::between(&ana.space, &ben.space, true).await;
    let mut posts = ben.space.openness().subscribe();
    posts.next().await.unwrap();
    let (disk, wire) = (written(), link.bytes());
    let goal = ana.space.verify_logs().await.unwrap()[0].checkpoint.length + streamed;
    let begun = Instant::now();
    for at in 0..streamed {
        life.record(&ana).await;
        if at % A_DAY == 0 {
            ben.clock.set(ana.space.now());
        }
    }
    loop {
        let held = ben.space.log_lengths().await.unwrap();
        if held.1 >= goal {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    figures.stream = begun.elapsed().as_secs_f64() / streamed as f64;
    figures.written = (written() - disk) as f64 / streamed as f64;
    figures.wire = (link.bytes() - wire) as f64 / streamed as f64;
    drop(posts);
    link.end().await;

    ana.space.shutdown().await;
    ben.space.shutdown().await;
    figures
}

/// A cold open to the first view.
pub async fn open(home: &Path, now: &str) -> (f64, f64) {
    let clock = Arc::new(FixedClock::new(Moment::parse(now).unwrap()));
    let begun = Instant::now();
    let space = Space::open(home, host(home, clock)).unwrap();
    let today = space.progress().today().await.unwrap();
    assert!(!today.promises.is_empty());
    let time = begun.elapsed().as_secs_f64();
    let memory = resident() as f64;
    space.shutdown().await;
    (time, memory)
}
