//! A WebSocket in a request that came by a route: what comes is the request's body, what goes is the
//! response's.

use actix_http::{RequestHead, ws};
use actix_web::body::{BodyStream, BoxBody};
use actix_web::http::header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use actix_web::{HttpResponse, rt, web};
use futures_util::TryStreamExt as _;
use std::io;
use tokio_util::io::{ReaderStream, StreamReader};

use super::Upgrade;
use crate::engine::Session;

/// Bytes between the session and the response's body: more waits in the queue.
const PIPE: usize = 16 * 1024;

/// Answers a handshake that has been checked, and runs the connection beside the response. It knows
/// by either body that the peer has gone.
pub(in crate::engine) fn mount<S: Session>(
    head: &RequestHead,
    payload: web::Payload,
    upgrade: Upgrade<S>,
) -> HttpResponse {
    let (ours, theirs) = tokio::io::duplex(PIPE);
    let input = StreamReader::new(payload.map_err(io::Error::other));
    let io = tokio::io::join(input, ours);
    rt::spawn(upgrade.run(io, Vec::new()));
    let body = BodyStream::new(ReaderStream::new(theirs));
    let mut response = ws::handshake_response(head);
    if let Some(name) = subprotocol(head) {
        response.insert_header((SEC_WEBSOCKET_PROTOCOL, name));
    }
    HttpResponse::from(response.body(BoxBody::new(body))).map_into_boxed_body()
}

/// What a handshake is to be answered with as `Sec-WebSocket-Protocol`: the first that is offered, as
/// Node does. Nothing is made of it, but clients that offer some fail where none is agreed on.
#[must_use]
pub fn subprotocol(head: &RequestHead) -> Option<HeaderValue> {
    let offered = head.headers().get(SEC_WEBSOCKET_PROTOCOL)?.as_bytes();
    let first = offered.split(|byte| *byte == b',').next()?.trim_ascii();
    let name = HeaderValue::from_bytes(first).ok()?;
    (!name.is_empty()).then_some(name)
}
