//! What an application holds of somebody who is connected.

use crate::packet::Args;
use serde::Serialize;

/// The way to somebody in one namespace, from any thread. Cloning gives another handle to the same.
#[derive(Debug, Clone)]
pub struct Socket {}

impl Socket {
    /// The id that the client is told: made anew for each connect, unguessable.
    #[must_use]
    pub fn id(&self) -> &str {
        todo!()
    }

    /// Lets the client in. `pid`: its private id, which clients from 4.6 on send again when they
    /// reconnect, as `auth.pid`, with the last string that ended an event as `auth.offset`.
    pub fn accept(&self, _pid: Option<&str>) {
        todo!()
    }

    /// Turns the client away: its `connect_error` has `message`, and `data` where there is any.
    pub fn refuse<T: Serialize>(&self, _message: &str, _data: Option<&T>) {
        todo!()
    }

    /// Emits an event.
    pub fn emit(&self, _name: &str, _args: &Args) {
        todo!()
    }

    /// Emits what was written once for many.
    pub fn send(&self, _emission: &Emission) {
        todo!()
    }

    /// Emits an event, and has the answer handed to `answered`, if one ever comes.
    pub fn ask(&self, _name: &str, _args: &Args, _answered: impl FnOnce(Args) + Send + 'static) {
        todo!()
    }

    /// Sends the client out of this namespace: it does not reconnect by itself.
    pub fn disconnect(&self) {
        todo!()
    }

    /// Ends the whole session: the client reconnects by itself.
    pub fn close(&self) {
        todo!()
    }

    /// See [`crate::engine::Line::pause`].
    pub fn pause(&self) {
        todo!()
    }

    /// Reads on.
    pub fn resume(&self) {
        todo!()
    }

    /// See [`crate::engine::Line::queued`].
    #[must_use]
    pub fn queued(&self) -> usize {
        todo!()
    }

    /// Has `Guest::drained` called once, when nothing is queued any more.
    pub fn tell_drained(&self) {
        todo!()
    }
}

/// An event as it is written, to be sent to many in one namespace.
#[derive(Debug, Clone)]
pub struct Emission {}

impl Emission {
    /// Writes an event for those in `namespace`.
    #[must_use]
    pub fn new(_namespace: &str, _name: &str, _args: &Args) -> Self {
        todo!()
    }
}

/// The way to answer an event. Answering twice is impossible.
#[derive(Debug)]
pub struct Ack {}

impl Ack {
    /// Answers.
    pub fn answer(self, _args: &Args) {
        todo!()
    }
}
