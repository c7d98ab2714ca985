//! Following a log: every check that an entry must pass before it is stored.

use super::chain::{genesis_head, log_id, next_head};
use super::entry::{Checkpoint, Entry, EnvelopeError};
use crate::id::{Head, LogId, PairId, Past, PersonId};
use crate::limits::LOG_LENGTH;
use std::collections::BTreeMap;

/// Why an entry is not the next one of its log. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogRefusal {
    /// The envelope is bad.
    #[error("the entry cannot be read: {0}")]
    Envelope(#[from] EnvelopeError),
    /// Its index is not the next one.
    #[error("entry {found} came where {expected} was next")]
    Gap {
        /// The next index.
        expected: u64,
        /// The index it has.
        found: u64,
    },
    /// The log is as long as a log can be.
    #[error("the log is full")]
    Full,
    /// The log went on in another generation.
    #[error("the log goes on in another by now")]
    Over,
    /// It pins a log that is not the other person's.
    #[error("the entry pins a log that is not the other person's")]
    ForeignPin,
    /// It pins less of a log than an entry before it did, or another head at the same length.
    #[error("the entry takes back what an earlier entry had pinned")]
    PinRegressed,
    /// It pins more of a log than is held here.
    #[error("the entry pins entries that are not held here")]
    PinAhead,
    /// It pins a head that the log never had: somebody rewrote something.
    #[error("the entry pins a log that was never like this")]
    PinContradicts,
    /// A first generation that continues something, or a later one that does
    /// not continue the one before it.
    #[error("the entry does not continue the log before it")]
    Continuation,
}

/// An entry that was found to be the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// The entry.
    pub entry: Entry,
    /// The head after it.
    pub head: Head,
    /// All that came before it, in every log.
    pub past: Past,
}

/// The state of one log, as needed to check and to write its next entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follower {
    pair: PairId,
    owner: PersonId,
    generation: u8,
    checkpoint: Checkpoint,
    pins: BTreeMap<LogId, Checkpoint>,
    past: Past,
}

impl Follower {
    /// An empty log.
    pub fn new(pair: PairId, owner: PersonId, generation: u8) -> Self {
        let log = log_id(pair, owner, generation);
        Self {
            pair,
            owner,
            generation,
            checkpoint: Checkpoint { log, length: 0, head: genesis_head(pair, log) },
            pins: BTreeMap::new(),
            past: Past::default(),
        }
    }

    /// A log as it was left: `pins` are the latest of each log that it pinned,
    /// `past` is what [`Follower::past`] said.
    pub fn resume(
        pair: PairId,
        owner: PersonId,
        generation: u8,
        checkpoint: Checkpoint,
        pins: Vec<Checkpoint>,
        past: Past,
    ) -> Self {
        let pins = pins.into_iter().map(|pin| (pin.log, pin)).collect();
        Self { pair, owner, generation, checkpoint, pins, past }
    }

    /// The log's length and head.
    pub fn checkpoint(&self) -> Checkpoint {
        self.checkpoint
    }

    /// Whose log it is.
    pub fn owner(&self) -> PersonId {
        self.owner
    }

    /// Which generation of the owner's log it is.
    pub fn generation(&self) -> u8 {
        self.generation
    }

    /// The latest pin of each log that this one has pinned.
    pub fn pins(&self) -> impl Iterator<Item = &Checkpoint> {
        self.pins.values()
    }

    /// The causal past of the next entry, before its own new pins.
    pub fn past(&self) -> &Past {
        &self.past
    }

    /// The next entry with these records, pinning `held`, the other person's
    /// logs as they are held here.
    pub fn next_entry(&self, held: &[Checkpoint], records: Vec<Vec<u8>>) -> Entry {
        let mut seen: Vec<Checkpoint> = held
            .iter()
            .filter(|pin| pin.length > self.pins.get(&pin.log).map_or(0, |before| before.length))
            .copied()
            .collect();
        seen.sort_by_key(|pin| pin.log);
        Entry { index: self.checkpoint.length, seen, records, continues: None }
    }

    /// The first entry of a later generation: it goes on from `before`, where the
    /// log before it ended.
    pub fn first_entry(
        &self,
        before: Checkpoint,
        held: &[Checkpoint],
        records: Vec<Vec<u8>>,
    ) -> Entry {
        Entry { continues: Some(before), ..self.next_entry(held, records) }
    }

