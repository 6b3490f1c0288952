//! All connections of a run on one thread, with one poll (epoll) and one buffer: opens and joins
//! them, and hands events to them.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use mio::{Events, Interest, Poll, Token};

use super::client::Client;
use super::protocol::{self, Protocol};
use super::tally::Tally;

/// Connections that are opened and joined at a time: no more than any server's backlog holds.
const AT_ONCE: usize = 128;

/// Clients whose latencies count, spread evenly over all.
const SAMPLED: usize = 32;

/// Bytes of one read: what a server has coalesced comes in few reads.
const BUFFER: usize = 256 * 1024;

/// Connections that are read in one turn: few, so that an open loop sends in time.
const EVENTS: usize = 128;

/// Nothing has come for so long: it will not come any more.
const STUCK: Duration = Duration::from_secs(15);

/// Longest wait for events, so that whoever drives looks at the clock.
pub const TURN: Duration = Duration::from_millis(20);

/// The connections of a run, and what they have seen.
pub struct Fleet {
    /// What they have seen.
    pub tally: Tally,
    clients: Vec<Client>,
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    began: Instant,
    protocol: Protocol,
    rooms: usize,
    /// Messages sent, by room.
    sent: Vec<u64>,
    sent_in_all: u64,
}

impl Fleet {
    /// No connections yet.
    ///
    /// # Errors
    /// Where the system gives no poll.
    pub fn new(protocol: Protocol, rooms: usize) -> anyhow::Result<Self> {
        // Seldom the same twice: so messages of two runs on one history have different ids.
        let run = SystemTime::now().duration_since(UNIX_EPOCH)?.subsec_nanos() ^ std::process::id();
        Ok(Self {
            tally: Tally::new(run)?,
            clients: Vec::new(),
            poll: Poll::new().context("no poll")?,
            events: Events::with_capacity(EVENTS),
            buffer: vec![0; BUFFER],
            began: Instant::now(),
            protocol,
            rooms,
            sent: vec![0; rooms],
            sent_in_all: 0,
        })
    }

    /// Nanoseconds since the fleet was made.
    #[must_use]
    pub fn now(&self) -> u64 {
        nanoseconds(self.began)
    }

    /// Connections there are.
    #[must_use]
    pub fn size(&self) -> usize {
        self.clients.len()
    }

    /// Opens `count` connections, some at a time; joins each as soon as it is open where `join` says so.
    ///
    /// # Errors
    /// Where the server does not take them, or one ends.
    pub fn open(&mut self, to: SocketAddr, count: usize, join: bool) -> anyhow::Result<()> {
        let stride = (count / SAMPLED).max(1);
        let mut heard = Instant::now();
        loop {
            let done = if join {
                self.tally.joined
            } else {
                self.tally.opened
            };
            if done == count {
                return Ok(());
            }
            while self.clients.len() < count.min(done + AT_ONCE) {
                let index = self.clients.len();
                let mut client = Client::connect(index, to, self.protocol)
                    .with_context(|| format!("{to} does not take connection {index}"))?;
                client.sampled = index % stride == stride / 2;
                self.poll.registry().register(
                    &mut client.socket,
                    Token(index),
                    Interest::READABLE | Interest::WRITABLE,
                )?;
                self.clients.push(client);
            }
            let bytes = self.tally.bytes;
            self.turn(TURN)?;
            if join {
                self.join_all();
            }
            if self.tally.bytes > bytes {
                heard = Instant::now();
            }
            let problems = self.tally.problems();
            anyhow::ensure!(
                problems.is_empty(),
                "not all could join: {}",
                problems.join("; ")
            );
            anyhow::ensure!(
                heard.elapsed() < STUCK,
                "only {} of {count} connections are open and {} joined, and nothing comes any more",
                self.tally.opened,
                self.tally.joined
            );
        }
    }

    /// Joins all that have been opened since the last time.
    pub fn join_all(&mut self) {
        for index in std::mem::take(&mut self.tally.ready) {
            self.join(index);
        }
    }

    /// The nick is of this run alone: those of the one before may still be held for their owners.
    fn join(&mut self, index: usize) {
        let room = match self.rooms {
            1 => "lobby".to_owned(),
            rooms => format!("r{:04}", index % rooms),
        };
        let join = self.protocol.join(
            &format!("n{index:05}-{:04}", self.tally.run % 10_000),
            &room,
        );
        if let Some(client) = self.clients.get_mut(index) {
            client.send(&join, &mut self.tally);
        }
    }

    /// Makes the first `count` connections senders: rooms have equally many of them.
    pub fn appoint(&mut self, count: u16) {
        for (client, sender) in self.clients.iter_mut().zip(0..count) {
            client.sender = Some(sender);
        }
    }

    /// A sender says something, sent at `sent` by the clock that latencies are told by.
    pub fn say(&mut self, sender: u16, sent: u64, bytes: usize) {
        let index = usize::from(sender);
        let id = protocol::message_id(self.tally.run, sender, self.sent_in_all);
        let say = self.protocol.say(&id, &protocol::text_of(sent, bytes));
        if let Some(client) = self.clients.get_mut(index) {
            client.send(&say, &mut self.tally);
        }
        if let Some(room) = self.sent.get_mut(index % self.rooms) {
            *room += 1;
            self.sent_in_all += 1;
        }
    }

    /// Messages sent.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent_in_all
    }

    /// Deliveries that have not come: a message goes to each member of its room.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.uneven(|expected, client| expected.saturating_sub(client.said))
    }

    /// Deliveries that nobody sent, or that came twice.
    #[must_use]
    pub fn surplus(&self) -> u64 {
        self.uneven(|expected, client| client.said.saturating_sub(expected))
    }

    fn uneven(&self, count: impl Fn(u64, &Client) -> u64) -> u64 {
        let rooms = self.sent.iter().cycle();
        self.clients
            .iter()
            .zip(rooms)
            .map(|(client, expected)| count(*expected, client))
            .sum()
    }

    /// Waits for events, no longer than `timeout`, and handles them.
    ///
    /// # Errors
    /// Where the poll fails.
    pub fn turn(&mut self, timeout: Duration) -> anyhow::Result<()> {
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            polled => polled.context("poll")?,
        }
        let began = self.began;
        for event in &self.events {
            let Some(client) = self.clients.get_mut(event.token().0) else {
                continue;
            };
            if event.is_writable() {
                client.write(&mut self.tally);
            }
            if event.is_readable() || event.is_read_closed() {
                let ended = event.is_read_closed() || event.is_error();
                client.read(&mut self.buffer, ended, &mut self.tally, || {
                    nanoseconds(began)
                });
            }
        }
        self.tally.now = self.now();
        Ok(())
    }
}

fn nanoseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
