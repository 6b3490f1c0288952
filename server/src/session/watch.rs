//! The end of a session that cannot end itself. A session's actor runs inside its response, so a
//! peer that stops reading freezes it, timers and all: deadlines are kept out here.

use std::any::Any;
use std::rc::{self, Rc};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use shared::CloseCode;
use socket2::SockRef;
use tokio::sync::{oneshot, watch};

use crate::chat_server::Deliver;
use crate::fanout::{Outflow, Socket};

/// When something came from the peer the last time.
#[derive(Debug)]
pub(super) struct Pulse {
    since: Instant,
    heard_ms: AtomicU64,
}

impl Pulse {
    pub(super) fn new() -> Self {
        Self {
            since: Instant::now(),
            heard_ms: AtomicU64::new(0),
        }
    }

    pub(super) fn beat(&self) {
        let ms = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(0);
        self.heard_ms.store(ms, Ordering::Relaxed);
    }

    fn last(&self) -> Instant {
        self.since + Duration::from_millis(self.heard_ms.load(Ordering::Relaxed))
    }
}

/// A second hold on a connection's socket, kept by the connection itself: while it is there, so is
/// the connection.
#[derive(Debug)]
pub(super) struct Connection(socket2::Socket);

/// Ends a connection from outside, if it is still there.
#[derive(Clone)]
pub(super) enum Hangup {
    /// One of an application's, where [`on_connect`] has seen it.
    Connection(Weak<Connection>),
    /// One of our own.
    Socket(rc::Weak<Socket<Deliver>>),
}

impl Hangup {
    /// That of a request's connection.
    pub(super) fn of(req: &HttpRequest) -> Self {
        let connection = req.conn_data::<Arc<Connection>>().map(Arc::downgrade);
        Self::Connection(connection.unwrap_or_default())
    }

    pub(super) fn of_socket(socket: &Rc<Socket<Deliver>>) -> Self {
        Self::Socket(Rc::downgrade(socket))
    }

    fn hang_up(&self) {
        match self {
            Self::Connection(connection) => {
                if let Some(connection) = connection.upgrade() {
                    // Fails where the socket is closed already, which is what was wanted.
                    let _ = connection.0.shutdown(std::net::Shutdown::Both);
                }
            }
            Self::Socket(socket) => {
                if let Some(socket) = socket.upgrade() {
                    socket.hang_up();
                }
            }
        }
    }
}

/// For `HttpServer::on_connect`: lets the chat end connections whose peer does not read any more.
/// Without it such a peer still leaves its room, and costs no more memory than its queue's bound,
/// but its connection stays until the kernel gives it up. Also turns off Nagle's algorithm.
pub fn on_connect(connection: &dyn Any, extensions: &mut Extensions) {
    if let Some(stream) = connection.downcast_ref::<TcpStream>() {
        // Both are improvements; the connection works without.
        let _ = stream.set_nodelay(true);
        if let Ok(socket) = SockRef::from(stream).try_clone() {
            extensions.insert(Arc::new(Connection(socket)));
        }
    }
}

/// What a watch looks at, and what it may do.
pub(super) struct Watch {
    pub(super) pulse: Arc<Pulse>,
    pub(super) outflow: Arc<Outflow>,
    /// Silence after which the peer counts as gone.
    pub(super) silence: Option<Duration>,
    /// Time that a session has to end in, once it has been told to.
    pub(super) grace: Option<Duration>,
    pub(super) hangup: Hangup,
    /// Turns true when the server is about to stop.
    pub(super) stopping: Option<watch::Receiver<bool>>,
    /// Resolves when the session has ended.
    pub(super) gone: oneshot::Receiver<()>,
}

impl Watch {
    /// Watches until the session has ended; tells it to by `close`, and cuts the line where that
    /// does not help. The line may stay when its session has gone: with a peer that does not read,
    /// the last bytes do not go out.
    pub(super) async fn run(mut self, close: impl Fn(CloseCode)) {
        tokio::select! {
            _ = &mut self.gone => {}
            () = self.outflow.condemned() => {}
            () = silence(&self.pulse, self.silence) => close(CloseCode::Silent),
            () = turns_true(self.stopping) => close(CloseCode::GoingAway),
        }
        if let Some(grace) = self.grace {
            tokio::time::sleep(grace).await;
            self.hangup.hang_up();
        }
    }
}

/// `None` never does.
async fn turns_true(state: Option<watch::Receiver<bool>>) {
    if let Some(mut state) = state
        && state.wait_for(|state| *state).await.is_ok()
    {
        return;
    }
    std::future::pending().await
}

async fn silence(pulse: &Pulse, limit: Option<Duration>) {
    let Some(limit) = limit else {
        return std::future::pending().await;
    };
    loop {
        let due = pulse.last() + limit;
        if Instant::now() >= due {
            return;
        }
        tokio::time::sleep_until(due.into()).await;
    }
}
