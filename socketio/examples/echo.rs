//! What the crate does, without an application: Socket.IO that answers with what it was sent, under
//! `/socket.io/`, and Engine.IO likewise, under `/engine.io/`.
//!
//! In the namespaces `/` and `/custom` a client is sent `auth` with its handshake's auth once it is
//! in, `message-back` with the arguments of each `message`, and each `message-with-ack` is
//! acknowledged with its own arguments. To be tried out with any client, and by test suites.

use std::io::Write as _;
use std::time::Duration;

use actix_http::RequestHead;
use actix_web::http::header::HeaderValue;
use actix_web::rt::signal::ctrl_c;
use actix_web::rt::signal::unix::{SignalKind, signal};
use actix_web::{App, HttpServer};
use clap::Parser;
use socketio::engine::{self, Config, Line, Message, Refusal, Server};
use socketio::{Application, Args, Connect, Event, Guest, Protocol, Socket};

/// Answers with what it was sent.
#[derive(Parser)]
struct Flags {
    /// Port on the loopback interface; 0 for any that is free
    #[arg(long, default_value_t = 0)]
    port: u16,

    /// Milliseconds between two pings
    #[arg(long, default_value_t = 25_000)]
    ping_interval: u64,

    /// Milliseconds for a ping's pong
    #[arg(long, default_value_t = 20_000)]
    ping_timeout: u64,

    /// Bytes of one message, or of one HTTP body
    #[arg(long, default_value_t = 1_000_000)]
    max_payload: usize,

    /// Milliseconds for a client to connect to a namespace
    #[arg(long, default_value_t = 45_000)]
    connect_timeout: u64,
}

/// Anybody may connect, from any page.
fn any_origin() -> Result<Option<HeaderValue>, Refusal> {
    Ok(Some(HeaderValue::from_static("*")))
}

struct Echo;

impl Application for Echo {
    type Client = ();
    type Guest = EchoGuest;

    fn open(&self, _head: &RequestHead) -> Result<(), Refusal> {
        Ok(())
    }

    fn origin(&self, _head: &RequestHead) -> Result<Option<HeaderValue>, Refusal> {
        any_origin()
    }

    fn has(&self, namespace: &str) -> bool {
        matches!(namespace, "/" | "/custom")
    }

    fn connect(&self, (): &mut (), connect: Connect) -> EchoGuest {
        let Connect { auth, socket, .. } = connect;
        socket.accept(None);
        let auth = Args::with_attachments(format!("[{auth}]"), Vec::new());
        socket.emit("auth", &auth.unwrap_or_default());
        EchoGuest
    }
}

struct EchoGuest;

impl Guest for EchoGuest {
    fn event(&mut self, event: Event, socket: &Socket) {
        match (event.name.as_str(), event.ack) {
            ("message", _) => socket.emit("message-back", &event.args),
            ("message-with-ack", Some(ack)) => ack.answer(&event.args),
            _ => {}
        }
    }
}

struct EngineEcho;

impl engine::Service for EngineEcho {
    type Session = EngineSession;

    fn open(&self, _head: &RequestHead) -> Result<EngineSession, Refusal> {
        Ok(EngineSession)
    }

    fn origin(&self, _head: &RequestHead) -> Result<Option<HeaderValue>, Refusal> {
        any_origin()
    }
}

struct EngineSession;

impl engine::Session for EngineSession {
    fn message(&mut self, message: Message, line: &Line) {
        line.send(message);
    }
}

/// Until the process is asked to end: from the keyboard, or by SIGTERM.
async fn terminated() {
    let asked = signal(SignalKind::terminate());
    let terminated = async {
        match asked {
            Ok(mut asked) => drop(asked.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminated => {}
        _ = ctrl_c() => {}
    }
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let flags = Flags::parse();
    let config = Config {
        ping_interval: Duration::from_millis(flags.ping_interval),
        ping_timeout: Duration::from_millis(flags.ping_timeout),
        max_payload: flags.max_payload,
        max_packets: 10_000,
        max_queued: 16 << 20,
        max_sessions: 10_000,
    };
    let connect_timeout = Duration::from_millis(flags.connect_timeout);
    let protocol = Protocol::new(Echo, connect_timeout, 100).max_bytes(flags.max_payload);
    let socketio = Server::new(protocol, config.clone());
    let engineio = Server::new(EngineEcho, config);
    let ending = (socketio.clone(), engineio.clone());
    let server = HttpServer::new(move || {
        let (socketio, engineio) = (socketio.clone(), engineio.clone());
        App::new().configure(move |routes| {
            socketio.configure("/socket.io/", routes);
            engineio.configure("/engine.io/", routes);
        })
    })
    .tcp_nodelay(true)
    // A poll that hangs notices that its client has gone.
    .h1_allow_half_closed(false)
    // A session would keep the server waiting for its end.
    .shutdown_signal(async move {
        terminated().await;
        ending.0.close();
        ending.1.close();
    })
    .workers(2)
    .bind(("127.0.0.1", flags.port))?;
    for address in server.addrs() {
        writeln!(std::io::stdout(), "listening on {address}")?;
    }
    server.run().await
}
