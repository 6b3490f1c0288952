//! The workloads: what the connections do, and the window in which it counts.

use std::net::SocketAddr;
use std::time::Duration;

use super::fleet::{Fleet, TURN};
use super::pace::Pace;
use super::protocol::Protocol;
use super::report::{Latency, Report};
use crate::process;

/// No frame for so long: all have come that will.
const QUIET: Duration = Duration::from_secs(1);

/// Time for what was sent to arrive, after the window.
const DRAIN: Duration = Duration::from_secs(5);

/// Below this the poll, which waits whole milliseconds, would come too late.
const SPIN: Duration = Duration::from_millis(2);

/// What a run does.
#[derive(Debug, Clone)]
pub struct Load {
    /// The server.
    pub to: SocketAddr,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Connections.
    pub clients: usize,
    /// Rooms that they spread over.
    pub rooms: usize,
    /// Connections that send.
    pub senders: u16,
    /// Bytes of a message's text; at least 16, which say when it was sent.
    pub text_bytes: usize,
    /// Time before the window.
    pub warm_up: Duration,
    /// The window.
    pub window: Duration,
    /// The server's process, where its CPU time and memory are wanted.
    pub server: Option<u32>,
}

/// How fast senders send.
#[derive(Debug, Clone, Copy)]
pub enum Drive {
    /// Each has so many under way, and sends the next one when its own comes back.
    Closed(u16),
    /// So many a second in all, whatever comes back.
    Open(f64),
}

/// Counters at a border of the window.
struct Border {
    at: u64,
    said: u64,
    sent: u64,
    bytes: u64,
    server: Option<Duration>,
    own: Option<Duration>,
}

impl Load {
    /// Says things to rooms, as fast as `drive` says.
    ///
    /// # Errors
    /// Where not all can join. What goes wrong later is in the report.
    pub fn say(&self, drive: Drive) -> anyhow::Result<Report> {
        let mut fleet = self.fleet(true)?;
        fleet.appoint(self.senders);
        fleet.tally.restart_frames();
        let start = fleet.now();
        let begin = start + nanoseconds(self.warm_up);
        let end = begin + nanoseconds(self.window);
        fleet.tally.window = begin..end;
        let mut pace = match drive {
            Drive::Open(rate) => Some(Pace::new(start, rate)),
            Drive::Closed(in_flight) => {
                for _ in 0..in_flight {
                    for sender in 0..self.senders {
                        fleet.say(sender, fleet.now(), self.text_bytes);
                    }
                }
                None
            }
        };
        let mut late = 0;
        let mut first = None;
        while fleet.tally.now < end {
            if first.is_none() && fleet.tally.now >= begin {
                first = Some(self.border(&fleet));
            }
            match &mut pace {
                None => {
                    fleet.turn(TURN)?;
                    for sender in std::mem::take(&mut fleet.tally.own) {
                        fleet.say(sender, fleet.now(), self.text_bytes);
                    }
                }
                Some(pace) => {
                    let wait = pace.wait(fleet.now()).min(TURN);
                    fleet.turn(if wait < SPIN {
                        Duration::ZERO
                    } else {
                        wait - SPIN
                    })?;
                    // None that is due when the window is over.
                    while let Some((number, due)) = pace.take(fleet.now().min(end - 1)) {
                        late = late.max(fleet.now() - due);
                        let sender = number % u64::from(self.senders);
                        fleet.say(u16::try_from(sender)?, due, self.text_bytes);
                    }
                    fleet.tally.own.clear();
                }
            }
        }
        let first = first.unwrap_or_else(|| self.border(&fleet));
        let last = self.border(&fleet);
        let flowing = drain(&mut fleet)?;
        let mut report = self.report(&mut fleet, &first, &last, flowing && pace.is_some());
        report.late_us = pace.map(|_| late / 1_000);
        Ok(report)
    }

    /// Opens all connections, then joins all at once; counts from there until every one has its
    /// welcome and nothing comes any more.
    ///
    /// # Errors
    /// Where not all can be opened.
    pub fn storm(&self) -> anyhow::Result<Report> {
        let before = self.resident();
        let mut fleet = self.fleet(false)?;
        fleet.tally.restart_frames();
        let first = self.border(&fleet);
        fleet.join_all();
        settle(&mut fleet)?;
        let last = self.border(&fleet);
        if fleet.tally.joined < fleet.size() {
            let joined = fleet.tally.joined;
            fleet
                .tally
                .problem(format!("only {joined} of {} have joined", fleet.size()));
        }
        let mut report = self.report(&mut fleet, &first, &last, false);
        // Until the last frame: the quiet time after it is the generator's own.
        report.seconds = seconds(fleet.tally.last.saturating_sub(first.at));
        report.resident_kib = before.zip(self.resident()).map(<[u64; 2]>::from);
        Ok(report)
    }

