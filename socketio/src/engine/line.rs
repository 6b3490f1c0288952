//! The way to one session's client: what is queued to it, and how the session stands. Whichever
//! connection carries the session takes from here (`carry`), on whatever thread.

mod carry;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use actix::Recipient;
use bytestring::ByteString;
use tokio::sync::Notify;

use super::packet::Packet;
use super::session::Signal;
use super::{Closed, Message};

pub(super) use carry::{Busy, Due, Probing};

/// Bytes that each packet counts for beside its own: what it takes to keep it. Without it a queue of
/// empty messages would be many times as large as its bound.
const PACKET_COST: usize = 64;

/// The way to one session's client, from any thread. Cloning gives another handle to the same.
#[derive(Clone)]
pub struct Line {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    /// Wakes whoever sends to the client: there is something to do.
    due: Notify,
    /// Wakes whoever reads from the client, and who waits for the end. Apart, since they are many
    /// and what is sent does not concern them.
    turned: Notify,
    max_queued: usize,
    /// Set before anybody else has the line.
    session: OnceLock<Recipient<Signal>>,
}

struct State {
    phase: Phase,
    queue: VecDeque<Packet>,
    /// What the queue counts for.
    queued: usize,
    /// A batch was taken, and whoever took it has not come back for more.
    in_flight: bool,
    tell_drained: bool,
    paused: bool,
    /// It was paused since [`Line::was_paused`] asked last.
    was_paused: bool,
    carrier: Carrier,
    /// A poll waits.
    polling: bool,
    /// The poll that waits is to be answered, by whatever.
    released: bool,
    /// A POST is under way.
    posting: bool,
    /// A WebSocket wants to be the carrier.
    probing: bool,
}

/// How a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// What is queued still goes out, and nothing else.
    Closing(Goodbye),
    Ended(Closed),
}

/// What the application closes for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goodbye {
    /// It has no more to say.
    Done,
    /// The server goes away.
    Away,
}

/// What carries a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carrier {
    Polling,
    WebSocket,
}

