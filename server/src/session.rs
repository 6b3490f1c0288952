//! The WebSocket session: the actor that is one connection. Owns what RFC 6455 asks of a server
//! and its library leaves open: whole messages, close codes, limits, pings, deadlines. What is
//! said over it is a [`Dialogue`]'s business.
//!
//! The only file that uses actix-web-actors.

mod assembler;
mod conduct;
mod direct;
mod gate;
mod pieces;
mod visitor;
mod watch;

use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::prelude::*;
use actix_http::ws::{CloseReason, Codec, OpCode, ProtocolError};
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::{Error, HttpRequest, HttpResponse, web};
use actix_web_actors::ws::{self, WebsocketContext, handshake};
use bytes::Bytes;
use bytestring::ByteString;
use futures_util::Stream;
use shared::CloseCode;

use crate::chat_server::Deliver;
use crate::fanout::{Hub, LineId, Outflow, Post, Socket};
use crate::quota::Allowance;
use assembler::Assembler;
use gate::{Gate, GateKeeper, Meter};
use pieces::Pieces;
use watch::{Hangup, Nudge, Watched};

pub use assembler::Whole;
pub use conduct::{Conduct, Manners, already_joined, not_joined, rate_limited};
pub use direct::Direct;
pub use visitor::Visitor;
pub use watch::{Deadlines, Watch, on_connect};

/// For `HttpServer::h1_write_buffer_size`: beyond so many bytes a connection is written to. Less than a
/// piece of what sessions say, so that no connection's buffer is much larger than one.
pub const WRITE_BUFFER: usize = 512;

