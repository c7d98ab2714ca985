//! A phone that can be acted on, crashed, set back and replaced.

use crate::chance::Chance;
use amends::HowItWent;
use amends::KeyFile;
use amends::Who;
use amends::host::{Clock, Entropy, EntropyError, FixedClock, SeededEntropy};
use amends::time::Moment;
use amends::{Error, Host, Space};
use amends::{NewNote, NoteContent as Content};
use amends_tests::phones::{copy_of_in, plain, post, promise};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Randomness that fails from a chosen draw on: every sealed value needs some, so
/// that a phone can be stopped between any two writes.
pub struct Bomb {
    source: SeededEntropy,
    /// Draws that are left; negative where it is not armed.
    left: AtomicI64,
}

impl Entropy for Bomb {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(EntropyError);
        }
        if left > 0 {
            self.left.store(left - 1, Ordering::Relaxed);
        }
        self.source.fill(bytes)
    }
}

pub struct Phone {
    pub space: Space,
    pub clock: Arc<FixedClock>,
    bomb: Arc<Bomb>,
    home: tempfile::TempDir,
    /// An old state of its disk.
    backup: Option<tempfile::TempDir>,
    pub name: &'static str,
    /// Whether its disk was ever set back.
    pub set_back: bool,
    /// Whether it took another phone's place.
    pub replaced: bool,
}

fn host(home: &Path, clock: &Arc<FixedClock>, bomb: &Arc<Bomb>) -> Host {
    let host = Host::new(KeyFile::new(home.join("keys")));
    Host { clock: clock.clone(), entropy: bomb.clone(), ..host }
}

/// Memory, where the system has a place for it; syncing to it costs nothing.
fn place() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

impl Phone {
    pub fn new(name: &'static str, seed: u64, now: Moment) -> Self {
        let home = tempfile::tempdir_in(place()).unwrap();
        let clock = Arc::new(FixedClock::new(now));
        let bomb = Arc::new(Bomb { source: SeededEntropy::new(seed), left: AtomicI64::new(-1) });
        let space = Space::create_here(home.path(), name, host(home.path(), &clock, &bomb));
        Self {
            space: space.unwrap(),
            clock,
            bomb,
            home,
            backup: None,
            name,
            set_back: false,
            replaced: false,
        }
    }

    pub fn entropy(&self) -> &dyn Entropy {
        self.bomb.as_ref()
    }

    /// From now on `draws` more random draws succeed.
    pub fn arm(&self, draws: i64) {
        self.bomb.left.store(draws, Ordering::Relaxed);
    }

    /// Whether it has crashed, or is about to.
    pub fn armed(&self) -> bool {
        self.bomb.left.load(Ordering::Relaxed) >= 0
    }

    /// The app is gone without a word, and opened again.
    pub async fn crash(&mut self) {
        self.bomb.left.store(-1, Ordering::Relaxed);
        // Nothing is written back: the handle is just dropped.
        let host = host(self.home.path(), &self.clock, &self.bomb);
        self.space.abandon();
        self.space = Space::open_here(self.home.path(), host).unwrap();
    }

    pub async fn back_up(&mut self) {
        self.space.suspend().await.unwrap();
        self.backup = Some(copy_of_in(self.home.path(), &place()));
        self.space.resume().await.unwrap();
    }

    pub fn forget_backup(&mut self) {
        self.backup = None;
    }

    /// Puts the old state back, if there is one. Whether there was.
    pub async fn restore(&mut self) -> bool {
        let Some(backup) = &self.backup else { return false };
        self.space.shutdown().await;
        let home = copy_of_in(backup.path(), &place());
        // The keys are the phone's own, not the disk's.
        self.home = home;
        self.bomb.left.store(-1, Ordering::Relaxed);
        let host = host(self.home.path(), &self.clock, &self.bomb);
        self.space = Space::open_here(self.home.path(), host).unwrap();
        self.set_back = true;
        true
    }

    /// Something that its person does. What a rule refuses is no failure.
    pub async fn act(&self, chance: &mut Chance, number: u64) {
        let done = self.try_to_act(chance, number).await;
        match done {
            Ok(()) | Err(Error::Refusal(_)) => {}
            Err(_) if self.armed() => {}
            Err(error) => panic!("{} could not act: {error}", self.name),
        }
    }

    async fn try_to_act(&self, chance: &mut Chance, number: u64) -> Result<(), Error> {
        let words = format!("{} {number}.", self.name);
        let agreements = self.space.agreements();
        let promises = self.space.promises();
        let openness = self.space.openness();
        let views = agreements.list().await?;
        let view = chance.of(&views);
        match (chance.below(14), view) {
            (0 | 1, _) => drop(agreements.propose(plain(&words)).await?),
            (2..=4, Some(view)) => {
                if let Some(open) = view.on_table.first() {
                    agreements.consent(view, open.hash, None).await?;
                }
            }
            (5, Some(view)) => drop(agreements.suspend(view.id).await?),
            (6, Some(view)) => drop(agreements.resume(view.id).await?),
            (7, Some(view)) => drop(agreements.end(view.id).await?),
            (8, _) => {
                let due = self.clock.now().plus(1 + chance.below(5) as i64 * 3_600);
                promises.make(promise(&words, due)).await?;
            }
            (9, _) => {
                let all = promises.list().await?;
                let mine: Vec<_> = all.iter().filter(|one| one.by == Who::Me).collect();
                if let Some(one) = chance.of(&mine) {
                    promises.report(one.id, None, HowItWent::Missed, Some(words)).await?;
                }
            }
            (10, _) => {
                openness.post(post(&words)).await?;
            }
            (11, _) => {
                let all = openness.list().await?;
                let mine: Vec<_> = all.iter().filter(|one| one.by == Who::Me).collect();
                if let Some(one) = chance.of(&mine) {
                    openness.withdraw(one.id).await?;
                }
            }
            (12, _) => {
                let content = Content::Journal { text: words };
                let note = NewNote { content, feelings: vec![], tags: vec![] };
                self.space.inner().write(note).await?;
            }
            _ if chance.once_in(40) => drop(self.space.stop_all().await?),
            _ => {}
        }
        Ok(())
    }

    /// What both phones must agree on, seen from neither side.
    pub async fn truth(&self) -> Vec<String> {
        let mut truth = Vec::new();
        for view in self.space.agreements().page(u32::MAX, None).await.unwrap() {
            let texts = |one: &amends::RevisionView| one.hash.to_string();
            let mut table: Vec<String> = view.on_table.iter().map(texts).collect();
            table.sort();
            truth.push(format!(
                "agreement {} {:?} {:?} {table:?} {:?} {}",
                view.id,
                view.state,
                view.current.as_ref().map(texts),
                view.ended_at,
                view.suspended_by_me || view.suspended_by_partner,
            ));
        }
        for view in self.space.promises().page(u32::MAX, None).await.unwrap() {
            let told: Vec<String> =
                view.occurrences.iter().map(|one| format!("{:?}", one.outcome)).collect();
            truth.push(format!("promise {} {:?} {:?} {told:?}", view.id, view.state, view.action));
        }
        for view in self.space.openness().list().await.unwrap() {
            truth.push(format!("post {:?} {:?}", view.id, view.text));
        }
        truth.sort();
        truth
    }
}
