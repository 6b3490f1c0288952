//! Engine.IO 4: sessions of whole messages, over HTTP long-polling and WebSocket.

mod cors;
mod line;
pub mod packet;
mod polling;
mod refusal;
mod registry;
mod request;
mod server;
mod session;
mod websocket;

pub use line::Line;
pub use refusal::Refusal;
pub use server::Server;
pub use websocket::{Upgrade, subprotocol};

use std::time::Duration;

use actix_http::RequestHead;
use actix_web::http::header::HeaderValue;
use bytes::Bytes;
use bytestring::ByteString;

/// What a server keeps to.
#[derive(Debug, Clone)]
pub struct Config {
    /// Between two pings of the server's; the first comes after as long.
    pub ping_interval: Duration,
    /// Time for a ping's pong.
    pub ping_timeout: Duration,
    /// Bytes of one message that comes, and of one HTTP body, either way; what one message to a client
    /// has beyond that is sent all the same.
    pub max_payload: usize,
    /// Packets in one POST.
    pub max_packets: usize,
    /// Bytes queued to one session: beyond, it is too slow and ends.
    pub max_queued: usize,
    /// Sessions at once.
    pub max_sessions: usize,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Text.
    Text(ByteString),
    /// Bytes.
    Binary(Bytes),
}

/// Who is served, and how. Shared by all threads.
pub trait Service: Send + Sync + 'static {
    /// What one session is for.
    type Session: Session;

    /// A client wants a session; `head` is its handshake's.
    ///
    /// # Errors
    /// Why it gets none.
    fn open(&self, head: &RequestHead) -> Result<Self::Session, Refusal>;

    /// Whether a page may use this server: what browsers are to be told of it
    /// (`Access-Control-Allow-Origin`), if anything.
    ///
    /// # Errors
    /// Where it may not.
    fn origin(&self, head: &RequestHead) -> Result<Option<HeaderValue>, Refusal>;
}

/// What one session is for. Stays on the thread that it began on.
pub trait Session: Unpin + 'static {
    /// The session has begun.
    fn opened(&mut self, _line: &Line) {}

    /// A message came.
    fn message(&mut self, message: Message, line: &Line);

    /// All that was sent so far has been handed to the connection, after [`Line::tell_drained`].
    fn drained(&mut self, _line: &Line) {}

    /// The session is over.
    fn closed(&mut self, _reason: Closed) {}
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// The client closed it.
    ByClient,
    /// The application closed it.
    ByServer,
    /// Its connection broke, a poll was given up, or requests overlapped.
    Transport,
    /// No pong came.
    PingTimeout,
    /// The client sent what cannot be read.
    Parse,
    /// Too much was queued to it.
    TooSlow,
}
