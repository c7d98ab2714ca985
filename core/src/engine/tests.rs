//! What the engine does by itself and what comes back, on engines that nobody else asks.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(feature = "backup")]
mod backup;
mod crowded;
mod derived;
mod kept;
mod pages;
mod recovery;
#[cfg(feature = "backup")]
mod restored;
mod settled;
mod upkeep;

use super::*;
use crate::domain::openness::{Command, Kind, NewPost, Posts, Told};
use crate::domain::pacing::{Command as Pacing, Pace, PairLimits};
use crate::domain::promise::{Command as Promising, HowItWent, NewPromise, PromiseDocs};
use crate::domain::recurrence::Due;
use crate::host::FixedClock;
use crate::id::{PairId, Position};
use crate::log::Checkpoint;
use crate::log::body::BodyState;
use crate::pairing::Material;
use crate::store::KeyFile;
use crate::sync::{Intake, Replica as _, Run};

const BEGIN: Moment = Moment(1_772_474_400);
pub(crate) const ANA: PersonId = PersonId([2; 16]);
pub(crate) const BEN: PersonId = PersonId([3; 16]);

/// One phone of a pair; the other one is met only where a test brings something.
pub(super) struct Phone {
    pub(super) engine: Engine,
    clock: Arc<FixedClock>,
    folder: tempfile::TempDir,
}

/// What a pairing gave this person; `logs` are there where a phone was lost.
pub(crate) fn material(me: PersonId, partner: PersonId, logs: Vec<Checkpoint>) -> Material {
    Material {
        pair: PairId([1; 16]),
        me,
        partner,
        partner_key: [4; 32],
        secret: [5; 32],
        partner_name: "Ben".to_owned(),
        epoch: 0,
        logs,
    }
}

