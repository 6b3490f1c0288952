//! What the connections of a run have seen, counted in one place.

use std::collections::BTreeMap;
use std::ops::Range;

use hdrhistogram::Histogram;

use super::protocol::{self, Kind};

/// Problems that are told in words; the others are counted only.
const TOLD: usize = 5;

/// Longest latency that is told apart, in microseconds: ten minutes.
const LONGEST: u64 = 600_000_000;

/// Counts over all connections. Times are nanoseconds of the generator's clock.
#[derive(Debug)]
pub struct Tally {
    /// Names this run in the ids of its messages.
    pub run: u32,
    /// When the last read returned.
    pub now: u64,
    /// When the last frame of a room came.
    pub last: u64,
    /// Connections whose transport is open.
    pub opened: usize,
    /// Connections that have their `welcome`.
    pub joined: usize,
    /// Connections that ended.
    pub closed: usize,
    /// Bytes read.
    pub bytes: u64,
    /// Messages received, over all connections.
    pub said: u64,
    /// Those whose transport has just been opened, to be joined.
    pub ready: Vec<usize>,
    /// Senders, once for each of their own messages that came back.
    pub own: Vec<u16>,
    /// When the messages were sent whose latency counts.
    pub window: Range<u64>,
    /// Latencies in microseconds.
    pub latency: Histogram<u64>,
    frames: BTreeMap<Kind, u64>,
    problems: Vec<String>,
    problem_count: u64,
}

impl Tally {
    /// Nothing has been counted yet.
    ///
    /// # Errors
    /// Never, as the histogram's bounds are good ones.
    pub fn new(run: u32) -> anyhow::Result<Self> {
        Ok(Self {
            run,
            now: 0,
            last: 0,
            opened: 0,
            joined: 0,
            closed: 0,
            bytes: 0,
            said: 0,
            ready: Vec::new(),
            own: Vec::new(),
            window: 0..0,
            latency: Histogram::new_with_bounds(1, LONGEST, 3)?,
            frames: BTreeMap::new(),
            problems: Vec::new(),
            problem_count: 0,
        })
    }

    /// A message came to a connection. `sends`: it is a sender's, which looks for its own;
    /// `sampled`: its latency counts.
    pub fn said(&mut self, frame: &[u8], sends: Option<u16>, sampled: bool) {
        self.said += 1;
        self.last = self.now;
        if let Some(sender) = sends
            && protocol::sender_of(frame, self.run) == Some(sender)
        {
            self.own.push(sender);
        }
        if sampled
            && let Some(sent) = protocol::sent_at(frame)
            && self.window.contains(&sent)
        {
            let micros = self.now.saturating_sub(sent) / 1_000;
            self.latency.saturating_record(micros);
        }
    }

    /// Another frame came.
    pub fn frame(&mut self, kind: Kind) {
        *self.frames.entry(kind).or_default() += 1;
        if Kind::ROOM.contains(&kind) {
            self.last = self.now;
        }
    }

    /// Something came that a good run does not have.
    pub fn problem(&mut self, problem: impl Into<String>) {
        self.problem_count += 1;
        if self.problems.len() < TOLD {
            self.problems.push(problem.into());
        }
    }

    /// Forgets the frames counted so far.
    pub fn restart_frames(&mut self) {
        self.frames.clear();
        self.said = 0;
    }

    /// How many frames of a room came, by kind.
    #[must_use]
    pub fn frames(&self) -> BTreeMap<String, u64> {
        Kind::ROOM
            .into_iter()
            .map(|kind| match kind {
                Kind::Said => (kind, self.said),
                kind => (kind, self.frames.get(&kind).copied().unwrap_or_default()),
            })
            .filter(|(_, count)| *count > 0)
            .map(|(kind, count)| (kind.name().to_owned(), count))
            .collect()
    }

    /// The first problems in words, and how many more there were.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = self.problems.clone();
        let untold = self.problem_count.saturating_sub(problems.len() as u64);
        if untold > 0 {
            problems.push(format!("and {untold} more"));
        }
        problems
    }
}
