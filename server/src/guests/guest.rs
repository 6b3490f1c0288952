//! A guest as the socket sees it: hands on what comes, and holds back what comes too fast.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use actix::{Actor as _, Addr};
use socketio::engine::Closed;
use socketio::{Connect, Event, Socket};

use super::session::{Came, Drained, Gone, Session};
use super::{Arrival, place::Auth};

/// Events that wait before nothing more is read: what was read in one go may still come.
const WAITING: usize = 16;

/// Somebody connected.
#[derive(Debug)]
pub struct Guest {
    session: Addr<Session>,
    inbox: Rc<Inbox>,
}

impl Guest {
    /// Begins to find out who it is who connects.
    #[must_use]
    pub fn new(arrival: Arrival, connect: Connect) -> Self {
        let inbox = Rc::new(Inbox::default());
        let auth = Auth::read(&connect.auth);
        let session = Session::new(arrival, auth, connect.socket, inbox.clone()).start();
        Self { session, inbox }
    }
}

impl socketio::Guest for Guest {
    fn event(&mut self, event: Event, socket: &Socket) {
        if self.inbox.put(event) {
            self.session.do_send(Came);
        }
        if self.inbox.is_full() {
            self.inbox.shut(socket);
        }
    }

    fn drained(&mut self, _: &Socket) {
        self.session.do_send(Drained);
    }

    fn disconnected(&mut self, reason: Closed) {
        let by_client = reason == Closed::ByClient;
        self.session.do_send(Gone { by_client });
    }
}

impl Drop for Guest {
    // Nobody stays whose socket is gone, whatever became of it.
    fn drop(&mut self) {
        self.session.do_send(Gone { by_client: false });
    }
}

/// What has come and has not been heard.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    events: RefCell<VecDeque<Event>>,
    /// The session knows that there is something.
    told: Cell<bool>,
    /// Nothing more is read.
    shut: Cell<bool>,
}

impl Inbox {
    /// Answers whether the session is to be told.
    fn put(&self, event: Event) -> bool {
        self.events.borrow_mut().push_back(event);
        !self.told.replace(true)
    }

    /// Has nothing more read. Said again and again: whoever had the socket's place before may open
    /// what they share.
    pub(super) fn shut(&self, socket: &Socket) {
        self.shut.set(true);
        socket.pause();
    }

    /// Has more read.
    pub(super) fn open(&self, socket: &Socket) {
        if self.shut.replace(false) {
            socket.resume();
        }
    }

    fn is_full(&self) -> bool {
        self.events.borrow().len() >= WAITING
    }

    /// What has come first.
    pub(super) fn take(&self) -> Option<Event> {
        let event = self.events.borrow_mut().pop_front();
        self.told.set(event.is_some());
        event
    }

    /// Puts back what cannot be heard yet.
    pub(super) fn put_back(&self, event: Event) {
        self.events.borrow_mut().push_front(event);
    }
}
