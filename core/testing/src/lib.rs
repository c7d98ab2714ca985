//! Two phones in one process, for the tests of an app: real files in temporary folders, real
//! sockets on this machine, and clocks to turn.
//!
//! ```
//! use amends_testing::{BEGIN, Phones, promise};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), amends::Error> {
//! let phones = Phones::paired().await;
//! let [ana, ben] = [&phones.ana.space, &phones.ben.space];
//! ben.promises().make(promise("I call you.", BEGIN.plus(3_600))).await?;
//! phones.meet().await?;
//! assert_eq!(ana.promises().list().await?[0].action.as_deref(), Some("I call you."));
//! # Ok(())
//! # }
//! ```
//!
//! What a test cannot go on from panics: there is nobody to hand an error to.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use amends::Due;
use amends::ExchangeOptions;
use amends::KeyFile;
use amends::NewPromise;
use amends::Who;
use amends::host::{FixedClock, SecretError, SecretStore, SeededEntropy, SystemEntropy};
use amends::time::Moment;
use amends::{AgreementKind, Category, Terms, TermsClause};
use amends::{Error, Host, Space};
use amends::{NewPost, PostKind as Kind};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// When every test begins.
pub const BEGIN: Moment = Moment(1_772_474_400);

/// Secrets in memory: real enough for a test, and nothing for an app.
#[derive(Default)]
pub struct MemorySecrets(Mutex<BTreeMap<String, Vec<u8>>>);

impl MemorySecrets {
    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SecretStore for MemorySecrets {
    fn read(&self, name: String) -> Result<Option<Vec<u8>>, SecretError> {
        Ok(self.kept().get(&name).cloned())
    }
    fn write(&self, name: String, secret: Vec<u8>) -> Result<(), SecretError> {
        self.kept().insert(name, secret);
        Ok(())
    }
    fn delete(&self, name: String) -> Result<(), SecretError> {
        self.kept().remove(&name);
        Ok(())
    }
}

/// A phone and the clock on it.
pub struct Phone {
    /// Its space.
    pub space: Space,
    /// Its clock, which stands still until it is set.
    pub clock: Arc<FixedClock>,
    /// Its files; gone with it.
    pub folder: tempfile::TempDir,
}

/// Ana's phone and Ben's, paired. They are apart until they meet.
pub struct Phones {
    /// Ana's.
    pub ana: Phone,
    /// Ben's, who can be told what to do by a script.
    pub ben: Phone,
}

impl Phones {
    /// Two phones that are paired.
    pub async fn paired() -> Self {
        let [ana, ben] = paired().await;
        Self { ana, ben }
    }

    /// Lets the two meet until both are in step.
    ///
    /// # Errors
    /// What kept one of them from it.
    pub async fn meet(&self) -> Result<(), Error> {
        let [ana, ben] = meet(&self.ana.space, &self.ben.space).await;
        ana.and(ben)
    }

    /// Sets both clocks ahead by so many seconds.
    pub fn turn(&self, seconds: i64) {
        for phone in [&self.ana, &self.ben] {
            phone.clock.set(phone.space.now().plus(seconds));
        }
    }
}

/// What a phone in `folder` is lent; with a seed, its randomness repeats.
pub fn host(folder: &Path, clock: Arc<FixedClock>, seed: Option<u64>) -> Host {
    let host = Host::new(KeyFile::new(folder.join("keys")));
    match seed {
        Some(seed) => Host { clock, entropy: Arc::new(SeededEntropy::new(seed)), ..host },
        None => Host { clock, entropy: Arc::new(SystemEntropy), ..host },
    }
}

impl Phone {
    /// A new phone of a person who goes by `name`; with a seed, its randomness repeats.
    pub fn new(name: &str, seed: Option<u64>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::new(BEGIN));
        let host = host(folder.path(), clock.clone(), seed);
        let space = Space::create(folder.path(), name, host).unwrap();
        Self { space, clock, folder }
    }

    /// The same phone after its app was closed.
    ///
    /// # Errors
    /// As [`Space::open`].
    pub fn reopen(&self) -> Result<Space, Error> {
        Space::open(self.folder.path(), host(self.folder.path(), self.clock.clone(), None))
    }
}

