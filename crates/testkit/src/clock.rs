//! A clock that stands still until a test moves it. Must never read the real one.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use strongroom_domain::{Clock, Timestamp};

/// All clones show the same time, so a test keeps one and the server under test has another.
#[derive(Debug, Clone)]
pub struct MockClock(Arc<AtomicI64>);

impl MockClock {
    /// A clock that stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(now.unix_micros())))
    }

    /// Moves to `now`, backwards too: real clocks do that.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.unix_micros(), Ordering::SeqCst);
    }

    /// Moves on by `duration` and gives the new time.
    #[expect(clippy::must_use_candidate, reason = "moving the clock is the point")]
    pub fn advance(&self, duration: Duration) -> Timestamp {
        let move_on = |now| Some(Timestamp::from_unix_micros(now).plus(duration).unix_micros());
        match self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, move_on) {
            Ok(before) | Err(before) => Timestamp::from_unix_micros(before).plus(duration),
        }
    }
}

impl Default for MockClock {
    /// Stands at 2026-01-01T00:00:00Z.
    fn default() -> Self {
        Self::at(Timestamp::from_unix_micros(1_767_225_600_000_000))
    }
}

impl Clock for MockClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stands_still_until_moved_and_clones_move_along() {
        let clock = MockClock::default();
        let seen_by_the_server = clock.clone();
        assert_eq!(seen_by_the_server.now().to_string(), "2026-01-01T00:00:00.000Z");

        let later = clock.advance(Duration::from_secs(90));
        assert_eq!(later.to_string(), "2026-01-01T00:01:30.000Z");
        assert_eq!(seen_by_the_server.now(), later);

        clock.set(Timestamp::from_unix_micros(0));
        assert_eq!(seen_by_the_server.now(), Timestamp::from_unix_micros(0));
    }
}
