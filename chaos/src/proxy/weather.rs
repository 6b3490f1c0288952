//! What a line does to the bytes that pass through it.

use std::num::NonZeroU32;
use std::time::Duration;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

/// The directions in which a half-open line swallows everything, its end included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lost {
    /// What the client sends.
    pub up: bool,
    /// What the server sends.
    pub down: bool,
}

impl Lost {
    /// Nothing passes any more.
    pub const BOTH: Self = Self {
        up: true,
        down: true,
    };

    /// Whether any byte is swallowed.
    #[must_use]
    pub fn any(self) -> bool {
        self.up || self.down
    }
}

/// The state of a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weather {
    /// Everything comes so much later, at least.
    pub delay: Duration,
    /// And up to so much later still, anew for each chunk.
    pub jitter: Duration,
    /// How much passes in a second, each way; any amount where absent.
    pub bytes_per_second: Option<NonZeroU32>,
    /// Nothing passes for now, and nothing is lost.
    pub hold: bool,
    /// What is swallowed. A line that has swallowed something is of no use any more.
    pub lost: Lost,
}

/// In how many chunks a throttled line passes its second's bytes: so that it trickles.
const CHUNKS_A_SECOND: u32 = 20;

impl Weather {
    pub(super) fn loses(self, direction: Direction) -> bool {
        match direction {
            Direction::Up => self.lost.up,
            Direction::Down => self.lost.down,
        }
    }

    /// How many bytes to take at once.
    pub(super) fn chunk(self, most: usize) -> usize {
        self.bytes_per_second.map_or(most, |rate| {
            let chunk = (rate.get() / CHUNKS_A_SECOND).max(1);
            most.min(usize::try_from(chunk).unwrap_or(most))
        })
    }

    /// How long `bytes` take. `luck`, in 0..1, places them within the jitter.
    pub(super) fn pause(self, bytes: usize, luck: f64) -> Duration {
        let throttled = self.bytes_per_second.map_or(Duration::ZERO, |rate| {
            let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
            Duration::from_secs(1) * bytes / rate.get()
        });
        self.delay + self.jitter.mul_f64(luck) + throttled
    }
}
