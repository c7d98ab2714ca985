//! The two phones, the network between them, and what is checked.

use crate::chance::Chance;
use crate::lies::Liar;
use crate::phone::Phone;
use amends::host::Clock;
use amends::id::Head;
use amends::internals::pairing::{Action, Conversation, Material, Role};
use amends::internals::sync::Notice;
use amends::time::{DAY, Moment};
use amends::{SimLink, SimTurn};
use std::collections::{BTreeSet, VecDeque};
use tokio::runtime::{Builder, Runtime};

const BEGIN: Moment = Moment(1_772_474_400);

/// How often what came up.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    frames: u64,
    links: u64,
    cuts: u64,
    crashes: u64,
    restored: u64,
    replaced: u64,
    clocks: u64,
    lies: u64,
    in_step: u64,
    set_aside: u64,
}

impl Counts {
    pub fn add(&mut self, other: &Counts) {
        let mine = [
            &mut self.frames,
            &mut self.links,
            &mut self.cuts,
            &mut self.crashes,
            &mut self.restored,
            &mut self.replaced,
            &mut self.clocks,
            &mut self.lies,
            &mut self.in_step,
            &mut self.set_aside,
        ];
        mine.into_iter().zip(other.each()).for_each(|(mine, (_, other))| *mine += other);
    }

    pub fn each(&self) -> [(&'static str, u64); 10] {
        [
            ("a frame", self.frames),
            ("a link", self.links),
            ("a cut", self.cuts),
            ("a crash", self.crashes),
            ("an old disk", self.restored),
            ("a new phone", self.replaced),
            ("another clock", self.clocks),
            ("a lie", self.lies),
            ("being in step", self.in_step),
            ("something set aside", self.set_aside),
        ]
    }
}

/// One direction of a connection.
#[derive(Default)]
struct Wire {
    bytes: VecDeque<u8>,
    /// What has arrived of the next frame.
    arrived: Vec<u8>,
}

struct Connection {
    links: [SimLink; 2],
    /// To the phone of this number.
    wires: [Wire; 2],
    in_step: [bool; 2],
}

pub struct World {
    runtime: Runtime,
    chance: Chance,
    phones: [Phone; 2],
    connection: Option<Connection>,
    /// The latest time that any clock has shown.
    latest: Moment,
    /// Milliseconds since it began.
    now: u64,
    number: u64,
    liar: Option<Liar>,
    /// The phone that has lost something since both were in step. If the other one
    /// loses something too, words may be gone that its entries build on, and the two
    /// can only pair anew (PROTOCOL.md, known weaknesses).
    lost: Option<usize>,
    /// What the sessions noticed since the network healed.
    notices: Vec<(usize, Notice)>,
    /// Heads of the partner's logs as each phone has held them.
    held: [Vec<Head>; 2],
    pub counts: Counts,
}

impl World {
    pub fn new(seed: u64, lies: bool) -> Self {
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        let names = ["Ana", "Ben"];
        let phones = [0, 1].map(|who| Phone::new(names[who], 2 * seed + who as u64, BEGIN));
        let world = Self {
            runtime,
            chance: Chance::new(seed),
            phones,
            connection: None,
            latest: BEGIN,
            now: 0,
            number: 0,
            liar: lies.then(|| Liar::new(seed)),
            lost: None,
            notices: Vec::new(),
            held: Default::default(),
            counts: Counts::default(),
        };
        let [a, b] = converse([&world.phones[0], &world.phones[1]], false, &world.runtime);
        world.runtime.block_on(world.phones[0].space.adopt(a)).unwrap();
        world.runtime.block_on(world.phones[1].space.adopt(b)).unwrap();
        world
    }

