//! A port of our own: plain requests go to an application's routes, upgrade requests to sessions
//! that write their sockets themselves. No middleware of the application's runs before an upgrade,
//! so what has to be checked is checked here.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use actix_codec::Framed;
use actix_http::body::{BodySize, MessageBody as _};
use actix_http::h1::{Codec, Message};
use actix_http::{ConnectionType, HttpService, Request, RequestHead, Response, ws};
use actix_server::Server;
use actix_service::{fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::http::header::{self, HeaderValue};
use actix_web::rt::net::TcpStream;
use actix_web::{App, HttpResponse, ResponseError as _, web};
use bytes::{Bytes, BytesMut};
use futures_util::future::LocalBoxFuture;
use socketio::engine;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::codec::Encoder as _;
use tokio_util::task::TaskTracker;

use super::Rejection;
use crate::session::{Agreed, Deadlines, Dialogue, Direct, Watch};

/// Time for a peer that is turned away to take it, and to close.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How a port is served.
#[derive(Debug, Clone)]
pub struct Serving {
    /// Worker threads; 0 for one a core.
    pub workers: usize,
    /// Time for a request's head to arrive.
    pub request_head: Duration,
    /// Seconds that requests under way have to end in, once the server is to stop.
    pub shutdown: u64,
    /// Whether those whose messages are being sent are sent them before all others.
    pub writers_first: bool,
    /// What sessions keep to.
    pub deadlines: Deadlines,
    /// Knows of every session until its connection has ended.
    pub running: TaskTracker,
}

/// What runs on a connection once its handshake has been answered, with what had come behind it.
type Run = Box<dyn FnOnce(TcpStream, Vec<u8>) -> LocalBoxFuture<'static, ()>>;

/// What a WebSocket handshake has led to.
pub enum Admitted<D> {
    /// A session of ours.
    Session(Agreed<D>),
    /// Another server's connection, which runs until it ends.
    Other(Run),
    /// Nothing, and why.
    Refused(HttpResponse),
}

impl<D> From<Result<Agreed<D>, Rejection>> for Admitted<D> {
    fn from(agreed: Result<Agreed<D>, Rejection>) -> Self {
        match agreed {
            Ok(agreed) => Self::Session(agreed),
            Err(rejection) => Self::Refused(rejection.error_response()),
        }
    }
}

impl<D> Admitted<D> {
    /// A connection of socket.io's.
    pub(super) fn of<S>(upgrade: Result<engine::Upgrade<S>, engine::Refusal>) -> Self
    where
        S: engine::Session,
    {
        match upgrade {
            Ok(upgrade) => Self::Other(Box::new(|io, read| Box::pin(upgrade.run(io, read)))),
            Err(refusal) => Self::Refused(refusal.response()),
        }
    }
}

/// Serves what comes to a port: `routes` the plain requests; where `admit` agrees to a WebSocket
/// handshake, on whatever path, what it returns.
///
/// # Errors
/// Where the listener cannot be used.
pub fn listen<D: Dialogue>(
    listener: TcpListener,
    serving: Serving,
    admit: impl Fn(&RequestHead) -> Admitted<D> + Clone + Send + 'static,
    routes: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> io::Result<Server> {
    let mut server = Server::build()
        .shutdown_timeout(serving.shutdown)
        .disable_signals();
    if serving.workers > 0 {
        server = server.workers(serving.workers);
    }
    let factory = move || {
        let (admit, routes) = (admit.clone(), routes.clone());
        let watch = Watch::start(serving.deadlines.clone());
        let direct = Direct::start(watch, serving.running.clone(), serving.writers_first);
        let running = serving.running.clone();
        let upgrade = fn_service(
            move |(request, framed): (Request, Framed<TcpStream, Codec>)| {
                let admitted = admit(request.head());
                let (direct, running) = (direct.clone(), running.clone());
                async move {
                    let answered = upgrade(request.head(), framed, admitted, &direct, &running);
                    if let Err(error) = answered.await {
                        tracing::debug!(%error, "a handshake could not be answered");
                    }
                    Ok::<_, actix_http::Error>(())
                }
            },
        );
        HttpService::build()
            .client_request_timeout(serving.request_head)
            // A socket that has said its last closes at once.
            .client_disconnect_timeout(Duration::ZERO)
            // Somebody who goes while a poll waits is noticed.
            .h1_allow_half_closed(false)
            .upgrade(upgrade)
            .h1(map_config(App::new().configure(routes), |()| {
                AppConfig::default()
            }))
            .tcp()
    };
    Ok(server.listen("realtid", listener, factory)?.run())
}

/// Answers an upgrade request by its session, or by why there is none.
async fn upgrade<D: Dialogue>(
    head: &RequestHead,
    framed: Framed<TcpStream, Codec>,
    admitted: Admitted<D>,
    direct: &Direct,
    running: &TaskTracker,
) -> io::Result<()> {
    let mut parts = framed.into_parts();
    // Answers to earlier requests of the connection may be there still.
    let answer = &mut parts.write_buf;
    match admitted {
        Admitted::Session(agreed) => {
            let subprotocol = agreed.subprotocol.map(HeaderValue::from_static);
            switch_protocols(head, subprotocol, &mut parts.codec, answer)?;
            // Copied: the buffers themselves are large, and would live as long as the session.
            let read = Bytes::copy_from_slice(&parts.read_buf);
            let answer = Bytes::copy_from_slice(answer);
            direct.run(parts.io, answer, read, agreed);
            Ok(())
        }
        Admitted::Other(run) => {
            switch_protocols(head, engine::subprotocol(head), &mut parts.codec, answer)?;
            let _ = parts.io.set_nodelay(true); // It works without.
            parts.io.write_all(answer).await?;
            let read = parts.read_buf.to_vec();
            actix_web::rt::spawn(running.track_future(run(parts.io, read)));
            Ok(())
        }
        Admitted::Refused(refusal) => {
            reject(refusal, &mut parts.codec, answer)?;
            let said = say_last(&mut parts.io, answer);
            tokio::time::timeout(LAST_WORDS, said).await?
        }
    }
}

/// Writes, and waits for the peer to close: closing with something unread would take it back.
async fn say_last(io: &mut TcpStream, words: &[u8]) -> io::Result<()> {
    io.write_all(words).await?;
    io.shutdown().await?;
    let mut scrap = [0; 512];
    while io.read(&mut scrap).await? > 0 {}
    Ok(())
}

fn switch_protocols(
    head: &RequestHead,
    subprotocol: Option<HeaderValue>,
    codec: &mut Codec,
    answer: &mut BytesMut,
) -> io::Result<()> {
    let mut response = ws::handshake_response(head).finish().drop_body();
    if let Some(name) = subprotocol {
        response
            .headers_mut()
            .insert(header::SEC_WEBSOCKET_PROTOCOL, name);
    }
    codec.encode(Message::Item((response, BodySize::None)), answer)
}

fn reject(refusal: HttpResponse, codec: &mut Codec, answer: &mut BytesMut) -> io::Result<()> {
    let mut response = Response::from(refusal);
    response
        .head_mut()
        .set_connection_type(ConnectionType::Close);
    let (response, body) = response.into_parts();
    // The body is made of one piece, and always there.
    let body = body.try_into_bytes().unwrap_or_default();
    let size = BodySize::Sized(body.len() as u64);
    codec.encode(Message::Item((response, size)), answer)?;
    codec.encode(Message::Chunk(Some(body)), answer)?;
    codec.encode(Message::Chunk(None), answer)
}