/// What a connection is for.
pub trait Dialogue: Sized + Unpin + 'static {
    /// The connection is open.
    fn opened(&mut self, _line: &mut Line<'_, Self>) {}

    /// A whole message came.
    fn message(&mut self, message: Whole, line: &mut Line<'_, Self>);

    /// The time has come that was asked for by [`Line::wake_at`].
    fn due(&mut self, _line: &mut Line<'_, Self>) {}

    /// A pong came, with what its ping carried.
    fn ponged(&mut self, _data: &[u8]) {}

    /// Something came from a room.
    fn delivered(&mut self, _delivery: Deliver, _line: &mut Line<'_, Self>) {}

    /// The connection is gone.
    fn closed(&mut self) {}
}

/// What a session keeps to, beside its server's [`Deadlines`].
#[derive(Debug, Clone)]
pub struct Terms {
    /// Bytes of one message from the peer.
    pub message_bytes: usize,
    /// Bytes queued to the peer.
    pub queue_bytes: usize,
    /// Whose quota of bytes the connection uses up.
    pub allowance: Option<Arc<Allowance>>,
}

/// What a handshake has led to.
pub struct Agreed<D> {
    /// The subprotocol agreed on, if any.
    pub subprotocol: Option<&'static str>,
    /// What the session keeps to.
    pub terms: Terms,
    /// What it is for.
    pub dialogue: D,
}

/// Answers an upgrade request, which has been checked, by a session in the response's body: so it
/// can be mounted in any application. `watch` is the current thread's. [`Direct`] is the other way.
///
/// # Errors
/// Where the request is no WebSocket handshake.
pub fn start<D: Dialogue>(
    req: &HttpRequest,
    payload: web::Payload,
    agreed: Agreed<D>,
    watch: &Watch,
) -> Result<HttpResponse, Error> {
    let mut response = handshake(req)?;
    if let Some(name) = agreed.subprotocol {
        response.insert_header((header::SEC_WEBSOCKET_PROTOCOL, name));
    }
    let outlet = Outlet::Response(Hangup::of(req));
    let session = open(agreed, payload, outlet, watch);
    Ok(response.streaming(Pieces::of(session)))
}

/// A session on a stream of what comes from its peer. Yields what goes to it, apart from what its
/// outlet sends by itself; runs as long as it is polled.
fn open<D, S>(
    agreed: Agreed<D>,
    input: S,
    outlet: Outlet,
    watch: &Watch,
) -> impl Stream<Item = Result<Bytes, Error>> + Unpin + use<D, S>
where
    D: Dialogue,
    S: Stream<Item = Result<Bytes, PayloadError>> + Unpin + 'static,
{
    let Agreed {
        terms, dialogue, ..
    } = agreed;
    let keeper = GateKeeper::default();
    let meter = terms.allowance.map(|allowance| -> Meter {
        Box::new(move |bytes| allowance.receive(bytes).map_err(|wait| wait.0))
    });
    let gate = Gate::new(input, keeper.clone(), terms.message_bytes, meter);
    let outflow = Arc::new(Outflow::new(terms.queue_bytes));
    let session = Session {
        dialogue,
        link: Link {
            watched: watch.over(outflow.clone(), outlet.hangup()),
            keeper,
            outflow,
            outlet,
            ping: watch.ping().map(|interval| Pings {
                interval,
                next: Instant::now() + interval,
                data: b"",
            }),
            wake_at: None,
            closing: false,
            ended: false,
        },
        assembler: Assembler::new(terms.message_bytes),
    };
    let codec = Codec::new().max_size(terms.message_bytes);
    WebsocketContext::with_codec(session, gate, codec)
}

/// Where a session's frames go.
enum Outlet {
    /// Into a response's body, every one of them by way of the session.
    Response(Hangup),
    /// To a socket of our own: those of its room go past the session.
    Socket {
        hub: Hub<Deliver>,
        line: LineId,
        socket: Rc<Socket<Deliver>>,
    },
}

impl Outlet {
    fn hangup(&self) -> Hangup {
        match self {
            Self::Response(hangup) => hangup.clone(),
            Self::Socket { socket, .. } => Hangup::of_socket(socket),
        }
    }

    fn post(&self, session: Recipient<Deliver>, outflow: Arc<Outflow>) -> Post<Deliver> {
        match self {
            Self::Response(_) => session.into(),
            Self::Socket { hub, line, .. } => hub.post(*line, session, outflow),
        }
    }

    /// Nothing of a room's goes out any more, but what was said so far.
    fn seal(&self) {
        if let Self::Socket { socket, .. } = self {
            socket.seal();
        }
    }
}

/// One connection.
struct Session<D: Dialogue> {
    dialogue: D,
    link: Link,
    assembler: Assembler,
}

/// The state of the connection itself.
struct Link {
    watched: Rc<Watched>,
    keeper: GateKeeper,
    outflow: Arc<Outflow>,
    outlet: Outlet,
    ping: Option<Pings>,
    /// When the dialogue wants to do something.
    wake_at: Option<Instant>,
    /// A close frame is on its way: nothing is sent any more, and nothing heard.
    closing: bool,
    ended: bool,
}

/// The server's own pings.
struct Pings {
    interval: Duration,
    next: Instant,
    /// What they carry.
    data: &'static [u8],
}

impl Link {
    /// Has the watch nudge the session when there is something to do next.
    fn schedule(&self) {
        let ping = self.ping.as_ref().map(|ping| ping.next);
        self.watched.at(ping.into_iter().chain(self.wake_at).min());
    }
}

/// A dialogue's hold on its connection, while it handles something.
pub struct Line<'a, D: Dialogue> {
    link: &'a mut Link,
    ctx: &'a mut WebsocketContext<Session<D>>,
}

impl<D: Dialogue> Line<'_, D> {
    /// Sends a text message.
    pub fn text(&mut self, text: ByteString) {
        self.send(OpCode::Text, text, ws::Message::Text);
    }

    /// Sends a binary message.
    pub fn binary(&mut self, data: Bytes) {
        self.send(OpCode::Binary, data, ws::Message::Binary);
    }

    /// Sends a ping: its pong tells that all before it has arrived. All that follow carry the same,
    /// since a peer who has several to answer may answer the last one only (RFC 6455, section 5.5.3).
    pub fn ping(&mut self, data: &'static [u8]) {
        if let Some(pings) = &mut self.link.ping {
            pings.data = data;
        }
        self.send_ping(data);
    }

    fn send_ping(&mut self, data: &'static [u8]) {
        self.send(OpCode::Ping, Bytes::from_static(data), ws::Message::Ping);
    }

    fn send_pong(&mut self, data: Bytes) {
        self.send(OpCode::Pong, data, ws::Message::Pong);
    }

    /// Sends one frame, as it is or as the library's message.
    fn send<T: AsRef<[u8]>>(
        &mut self,
        code: OpCode,
        payload: T,
        message: impl FnOnce(T) -> ws::Message,
    ) {
        if self.link.closing {
            return;
        }
        match &self.link.outlet {
            Outlet::Response(_) => self.ctx.write_raw(message(payload)),
            Outlet::Socket { socket, .. } => socket.push_frame(code, payload.as_ref()),
        }
    }

    /// Closes the connection, and says why. What has been sent before still goes out.
    pub fn close(&mut self, code: CloseCode) {
        let reason = CloseReason {
            code: code.code().into(),
            description: Some(code.reason().into()),
        };
        self.end(Some(reason));
    }

    /// Whether the connection is about to end.
    pub fn is_closing(&self) -> bool {
        self.link.closing
    }

    /// Reads no further until [`Self::resume`].
    pub fn pause(&mut self) {
        self.link.keeper.shut();
    }

    /// Reads on.
    pub fn resume(&mut self) {
        self.link.keeper.open();
    }

    /// How rooms reach this session, and how much they may have queued to it.
    pub fn post(&self) -> (Post<Deliver>, Arc<Outflow>) {
        let outflow = &self.link.outflow;
        let session = self.ctx.address().recipient();
        let post = self.link.outlet.post(session, outflow.clone());
        (post, outflow.clone())
    }

    /// What was queued has been taken.
    pub fn taken(&mut self, bytes: usize) {
        self.link.outflow.taken(bytes);
    }

    /// Has the dialogue be told when the time has come; `None`: not any more. Not exact: meant for
    /// seconds.
    pub fn wake_at(&mut self, due: Option<Instant>) {
        self.link.wake_at = due;
        self.link.schedule();
    }

    fn end(&mut self, reason: Option<CloseReason>) {
        if !std::mem::replace(&mut self.link.closing, true) {
            self.link.outlet.seal();
            self.ctx.close(reason);
            self.ctx.stop();
            // A peer that reads nothing more does not read the close frame either.
            self.link.outflow.condemn();
        }
    }
}

impl<D: Dialogue> Session<D> {
    /// The dialogue, and the line that it is to use.
    fn line<'a>(&'a mut self, ctx: &'a mut WebsocketContext<Self>) -> (&'a mut D, Line<'a, D>) {
        let link = &mut self.link;
        (&mut self.dialogue, Line { link, ctx })
    }

    fn hear(&mut self, whole: Whole, ctx: &mut WebsocketContext<Self>) {
        let (dialogue, mut line) = self.line(ctx);
        dialogue.message(whole, &mut line);
    }

    /// Does what is due by now.
    fn due(&mut self, ctx: &mut WebsocketContext<Self>) {
        let now = Instant::now();
        let (dialogue, mut line) = self.line(ctx);
        if let Some(pings) = line.link.ping.as_mut().filter(|pings| pings.next <= now) {
            pings.next = now + pings.interval;
            let data = pings.data;
            line.send_ping(data);
            // Who is not listened to is not silent. A frozen session does not come here.
            if line.link.keeper.is_shut() {
                line.link.watched.beat();
            }
        }
        if line.link.wake_at.is_some_and(|due| due <= now) {
            line.link.wake_at = None;
            dialogue.due(&mut line);
        }
        self.link.schedule();
    }

    fn close(&mut self, code: CloseCode, ctx: &mut WebsocketContext<Self>) {
        self.line(ctx).1.close(code);
    }

    fn closed(&mut self) {
        if !std::mem::replace(&mut self.link.ended, true) {
            self.link.watched.end();
            self.dialogue.closed();
        }
    }
}

