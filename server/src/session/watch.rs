//! The deadlines of a thread's sessions: silence, what they want to do later, and their end where
//! they cannot end themselves. A mounted session's actor runs inside its response, so a peer that
//! stops reading freezes it, timers and all. And one look at all of them now and then costs less
//! memory than timers of their own.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{self, Rc};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use shared::CloseCode;
use socket2::SockRef;
use tokio::sync::watch;

use crate::chat_server::Deliver;
use crate::fanout::{Outflow, Socket};

/// Between two looks, at most. A deadline is met by so much too late.
const SELDOM: Duration = Duration::from_millis(500);

/// Between two looks, at least.
const OFTEN: Duration = Duration::from_millis(5);

/// What the sessions of a server keep to.
#[derive(Debug, Clone, Default)]
pub struct Deadlines {
    /// Between the server's pings.
    pub ping: Option<Duration>,
    /// Silence after which the peer counts as gone.
    pub silence: Option<Duration>,
    /// Time that a connection has to end in, once it has been told to; then it is cut.
    pub grace: Option<Duration>,
    /// Turns true when the server is about to stop; every session is then closed with 1001.
    pub stopping: Option<watch::Receiver<bool>>,
}

impl Deadlines {
    /// Between two looks: a part of the shortest time, so that none is missed by much.
    fn interval(&self) -> Duration {
        let times = [self.ping, self.silence, self.grace];
        let shortest = times.into_iter().flatten().min().unwrap_or(SELDOM);
        (shortest / 4).clamp(OFTEN, SELDOM)
    }
}

/// Watches over the sessions of one thread. Cloning gives another handle.
#[derive(Clone)]
pub struct Watch {
    deadlines: Rc<Deadlines>,
    sessions: Rc<RefCell<Vec<Rc<Watched>>>>,
}

impl Watch {
    /// Begins on the current thread, which needs an actix runtime; ends with the last handle.
    #[must_use]
    pub fn start(deadlines: Deadlines) -> Self {
        let watch = Self {
            deadlines: Rc::new(deadlines),
            sessions: Rc::default(),
        };
        let sessions = Rc::downgrade(&watch.sessions);
        actix_web::rt::spawn(look_now_and_then(watch.deadlines.clone(), sessions));
        watch
    }

    pub(super) fn ping(&self) -> Option<Duration> {
        self.deadlines.ping
    }

    /// Whether connections are cut that do not end by themselves.
    pub(super) fn cuts(&self) -> bool {
        self.deadlines.grace.is_some()
    }

    /// Watches over one more session.
    pub(super) fn over(&self, outflow: Arc<Outflow>, hangup: Hangup) -> Rc<Watched> {
        let watched = Rc::new(Watched {
            nudge: OnceCell::new(),
            outflow,
            hangup,
            heard: Cell::new(Instant::now()),
            due: Cell::new(None),
            gone: Cell::new(false),
            cut: Cell::new(None),
        });
        self.sessions.borrow_mut().push(watched.clone());
        watched
    }
}

async fn look_now_and_then(
    deadlines: Rc<Deadlines>,
    sessions: rc::Weak<RefCell<Vec<Rc<Watched>>>>,
) {
    let mut looks = tokio::time::interval(deadlines.interval());
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut stopping = deadlines.stopping.clone();
    let mut stops = false;
    loop {
        tokio::select! {
            _ = looks.tick() => {}
            () = turns_true(stopping.as_mut()), if !stops => stops = true,
        }
        let Some(sessions) = sessions.upgrade() else {
            return;
        };
        let now = Instant::now();
        let mut sessions = sessions.borrow_mut();
        sessions.retain(|watched| watched.look(now, &deadlines, stops));
        if sessions.len() < sessions.capacity() / 4 {
            sessions.shrink_to_fit();
        }
    }
}

/// `None` never does.
async fn turns_true(state: Option<&mut watch::Receiver<bool>>) {
    if let Some(state) = state
        && state.wait_for(|state| *state).await.is_ok()
    {
        return;
    }
    std::future::pending().await
}

/// What a watch tells a session.
pub(super) enum Nudge {
    /// Something that the session wanted to do is due.
    Due,
    /// The session is to end.
    Close(CloseCode),
}

/// One session, as its thread's watch sees it.
pub(super) struct Watched {
    /// Reaches the session, once it runs.
    nudge: OnceCell<Box<dyn Fn(Nudge)>>,
    outflow: Arc<Outflow>,
    hangup: Hangup,
    /// When something came from the peer the last time.
    heard: Cell<Instant>,
    /// When the session wants to be nudged.
    due: Cell<Option<Instant>>,
    gone: Cell<bool>,
    /// When its connection is cut.
    cut: Cell<Option<Instant>>,
}

impl Watched {
    /// How the session is reached.
    pub(super) fn reach(&self, nudge: impl Fn(Nudge) + 'static) {
        let _ = self.nudge.set(Box::new(nudge)); // It starts once.
    }

    /// The peer is there.
    pub(super) fn beat(&self) {
        self.heard.set(Instant::now());
    }

    /// Has the session be nudged.
    pub(super) fn at(&self, due: Option<Instant>) {
        self.due.set(due);
    }

    /// The session has ended.
    pub(super) fn end(&self) {
        self.gone.set(true);
    }

    /// False once there is nothing to look after any more. A line may stay when its session has
    /// gone: with a peer that does not read, the last bytes do not go out.
    fn look(&self, now: Instant, deadlines: &Deadlines, stops: bool) -> bool {
        if self.cut.get().is_none() {
            let silent = deadlines
                .silence
                .is_some_and(|silence| now >= self.heard.get() + silence);
            if !self.gone.get() && !self.outflow.is_condemned() {
                if !silent && !stops {
                    self.nudge_if_due(now);
                    return true;
                }
                self.nudge(Nudge::Close(match silent {
                    true => CloseCode::Silent,
                    false => CloseCode::GoingAway,
                }));
            }
            let Some(grace) = deadlines.grace else {
                return false;
            };
            self.cut.set(Some(now + grace));
        }
        if self.cut.get().is_some_and(|cut| cut > now) {
            return self.hangup.is_there();
        }
        self.hangup.hang_up();
        false
    }

    fn nudge_if_due(&self, now: Instant) {
        if self.due.get().is_some_and(|due| due <= now) {
            self.due.set(None);
            self.nudge(Nudge::Due);
        }
    }

    fn nudge(&self, nudge: Nudge) {
        if let Some(reach) = self.nudge.get() {
            reach(nudge);
        }
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

    fn is_there(&self) -> bool {
        match self {
            Self::Connection(connection) => connection.strong_count() > 0,
            Self::Socket(socket) => socket.strong_count() > 0,
        }
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
