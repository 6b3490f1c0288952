//! Socket.IO as an application sees it: what it is told, and what it is to decide.

mod session;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use actix_http::RequestHead;
use actix_web::http::header::HeaderValue;

use crate::engine::{self, Closed, Refusal};
use crate::packet::Args;
use crate::socket::{Ack, Socket};

pub use session::Connected;

/// See [`Protocol::max_bytes`]: as much as Node takes.
const MAX_BYTES: usize = 1_000_000;

/// What an application does with those who connect. Shared by all threads.
pub trait Application: Send + Sync + 'static {
    /// What the application knows of one session, of whatever namespaces.
    type Client: 'static;
    /// Somebody connected to a namespace.
    type Guest: Guest;

    /// A client wants a session; `head` is its handshake's.
    ///
    /// # Errors
    /// Why it gets none.
    fn open(&self, head: &RequestHead) -> Result<Self::Client, Refusal>;

    /// See [`engine::Service::origin`].
    ///
    /// # Errors
    /// Where a page may not use this server.
    fn origin(&self, head: &RequestHead) -> Result<Option<HeaderValue>, Refusal>;

    /// Whether there is such a namespace: `/`, or `/name`.
    fn has(&self, namespace: &str) -> bool;

    /// A client wants to connect to a namespace. [`Socket::accept`] or [`Socket::refuse`] is to be
    /// called, at once or later; until then no event comes: clients wait for the answer, and one that
    /// does not ends its session by that.
    fn connect(&self, client: &mut Self::Client, connect: Connect) -> Self::Guest;
}

/// A request to connect.
pub struct Connect {
    /// To where.
    pub namespace: String,
    /// The client's `auth` as JSON, an object; `{}` where there is none.
    pub auth: String,
    /// The way back.
    pub socket: Socket,
}

/// Somebody connected to a namespace. Stays on one thread.
pub trait Guest: Unpin + 'static {
    /// An event came.
    fn event(&mut self, event: Event, socket: &Socket);

    /// All that was emitted so far has been handed to the connection, after [`Socket::tell_drained`].
    fn drained(&mut self, _socket: &Socket) {}

    /// It is over: the client left ([`Closed::ByClient`]), was refused or sent out (both
    /// [`Closed::ByServer`]), or the session ended; where the client closed that and had not left, it
    /// is [`Closed::Transport`], as with Node. Called exactly once, whether the client was ever let in or not; then the guest is
    /// dropped.
    fn disconnected(&mut self, _reason: Closed) {}
}

/// An event.
#[derive(Debug)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Its arguments.
    pub args: Args,
    /// Where the client wants an answer: the way to give it.
    pub ack: Option<Ack>,
}

/// An application as an Engine.IO service.
pub struct Protocol<A> {
    application: Arc<A>,
    terms: Terms,
}

/// What sessions keep to.
#[derive(Debug, Clone, Copy)]
struct Terms {
    connect_timeout: Duration,
    max_attachments: usize,
    max_bytes: usize,
}

impl<A: Application> Protocol<A> {
    /// Ends sessions that are let into no namespace within `connect_timeout`, and those with more
    /// than `max_attachments` to an event (their bytes, all together, are bounded by
    /// [`Self::max_bytes`]).
    pub fn new(application: A, connect_timeout: Duration, max_attachments: usize) -> Self {
        Self {
            application: Arc::new(application),
            terms: Terms {
                connect_timeout,
                max_attachments,
                max_bytes: MAX_BYTES,
            },
        }
    }

    /// Bytes of one packet with its attachments, all together; a session that exceeds them ends.
    /// 1,000,000 where nothing else is said. Meant to be the engine's `max_payload`, which bounds
    /// each message.
    #[must_use]
    pub fn max_bytes(mut self, max_bytes: usize) -> Self {
        self.terms.max_bytes = max_bytes;
        self
    }
}

impl<A: Application> engine::Service for Protocol<A> {
    type Session = Connected<A>;

    fn open(&self, head: &RequestHead) -> Result<Self::Session, Refusal> {
        let client = self.application.open(head)?;
        Ok(Connected::new(self.application.clone(), client, self.terms))
    }

    fn origin(&self, head: &RequestHead) -> Result<Option<HeaderValue>, Refusal> {
        self.application.origin(head)
    }
}