impl Phone {
    fn of(material: &Material) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::new(BEGIN));
        let host = Self::host(folder.path(), &clock);
        let mut engine = Engine::create(folder.path(), "Ana", host).unwrap();
        engine.keep_pending(material).unwrap();
        engine.link_proved().unwrap();
        Self { engine, clock, folder }
    }

    fn host(folder: &std::path::Path, clock: &Arc<FixedClock>) -> Host {
        Host { clock: clock.clone(), ..Host::new(KeyFile::new(folder.join("keys"))) }
    }

    pub(super) fn pair() -> [Self; 2] {
        [(ANA, BEN), (BEN, ANA)].map(|(me, other)| Self::of(&material(me, other, vec![])))
    }

    /// The same phone with its disk as it is now.
    fn copy(&mut self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        self.engine.suspend().unwrap();
        for file in std::fs::read_dir(self.folder.path()).unwrap().flatten() {
            std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
        }
        self.engine.resume().unwrap();
        let clock = Arc::new(FixedClock::new(self.engine.now()));
        let engine = Engine::open(folder.path(), Self::host(folder.path(), &clock)).unwrap();
        Self { engine, clock, folder }
    }

    fn at(&self, seconds: i64) {
        self.clock.set(BEGIN.plus(seconds));
    }

    fn home(&mut self) -> Home {
        self.engine.home().unwrap()
    }

    pub(super) fn own(&mut self) -> Checkpoint {
        self.home().own().unwrap().follower.checkpoint()
    }

    fn setting(&mut self, name: Setting) -> Option<crate::cbor::Value> {
        self.engine.db().unwrap().setting(name).unwrap()
    }

    /// A time that a setting holds, in seconds from the beginning.
    fn time(&mut self, name: Setting) -> Option<i64> {
        self.setting(name).map(|value| value.int().unwrap() - BEGIN.0)
    }

    /// Tells something that ends so many seconds from the beginning; where its words are.
    pub(super) fn tell(&mut self, until: i64) -> Position {
        let next = self.own();
        self.try_to_tell(until).unwrap();
        Position { log: next.log, index: next.length, place: 0 }
    }

    fn try_to_tell(&mut self, until: i64) -> Result<(), Error> {
        let until = Some(BEGIN.plus(until));
        let (want, amount, happened, under) = (None, None, None, None);
        let text = "At my mother's.".to_owned();
        let new = NewPost { kind: Kind::Day, text, until, want, amount, happened, under };
        let told = Told { post: None, command: Command::Post(new), under: None };
        let tell = |engine: &mut Engine, home: &mut Home| {
            let [mine] = [ledger(home.pair.id, home.me, Month::of(engine.now()))];
            engine.act_within::<Posts>(home, &[mine], &told)
        };
        self.engine.write(tell).map(|_| ())
    }

    /// Says that words are to be kept for so many days at most.
    fn limit(&mut self, days: u16) {
        let doc = self.home().pair.document();
        let limits = PairLimits { retention_days: Some(days), off: Default::default() };
        self.engine.act::<Pace>(&[doc], &Pacing::Limit(limits)).unwrap();
    }

    /// What is promised in these tests: a day from the beginning.
    fn new_promise(&self) -> NewPromise {
        NewPromise {
            action: "I call you.".to_owned(),
            due: Due::At(BEGIN.plus(DAY)),
            zone: "UTC".to_owned(),
            grace: None,
            cue: None,
            response: None,
            note: None,
            link: None,
        }
    }

    /// A promise that is due a day from the beginning, and was kept then.
    fn kept_promise(&mut self) -> DocId {
        let new = self.new_promise();
        let doc = self.engine.begin::<PromiseDocs>(&Promising::Make(new)).unwrap().id;
        self.at(DAY);
        let told = HowItWent::Kept { done: None };
        let report = Promising::Report { occurrence: None, told, words: None };
        self.engine.act::<PromiseDocs>(&[doc.into()], &report).unwrap();
        doc.into()
    }

    fn body(&mut self, of: Position) -> BodyState {
        let home = self.home();
        let number = PairDb::find(&home.logs, of.log).unwrap().number;
        self.engine.db().unwrap().body(number, of.index, of.place).unwrap().unwrap().state
    }

    /// Whether views read these words now.
    fn reads(&mut self, of: Position) -> bool {
        let home = self.home();
        self.engine.bodies(&home, [of]).unwrap().contains_key(&of)
    }

    fn is_live(&mut self, doc: DocId) -> bool {
        self.engine.live_rows().unwrap().iter().any(|row| row.id == doc)
    }

    /// All that this phone's person wrote and the other phone lacks, as it is sent.
    fn run(&mut self, from: u64) -> Run {
        let log = self.own().log;
        self.engine.read_run(log, from, usize::MAX, true).unwrap().unwrap()
    }

    /// Takes in what the other wrote.
    fn hears(&mut self, other: &mut Phone) {
        let theirs = other.own().log;
        let logs = self.home().logs;
        let held = PairDb::find(&logs, theirs).map_or(0, |log| log.follower.checkpoint().length);
        let run = other.run(held);
        assert!(matches!(self.engine.accept(&run).unwrap(), Intake::Stored(_)));
    }
    /// How much stands in the write-ahead log of the pair's file, in bytes.
    fn wal(&self) -> u64 {
        let wal = self.folder.path().join("pair.db-wal");
        std::fs::metadata(wal).map_or(0, |file| file.len())
    }
}

/// Two phones on which both told something for 30 days, and Ana wants words kept for seven:
/// hers and his.
fn under_a_vote() -> ([Phone; 2], [Position; 2]) {
    let [mut ana, mut ben] = Phone::pair();
    let hers = ana.tell(30 * DAY);
    ana.limit(7);
    let his = ben.tell(30 * DAY);
    ana.hears(&mut ben);
    ben.hears(&mut ana);
    ([ana, ben], [hers, his])
}

/// Takes a post of one's own back.
fn take_back(phone: &mut Phone, post: Position) {
    let home = phone.home();
    let ledger = ledger(home.pair.id, home.me, Month::of(BEGIN));
    let told = Told { post: Some(post.item().into()), command: Command::Withdraw, under: None };
    phone.engine.act::<Posts>(&[ledger], &told).unwrap();
}