    pub fn step(&mut self) {
        self.time_passes(5);
        let who = self.chance.below(2);
        match self.chance.below(1_000) {
            0..830 => self.deliver(who),
            830..890 => self.act(who),
            890..915 => {
                let seconds = self.chance.below(20) as u64;
                self.time_passes(seconds * 1_000);
                self.tick(who);
            }
            915..945 => self.connect(),
            945..958 => self.cut(),
            958..966 => {
                let draws = self.chance.below(60) as i64;
                self.phones[who].arm(draws);
            }
            966..970 => self.crash(who),
            970..975 => {
                if !self.phones[who].armed() {
                    self.runtime.block_on(self.phones[who].back_up());
                }
            }
            975..978 => self.restore(who),
            978..983 => self.move_clock(who),
            983 if self.chance.once_in(2) => self.replace(who),
            _ => {
                // Much arrives at once.
                for _ in 0..3 {
                    self.deliver(who);
                }
            }
        }
        if !self.phones[who].armed() && self.chance.once_in(50) {
            self.check_held(who);
        }
        if self.phones[who].armed() && self.chance.once_in(20) {
            self.crash(who);
        }
    }

    fn time_passes(&mut self, millis: u64) {
        self.now += millis;
        if self.now % 1_000 < millis {
            for who in 0..2 {
                self.set_clock(who, 1 + millis as i64 / 1_000);
            }
        }
    }

    fn act(&mut self, who: usize) {
        self.number += 1;
        let number = self.number;
        self.runtime.block_on(self.phones[who].act(&mut self.chance, number));
        if let Some(connection) = &mut self.connection {
            let turn = self.runtime.block_on(connection.links[who].changed());
            self.follow(who, turn);
        }
    }

    fn tick(&mut self, who: usize) {
        let now = self.now;
        if let Some(connection) = &mut self.connection {
            let turn = self.runtime.block_on(connection.links[who].tick(now));
            self.follow(who, turn);
        }
        self.runtime.block_on(self.phones[who].space.rest()).unwrap();
    }

    /// A few bytes arrive, and with them perhaps a frame.
    fn deliver(&mut self, who: usize) {
        let some = 1 + self.chance.below(600);
        let Some(connection) = &mut self.connection else { return };
        let wire = &mut connection.wires[who];
        let some = some.min(wire.bytes.len());
        wire.arrived.extend(wire.bytes.drain(..some));
        self.read_frames(who);
    }

    fn read_frames(&mut self, who: usize) {
        while let Some(connection) = &mut self.connection {
            let arrived = &mut connection.wires[who].arrived;
            let Some(length) = arrived.get(..4) else { return };
            let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
            let Some(frame) = arrived.get(4..4 + length).map(<[u8]>::to_vec) else { return };
            arrived.drain(..4 + length);
            self.counts.frames += 1;
            let turn = self.runtime.block_on(connection.links[who].receive(&frame, self.now));
            self.follow(who, turn);
        }
    }

    /// What a side says goes on its way.
    fn follow(&mut self, who: usize, turn: Result<SimTurn, amends::Error>) {
        let turn = match turn {
            Ok(turn) => turn,
            Err(error) => {
                let expected = self.phones[who].armed()
                    || self.liar.is_some()
                    || matches!(error, amends::Error::Refusal(_));
                assert!(expected, "{}'s link ended: {error}", self.phones[who].name);
                self.connection = None;
                return;
            }
        };
        self.notices.extend(turn.notices.iter().map(|notice| (who, *notice)));
        let Some(connection) = &mut self.connection else { return };
        for frame in turn.frames {
            // Ben's app lies, where one does.
            let frames = match (&mut self.liar, who) {
                (Some(liar), 1) => liar.say(frame, &mut self.counts.lies),
                _ => vec![frame],
            };
            for frame in frames {
                let wire = &mut connection.wires[1 - who];
                wire.bytes.extend((frame.len() as u32).to_be_bytes());
                wire.bytes.extend(frame);
            }
        }
        connection.in_step[who] = turn.in_step;
        if connection.in_step == [true; 2] {
            self.counts.in_step += 1;
            self.lost = None;
        }
        if turn.over {
            self.connection = None;
        }
    }