impl Line {
    /// The line of a session that begins with `carrier`.
    pub(super) fn new(max_queued: usize, carrier: Carrier) -> Self {
        let state = State {
            phase: Phase::Open,
            queue: VecDeque::new(),
            queued: 0,
            in_flight: false,
            tell_drained: false,
            paused: false,
            was_paused: false,
            carrier,
            polling: false,
            released: false,
            posting: false,
            probing: false,
        };
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                due: Notify::new(),
                turned: Notify::new(),
                max_queued,
                session: OnceLock::new(),
            }),
        }
    }

    /// Names the session that is told what happens to its line.
    pub(super) fn attach(&self, session: Recipient<Signal>) {
        // There is one, and it does this once.
        let _ = self.shared.session.set(session);
    }

    /// Queues a message. After the end nothing happens.
    pub fn send(&self, message: Message) {
        self.send_packets(&[Packet::Message(message)]);
    }

    /// Queues several, so that nothing comes in between: a text and its attachments.
    pub fn send_all(&self, messages: Vec<Message>) {
        let packets: Vec<_> = messages.into_iter().map(Packet::Message).collect();
        self.send_packets(&packets);
    }

    /// Queues packets as they are, so that nothing comes in between. What does not fit ends
    /// the session, but into an empty queue everything does: how large one message may be is its
    /// sender's business.
    pub(crate) fn send_packets(&self, packets: &[Packet]) {
        let cost: usize = packets.iter().map(cost).sum();
        let state = self.lock();
        if state.phase != Phase::Open {
            return;
        }
        if !state.queue.is_empty() && state.queued.saturating_add(cost) > self.shared.max_queued {
            drop(state);
            self.end(Closed::TooSlow);
            return;
        }
        self.push(state, packets.iter().cloned(), cost);
    }

    /// Asks for a pong. One fits always; while it is not fetched it serves for the next, since who
    /// fetches nothing can say pong all the same.
    pub(super) fn ping(&self) {
        let ping = Packet::Ping(ByteString::new());
        let cost = cost(&ping);
        let state = self.lock();
        if state.phase == Phase::Open && !state.queue.contains(&ping) {
            self.push(state, [ping], cost);
        }
    }

    fn push(
        &self,
        mut state: MutexGuard<'_, State>,
        packets: impl IntoIterator<Item = Packet>,
        cost: usize,
    ) {
        state.queue.extend(packets);
        state.queued += cost;
        drop(state);
        self.shared.due.notify_waiters();
    }

    /// Ends the session; what was queued before still goes out where it can.
    pub fn close(&self) {
        self.say_goodbye(Goodbye::Done);
    }

    pub(super) fn say_goodbye(&self, goodbye: Goodbye) {
        let mut state = self.lock();
        if state.phase != Phase::Open {
            return;
        }
        state.phase = Phase::Closing(goodbye);
        drop(state);
        self.shared.due.notify_waiters();
        self.signal(Signal::Closing);
    }

    /// Reads nothing more from the client until [`Self::resume`]: what was read in one go still comes.
    /// Pongs are not read either, so meanwhile nobody counts as gone; see to it that it ends.
    pub fn pause(&self) {
        let mut state = self.lock();
        state.paused = true;
        state.was_paused = true;
    }

    /// Reads on.
    pub fn resume(&self) {
        self.lock().paused = false;
        self.shared.turned.notify_waiters();
    }

    /// Bytes queued and not yet handed to a connection; each packet counts for some more than its own.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.lock().queued
    }

    /// Has `Session::drained` called once, when nothing is queued any more (at once, if so already).
    /// A connection has what it was handed when it comes for more: a WebSocket once that is written,
    /// a client that polls with its next poll.
    pub fn tell_drained(&self) {
        let mut state = self.lock();
        state.tell_drained = true;
        let drained = state.has_drained();
        drop(state);
        self.signal_if(drained);
    }

    /// Whether what is sent now may still arrive.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.lock().phase == Phase::Open
    }

    /// Ends the session at once: nothing more goes out. The first reason counts.
    pub(super) fn end(&self, reason: Closed) {
        let mut state = self.lock();
        if matches!(state.phase, Phase::Ended(_)) {
            return;
        }
        state.phase = Phase::Ended(reason);
        state.queued = 0;
        let unsent = std::mem::take(&mut state.queue);
        drop(state);
        drop(unsent);
        self.shared.due.notify_waiters();
        self.shared.turned.notify_waiters();
        self.signal(Signal::Ended(reason));
    }

    /// Whether the client is not heard any more. What it said before it went is.
    pub(super) fn is_deaf(&self) -> bool {
        match self.lock().phase {
            Phase::Open => false,
            Phase::Closing(_) => true,
            Phase::Ended(reason) => {
                !matches!(reason, Closed::ByClient | Closed::Transport | Closed::Parse)
            }
        }
    }

    /// Whether it was paused since this was asked last, so that a pong may be unread.
    pub(super) fn was_paused(&self) -> bool {
        let mut state = self.lock();
        let paused = state.paused;
        std::mem::replace(&mut state.was_paused, paused)
    }

    /// Waits until `check` finds something. It is asked at once, and whenever `woken`.
    async fn until<T>(&self, woken: &Notify, mut check: impl FnMut(&mut State) -> Option<T>) -> T {
        loop {
            let mut woken = pin!(woken.notified());
            // Before the state is looked at, or a change after that would go unnoticed.
            woken.as_mut().enable();
            let found = check(&mut self.lock());
            if let Some(found) = found {
                return found;
            }
            woken.await;
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(session) = self.shared.session.get() {
            session.do_send(signal);
        }
    }

    fn signal_if(&self, drained: bool) {
        if drained {
            self.signal(Signal::Drained);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics halfway.
        let state = self.shared.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether the session is to be told now that nothing is queued.
    fn has_drained(&mut self) -> bool {
        self.tell_drained
            && self.queue.is_empty()
            && !self.in_flight
            && std::mem::take(&mut self.tell_drained)
    }

    fn pop(&mut self) -> Option<Packet> {
        let packet = self.queue.pop_front()?;
        self.queued = self.queued.saturating_sub(cost(&packet));
        Some(packet)
    }
}

fn cost(packet: &Packet) -> usize {
    let bytes = match packet {
        // As it is kept, not as it may be written.
        Packet::Message(Message::Binary(data)) => data.len(),
        packet => packet.payload_len(),
    };
    bytes + PACKET_COST
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Line")
            .field("phase", &state.phase)
            .field("carrier", &state.carrier)
            .field("queued", &state.queued)
            .field("polling", &state.polling)
            .field("posting", &state.posting)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
impl Line {
    /// A line without a session, and what takes the packets that were sent over it.
    pub(crate) fn test() -> (Self, impl Fn() -> Vec<Packet>) {
        let line = Self::new(1 << 20, Carrier::WebSocket);
        let sent = line.clone();
        let take = move || std::iter::from_fn(|| sent.lock().pop()).collect();
        (line, take)
    }
}
