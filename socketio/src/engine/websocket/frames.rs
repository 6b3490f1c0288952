//! Packets in a WebSocket's frames. Reading and writing go on at the same time on one task, so the
//! stream is borrowed for the length of a poll, never across one.

use std::cell::RefCell;
use std::future::poll_fn;
use std::task::{Poll, ready};

use bytes::Bytes;
use bytestring::ByteString;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message as Frame, Utf8Bytes};

use crate::engine::packet::Packet;
use crate::engine::{Closed, Message};

/// Packets that are handed on at once, where so many have come. Fewer hops for who sends much.
const MAX_PACKETS: usize = 32;

/// Bytes of them.
const MAX_BYTES: usize = 64 * 1024;

/// A WebSocket.
pub(super) struct Frames<T>(pub(super) RefCell<WebSocketStream<T>>);

/// Why nothing more is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub(super) reason: Closed,
    /// What the peer is told.
    pub(super) code: Option<CloseCode>,
    /// Where the next frame begins is not known.
    pub(super) garbled: bool,
}

impl End {
    /// The peer has closed.
    const CLOSED: Self = Self {
        reason: Closed::ByClient,
        code: None,
        garbled: false,
    };

    /// The connection has broken.
    pub(super) const BROKEN: Self = Self {
        reason: Closed::Transport,
        code: None,
        garbled: false,
    };

    /// The frame is in order, what it carries is not.
    pub(super) const MALFORMED: Self = Self {
        reason: Closed::Parse,
        code: Some(CloseCode::Protocol),
        garbled: false,
    };

    /// A frame is not in order.
    const fn garbled(code: CloseCode) -> Self {
        Self {
            reason: Closed::Parse,
            code: Some(code),
            garbled: true,
        }
    }

    fn of(error: &Error) -> Self {
        match error {
            Error::ConnectionClosed | Error::AlreadyClosed => Self::CLOSED,
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::BROKEN,
            Error::Capacity(_) => Self::garbled(CloseCode::Size),
            Error::Utf8(_) => Self::garbled(CloseCode::Invalid),
            Error::Protocol(_) => Self::garbled(CloseCode::Protocol),
            _ => Self::BROKEN,
        }
    }
}

/// What one frame comes to.
enum Read {
    Packet(Packet, usize),
    /// The library has an answer ready.
    Ping,
    Nothing,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Frames<T> {
    /// Takes a packet that is to be sent.
    pub(super) async fn feed(&self, packet: Packet) -> Result<(), Error> {
        poll_fn(|cx| self.0.borrow_mut().poll_ready_unpin(cx)).await?;
        self.0.borrow_mut().start_send_unpin(frame(packet))
    }

    /// Waits until all that was fed is written.
    pub(super) async fn flush(&self) -> Result<(), Error> {
        poll_fn(|cx| self.0.borrow_mut().poll_flush_unpin(cx)).await
    }

    /// Waits for a packet.
    pub(super) async fn one(&self) -> Result<Packet, End> {
        loop {
            let frame = poll_fn(|cx| self.0.borrow_mut().poll_next_unpin(cx)).await;
            match read(frame)? {
                Read::Packet(packet, _) => return Ok(packet),
                Read::Ping => self.answer().await?,
                Read::Nothing => {}
            }
        }
    }

    /// Waits for packets: one, and those that have come with it. At the end there may be none.
    pub(super) async fn some(&self) -> (Vec<Packet>, Option<End>) {
        let mut packets = Vec::new();
        let mut bytes = 0;
        let end = loop {
            if packets.len() == MAX_PACKETS || bytes >= MAX_BYTES {
                break None;
            }
            let next = poll_fn(|cx| match self.0.borrow_mut().poll_next_unpin(cx) {
                Poll::Pending if !packets.is_empty() => Poll::Ready(None),
                next => Poll::Ready(Some(ready!(next))),
            });
            let Some(frame) = next.await else { break None };
            match read(frame) {
                // A client that polls closes so; it may on any transport.
                Ok(Read::Packet(Packet::Close, _)) => break Some(End::CLOSED),
                Ok(Read::Packet(packet, length)) => {
                    packets.push(packet);
                    bytes += length;
                }
                Ok(Read::Ping) => {
                    if let Err(end) = self.answer().await {
                        break Some(end);
                    }
                }
                Ok(Read::Nothing) => {}
                Err(end) => break Some(end),
            }
        };
        (packets, end)
    }

    /// Waits until a pong is out: those of a peer that reads none would pile up.
    async fn answer(&self) -> Result<(), End> {
        self.flush().await.map_err(|_| End::BROKEN)
    }
}

fn read(frame: Option<Result<Frame, Error>>) -> Result<Read, End> {
    match frame {
        Some(Ok(Frame::Text(text))) => {
            let length = text.len();
            let text = ByteString::try_from(Bytes::from(text));
            let text = text.map_err(|_| End::MALFORMED)?;
            let packet = Packet::parse_text(text).map_err(|_| End::MALFORMED)?;
            Ok(Read::Packet(packet, length))
        }
        Some(Ok(Frame::Binary(data))) => {
            let length = data.len();
            // It is a slice of what was read in one go, and is kept: until the others have come that
            // belong to it, or in queues, where it counts for its own length.
            let data = Bytes::copy_from_slice(&data);
            Ok(Read::Packet(Packet::parse_binary(data), length))
        }
        Some(Ok(Frame::Ping(_))) => Ok(Read::Ping),
        Some(Ok(Frame::Pong(_) | Frame::Frame(_))) => Ok(Read::Nothing),
        Some(Ok(Frame::Close(_))) => Err(End::CLOSED),
        Some(Err(error)) => Err(End::of(&error)),
        None => Err(End::CLOSED),
    }
}

fn frame(packet: Packet) -> Frame {
    match packet {
        Packet::Message(Message::Binary(data)) => Frame::Binary(data),
        packet => {
            let text = packet.text().unwrap_or_default().into_bytes();
            Frame::Text(Utf8Bytes::try_from(text).unwrap_or_default())
        }
    }
}
