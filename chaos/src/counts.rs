//! What happened in a run, in numbers.

use std::fmt;
use std::ops::AddAssign;

use crate::proxy::Deeds;
use crate::visitor::Met;

/// The numbers of a run, or of several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Seconds of disturbance.
    pub seconds: u64,
    /// Entries in the history.
    pub messages: u64,
    /// Times that the server was killed.
    pub kills: u64,
    /// What the proxy did.
    pub deeds: Deeds,
    /// What the visitors met with.
    pub met: Met,
    /// How many visitors there were.
    pub visitors: u64,
}

impl Counts {
    /// Times that a visitor was in the room again.
    #[must_use]
    pub fn reconnects(&self) -> u64 {
        self.met.welcomes.saturating_sub(self.visitors)
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.seconds += other.seconds;
        self.messages += other.messages;
        self.kills += other.kills;
        self.deeds += other.deeds;
        self.met += other.met;
        self.visitors += other.visitors;
    }
}

impl AddAssign for Deeds {
    fn add_assign(&mut self, other: Self) {
        self.lines += other.lines;
        self.cuts += other.cuts;
        self.half_opens += other.half_opens;
        self.delayed += other.delayed;
        self.throttled += other.throttled;
        self.held += other.held;
        self.refused += other.refused;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { deeds, met, .. } = self;
        write!(
            f,
            "{} s, {} messages, {} cuts, {} half-opens, {} delayed, {} throttled, {} held, \
             {} refused, {} kills, {} reconnects, {} evictions, {} filled by pages, {} in parts, \
             {} repeats, {} renames, {} guests by {} lines",
            self.seconds,
            self.messages,
            deeds.cuts,
            deeds.half_opens,
            deeds.delayed,
            deeds.throttled,
            deeds.held,
            deeds.refused,
            self.kills,
            self.reconnects(),
            met.evictions,
            met.unrecovered + met.gaps,
            met.followed,
            met.repeats,
            met.renames,
            met.guests,
            met.tries,
        )?;
        match met.epochs {
            0 => Ok(()),
            epochs => write!(f, ", {epochs} times in a new epoch"),
        }
    }
}
