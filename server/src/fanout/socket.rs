//! A connection whose socket the server writes itself: all that it is to be sent, and whether it
//! takes it. On one thread with its worker's [`Hub`](super::Hub) and its session.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use actix::Recipient;
use actix_http::ws::{OpCode, Parser};
use actix_web::rt::net::TcpStream;
use bytes::{Bytes, BytesMut};
use socket2::SockRef;

use super::channel::Channel;
use super::outgoing::{Outgoing, Own};
use super::{Outflow, Parcel};

/// One connection.
pub struct Socket<P: Parcel> {
    io: TcpStream,
    outgoing: RefCell<Outgoing<P>>,
    channel: RefCell<Option<Rc<Channel<P>>>>,
    /// Where in its channel it is.
    pub(super) place: Cell<usize>,
    state: Cell<State>,
    evicted: Cell<bool>,
    /// Nothing of a room's is sent any more: the close frame is on its way.
    sealed: Cell<bool>,
    /// The session behind it, and the bound of what is queued to it.
    session: RefCell<Option<(Recipient<P>, Arc<Outflow>)>>,
    /// Whoever drives the connection.
    driver: RefCell<Option<Waker>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The peer takes nothing at the moment.
    Blocked,
    Dead,
}

impl<P: Parcel> Socket<P> {
    pub(super) fn new(io: TcpStream) -> Self {
        Self {
            io,
            outgoing: RefCell::new(Outgoing::new()),
            channel: RefCell::default(),
            place: Cell::new(0),
            state: Cell::new(State::Open),
            evicted: Cell::new(false),
            sealed: Cell::new(false),
            session: RefCell::default(),
            driver: RefCell::default(),
        }
    }

    pub(super) fn serve(&self, session: Recipient<P>, outflow: Arc<Outflow>) {
        *self.session.borrow_mut() = Some((session, outflow));
    }

    /// Queues a whole message.
    pub fn push_frame(&self, code: OpCode, payload: &[u8]) {
        let mut frame = BytesMut::new();
        Parser::write_message(&mut frame, payload, code, true, false);
        self.push(frame.freeze());
    }

    /// Queues bytes as they go over the wire.
    pub fn push(&self, bytes: Bytes) {
        self.queue(Own { bytes, then: None });
    }

    /// Sends a parcel's frames, and the rest of it to the session after them.
    pub(super) fn send(&self, mut parcel: P) {
        if self.sealed.get() {
            return;
        }
        let frames = parcel.take_frames();
        // A frame's header is smaller than what it is taken to cost.
        let mut bytes = BytesMut::with_capacity(frames.bytes());
        frames.write(&mut bytes, |_| {});
        self.queue(Own {
            bytes: bytes.freeze(),
            then: Some((parcel, frames.bytes())),
        });
        self.flush();
    }

    fn queue(&self, own: Own<P>) {
        let channel = self.channel.borrow();
        let log = channel.as_ref().map(|channel| channel.log.borrow());
        self.outgoing.borrow_mut().push(own, log.as_deref());
    }

    /// The rest of a parcel, at once.
    pub(super) fn tell(&self, parcel: P) {
        tell(&self.session, parcel, 0);
    }

    /// Follows a channel from here on.
    pub(super) fn follow(self: &Rc<Self>, channel: &Rc<Channel<P>>) {
        if self.sealed.get() {
            return;
        }
        self.unfollow();
        self.outgoing.borrow_mut().attach(&channel.log.borrow());
        channel.add(self.clone());
        *self.channel.borrow_mut() = Some(channel.clone());
    }

    /// Follows nothing any more. What has been said so far still goes out.
    pub fn unfollow(&self) {
        if let Some(channel) = self.channel.take() {
            self.outgoing.borrow_mut().detach(&channel.log.borrow());
            channel.remove(self);
        }
    }

    /// Takes nothing from rooms any more: after this comes the close frame.
    pub fn seal(&self) {
        self.sealed.set(true);
        self.unfollow();
    }

    /// Ends one that has fallen too far behind.
    pub(super) fn evict(&self) {
        if let Some(channel) = self.channel.take() {
            self.outgoing.borrow_mut().cut(&channel.log.borrow());
            channel.remove(self);
            tracing::info!("closes a slow reader");
            self.evicted.set(true);
            self.tell(P::too_slow());
            if let Some((_, outflow)) = &*self.session.borrow() {
                outflow.condemn();
            }
            // Its driver may be waiting for nothing but the peer.
            self.change(self.state.get());
        }
    }

    /// Whether something of its own is left for the peer to take. But who is sent away for being too
    /// slow is not waited for: it has left, and its room is to know.
    pub fn awaits_peer(&self) -> bool {
        self.outgoing.borrow().has_own() && !self.evicted.get()
    }

    /// How far it has come with its channel's log, and whether it could be further.
    pub(super) fn position(&self) -> (u64, bool) {
        let open = self.state.get() == State::Open;
        (self.outgoing.borrow().cursor(), open)
    }

    /// How many bytes it may be behind.
    pub(super) fn bound(&self) -> u64 {
        let session = self.session.borrow();
        let bound = session.as_ref().map_or(0, |(_, outflow)| outflow.limit());
        bound as u64
    }

    /// Writes as much as the peer takes.
    pub(super) fn flush(&self) {
        if self.state.get() != State::Open {
            return;
        }
        let channel = self.channel.borrow();
        let log = channel.as_ref().map(|channel| channel.log.borrow());
        let written = self.outgoing.borrow_mut().write(
            log.as_deref(),
            |bytes| self.io.try_write(bytes),
            |parcel, cost| tell(&self.session, parcel, cost),
        );
        if let Err(error) = written {
            let blocked = error.kind() == io::ErrorKind::WouldBlock;
            self.change(if blocked { State::Blocked } else { State::Dead });
        }
    }

    /// Ready when all has been written. Wakes its task also when that changes.
    ///
    /// # Errors
    /// Where the connection is gone.
    pub fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut driver = self.driver.borrow_mut();
        if !driver.as_ref().is_some_and(|w| w.will_wake(cx.waker())) {
            *driver = Some(cx.waker().clone());
        }
        drop(driver);
        loop {
            if self.state.get() == State::Blocked {
                ready!(self.io.poll_write_ready(cx))?;
                self.state.set(State::Open);
            }
            self.flush();
            match self.state.get() {
                State::Open => return Poll::Ready(Ok(())),
                State::Blocked => {}
                State::Dead => return Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
            }
        }
    }

    /// Reads what has come; 0 bytes are the end.
    ///
    /// # Errors
    /// Where the connection is broken.
    pub fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.io.poll_read_ready(cx))?;
            match self.io.try_read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read),
            }
        }
    }

    /// Tells the peer that nothing more comes.
    pub fn finish(&self) {
        // Fails where the peer has gone first.
        let _ = SockRef::from(&self.io).shutdown(std::net::Shutdown::Write);
    }

    /// Ends the connection, whatever is left.
    pub fn hang_up(&self) {
        self.change(State::Dead);
    }

    fn change(&self, state: State) {
        self.state.set(state);
        if let Some(driver) = &*self.driver.borrow() {
            driver.wake_by_ref();
        }
    }
}

fn tell<P: Parcel>(
    session: &RefCell<Option<(Recipient<P>, Arc<Outflow>)>>,
    parcel: P,
    cost: usize,
) {
    if let Some((session, outflow)) = &*session.borrow() {
        outflow.taken(cost);
        session.do_send(parcel);
    }
}
