//! How much is taken from the partner's phone over time.
//!
//! A partner's app may be anything, and must not fill this phone. Beyond a generous
//! amount what comes is taken slowly: it is delayed, never refused, so that no quota
//! can cost a word. (A token bucket: Turner 1986.)

use std::time::{Duration, Instant};

/// Bytes that are taken as fast as they come: a life of a hundred thousand records is
/// about a twelfth of it.
pub const BURST: u64 = 256 * 1024 * 1024;
/// Bytes a second that come on top. The largest frame then takes 32 s: less than the
/// time after which a silent link counts as dead.
pub const RATE: u64 = 32 * 1024;

/// What may still be taken at full speed.
#[derive(Debug)]
pub struct Quota {
    room: u64,
    at: Instant,
}

impl Quota {
    /// A full one.
    pub fn new(now: Instant) -> Self {
        Self { room: BURST, at: now }
    }

    /// Counts what has come, and says how long to wait before more is taken.
    pub fn take(&mut self, bytes: usize, now: Instant) -> Duration {
        let since = now.saturating_duration_since(self.at);
        let come = since.as_millis().saturating_mul(u128::from(RATE)) / 1_000;
        let full = u128::from(self.room).saturating_add(come).min(u128::from(BURST));
        // Time that has not made a byte yet is not lost.
        if come > 0 {
            self.at = now;
        }
        let bytes = bytes as u64;
        let room = u64::try_from(full).unwrap_or(BURST);
        self.room = room.saturating_sub(bytes);
        let wait = Duration::from_millis(bytes.saturating_sub(room).saturating_mul(1_000) / RATE);
        if !wait.is_zero() {
            // What comes until then is spent already.
            self.at = now + wait;
        }
        wait
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
        let mut quota = Quota::new(begun);
        quota.take(usize::try_from(BURST).unwrap_or(usize::MAX), begun);
        assert!(quota.take(FRAME_BYTES, begun) < Duration::from_secs(45));
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
