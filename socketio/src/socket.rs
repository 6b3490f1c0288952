//! What an application holds of somebody who is connected.

mod emission;
mod state;

use std::fmt;
use std::sync::Arc;

use bytestring::ByteString;
use serde::Serialize;

use crate::engine::Line;
use crate::engine::packet::Packet;
use crate::id;
use crate::packet::{Args, is_reserved, json_string, write_ack, write_event, write_plain};
use emission::packets;
use state::{Answered, Shared};

pub use emission::Emission;
pub(crate) use state::{Phase, Sweep};

/// The way to somebody in one namespace, from any thread. Cloning gives another handle to the same.
///
/// Until the client is let in nothing is emitted, nor after the end: it is dropped.
#[derive(Clone)]
pub struct Socket {
    shared: Arc<Shared>,
}

impl Socket {
    /// The way to somebody who asks to be let in. `None` where the system has no random numbers.
    pub(crate) fn new(namespace: ByteString, line: Line, sweep: Arc<Sweep>) -> Option<Self> {
        // As it was read it is a slice, and would keep all that it came with.
        let namespace = ByteString::from(&*namespace);
        let shared = Shared::new(id::random()?, namespace, line, sweep);
        let shared = Arc::new(shared);
        Some(Self { shared })
    }

    /// The id that the client is told: made anew for each connect, unguessable.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.shared.id
    }

    /// Where it is connected: `/`, or `/name`.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.shared.namespace
    }

    /// Lets the client in. `pid`: its private id, which clients from 4.6 on send again when they
    /// reconnect, as `auth.pid`, with the last string that ended an event as `auth.offset`.
    /// After a decision nothing happens.
    pub fn accept(&self, pid: Option<&str>) {
        let mut json = format!(r#"{{"sid":{}"#, json_string(self.id()));
        if let Some(pid) = pid {
            json.push_str(r#","pid":"#);
            json.push_str(&json_string(pid));
        }
        json.push('}');
        self.shared
            .turn(Phase::Asking, Phase::In, self.plain('0', Some(&json)));
    }

    /// Turns the client away: its `connect_error` has `message`, and `data` where there is any.
    /// After a decision nothing happens.
    pub fn refuse<T: Serialize>(&self, message: &str, data: Option<&T>) {
        let mut json = format!(r#"{{"message":{}"#, json_string(message));
        if let Some(Ok(data)) = data.map(serde_json::to_string) {
            json.push_str(r#","data":"#);
            json.push_str(&data);
        }
        json.push('}');
        self.shared
            .turn(Phase::Asking, Phase::Refused, self.plain('4', Some(&json)));
    }

    /// Emits an event. A reserved name (`connect` and the like) is not sent.
    pub fn emit(&self, name: &str, args: &Args) {
        self.send(&Emission::new(self.namespace(), name, args));
    }

    /// Emits what was written once for many. What is for another namespace is not sent.
    pub fn send(&self, emission: &Emission) {
        if emission.namespace() == self.namespace() {
            self.shared.send(|| emission.packets());
        }
    }

    /// Emits an event, and has the answer handed to `answered`, if one ever comes; on the session's
    /// thread. Where 256 wait already the oldest is given up. A reserved name is not sent.
    pub fn ask(&self, name: &str, args: &Args, answered: impl FnOnce(Args) + Send + 'static) {
        if is_reserved(name) {
            return;
        }
        self.shared.ask(Box::new(answered), |id| {
            packets(args, |to| {
                write_event(to, self.namespace(), Some(id), name, args);
            })
        });
    }

    /// Sends the client out of this namespace: it does not reconnect by itself.
    pub fn disconnect(&self) {
        self.shared
            .turn(Phase::In, Phase::SentOut, self.plain('1', None));
    }

    /// Ends the whole session: the client reconnects by itself.
    pub fn close(&self) {
        self.shared.line.close();
    }

    /// See [`crate::engine::Line::pause`].
    pub fn pause(&self) {
        self.shared.line.pause();
    }

    /// Reads on.
    pub fn resume(&self) {
        self.shared.line.resume();
    }

    /// See [`crate::engine::Line::queued`].
    #[must_use]
    pub fn queued(&self) -> usize {
        self.shared.line.queued()
    }

    /// Has `Guest::drained` called once, when nothing is queued any more.
    pub fn tell_drained(&self) {
        self.shared.tell_drained();
    }

    pub(crate) fn phase(&self) -> Phase {
        self.shared.phase()
    }

    /// It is over: nothing is emitted any more, and nothing answered. Tells what it was before.
    pub(crate) fn end(&self) -> Phase {
        self.shared.end()
    }

    /// Whoever waits for this answer.
    pub(crate) fn answered(&self, id: u64) -> Option<Answered> {
        self.shared.answered(id)
    }

    /// Whether [`Self::tell_drained`] has been called since the last time.
    pub(crate) fn is_to_be_told(&self) -> bool {
        self.shared.is_to_be_told()
    }

    /// The way to answer the event with this id.
    pub(crate) fn ack(&self, id: u64) -> Ack {
        let socket = self.clone();
        Ack { socket, id }
    }

    /// A packet without arguments.
    fn plain(&self, kind: char, json: Option<&str>) -> Packet {
        plain(kind, self.namespace(), json)
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("id", &self.shared.id)
            .field("namespace", &self.shared.namespace)
            .finish_non_exhaustive()
    }
}

/// A packet without arguments, as a message.
pub(crate) fn plain(kind: char, namespace: &str, json: Option<&str>) -> Packet {
    emission::encoded(|to| write_plain(to, kind, namespace, json))
}

/// The way to answer an event. Answering twice is impossible.
#[derive(Debug)]
pub struct Ack {
    socket: Socket,
    id: u64,
}

impl Ack {
    /// Answers.
    pub fn answer(self, args: &Args) {
        let namespace = self.socket.namespace();
        self.socket
            .shared
            .send(|| packets(args, |to| write_ack(to, namespace, self.id, args)));
    }
}
