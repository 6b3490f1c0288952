//! Socket.IO over one session: which namespaces are connected, and whose event is whose.

use std::sync::Arc;
use std::time::Duration;

use actix_http::RequestHead;
use actix_web::http::header::HeaderValue;

use crate::engine::{self, Closed, Line, Message, Refusal};
use crate::packet::Args;
use crate::socket::{Ack, Socket};

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
    /// called, at once or later; until then no event comes.
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

    /// It is over.
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
    _application: Arc<A>,
}

impl<A: Application> Protocol<A> {
    /// Ends sessions that connect to no namespace within `connect_timeout`, and those with more than
    /// `max_attachments` to an event (their bytes count towards the engine's `max_payload`, all
    /// together).
    pub fn new(application: A, _connect_timeout: Duration, _max_attachments: usize) -> Self {
        Self {
            _application: Arc::new(application),
        }
    }
}

impl<A: Application> engine::Service for Protocol<A> {
    type Session = Connected<A>;

    fn open(&self, _head: &RequestHead) -> Result<Self::Session, Refusal> {
        todo!()
    }

    fn origin(&self, _head: &RequestHead) -> Result<Option<HeaderValue>, Refusal> {
        todo!()
    }
}

/// One session's namespaces.
pub struct Connected<A> {
    _application: Arc<A>,
}

impl<A: Application> engine::Session for Connected<A> {
    fn message(&mut self, _message: Message, _line: &Line) {
        todo!()
    }
}
