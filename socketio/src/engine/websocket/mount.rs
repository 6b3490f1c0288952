//! A WebSocket in a request that came by a route: what comes is the request's body, what goes is the
//! response's.

use actix_http::{RequestHead, ws};
use actix_web::body::{BodyStream, BoxBody};
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
    let response = ws::handshake_response(head).body(BoxBody::new(body));
    HttpResponse::from(response).map_into_boxed_body()
}
