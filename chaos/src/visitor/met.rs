//! What a visitor has met with, in numbers.

use std::ops::AddAssign;

/// What one visitor has met with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Met {
    /// Times in the room.
    pub welcomes: u64,
    /// Closes because of slow reading.
    pub evictions: u64,
    /// Welcomes after which pages had to fill in what was missed.
    pub unrecovered: u64,
    /// Gaps between live entries.
    pub gaps: u64,
    /// Answers to messages that had been stored before they were sent again.
    pub repeats: u64,
    /// Refusals with a time to try again after.
    pub refusals: u64,
    /// Welcomes after which the rest of what was missed followed.
    pub followed: u64,
    /// New nicks.
    pub renames: u64,
    /// Strangers who came in and left.
    pub guests: u64,
    /// Connections that they needed for it.
    pub tries: u64,
    /// New lives of the log.
    pub epochs: u64,
}

impl AddAssign for Met {
    fn add_assign(&mut self, other: Self) {
        self.welcomes += other.welcomes;
        self.evictions += other.evictions;
        self.unrecovered += other.unrecovered;
        self.gaps += other.gaps;
        self.repeats += other.repeats;
        self.refusals += other.refusals;
        self.followed += other.followed;
        self.renames += other.renames;
        self.guests += other.guests;
        self.tries += other.tries;
        self.epochs += other.epochs;
    }
}
