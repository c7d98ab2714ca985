//! How much is taken from the partner's phone over time.
//!
//! A partner's app may be anything, and must not fill this phone. Beyond a generous
//! amount what comes is taken slowly: it is delayed, never refused, so that no quota
//! can cost a word. (A token bucket: Turner 1986.)

use std::time::{Duration, Instant};

/// Bytes that are taken as fast as they come: a life of a hundred thousand records is
/// about a twelfth of it.
pub const BURST: u64 = 256 * 1024 * 1024;
/// Bytes a second that come on top. What may come without an answer, a frame and the
/// bodies of another, then takes less time than makes a silent link count as dead.
pub const RATE: u64 = 64 * 1024;
/// A link waits no longer than this at a time, whatever came over others before it.
const LONGEST: Duration = Duration::from_secs(30);

/// What may still be taken at full speed.
#[derive(Debug)]
pub struct Quota {
    room: u64,
    /// Up to when what comes on top is counted; later than now, it is spent already.
    at: Instant,
}

impl Quota {
    /// A full one.
    pub fn new(now: Instant) -> Self {
        Self::with_room(BURST, now)
    }

    fn with_room(room: u64, now: Instant) -> Self {
        Self { room, at: now }
    }

    /// Counts what has come, and says how long to wait before more is taken.
    pub fn take(&mut self, bytes: usize, now: Instant) -> Duration {
        let since = now.saturating_duration_since(self.at);
        let come = since.as_millis().saturating_mul(u128::from(RATE)) / 1_000;
        // Time that has not made a byte yet is not lost.
        if come > 0 {
            self.room = u64::try_from(come).unwrap_or(BURST).saturating_add(self.room).min(BURST);
            self.at = now;
        }
        let bytes = bytes as u64;
        let owed = bytes.saturating_sub(self.room);
        self.room = self.room.saturating_sub(bytes);
        if owed > 0 {
            self.at = self.at.max(now) + Duration::from_millis(owed.saturating_mul(1_000) / RATE);
        }
        self.wait(now)
    }

    /// How long to wait before anything is taken.
    pub fn wait(&self, now: Instant) -> Duration {
        self.at.saturating_duration_since(now).min(LONGEST)
    }

    /// Whether there is room for anything.
    pub fn open(&mut self, now: Instant) -> bool {
        self.take(0, now);
        self.room > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::FRAME_BYTES;

    #[test]
    fn what_a_life_holds_is_taken_at_once_and_a_flood_at_a_bounded_rate() {
        let begun = Instant::now();
        let mut quota = Quota::new(begun);
        let frame = FRAME_BYTES as u64;
        for _ in 0..BURST / frame {
            assert_eq!(quota.take(FRAME_BYTES, begun), Duration::ZERO);
        }
        assert!(!quota.open(begun));
        let mut now = begun;
        for _ in 0..1_000 {
            now += quota.take(FRAME_BYTES, now);
        }
        let rate = (1_000 * frame) as f64 / (now - begun).as_secs_f64();
        assert!(rate < RATE as f64 * 1.1, "{rate}");
    }

    #[test]
    fn one_frame_never_waits_for_as_long_as_a_dead_link() {
        let begun = Instant::now();
        let mut quota = Quota::with_room(0, begun);
        assert!(quota.take(2 * FRAME_BYTES, begun) < Duration::from_secs(45));
    }

    #[test]
    fn what_is_owed_is_owed_whoever_asks_next() {
        let begun = Instant::now();
        let mut quota = Quota::with_room(0, begun);
        let one = quota.take(FRAME_BYTES, begun);
        assert_eq!(one, Duration::from_secs(16));
        // Another link begins, and sends little: the wait is no shorter.
        assert_eq!(quota.wait(begun), one);
        assert!(quota.take(64, begun) >= one);
        let two = quota.take(FRAME_BYTES, begun);
        assert_eq!(two, LONGEST, "32 s are owed, and a link waits for 30 of them at a time");
        assert!(!quota.open(begun + LONGEST));
        assert!(quota.open(begun + Duration::from_secs(33)));
    }

    #[test]
    fn room_comes_back_with_time_and_never_more_than_there_was() {
        let begun = Instant::now();
        let mut quota = Quota::new(begun);
        quota.take(usize::try_from(BURST).unwrap_or(usize::MAX), begun);
        let later = begun + Duration::from_secs(BURST / RATE * 3);
        assert!(quota.open(later));
        assert_eq!(quota.room, BURST);
    }
}
