//! HTTP long-polling: a GET waits for what is sent, a POST brings what is received (the Engine.IO
//! protocol document, "HTTP long-polling").

use std::time::Duration;

use actix_web::http::header;
use actix_web::http::header::HeaderMap;
use actix_web::{HttpResponse, web};
use bytes::BytesMut;
use bytestring::ByteString;
use futures_util::StreamExt as _;

use super::line::Busy;
use super::packet::{Packet, Payload, parse_payload};
use super::refusal::Refusal;
use super::registry::Entry;
use super::session::Received;
use super::{Closed, Config};

/// Time for the poll of a client that closes to be there, so that it is told in order.
const POLL_UNDER_WAY: Duration = Duration::from_millis(100);

/// Packets as the answer to a GET.
pub(super) fn packets(payload: ByteString) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; charset=UTF-8"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(payload.into_bytes())
}

/// The answer to a handshake.
pub(super) fn opened(open: &Packet) -> HttpResponse {
    let mut payload = Payload::new(0);
    payload.push(open);
    packets(payload.finish())
}

/// A GET: waits until there is something to send.
pub(super) async fn poll(entry: &Entry, config: &Config) -> Result<HttpResponse, Refusal> {
    let poll = entry.line.poll()?;
    Ok(packets(poll.answer(config.max_payload).await))
}

/// A POST: its packets are the session's before it is answered. The answer is held back while the
/// session reads nothing: a client has one POST under way at a time.
pub(super) async fn post(
    entry: &Entry,
    config: &Config,
    headers: &HeaderMap,
    body: web::Payload,
) -> Result<HttpResponse, Refusal> {
    let post = entry.line.post()?;
    let read = tokio::select! {
        // A body that never comes to its end lives no longer than its session.
        _ = entry.line.ended() => return Err(Refusal::unknown_session()),
        read = read(config, headers, body) => read,
    };
    let packets = match read {
        Ok(packets) => packets,
        // As Node does: nothing of it was taken, and the client is told.
        Err(Unread::TooLarge) => {
            post.answered();
            return Err(Refusal::too_large());
        }
        Err(Unread::Malformed) => {
            entry.line.end(Closed::Parse);
            return Err(Refusal::bad_request());
        }
        // Dropping `post` ends the session.
        Err(Unread::Cut) => return Err(Refusal::bad_request()),
    };
    let closes = packets.contains(&Packet::Close);
    let said = packets
        .into_iter()
        .take_while(|packet| *packet != Packet::Close)
        .collect();
    if entry.session.send(Received(said)).await.is_err() {
        return Err(Refusal::unknown_session());
    }
    if closes {
        // It may have been sent first, over another connection.
        let _ = tokio::time::timeout(POLL_UNDER_WAY, entry.line.polled()).await;
        entry.line.end(Closed::ByClient);
    }
    entry.line.unpaused().await;
    post.answered();
    // As Node: user agents of old offered to save an answer of plain text.
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body("ok"))
}

/// Why a body is not read.
enum Unread {
    TooLarge,
    Malformed,
    /// The client has gone.
    Cut,
}

async fn read(
    config: &Config,
    headers: &HeaderMap,
    mut body: web::Payload,
) -> Result<Vec<Packet>, Unread> {
    // That was how earlier versions of the protocol sent bytes.
    let content_type = headers.get(header::CONTENT_TYPE);
    if content_type.is_some_and(|value| value == "application/octet-stream") {
        return Err(Unread::Malformed);
    }
    let mut read = BytesMut::new();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|_| Unread::Cut)?;
        if read.len() + piece.len() > config.max_payload {
            return Err(Unread::TooLarge);
        }
        read.extend_from_slice(&piece);
    }
    let text = ByteString::try_from(read.freeze()).map_err(|_| Unread::Malformed)?;
    parse_payload(&text, config.max_packets).map_err(|_| Unread::Malformed)
}

impl From<Busy> for Refusal {
    fn from(busy: Busy) -> Self {
        match busy {
            Busy::Ended => Self::unknown_session(),
            Busy::Elsewhere | Busy::Overlap => Self::bad_request(),
        }
    }
}
