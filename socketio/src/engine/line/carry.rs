//! What connections do with a line: polls and POSTs, a WebSocket, and the change from one to the
//! other. There is one carrier at a time, and what it takes from the queue is gone from there in the
//! same moment: so nothing is sent twice, and nothing out of order.

use bytestring::ByteString;

use super::{Carrier, Goodbye, Line, Phase, State};
use crate::engine::Closed;
use crate::engine::packet::{Packet, Payload};

/// Why a request finds no place at its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Busy {
    /// It is over.
    Ended,
    /// A WebSocket carries it.
    Elsewhere,
    /// A request of the kind is under way already. The session ends by that, since none of the two
    /// can be told to be the right one.
    Overlap,
}

/// What a WebSocket is to do next.
#[derive(Debug)]
pub(in crate::engine) enum Due {
    /// Send these.
    Packets(Vec<Packet>),
    /// Close: there is no more.
    Close(Goodbye),
}

impl Line {
    /// A poll has come.
    pub(in crate::engine) fn poll(&self) -> Result<Polling, Busy> {
        let mut state = self.lock();
        state.may_poll()?;
        if state.polling {
            drop(state);
            self.end(Closed::Transport);
            return Err(Busy::Overlap);
        }
        state.polling = true;
        state.released = false;
        // Who polls again has the last answer.
        state.in_flight = false;
        let drained = state.has_drained();
        drop(state);
        self.shared.turned.notify_waiters();
        self.signal_if(drained);
        Ok(Polling {
            line: self.clone(),
            answered: false,
        })
    }

    /// A POST has come.
    pub(in crate::engine) fn post(&self) -> Result<Posting, Busy> {
        let mut state = self.lock();
        state.may_poll()?;
        if state.posting {
            drop(state);
            self.end(Closed::Transport);
            return Err(Busy::Overlap);
        }
        state.posting = true;
        drop(state);
        Ok(Posting {
            line: self.clone(),
            answered: false,
        })
    }

    /// A WebSocket wants to carry the session. `None` where one does already, or wants to.
    pub(in crate::engine) fn probe(&self) -> Option<Probing> {
        let mut state = self.lock();
        if state.probing || state.may_poll().is_err() {
            return None;
        }
        state.probing = true;
        drop(state);
        Some(Probing { line: self.clone() })
    }

    /// What the WebSocket that carries the session is to do next; asked when it has done the last.
    /// Batches are of about `limit` bytes. Waits forever once the session has ended.
    pub(in crate::engine) async fn due(&self, limit: usize) -> Due {
        self.until(&self.shared.due, |state| {
            state.in_flight = false;
            if state.has_drained() {
                self.signal_if(true);
            }
            if state.queue.is_empty() {
                return match state.phase {
                    Phase::Closing(goodbye) => Some(Due::Close(goodbye)),
                    _ => None,
                };
            }
            let mut packets = Vec::new();
            let mut bytes = 0;
            while bytes < limit
                && let Some(packet) = state.pop()
            {
                bytes += packet.payload_len();
                packets.push(packet);
            }
            state.in_flight = true;
            Some(Due::Packets(packets))
        })
        .await
    }

    /// A request was given up. It does not matter once a WebSocket carries the session.
    fn given_up(&self, forget: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        forget(&mut state);
        let carrier = state.carrier;
        drop(state);
        if carrier == Carrier::Polling {
            self.end(Closed::Transport);
        }
    }

    /// Waits until the client may be read.
    pub(in crate::engine) async fn unpaused(&self) {
        self.until(&self.shared.turned, |state| {
            (!state.paused || matches!(state.phase, Phase::Ended(_))).then_some(())
        })
        .await;
    }

    /// Waits until a poll waits.
    pub(in crate::engine) async fn polled(&self) {
        self.until(&self.shared.turned, |state| {
            (state.polling || matches!(state.phase, Phase::Ended(_))).then_some(())
        })
        .await;
    }