    /// A connection is made, and whatever there was is gone.
    fn connect(&mut self) {
        let secret = |phone: &Phone| self.runtime.block_on(phone.space.link_secret());
        let (Ok(a), Ok(b)) = (secret(&self.phones[0]), secret(&self.phones[1])) else { return };
        assert_eq!(a, b, "the two can no longer shake hands");
        self.connection = None;
        let mut epoch = [0; 8];
        epoch.copy_from_slice(&self.chance.next().to_be_bytes());
        let begin = |who: usize| {
            let begun = SimLink::begin(&self.phones[who].space, epoch, self.now);
            self.runtime.block_on(begun)
        };
        let (Ok((a, said_a)), Ok((b, said_b))) = (begin(0), begin(1)) else { return };
        self.counts.links += 1;
        let (wires, in_step) = (Default::default(), [false; 2]);
        self.connection = Some(Connection { links: [a, b], wires, in_step });
        self.follow(0, Ok(said_a));
        self.follow(1, Ok(said_b));
    }

    /// Whatever is under way is lost, at any byte.
    fn cut(&mut self) {
        if self.connection.take().is_some() {
            self.counts.cuts += 1;
        }
    }

    fn crash(&mut self, who: usize) {
        self.connection = None;
        self.runtime.block_on(self.phones[who].crash());
        self.counts.crashes += 1;
    }

    fn restore(&mut self, who: usize) {
        if self.lost == Some(1 - who) {
            return;
        }
        self.connection = None;
        if self.runtime.block_on(self.phones[who].restore()) {
            self.counts.restored += 1;
            self.lost = Some(who);
            // It holds what it held then.
            self.held[who].clear();
        }
    }

    fn move_clock(&mut self, who: usize) {
        let days = self.chance.below(7) as i64 - 3;
        self.set_clock(who, days * DAY);
        self.counts.clocks += 1;
    }

    fn set_clock(&mut self, who: usize, seconds: i64) {
        let clock = &self.phones[who].clock;
        let now = clock.now().plus(seconds);
        clock.set(now);
        self.latest = self.latest.max(now);
    }

    /// A new phone takes the place of this one.
    fn replace(&mut self, who: usize) {
        let lost = self.lost == Some(1 - who);
        if lost || self.phones.iter().any(Phone::armed) || self.liar.is_some() {
            return;
        }
        let stays = &self.phones[1 - who].space;
        match self.runtime.block_on(stays.replacement()) {
            Ok(_) => {}
            // It is itself not whole yet; what it lacks is on the phone to be replaced.
            Err(amends::Error::Refusal(_)) => return,
            Err(error) => panic!("{error}"),
        }
        self.connection = None;
        let now = self.phones[who].clock.now();
        let mut new = Phone::new(self.phones[who].name, 1_000_000 + self.chance.next() / 2, now);
        new.replaced = true;
        let [stays, joins] = converse([&self.phones[1 - who], &new], true, &self.runtime);
        self.runtime.block_on(self.phones[1 - who].space.adopt(stays)).unwrap();
        self.runtime.block_on(new.space.adopt(joins)).unwrap();
        self.phones[who] = new;
        // A disk from before would not know the new link: the two would have to pair
        // anew (PROTOCOL.md, known weaknesses).
        self.phones.iter_mut().for_each(Phone::forget_backup);
        self.held[who].clear();
        self.counts.replaced += 1;
        self.lost = Some(who);
    }

    /// The network heals, the clocks are right, and both have time. Then everything
    /// is checked.
    pub fn quiet(&mut self) {
        for who in 0..2 {
            self.crash(who);
        }
        self.phones.iter().for_each(|phone| phone.clock.set(self.latest));
        self.notices.clear();
        for _ in 0..6 {
            self.connect();
            for turn in 0..100_000 {
                let Some(connection) = &mut self.connection else { break };
                if connection.wires.iter().all(|wire| wire.bytes.is_empty()) {
                    break;
                }
                let who = turn % 2;
                let wire = &mut connection.wires[who];
                wire.arrived.extend(wire.bytes.drain(..));
                self.read_frames(who);
            }
        }
        self.check();
    }

