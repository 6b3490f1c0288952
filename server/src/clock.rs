//! The clock: what time it is, passed in, so that tests decide it. Leaves deadlines and timers to
//! their owners.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Tells the time as the log keeps it: milliseconds since the Unix epoch, UTC. It follows the
/// system's clock, so it may go backwards; order is by `seq` alone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::new(|| {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| {
                    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
                })
        })
    }

    /// A clock that shows what `now` returns.
    pub fn new(now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({} ms)", self.now_ms())
    }
}

/// Tells how long the program has run, for rates: unlike a [`Clock`] it never goes back.
#[derive(Clone)]
pub(crate) struct Uptime(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Uptime {
    /// That of the system, from now on.
    pub(crate) fn system() -> Self {
        let start = Instant::now();
        Self(Arc::new(move || start.elapsed()))
    }

    /// The time that has gone by.
    pub(crate) fn elapsed(&self) -> Duration {
        (self.0)()
    }
}

impl fmt::Debug for Uptime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Uptime({:?})", self.elapsed())
    }
}

/// Moves only when told to.
#[cfg(test)]
#[derive(Debug, Clone, Default)]
pub(crate) struct ManualClock(Arc<std::sync::atomic::AtomicU64>);

#[cfg(test)]
impl ManualClock {
    /// A clock that shows this one's time.
    pub(crate) fn clock(&self) -> Clock {
        let now = Arc::clone(&self.0);
        Clock::new(move || now.load(std::sync::atomic::Ordering::SeqCst))
    }

    /// The same as a time that has gone by.
    pub(crate) fn uptime(&self) -> Uptime {
        let clock = self.clock();
        Uptime(Arc::new(move || Duration::from_millis(clock.now_ms())))
    }

    /// Shows `ms` from now on.
    pub(crate) fn set(&self, ms: u64) {
        self.0.store(ms, std::sync::atomic::Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told_to() {
        let hand = ManualClock::default();
        let clock = hand.clock();
        hand.set(1_700_000_000_000);
        assert_eq!(clock.now_ms(), 1_700_000_000_000);
        assert_eq!(clock.clone().now_ms(), 1_700_000_000_000);
    }

    #[test]
    fn the_system_clock_counts_milliseconds() {
        let year_2020 = 1_577_836_800_000;
        let year_2200 = 7_258_118_400_000;
        assert!((year_2020..year_2200).contains(&Clock::system().now_ms()));
    }
}