    /// Waits until the session has ended.
    pub(in crate::engine) async fn ended(&self) -> Closed {
        self.until(&self.shared.turned, |state| match state.phase {
            Phase::Ended(reason) => Some(reason),
            _ => None,
        })
        .await
    }
}

impl State {
    fn may_poll(&self) -> Result<(), Busy> {
        match (self.phase, self.carrier) {
            (Phase::Ended(_), _) => Err(Busy::Ended),
            (_, Carrier::WebSocket) => Err(Busy::Elsewhere),
            _ => Ok(()),
        }
    }

    /// What answers the poll that waits, and whether that is the last.
    fn answer(&mut self, limit: usize) -> Option<(Payload, bool)> {
        let mut payload = Payload::new(limit);
        let mut last = false;
        match self.phase {
            // Who has left would take it amiss to be told to.
            Phase::Ended(Closed::ByClient) => payload.push(&Packet::Noop),
            Phase::Ended(_) => payload.push(&Packet::Close),
            // What is queued is the other carrier's.
            _ if self.carrier == Carrier::WebSocket => payload.push(&Packet::Noop),
            phase => {
                while let Some(packet) = self.queue.front()
                    && payload.fits(packet)
                {
                    payload.push(packet);
                    self.pop();
                    self.in_flight = true;
                }
                last = self.queue.is_empty() && phase != Phase::Open;
                if last {
                    payload.push(&Packet::Close);
                } else if payload.is_empty() && self.released {
                    payload.push(&Packet::Noop);
                }
            }
        }
        if payload.is_empty() {
            return None;
        }
        self.polling = false;
        self.released = false;
        Some((payload, last))
    }
}

/// A poll that waits. The session ends where it is dropped before it has its answer: its client has
/// gone.
#[derive(Debug)]
pub(in crate::engine) struct Polling {
    line: Line,
    answered: bool,
}

impl Polling {
    /// Waits for the answer: of at most `limit` bytes, if not by a single packet.
    pub(in crate::engine) async fn answer(mut self, limit: usize) -> ByteString {
        let woken = &self.line.shared.due;
        let answer = self.line.until(woken, |state| state.answer(limit));
        let (payload, last) = answer.await;
        self.answered = true;
        if last {
            self.line.end(Closed::ByServer);
        }
        payload.finish()
    }
}

impl Drop for Polling {
    fn drop(&mut self) {
        if !self.answered {
            self.line.given_up(|state| state.polling = false);
        }
    }
}

/// A POST under way. The session ends where it is dropped before it is answered: its client has gone.
#[derive(Debug)]
pub(in crate::engine) struct Posting {
    line: Line,
    answered: bool,
}

impl Posting {
    /// The next may come.
    pub(in crate::engine) fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Posting {
    fn drop(&mut self) {
        if self.answered {
            self.line.lock().posting = false;
        } else {
            self.line.given_up(|state| state.posting = false);
        }
    }
}

/// A WebSocket that wants to carry a session. Where it is dropped all is as before.
#[derive(Debug)]
pub(in crate::engine) struct Probing {
    line: Line,
}

impl Probing {
    /// Has a poll that waits answered: the client polls no more once it has that answer.
    pub(in crate::engine) fn release_poll(&self) {
        let mut state = self.line.lock();
        if state.polling {
            state.released = true;
            drop(state);
            self.line.shared.due.notify_waiters();
        }
    }

    /// From now on all that is queued is this connection's. False where the session has ended.
    pub(in crate::engine) fn take_over(self) -> bool {
        let mut state = self.line.lock();
        if state.may_poll().is_err() {
            return false;
        }
        state.carrier = Carrier::WebSocket;
        drop(state);
        self.line.shared.due.notify_waiters();
        true
    }
}

impl Drop for Probing {
    fn drop(&mut self) {
        self.line.lock().probing = false;
    }
}
