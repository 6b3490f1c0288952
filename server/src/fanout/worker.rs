//! The fan-out of one worker thread: its sockets, and its part of every room.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use actix::prelude::*;
use actix_web::rt::net::TcpStream;

use super::audience::Load;
use super::channel::Channel;
use super::{Audience, Frames, Outflow, Parcel, Post, Socket};

/// A socket's name on its worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineId(u64);

/// The sockets of one thread, as those on that thread see them. Cloning gives another handle.
pub struct Hub<P: Parcel> {
    lines: Rc<Lines<P>>,
    worker: Arc<Addr<Fanout<P>>>,
}

struct Lines<P: Parcel> {
    sockets: RefCell<HashMap<LineId, Rc<Socket<P>>>>,
    rooms: RefCell<HashMap<usize, Room<P>>>,
    opened: Cell<u64>,
    writers_first: bool,
}

/// A room's part here. Holding its audience keeps another one from getting the same address.
struct Room<P: Parcel> {
    channel: Rc<Channel<P>>,
    _audience: Arc<Audience<P>>,
}

impl<P: Parcel> Drop for Room<P> {
    fn drop(&mut self) {
        self.channel.close();
    }
}

impl<P: Parcel> Clone for Hub<P> {
    fn clone(&self) -> Self {
        Self {
            lines: self.lines.clone(),
            worker: self.worker.clone(),
        }
    }
}

impl<P: Parcel> Hub<P> {
    /// Starts the fan-out of the current thread. With `writers_first` those whose messages are in a
    /// batch are written to at once, before the round.
    pub fn start(writers_first: bool) -> Self {
        let lines = Rc::new(Lines {
            sockets: RefCell::default(),
            rooms: RefCell::default(),
            opened: Cell::new(0),
            writers_first,
        });
        let fanout = Fanout {
            lines: lines.clone(),
        };
        Self {
            lines,
            worker: Arc::new(fanout.start()),
        }
    }

    /// Takes over a connection.
    pub fn open(&self, io: TcpStream) -> (LineId, Rc<Socket<P>>) {
        let line = LineId(self.lines.opened.get());
        self.lines.opened.set(line.0 + 1);
        let socket = Rc::new(Socket::new(io));
        let mut sockets = self.lines.sockets.borrow_mut();
        sockets.insert(line, socket.clone());
        (line, socket)
    }

    /// Has a session be told what rooms send to a connection, and tells how rooms reach it.
    pub fn post(&self, line: LineId, session: Recipient<P>, outflow: Arc<Outflow>) -> Post<P> {
        if let Some(socket) = self.lines.socket(line) {
            socket.serve(session, outflow);
        }
        Post::line(self.worker.clone(), line)
    }

    /// Forgets a connection that has ended.
    pub fn close(&self, line: LineId) {
        let socket = self.lines.sockets.borrow_mut().remove(&line);
        if let Some(socket) = socket {
            socket.unfollow();
        }
    }
}

impl<P: Parcel> Lines<P> {
    fn socket(&self, line: LineId) -> Option<Rc<Socket<P>>> {
        self.sockets.borrow().get(&line).cloned()
    }

    fn follow(&self, socket: &Rc<Socket<P>>, audience: Arc<Audience<P>>) {
        let key = Arc::as_ptr(&audience) as usize;
        let mut rooms = self.rooms.borrow_mut();
        let room = rooms.entry(key).or_insert_with(|| Room {
            channel: Channel::open(),
            _audience: audience,
        });
        socket.follow(&room.channel);
        // Those that nobody follows any more, at the latest when another one begins.
        rooms.retain(|_, room| !room.channel.is_empty());
    }
}

/// The actor by which rooms, on whatever thread, reach the sockets of its own.
pub struct Fanout<P: Parcel> {
    lines: Rc<Lines<P>>,
}

impl<P: Parcel> Actor for Fanout<P> {
    type Context = Context<Self>;
}

/// From a room to a worker. In order, which is what keeps a session's own frames and its room's in
/// order, too.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) enum Order<P: Parcel> {
    /// Something for one session.
    Send { line: LineId, parcel: P },
    /// A session follows a room from here on.
    Follow {
        line: LineId,
        audience: Arc<Audience<P>>,
    },
    /// A session follows its room up to here.
    Unfollow { line: LineId },
    /// Something for all who follow a room.
    Cast {
        audience: Arc<Audience<P>>,
        frames: Frames,
        /// Whose requests it answers, and how many.
        answers: Vec<(LineId, u32)>,
        load: Arc<Load<P>>,
    },
}

impl<P: Parcel> Handler<Order<P>> for Fanout<P> {
    type Result = ();

    fn handle(&mut self, order: Order<P>, _: &mut Self::Context) {
        let lines = &self.lines;
        match order {
            Order::Send { line, parcel } => {
                if let Some(socket) = lines.socket(line) {
                    socket.send(parcel);
                }
            }
            Order::Follow { line, audience } => {
                if let Some(socket) = lines.socket(line) {
                    lines.follow(&socket, audience);
                }
            }
            Order::Unfollow { line } => {
                if let Some(socket) = lines.socket(line) {
                    socket.unfollow();
                }
            }
            Order::Cast {
                audience,
                frames,
                answers,
                load,
            } => {
                let key = Arc::as_ptr(&audience) as usize;
                if let Some(room) = lines.rooms.borrow().get(&key) {
                    room.channel.append(&frames, load);
                }
                for (line, requests) in answers {
                    if let Some(socket) = lines.socket(line) {
                        if lines.writers_first {
                            socket.flush();
                        }
                        socket.tell(P::answered(requests));
                    }
                }
            }
        }
    }
}
