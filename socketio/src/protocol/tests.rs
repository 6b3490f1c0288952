//! Sessions without a network: what the client says and hears, what the application is told.

mod connecting;
mod ending;
mod talking;

use std::mem;
use std::sync::{Mutex, MutexGuard};

use bytes::Bytes;
use bytestring::ByteString;
use serde_json::{Value, json};

use super::session::MAX_NAMESPACES;
use super::*;
use crate::engine::packet::Packet;
use crate::engine::{Line, Message, Service, Session};
use crate::socket::Emission;

/// What the application saw, and what it got hold of.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    log: Vec<String>,
    sockets: Vec<Socket>,
    acks: Vec<Ack>,
    args: Vec<Args>,
}

impl Seen {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    fn log(&self, line: String) {
        self.inner().log.push(line);
    }

    /// What has been seen since the last time.
    fn take(&self) -> Vec<String> {
        mem::take(&mut self.inner().log)
    }

    fn socket(&self, at: usize) -> Socket {
        self.inner().sockets[at].clone()
    }
}

/// Has `/`, and what begins with `/room`. Lets everyone in, or decides nothing.
struct Hall {
    seen: Seen,
    accepts: bool,
}

struct Visitor {
    seen: Seen,
    namespace: String,
}

impl Application for Hall {
    type Client = usize;
    type Guest = Visitor;

    fn open(&self, _: &RequestHead) -> Result<usize, Refusal> {
        Ok(0)
    }

    fn origin(&self, _: &RequestHead) -> Result<Option<HeaderValue>, Refusal> {
        Ok(None)
    }

    fn has(&self, namespace: &str) -> bool {
        namespace == "/" || namespace.starts_with("/room")
    }

    fn connect(&self, client: &mut usize, connect: Connect) -> Visitor {
        *client += 1;
        let Connect {
            namespace,
            auth,
            socket,
        } = connect;
        self.seen
            .log(format!("{client} connects to {namespace} {auth}"));
        if self.accepts {
            socket.accept(None);
        }
        self.seen.inner().sockets.push(socket);
        Visitor {
            seen: self.seen.clone(),
            namespace,
        }
    }
}

impl Guest for Visitor {
    fn event(&mut self, event: Event, socket: &Socket) {
        let Event { name, args, ack } = event;
        assert_eq!(socket.namespace(), self.namespace);
        let answer = if ack.is_some() { " ?" } else { "" };
        self.seen.log(format!(
            "{} {name} {}{answer}",
            self.namespace,
            args.json_array()
        ));
        if name == "leave" {
            socket.disconnect();
        }
        let mut inner = self.seen.inner();
        inner.acks.extend(ack);
        inner.args.push(args);
    }

    fn drained(&mut self, _: &Socket) {
        self.seen.log(format!("{} drained", self.namespace));
    }

    fn disconnected(&mut self, reason: Closed) {
        self.seen.log(format!("{} {reason:?}", self.namespace));
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        self.seen.log(format!("{} dropped", self.namespace));
    }
}

/// A client on the other end of a line.
struct Client<T> {
    session: Connected<Hall>,
    line: Line,
    sent: T,
    seen: Seen,
}

const TIMEOUT: Duration = Duration::from_secs(45);

fn client(accepts: bool) -> Client<impl Fn() -> Vec<Packet>> {
    let seen = Seen::default();
    let hall = Hall {
        seen: seen.clone(),
        accepts,
    };
    let protocol = Protocol::new(hall, TIMEOUT, 2).max_bytes(1_000);
    let (line, sent) = Line::test();
    Client {
        session: protocol.open(&RequestHead::default()).unwrap(),
        line,
        sent,
        seen,
    }
}

impl<T: Fn() -> Vec<Packet>> Client<T> {
    fn say(&mut self, text: impl Into<ByteString>) {
        let message = Message::Text(text.into());
        self.session.message(message, &self.line);
    }

    fn say_binary(&mut self, data: &'static [u8]) {
        let message = Message::Binary(Bytes::from_static(data));
        self.session.message(message, &self.line);
    }

    /// What it has been sent since the last time, as in a payload.
    fn hear(&self) -> Vec<String> {
        let mut payload = crate::engine::packet::Payload::new(usize::MAX);
        for packet in (self.sent)() {
            payload.push(&packet);
        }
        match payload.finish() {
            none if none.is_empty() => Vec::new(),
            some => some.split('\u{1e}').map(str::to_owned).collect(),
        }
    }

    fn is_open(&self) -> bool {
        self.line.is_open()
    }

    /// Connects, and forgets what that led to.
    fn join(mut self, namespace: &str) -> Self {
        self.say(format!("0{namespace},"));
        assert_eq!(self.hear().len(), 1);
        self.seen.take();
        self
    }
}

fn args(value: Value) -> Args {
    Args::new(&value)
}