    /// Checks that `bytes` are the next entry and moves on by it.
    ///
    /// `head_at(log, length)` is the head that a log held here had at a length;
    /// `None` where that much is not held.
    ///
    /// # Errors
    /// [`LogRefusal`]; the state is then unchanged.
    pub fn follow(
        &mut self,
        bytes: &[u8],
        head_at: &dyn Fn(LogId, u64) -> Option<Head>,
    ) -> Result<Followed, LogRefusal> {
        let entry = Entry::decode(bytes)?;
        let expected = self.checkpoint.length;
        if entry.index != expected {
            return Err(LogRefusal::Gap { expected, found: entry.index });
        }
        if expected + 1 >= LOG_LENGTH {
            return Err(LogRefusal::Full);
        }
        let mut past = self.past.clone();
        self.check_continuation(&entry, head_at)?;
        if let Some(before) = entry.continues {
            past.raise(before.log, before.length);
        }
        for pin in &entry.seen {
            self.check_pin(pin, head_at)?;
            past.raise(pin.log, pin.length);
        }
        past.raise(self.checkpoint.log, expected);

        for pin in &entry.seen {
            self.pins.insert(pin.log, *pin);
        }
        let head = next_head(self.checkpoint.head, bytes);
        self.checkpoint.length += 1;
        self.checkpoint.head = head;
        self.past = past.clone();
        Ok(Followed { entry, head, past })
    }

    /// The same for an entry of one's own that comes back, or was checked when it was
    /// written: what it pins may not be held here yet, and is not compared.
    ///
    /// # Errors
    /// [`LogRefusal`]; the state is then unchanged.
    pub fn follow_own(&mut self, bytes: &[u8]) -> Result<Followed, LogRefusal> {
        let entry = Entry::decode(bytes)?;
        let pins = entry.seen.iter().chain(&entry.continues);
        let head_at = |log, length| {
            let mut pins = pins.clone();
            pins.find(|pin| pin.log == log && pin.length == length).map(|pin| pin.head)
        };
        self.follow(bytes, &head_at)
    }

    fn check_pin(
        &self,
        pin: &Checkpoint,
        head_at: &dyn Fn(LogId, u64) -> Option<Head>,
    ) -> Result<(), LogRefusal> {
        // Own earlier generations come in by `continues`; anything else with the
        // owner's name on it would let a log vouch for itself.
        if self.is_own(pin.log) {
            return Err(LogRefusal::ForeignPin);
        }
        if let Some(before) = self.pins.get(&pin.log)
            && (pin.length < before.length
                || (pin.length == before.length && pin.head != before.head))
        {
            return Err(LogRefusal::PinRegressed);
        }
        match head_at(pin.log, pin.length) {
            None => Err(LogRefusal::PinAhead),
            Some(head) if head != pin.head => Err(LogRefusal::PinContradicts),
            Some(_) => Ok(()),
        }
    }

    fn check_continuation(
        &self,
        entry: &Entry,
        head_at: &dyn Fn(LogId, u64) -> Option<Head>,
    ) -> Result<(), LogRefusal> {
        let due = entry.index == 0 && self.generation > 0;
        match entry.continues {
            None if !due => Ok(()),
            Some(before)
                if due
                    && before.log == log_id(self.pair, self.owner, self.generation - 1)
                    && head_at(before.log, before.length) == Some(before.head) =>
            {
                Ok(())
            }
            _ => Err(LogRefusal::Continuation),
        }
    }

