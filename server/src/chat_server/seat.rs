//! A session's place in a room: how the room reaches it, and what happens to it at the end.

use std::sync::Arc;

use actix::Recipient;
use shared::CloseCode;

use super::messages::Deliver;
use crate::fanout::{Frames, Outflow, TooSlow};
use crate::room::SessionId;

/// The address of a session, with its bound.
///
/// A seat never gets lost: one that is dropped, because its room died or was never reached, closes
/// its session with *come back*.
#[derive(Debug)]
pub struct Seat {
    id: SessionId,
    to: Option<Recipient<Deliver>>,
    outflow: Arc<Outflow>,
    /// What must come after `welcome`, while that is being read.
    held: Option<Vec<(Frames, u32)>>,
}

impl Seat {
    /// The seat of a session that has not been welcomed.
    pub fn new(id: SessionId, to: Recipient<Deliver>, outflow: Arc<Outflow>) -> Self {
        Self {
            id,
            to: Some(to),
            outflow,
            held: Some(Vec::new()),
        }
    }

    /// Which session.
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// Hands over frames, and tells how many of the session's requests they answer.
    ///
    /// # Errors
    /// Where the session has too much queued: it is to be closed.
    pub fn deliver(&mut self, frames: &Frames, answered: u32) -> Result<(), TooSlow> {
        self.outflow.reserve(frames.bytes())?;
        match &mut self.held {
            Some(held) => held.push((frames.clone(), answered)),
            None => self.send(Deliver::Frames {
                frames: frames.clone(),
                answered,
            }),
        }
        Ok(())
    }

    /// Hands over `welcome`, then what has been held for after it.
    ///
    /// # Errors
    /// Where all that is too much.
    pub fn welcome(&mut self, welcome: Deliver, bytes: usize) -> Result<(), TooSlow> {
        self.outflow.reserve(bytes)?;
        self.send(welcome);
        for (frames, answered) in self.held.take().into_iter().flatten() {
            self.send(Deliver::Frames { frames, answered });
        }
        Ok(())
    }

    /// Answers a `join` that failed: the session may try again, with a new seat.
    pub fn turn_away(mut self, frames: Frames) {
        // What was held is not to be shown: the queue, which the next seat shares, is rid of it.
        for (frames, _) in self.held.take().into_iter().flatten() {
            self.outflow.taken(frames.bytes());
        }
        if self.outflow.reserve(frames.bytes()).is_ok() {
            self.send(Deliver::TurnedAway(frames));
            self.to = None;
        }
    }

    /// Ends the session.
    pub fn close(mut self, code: CloseCode) {
        self.end(code);
    }

    /// The session ends by itself.
    pub fn release(mut self) {
        self.to = None;
    }

    fn send(&self, delivery: Deliver) {
        if let Some(to) = &self.to {
            // The bound is the outflow's, in bytes; a mailbox would count messages.
            to.do_send(delivery);
        }
    }

    fn end(&mut self, code: CloseCode) {
        if self.to.is_some() {
            // Whatever the reason: a frozen session does not hear of it, its watch does.
            self.outflow.condemn();
            self.send(Deliver::Close(code));
            self.to = None;
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.end(CloseCode::Failure);
    }
}
