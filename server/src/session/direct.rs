//! Sessions on sockets of our own: the server has answered the handshake, and from then on reads and
//! writes itself. What a room casts goes past the session's actor, straight from a log of ready-made
//! frames; all else is the actor's, as it is when mounted.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_web::Error;
use actix_web::error::PayloadError;
use actix_web::rt::net::TcpStream;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::{Agreed, Dialogue, Outlet, Watch, open};
use crate::chat_server::Deliver;
use crate::fanout::{Hub, LineId, Socket};
use crate::quota::Allowance;

/// Read at once from one connection. One buffer for all of a thread's: none is kept for who is idle.
const READ: usize = 16 * 1024;

/// Answers in a row before others have their turn.
const ANSWERS: u8 = 16;

/// What sessions on one thread share.
#[derive(Clone)]
pub struct Direct {
    hub: Hub<Deliver>,
    watch: Watch,
    buffer: Rc<RefCell<Vec<u8>>>,
    running: TaskTracker,
}

impl Direct {
    /// Begins on the current thread, which needs an actix System. `running` knows of every session
    /// until its connection has ended. With `writers_first` those whose messages are in a batch are
    /// written to at once, and all others after them.
    pub fn start(watch: Watch, running: TaskTracker, writers_first: bool) -> Self {
        Self {
            hub: Hub::start(writers_first),
            watch,
            buffer: Rc::new(RefCell::new(vec![0; READ])),
            running,
        }
    }

    /// Runs a session on a connection that is to be sent `head` first, and from which `read` has been
    /// read already.
    pub(crate) fn run<D: Dialogue>(
        &self,
        io: TcpStream,
        head: Bytes,
        read: Bytes,
        agreed: Agreed<D>,
    ) {
        // It costs some 40 ms a message where it fails, and nothing else.
        let _ = io.set_nodelay(true);
        let (line, socket) = self.hub.open(io);
        socket.push(head);
        let input = Input {
            socket: socket.clone(),
            read,
            buffer: self.buffer.clone(),
        };
        let outlet = Outlet::Socket {
            hub: self.hub.clone(),
            line,
            socket: socket.clone(),
        };
        actix_web::rt::spawn(Connection {
            hub: self.hub.clone(),
            line,
            socket,
            _allowance: agreed.terms.allowance.clone(),
            session: Some(open(agreed, input, outlet, &self.watch)),
            lingers: self.watch.cuts(),
            buffer: self.buffer.clone(),
            _running: self.running.token(),
        });
    }
}

/// A connection, for as long as it lasts. A future by hand: what the compiler makes of the same
/// steps is three times as large, for every visitor.
struct Connection<S> {
    hub: Hub<Deliver>,
    line: LineId,
    socket: Rc<Socket<Deliver>>,
    /// `None` once it has said its last.
    session: Option<S>,
    /// Whether it waits for the peer to close, too; somebody hangs up where that takes too long.
    lingers: bool,
    buffer: Rc<RefCell<Vec<u8>>>,
    /// It counts as open until its socket is closed.
    _allowance: Option<Arc<Allowance>>,
    _running: TaskTrackerToken,
}

impl<S> Connection<S>
where
    S: Stream<Item = Result<Bytes, Error>> + Unpin,
{
    /// Ready when the connection has ended.
    ///
    /// # Errors
    /// Where the peer has gone, which the session learns by being dropped.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut answers = 0;
        while let Some(session) = &mut self.session {
            if answers == ANSWERS {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            answers += 1;
            let flushed = self.socket.poll_flush(cx)?;
            // Who does not take its answers is not heard: more of them have nowhere to go.
            if self.socket.awaits_peer() {
                ready!(flushed);
            }
            match session.poll_next_unpin(cx) {
                Poll::Ready(Some(Ok(bytes))) => self.socket.push(bytes),
                Poll::Ready(_) => self.session = None,
                // It may have said something past its own stream.
                Poll::Pending if self.socket.awaits_peer() => {}
                Poll::Pending => return Poll::Pending,
            }
        }
        ready!(self.socket.poll_flush(cx))?;
        if !self.lingers {
            return Poll::Ready(Ok(()));
        }
        self.socket.finish();
        // Closing with something unread would take back what was sent last.
        let mut buffer = self.buffer.borrow_mut();
        if ready!(self.socket.poll_read(cx, &mut buffer))? == 0 {
            return Poll::Ready(Ok(()));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<S> Future for Connection<S>
where
    S: Stream<Item = Result<Bytes, Error>> + Unpin,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_end(cx).map(drop)
    }
}

impl<S> Drop for Connection<S> {
    fn drop(&mut self) {
        self.hub.close(self.line);
    }
}

/// What comes from a socket.
struct Input {
    socket: Rc<Socket<Deliver>>,
    /// What had come with the handshake.
    read: Bytes,
    buffer: Rc<RefCell<Vec<u8>>>,
}

impl Stream for Input {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.read.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.read))));
        }
        let mut buffer = self.buffer.borrow_mut();
        // A broken connection ends as a closed one does.
        let length = ready!(self.socket.poll_read(cx, &mut buffer)).unwrap_or(0);
        let read = buffer.get(..length).filter(|read| !read.is_empty());
        Poll::Ready(read.map(|read| Ok(Bytes::copy_from_slice(read))))
    }
}