    fn is_own(&self, log: LogId) -> bool {
        (0..crate::limits::LOG_GENERATIONS).any(|g| log_id(self.pair, self.owner, g) == log)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use proptest::prelude::*;

    const PAIR: PairId = PairId([1; 16]);
    const ANA: PersonId = PersonId([2; 16]);
    const BEN: PersonId = PersonId([3; 16]);

    /// Both logs whole, with every head they ever had: an all-knowing reader.
    struct Both {
        logs: [Follower; 2],
        heads: BTreeMap<(LogId, u64), Head>,
    }

    impl Both {
        fn new() -> Self {
            let logs = [Follower::new(PAIR, ANA, 0), Follower::new(PAIR, BEN, 0)];
            let heads =
                logs.iter().map(|log| ((log.checkpoint.log, 0), log.checkpoint.head)).collect();
            Self { logs, heads }
        }

        fn checkpoint(&self, who: usize, length: u64) -> Checkpoint {
            let log = self.logs[who].checkpoint.log;
            Checkpoint { log, length, head: self.heads[&(log, length)] }
        }

        fn write(&mut self, who: usize, pin: u64) -> Vec<u8> {
            let held = self.checkpoint(1 - who, pin);
            let bytes = self.logs[who].next_entry(&[held], vec![vec![0xa0]]).encode();
            self.follow(who, &bytes).unwrap();
            bytes
        }

        fn follow(&mut self, who: usize, bytes: &[u8]) -> Result<Followed, LogRefusal> {
            let heads = self.heads.clone();
            let followed =
                self.logs[who].follow(bytes, &|log, length| heads.get(&(log, length)).copied())?;
            let Checkpoint { log, length, head } = self.logs[who].checkpoint;
            self.heads.insert((log, length), head);
            Ok(followed)
        }
    }

    #[test]
    fn inv2_of_each_log_the_latest_pin_is_told() {
        let mut both = Both::new();
        assert_eq!(both.logs[0].pins().count(), 0);
        both.write(1, 0);
        both.write(1, 0);
        for pin in [1, 2] {
            both.write(0, pin);
            assert_eq!(both.logs[0].pins().collect::<Vec<_>>(), [&both.checkpoint(1, pin)]);
        }
    }

    proptest! {
        /// Log invariant 1: over random histories with offline stretches, indexes
        /// are gapless and every head recomputes from the bytes alone.
        /// Log invariant 2: pins never regress.
        #[test]
        fn inv1_inv2_indexes_are_gapless_heads_recompute_pins_never_regress(
            steps in prop::collection::vec((0usize..2, any::<bool>()), 1..60)
        ) {
            let mut both = Both::new();
            let mut seen = [0u64; 2];
            let mut bytes: [Vec<Vec<u8>>; 2] = Default::default();
            for (who, meet) in steps {
                if meet {
                    seen = [both.logs[1].checkpoint.length, both.logs[0].checkpoint.length];
                }
                bytes[who].push(both.write(who, seen[who]));
            }
            for (log, bytes) in both.logs.iter().zip(&bytes) {
                let mut head = genesis_head(PAIR, log.checkpoint.log);
                let mut pinned = 0;
                for (index, raw) in bytes.iter().enumerate() {
                    let entry = Entry::decode(raw).unwrap();
                    prop_assert_eq!(entry.index, index as u64);
                    for pin in &entry.seen {
                        prop_assert!(pin.length >= pinned);
                        pinned = pin.length;
                    }
                    head = next_head(head, raw);
                }
                prop_assert_eq!(head, log.checkpoint.head);
            }
        }

        /// I5: no changed byte of an entry leads to the same head.
        #[test]
        fn i05_a_changed_byte_changes_the_head_or_is_refused(at in 0usize..80, with in 1u8..) {
            let mut both = Both::new();
            let bytes = both.write(0, 0);
            let mut changed = bytes.clone();
            let at = at % changed.len();
            changed[at] ^= with;
            let mut fresh = Follower::new(PAIR, ANA, 0);
            if let Ok(followed) = fresh.follow(&changed, &|_, _| None) {
                prop_assert_ne!(followed.head, both.logs[0].checkpoint.head);
            }
        }

        #[test]
        fn i10_no_bytes_make_a_follower_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut log = Follower::new(PAIR, ANA, 0);
            let before = log.clone();
            prop_assert!(log.follow(&bytes, &|_, _| None).is_err());
            prop_assert_eq!(log, before);
        }
    }

    fn refuse(entry: Entry) -> LogRefusal {
        let mut both = Both::new();
        both.write(1, 0);
        both.write(0, 1);
        both.follow(0, &entry.encode()).unwrap_err()
    }

    fn entry() -> Entry {
        Entry { index: 1, seen: vec![], records: vec![vec![0xa0]], continues: None }
    }

    #[test]
    fn i05_gaps_foreign_pins_and_false_pins_are_each_refused() {
        let mut both = Both::new();
        both.write(1, 0);
        let pin = both.checkpoint(1, 1);
        let expected = 1;
        assert_eq!(refuse(Entry { index: 2, ..entry() }), LogRefusal::Gap { expected, found: 2 });
        assert_eq!(refuse(Entry { index: 0, ..entry() }), LogRefusal::Gap { expected, found: 0 });
        let own = both.checkpoint(0, 0);
        assert_eq!(refuse(Entry { seen: vec![own], ..entry() }), LogRefusal::ForeignPin);
        let ahead = Checkpoint { length: 9, ..pin };
        assert_eq!(refuse(Entry { seen: vec![ahead], ..entry() }), LogRefusal::PinAhead);
        let back = Checkpoint { length: 0, ..pin };
        assert_eq!(refuse(Entry { seen: vec![back], ..entry() }), LogRefusal::PinRegressed);
        let other = Checkpoint { head: Head([9; 32]), ..pin };
        assert_eq!(refuse(Entry { seen: vec![other], ..entry() }), LogRefusal::PinRegressed);
        assert_eq!(refuse(Entry { continues: Some(pin), ..entry() }), LogRefusal::Continuation);
    }