    /// Opens and joins all, tells `joined` so, and holds them until `held` says that it is enough.
    ///
    /// # Errors
    /// Where not all can join.
    pub fn idle(
        &self,
        joined: impl FnOnce(&Report) -> anyhow::Result<()>,
        held: impl Fn() -> bool,
    ) -> anyhow::Result<()> {
        let before = self.resident();
        let mut fleet = self.fleet(true)?;
        settle(&mut fleet)?;
        let border = self.border(&fleet);
        let mut report = self.report(&mut fleet, &border, &border, false);
        report.resident_kib = before.zip(self.resident()).map(<[u64; 2]>::from);
        joined(&report)?;
        while held() {
            fleet.turn(TURN)?;
        }
        Ok(())
    }

    fn fleet(&self, join: bool) -> anyhow::Result<Fleet> {
        anyhow::ensure!(self.clients > 0, "--clients must be 1 at least");
        anyhow::ensure!(self.rooms > 0, "--rooms must be 1 at least");
        anyhow::ensure!(
            self.senders > 0 && usize::from(self.senders) <= self.clients,
            "--senders must be 1 at least, and no more than --clients"
        );
        let mut fleet = Fleet::new(self.protocol, self.rooms)?;
        fleet.open(self.to, self.clients, join)?;
        Ok(fleet)
    }

    fn resident(&self) -> Option<u64> {
        process::resident_kib(self.server?)
    }

    fn border(&self, fleet: &Fleet) -> Border {
        Border {
            at: fleet.now(),
            said: fleet.tally.said,
            sent: fleet.sent(),
            bytes: fleet.tally.bytes,
            server: self.server.and_then(process::cpu_time),
            own: process::cpu_time(std::process::id()),
        }
    }

    /// `flowing`: what has not come yet was still coming.
    fn report(&self, fleet: &mut Fleet, first: &Border, last: &Border, flowing: bool) -> Report {
        let (missing, surplus) = (fleet.missing(), fleet.surplus());
        if missing > 0 && !flowing {
            fleet
                .tally
                .problem(format!("{missing} deliveries never came"));
        }
        if surplus > 0 {
            fleet
                .tally
                .problem(format!("{surplus} deliveries too many came"));
        }
        let spent = |first: Option<Duration>, last: Option<Duration>| {
            Some(last?.saturating_sub(first?).as_secs_f64())
        };
        let problems = fleet.tally.problems();
        Report {
            valid: problems.is_empty(),
            problems,
            clients: fleet.size(),
            seconds: seconds(last.at - first.at),
            deliveries: last.said - first.said,
            messages: last.sent - first.sent,
            sent: fleet.sent(),
            bytes: last.bytes - first.bytes,
            server_cpu: spent(first.server, last.server),
            generator_cpu: spent(first.own, last.own),
            latency: Latency::of(&fleet.tally.latency),
            late_us: None,
            behind: if flowing { missing } else { 0 },
            frames: fleet.tally.frames(),
            resident_kib: None,
        }
    }
}

/// Waits until all that was sent has come. Tells whether something was still coming when the time
/// was over.
fn drain(fleet: &mut Fleet) -> anyhow::Result<bool> {
    let deadline = fleet.now() + nanoseconds(DRAIN);
    while fleet.missing() > 0 {
        fleet.turn(TURN)?;
        fleet.tally.own.clear();
        if fleet.tally.now > deadline {
            return Ok(fleet.tally.now - fleet.tally.last < nanoseconds(QUIET));
        }
    }
    Ok(false)
}

/// Waits until nothing has come for a while.
fn settle(fleet: &mut Fleet) -> anyhow::Result<()> {
    let began = fleet.now();
    while fleet.now() - fleet.tally.last.max(began) < nanoseconds(QUIET) {
        fleet.turn(TURN)?;
    }
    Ok(())
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "runs last for minutes: far below 2^53 ns"
)]
fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}