/// A copy of a home as it stands on disk.
pub fn copy_of(home: &Path) -> tempfile::TempDir {
    copy_of_in(home, &std::env::temp_dir())
}

/// The same, in this place.
pub fn copy_of_in(home: &Path, place: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir_in(place).unwrap();
    for file in std::fs::read_dir(home).unwrap() {
        let path = file.unwrap().path();
        std::fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    copy
}

/// Two phones that are paired.
pub async fn paired() -> [Phone; 2] {
    let phones = [Phone::new("Ana", None), Phone::new("Ben", None)];
    pair(&phones).await;
    phones
}

/// Makes two phones a pair, over a socket of this machine.
pub async fn pair(phones: &[Phone; 2]) {
    let mut show = phones[0].space.pair_show("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = show.address.unwrap().to_string();
    let code = show.code.clone().unwrap();
    let mut join = phones[1].space.pair_join(&code, &address).await.unwrap();
    let (a, b) = tokio::join!(show.asked(), join.asked());
    assert_eq!(a.unwrap().code, b.unwrap().code);
    show.answer(true);
    join.answer(true);
    let both = tokio::join!(show.finished(), join.finished());
    assert_eq!(both, (Ok(()), Ok(())));
}

/// Lets two spaces meet until both are in step.
pub async fn meet(a: &Space, b: &Space) -> [Result<(), Error>; 2] {
    let once = Some(Duration::from_secs(10));
    let listen = Some("127.0.0.1:0".parse().unwrap());
    let options = ExchangeOptions { listen, peers: vec![], once, ..Default::default() };
    let mut listening = match a.exchange(options).await {
        Ok(exchange) => exchange,
        Err(error) => return [Err(error), Err(Error::Closed)],
    };
    let peers = vec![listening.address().unwrap().to_string()];
    let mut dialling =
        match b.exchange(ExchangeOptions { listen: None, peers, once, ..Default::default() }).await
        {
            Ok(exchange) => exchange,
            Err(error) => {
                listening.stop();
                return [Err(Error::Closed), Err(error)];
            }
        };
    let (a, b) = tokio::join!(listening.finished(), dialling.finished());
    [a, b]
}

/// Terms of one sentence.
pub fn terms(text: &str, binds: Who, category: Category) -> Terms {
    Terms {
        kind: AgreementKind::Conduct,
        about: None,
        clauses: vec![TermsClause { id: None, text: text.into(), binds, category, cadence: None }],
        starts: None,
        expires_at: None,
        review_at: None,
        taper: vec![],
        lang: "en".into(),
    }
}

/// A sentence that binds both and is not sensitive.
pub fn plain(text: &str) -> Terms {
    terms(text, Who::Both, Category::General)
}

/// A promise for one moment, in words alone.
pub fn promise(action: &str, due: Moment) -> NewPromise {
    NewPromise {
        action: action.into(),
        due: Due::At(due),
        zone: "UTC".into(),
        grace: None,
        cue: None,
        response: None,
        note: None,
        link: None,
    }
}

/// A post about one's day, in words alone.
pub fn post(text: &str) -> NewPost {
    NewPost {
        kind: Kind::Day,
        text: text.into(),
        until: None,
        want: None,
        amount: None,
        happened: None,
        under: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_space_keeps_its_keys_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let ana = Space::create(folder.path(), "Ana", Host::new(MemorySecrets::default())).unwrap();
        assert_eq!(ana.status().await.unwrap().name, "Ana");
        ana.shutdown().await;
        // Who has not these keys opens nothing.
        let other = Space::open(folder.path(), Host::new(MemorySecrets::default()));
        assert!(matches!(other, Err(Error::KeysMissing(_))));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn two_phones_are_paired_meet_and_have_clocks_to_turn() {
        let phones = Phones::paired().await;
        phones.turn(86_400);
        assert_eq!(phones.ben.space.now(), BEGIN.plus(86_400));
        let terms = plain("We talk on Sundays.");
        phones.ana.space.agreements().propose(terms).await.unwrap();
        phones.meet().await.unwrap();
        assert_eq!(phones.ben.space.agreements().list().await.unwrap().len(), 1);
    }
}