    #[test]
    fn a_pin_on_a_log_that_was_never_like_this_is_a_contradiction() {
        let mut both = Both::new();
        both.write(1, 0);
        let false_pin = Checkpoint { head: Head([9; 32]), ..both.checkpoint(1, 1) };
        let entry = Entry { index: 0, seen: vec![false_pin], ..entry() };
        assert_eq!(both.follow(0, &entry.encode()), Err(LogRefusal::PinContradicts));
    }

    #[test]
    fn a_later_generation_must_continue_the_one_before() {
        let mut both = Both::new();
        both.write(0, 0);
        let before = both.checkpoint(0, 1);
        let heads = both.heads.clone();
        let head_at = |log, length| heads.get(&(log, length)).copied();
        let mut next = Follower::new(PAIR, ANA, 1);
        let without = Entry { index: 0, ..entry() };
        assert_eq!(next.follow(&without.encode(), &head_at), Err(LogRefusal::Continuation));
        let with = Entry { continues: Some(before), ..without };
        let followed = next.follow(&with.encode(), &head_at).unwrap();
        assert_eq!(followed.past.length(before.log), 1);
        assert_eq!((next.generation(), both.logs[0].generation()), (1, 0));
        assert_eq!(next.past(), &followed.past);
    }

    #[test]
    fn what_was_pinned_is_not_pinned_again_and_may_be() {
        let mut both = Both::new();
        both.write(1, 0);
        both.write(0, 1);
        let pin = both.checkpoint(1, 1);
        assert_eq!(both.logs[0].next_entry(&[pin], vec![vec![0xa0]]).seen, []);
        let again = Entry { seen: vec![pin], ..entry() };
        assert!(both.follow(0, &again.encode()).is_ok());
    }

    #[test]
    fn an_entry_of_ones_own_may_pin_several_logs_that_are_not_here() {
        let pin = |log, length| Checkpoint {
            log: LogId([log; 16]),
            length,
            head: Head([log.wrapping_add(length as u8); 32]),
        };
        let seen = vec![pin(1, 2), pin(2, 2), pin(3, 1)];
        let entry = Entry { index: 0, seen, ..entry() };
        let mut log = Follower::new(PAIR, ANA, 0);
        let followed = log.follow_own(&entry.encode()).unwrap();
        assert_eq!(followed.past.length(LogId([3; 16])), 1);
    }

    #[test]
    fn a_log_is_full_one_before_its_end() {
        let full = |length| {
            let mut log = Follower::new(PAIR, ANA, 0);
            log.checkpoint.length = length;
            log.follow_own(&Entry { index: length, ..entry() }.encode()).map(drop)
        };
        assert_eq!(full(LOG_LENGTH - 2), Ok(()));
        assert_eq!(full(LOG_LENGTH - 1), Err(LogRefusal::Full));
    }

    #[test]
    fn envelopes_are_bounded() {
        let many = Entry { records: vec![vec![]; 65], ..entry() };
        assert_eq!(Entry::decode(&many.encode()), Err(EnvelopeError::Records));
        let million = Entry { records: vec![vec![]; 1_000_000], ..entry() };
        assert_eq!(Entry::decode(&million.encode()), Err(EnvelopeError::TooLarge));
        let none = Entry { records: vec![], ..entry() };
        assert_eq!(Entry::decode(&none.encode()), Err(EnvelopeError::Records));
        let large = Entry { records: vec![vec![0; 128 * 1024 + 1]], ..entry() };
        assert_eq!(Entry::decode(&large.encode()), Err(EnvelopeError::Records));
        let pin = Checkpoint { log: LogId([1; 16]), length: 0, head: Head([0; 32]) };
        let twice = Entry { seen: vec![pin, pin], ..entry() };
        assert_eq!(Entry::decode(&twice.encode()), Err(EnvelopeError::Pins));
    }
}