impl<D: Dialogue> Actor for Session<D> {
    type Context = WebsocketContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let session = ctx.address();
        self.link.watched.reach(move |nudge| session.do_send(nudge));
        self.link.schedule();
        let (dialogue, mut line) = self.line(ctx);
        dialogue.opened(&mut line);
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.closed();
    }
}

impl<D: Dialogue> Drop for Session<D> {
    // A connection that breaks drops its actor without stopping it.
    fn drop(&mut self) {
        self.closed();
    }
}

impl<D: Dialogue> StreamHandler<Result<ws::Message, ProtocolError>> for Session<D> {
    fn handle(&mut self, item: Result<ws::Message, ProtocolError>, ctx: &mut Self::Context) {
        if self.link.closing {
            return; // The stream goes on yielding after an error or a close.
        }
        self.link.watched.beat();
        match item {
            Ok(ws::Message::Text(text)) => self.hear(Whole::Text(text), ctx),
            Ok(ws::Message::Binary(data)) => self.hear(Whole::Binary(data), ctx),
            Ok(ws::Message::Continuation(part)) => match self.assembler.add(part) {
                Ok(Some(whole)) => self.hear(whole, ctx),
                Ok(None) => {}
                Err(code) => self.close(code, ctx),
            },
            Ok(ws::Message::Ping(data)) => self.line(ctx).1.send_pong(data),
            Ok(ws::Message::Pong(data)) => self.dialogue.ponged(&data),
            Ok(ws::Message::Nop) => {}
            // RFC 6455, section 5.5.1: the same code goes back.
            Ok(ws::Message::Close(reason)) => {
                let reason = reason.map(|r| CloseReason {
                    description: None,
                    ..r
                });
                self.line(ctx).1.end(reason);
            }
            Err(error) => match close_code(&error) {
                Some(code) => self.close(code, ctx),
                None => ctx.stop(),
            },
        }
    }
}

impl<D: Dialogue> Handler<Deliver> for Session<D> {
    type Result = ();

    fn handle(&mut self, delivery: Deliver, ctx: &mut Self::Context) {
        let (dialogue, mut line) = self.line(ctx);
        match delivery {
            Deliver::Close(code) => line.close(code),
            delivery => dialogue.delivered(delivery, &mut line),
        }
    }
}

impl Message for Nudge {
    type Result = ();
}

impl<D: Dialogue> Handler<Nudge> for Session<D> {
    type Result = ();

    fn handle(&mut self, nudge: Nudge, ctx: &mut Self::Context) {
        match nudge {
            Nudge::Close(code) => self.close(code, ctx),
            Nudge::Due => self.due(ctx),
        }
    }
}

/// The code that a fault of the peer's is answered with; `None` where the line is gone already.
fn close_code(error: &ProtocolError) -> Option<CloseCode> {
    match error {
        ProtocolError::Overflow => Some(CloseCode::TooBig),
        // The decoder and the stream below it tell of these by words alone.
        ProtocolError::Io(error) if error.kind() == std::io::ErrorKind::Other => {
            let words = error.to_string().to_lowercase();
            if words.contains("utf-8") {
                Some(CloseCode::InvalidUtf8)
            } else if words.contains("size limit") || words.contains("overflow") {
                Some(CloseCode::TooBig)
            } else {
                None
            }
        }
        _ => Some(CloseCode::Protocol),
    }
}
