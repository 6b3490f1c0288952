//! A server of a test's own, and what its sessions have to tell.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_codec::Framed;
use actix_http::body::BodySize;
use actix_http::h1::{Codec, Message as Http};
use actix_http::{HttpService, Request, RequestHead, ws};
use actix_service::{fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::http::header::{self, HeaderValue};
use actix_web::rt::net::TcpStream;
use actix_web::{App, HttpServer};
use bytes::BytesMut;
use socketio::engine::{
    Closed, Config, Line, Message, Refusal, Server, Service, Session, subprotocol,
};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::codec::Encoder as _;

/// Generous: nothing waits for it but a test that fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub const OURS: &str = "https://ours.example";

/// What happens to sessions, in order.
#[derive(Debug)]
pub enum Event {
    Opened(Line),
    Message(Message),
    Drained,
    Closed(Closed),
}

/// How it is reached.
#[derive(Debug, Clone, Copy)]
pub enum Hosting {
    /// All by routes.
    Mounted,
    /// Upgrades past the routes, on sockets of one's own.
    Direct,
}

pub struct Running {
    pub address: SocketAddr,
    pub server: Server<Tester>,
    events: UnboundedReceiver<Event>,
}

pub struct Tester {
    events: UnboundedSender<Event>,
}

pub struct Guest {
    events: UnboundedSender<Event>,
    echo: bool,
}

impl Service for Tester {
    type Session = Guest;

    fn open(&self, head: &RequestHead) -> Result<Guest, Refusal> {
        let query = head.uri.query().unwrap_or_default();
        if query.contains("unwelcome") {
            return Err(forbidden("Not you"));
        }
        Ok(Guest {
            events: self.events.clone(),
            echo: query.contains("echo"),
        })
    }

    fn origin(&self, head: &RequestHead) -> Result<Option<HeaderValue>, Refusal> {
        match head.headers().get(header::ORIGIN) {
            None => Ok(None),
            Some(origin) if origin == OURS => Ok(Some(origin.clone())),
            Some(_) => Err(forbidden("Forbidden")),
        }
    }
}

fn forbidden(message: &str) -> Refusal {
    Refusal {
        status: 403,
        code: 4,
        message: message.to_owned(),
        retry_after: None,
    }
}

impl Session for Guest {
    fn opened(&mut self, line: &Line) {
        let _ = self.events.send(Event::Opened(line.clone()));
    }

    fn message(&mut self, message: Message, line: &Line) {
        if self.echo {
            line.send(message.clone());
        }
        let _ = self.events.send(Event::Message(message));
    }

    fn drained(&mut self, _line: &Line) {
        let _ = self.events.send(Event::Drained);
    }

    fn closed(&mut self, reason: Closed) {
        let _ = self.events.send(Event::Closed(reason));
    }
}

/// Pings so rare that a test sees none.
pub fn calm() -> Config {
    Config {
        ping_interval: Duration::from_secs(25),
        ping_timeout: Duration::from_secs(20),
        max_payload: 100_000,
        max_packets: 1_000,
        max_queued: 1 << 20,
        max_sessions: 10_000,
    }
}

/// Pings for clients that do not answer them.
pub fn hasty() -> Config {
    Config {
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        ..calm()
    }
}

impl Running {
    pub fn start(hosting: Hosting, config: Config) -> Self {
        let (told, events) = unbounded_channel();
        let server = Server::new(Tester { events: told }, config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        match hosting {
            Hosting::Mounted => mount(listener, server.clone()),
            Hosting::Direct => direct(listener, server.clone()),
        }
        Self {
            address,
            server,
            events,
        }
    }

    pub fn mounted(config: Config) -> Self {
        Self::start(Hosting::Mounted, config)
    }

    pub async fn event(&mut self) -> Event {
        let event = tokio::time::timeout(PATIENCE, self.events.recv()).await;
        event.expect("nothing happened").expect("a server")
    }

    pub async fn opened(&mut self) -> Line {
        match self.event().await {
            Event::Opened(line) => line,
            event => panic!("{event:?} is not Opened"),
        }
    }

    pub async fn closed(&mut self) -> Closed {
        match self.event().await {
            Event::Closed(reason) => reason,
            event => panic!("{event:?} is not Closed"),
        }
    }

    pub async fn text(&mut self) -> String {
        match self.event().await {
            Event::Message(Message::Text(text)) => text.to_string(),
            event => panic!("{event:?} is no text"),
        }
    }

    /// Whether nothing has happened that was not asked for.
    pub fn nothing(&mut self) -> bool {
        self.events.try_recv().is_err()
    }

    /// Nothing but this has happened, and it is over.
    pub async fn is_empty(&mut self) {
        until(|| self.server.sessions() == 0).await;
        if let Ok(event) = self.events.try_recv() {
            panic!("{event:?} after the end");
        }
    }
}

/// Waits until something that is no event is so.
pub async fn until(so: impl Fn() -> bool) {
    let wait = async {
        while !so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, wait)
        .await
        .expect("it never was");
}

fn mount(listener: TcpListener, server: Server<Tester>) {
    let running = HttpServer::new(move || {
        let server = server.clone();
        App::new().configure(move |config| server.configure("/engine.io/", config))
    })
    .workers(2)
    .tcp_nodelay(true)
    .h1_allow_half_closed(false)
    .disable_signals()
    .listen(listener)
    .unwrap()
    .run();
    actix_web::rt::spawn(running);
}

fn direct(listener: TcpListener, server: Server<Tester>) {
    let factory = move || {
        let (routes, upgrades) = (server.clone(), server.clone());
        let upgrade = fn_service(move |(req, framed): (Request, Framed<TcpStream, Codec>)| {
            let server = upgrades.clone();
            async move {
                upgrade(&server, req.head(), framed).await;
                Ok::<_, actix_http::Error>(())
            }
        });
        let app = App::new().configure(move |config| routes.configure("/engine.io/", config));
        HttpService::build()
            .h1_allow_half_closed(false)
            .upgrade(upgrade)
            .h1(map_config(app, |()| AppConfig::default()))
            .tcp()
    };
    let running = actix_server::Server::build()
        .workers(2)
        .disable_signals()
        .listen("engine", listener, factory)
        .unwrap()
        .run();
    actix_web::rt::spawn(running);
}

async fn upgrade(server: &Server<Tester>, head: &RequestHead, framed: Framed<TcpStream, Codec>) {
    let mut parts = framed.into_parts();
    let mut answer = BytesMut::new();
    match server.upgrade(head) {
        Ok(agreed) => {
            let mut response = ws::handshake_response(head);
            if let Some(name) = subprotocol(head) {
                response.insert_header((header::SEC_WEBSOCKET_PROTOCOL, name));
            }
            let response = response.finish().drop_body();
            let item = Http::Item((response, BodySize::None));
            parts.codec.encode(item, &mut answer).unwrap();
            parts.io.write_all(&answer).await.unwrap();
            agreed.run(parts.io, parts.read_buf.to_vec()).await;
        }
        Err(refusal) => {
            let answer = format!(
                "HTTP/1.1 {} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                refusal.status
            );
            parts.io.write_all(answer.as_bytes()).await.unwrap();
        }
    }
}

/// Waits until a poll waits.
pub async fn waiting(line: &Line) {
    until(|| format!("{line:?}").contains("polling: true")).await;
}

/// Waits until a POST is under way.
pub async fn posting(line: &Line) {
    until(|| format!("{line:?}").contains("posting: true")).await;
}
