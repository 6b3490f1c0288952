//! What all handles to one socket, and its session, share.

use std::collections::BTreeMap;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytestring::ByteString;

use crate::engine::Line;
use crate::engine::packet::Packet;
use crate::packet::Args;

/// Events of one socket that an answer is still awaited of. Clients that never answer cost no more.
pub(super) const MAX_ASKED: usize = 256;

/// What is to be done with an answer.
pub(crate) type Answered = Box<dyn FnOnce(Args) + Send>;

/// How far somebody has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Wants in; nothing has been decided.
    Asking,
    /// Has been let in.
    In,
    /// Has been turned away.
    Refused,
    /// Was in, and has been sent out.
    SentOut,
    /// It is over, by the client or with the session.
    Over,
}

/// What the sockets of one session tell it, from whatever thread.
#[derive(Debug, Default)]
pub(crate) struct Sweep {
    /// Somebody has been let in, at any time.
    joined: AtomicBool,
    /// Somebody has been turned away or sent out since the last time.
    due: AtomicBool,
}

impl Sweep {
    /// Whether anybody has ever been let in.
    pub fn joined(&self) -> bool {
        self.joined.load(Ordering::Acquire)
    }

    /// Whether there are guests who have to go.
    pub fn take_due(&self) -> bool {
        self.due.swap(false, Ordering::AcqRel)
    }
}

/// One socket. What is queued to the line is queued under the lock, so that nothing comes before the
/// answer to a connect, nor behind a disconnect.
pub(super) struct Shared {
    pub id: String,
    pub namespace: ByteString,
    pub line: Line,
    sweep: Arc<Sweep>,
    state: Mutex<State>,
}

struct State {
    phase: Phase,
    asked: BTreeMap<u64, Answered>,
    next_id: u64,
    tell_drained: bool,
}

impl Shared {
    pub fn new(id: String, namespace: ByteString, line: Line, sweep: Arc<Sweep>) -> Self {
        Self {
            id,
            namespace,
            line,
            sweep,
            state: Mutex::new(State {
                phase: Phase::Asking,
                asked: BTreeMap::new(),
                next_id: 0,
                tell_drained: false,
            }),
        }
    }

    /// Takes somebody from one phase to the next, and tells the client.
    pub fn turn(&self, from: Phase, to: Phase, packet: Packet) {
        let mut state = self.state();
        if state.phase != from {
            return;
        }
        state.phase = to;
        match to {
            Phase::In => self.sweep.joined.store(true, Ordering::Release),
            // Before the client can know, and come again.
            _ => self.sweep.due.store(true, Ordering::Release),
        }
        self.line.send_packets(&[packet]);
        if to == Phase::In {
            return;
        }
        // Whoever waits for an answer may hold anything: it is let go without the lock.
        let asked = mem::take(&mut state.asked);
        drop(state);
        drop(asked);
        // The session has no other way to be woken. Where its client takes nothing it waits until
        // there is a message, or the end.
        self.line.tell_drained();
    }

    /// Queues packets for somebody who is in.
    pub fn send<P: AsRef<[Packet]>>(&self, packets: impl FnOnce() -> P) {
        let state = self.state();
        if state.phase == Phase::In {
            let packets = packets();
            if !packets.as_ref().is_empty() {
                self.line.send_packets(packets.as_ref());
            }
        }
    }

    /// Queues an event with an id of its own, for somebody who is in.
    pub fn ask(&self, answered: Answered, packets: impl FnOnce(u64) -> Vec<Packet>) {
        let mut state = self.state();
        if state.phase != Phase::In {
            return;
        }
        let id = state.next_id;
        state.next_id += 1;
        let given_up = match state.asked.len() < MAX_ASKED {
            true => None,
            false => state.asked.pop_first(),
        };
        state.asked.insert(id, answered);
        self.line.send_packets(&packets(id));
        drop(state);
        drop(given_up);
    }

    pub fn answered(&self, id: u64) -> Option<Answered> {
        self.state().asked.remove(&id)
    }

    pub fn tell_drained(&self) {
        self.state().tell_drained = true;
        self.line.tell_drained();
    }

    pub fn is_to_be_told(&self) -> bool {
        mem::take(&mut self.state().tell_drained)
    }

    pub fn phase(&self) -> Phase {
        self.state().phase
    }

    pub fn end(&self) -> Phase {
        let mut state = self.state();
        let before = mem::replace(&mut state.phase, Phase::Over);
        let asked = mem::take(&mut state.asked);
        drop(state);
        drop(asked);
        before
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that could panic is done while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
