//! When the messages of an open loop are due: at a steady rate, whatever the server does.

use std::time::Duration;

/// A steady rate from a moment on.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Nanoseconds.
    began: u64,
    per_second: f64,
    given: u64,
}

impl Pace {
    /// So many a second, the first one at `began` (nanoseconds).
    #[must_use]
    pub fn new(began: u64, per_second: f64) -> Self {
        Self {
            began,
            per_second,
            given: 0,
        }
    }

    /// When the next one is due: counted from the beginning, so that no rounding adds up.
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        clippy::cast_possible_truncation,
        reason = "runs last for minutes: far below 2^53 ns"
    )]
    pub fn next(&self) -> u64 {
        self.began + (self.given as f64 * 1e9 / self.per_second) as u64
    }

    /// The number and the time of the next one, where it is due by now. Each is given once; one that
    /// is late keeps the time that it was due at.
    pub fn take(&mut self, now: u64) -> Option<(u64, u64)> {
        let due = self.next();
        (due <= now).then(|| {
            self.given += 1;
            (self.given - 1, due)
        })
    }

    /// How long to wait for the next one.
    #[must_use]
    pub fn wait(&self, now: u64) -> Duration {
        Duration::from_nanos(self.next().saturating_sub(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_due_at_even_times() {
        let mut pace = Pace::new(1_000, 2_000.0);
        assert_eq!(pace.take(999), None);
        assert_eq!(pace.take(1_000), Some((0, 1_000)));
        assert_eq!(pace.take(1_000), None);
        assert_eq!(pace.wait(1_000), Duration::from_micros(500));
        assert_eq!(pace.take(501_000), Some((1, 501_000)));
    }

    #[test]
    fn who_comes_late_gets_all_that_were_due_with_their_own_times() {
        let mut pace = Pace::new(0, 1_000.0);
        let late: Vec<_> = std::iter::from_fn(|| pace.take(3_500_000)).collect();
        assert_eq!(
            late,
            [(0, 0), (1, 1_000_000), (2, 2_000_000), (3, 3_000_000)]
        );
        assert_eq!(pace.wait(3_500_000), Duration::from_micros(500));
    }

    #[test]
    fn an_odd_rate_does_not_drift() {
        let mut pace = Pace::new(0, 3.0);
        let given = std::iter::from_fn(|| pace.take(1_000_000_000_000)).count();
        assert_eq!(given, 3_001);
    }
}