    fn check(&mut self) {
        if self.liar.is_none() {
            let connection = self.connection.as_ref().expect("the link stays");
            let in_step = connection.in_step;
            let mut ends = self.phones.each_ref().map(|phone| {
                let logs = self.runtime.block_on(phone.space.verify_logs()).unwrap();
                logs.into_iter().map(|log| log.checkpoint).collect::<Vec<_>>()
            });
            ends.iter_mut().for_each(|logs| logs.sort_by_key(|at| at.log));
            assert_eq!(ends[0], ends[1], "both hold the same logs: {:?}", self.notices);
            assert_eq!(in_step, [true; 2], "both are in step: {:?}", self.notices);
            let truth = self.phones.each_ref().map(|phone| self.runtime.block_on(phone.truth()));
            let [a, b] = truth.map(|truth| truth.into_iter().collect::<BTreeSet<_>>());
            let differs: Vec<_> = a.symmetric_difference(&b).collect();
            assert!(differs.is_empty(), "both see the same, but for {differs:#?}");
        }
        for who in 0..2 {
            // A liar's own disk is sound too: the lies are told on the way.
            let report = self.runtime.block_on(self.phones[who].space.doctor()).unwrap();
            assert_eq!(report.findings, vec![], "{}", self.phones[who].name);
            self.check_held(who);
        }
        for phone in &self.phones {
            let aside = self.runtime.block_on(phone.space.set_aside()).unwrap();
            self.counts.set_aside += aside.len() as u64;
            assert!(phone.set_back || aside.is_empty(), "only an old disk sets anything aside");
            // No doubt about any log stands in the way of stopping.
            self.runtime.block_on(phone.space.stop_all()).unwrap();
            let shared = self.runtime.block_on(phone.space.what_i_share()).unwrap();
            let mine = shared.iter().filter(|item| item.agreement.is_some()).count();
            assert_eq!(mine, 0, "{shared:?}");
        }
    }

    /// Log invariant 2: what is held of the partner only grows.
    fn check_held(&mut self, who: usize) {
        let items = self.runtime.block_on(self.phones[who].space.log_items()).unwrap();
        let heads: Vec<Head> =
            items.iter().filter(|item| !item.own).map(|item| item.head).collect();
        assert!(heads.starts_with(&self.held[who]), "{} holds another past", who);
        self.held[who] = heads;
    }
}

/// Both people compare and confirm; the first of the phones stays, if one does.
fn converse(phones: [&Phone; 2], replaces: bool, runtime: &Runtime) -> [Material; 2] {
    let mut sides = [0, 1].map(|who| {
        let role = if who == 0 { Role::Showed } else { Role::Joined };
        let mut random = [0; 80];
        phones[who].entropy().fill(&mut random).unwrap();
        let key = [who as u8 + 1; 32];
        let name = phones[who].name.to_owned();
        Conversation::new(role, [7; 32], key, name, random, Moment(0))
    });
    if replaces {
        let (me, replacement) = runtime.block_on(phones[0].space.replacement()).unwrap();
        let [stays, joins] = sides;
        sides = [stays.replacing(me, replacement), joins];
    }
    let mut said: VecDeque<(usize, Action)> = VecDeque::new();
    for (who, side) in sides.iter().enumerate() {
        said.extend(side.start().into_iter().map(|action| (who, action)));
    }
    let mut kept: [Option<Material>; 2] = [None, None];
    while let Some((who, action)) = said.pop_front() {
        let (at, more) = match action {
            Action::Send(message) => (1 - who, sides[1 - who].receive(message)),
            Action::Ask { .. } => (who, sides[who].answer(true)),
            Action::Done(material) => {
                kept[who] = Some(material);
                continue;
            }
            Action::Failed(error) => panic!("pairing failed: {error}"),
        };
        said.extend(more.into_iter().map(|action| (at, action)));
    }
    kept.map(Option::unwrap)
}
