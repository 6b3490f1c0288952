//! A guest's session: the actor that a room knows. Finds out who has come, forwards what they ask for
//! and shows them what the room says. The socket's own bounds are below it.

mod arriving;
mod hearing;
mod showing;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use actix::prelude::*;
use shared::close::should_come_back;
use shared::{
    CloseCode, Join, MessageText, Nick, Position, Refused, RoomName, Seq, ServerMessage, Token,
};
use socketio::{Ack, Args, Socket};

use super::Arrival;
use super::answers::Answers;
use super::events::{self, Told};
use super::guest::Inbox;
use super::place::Auth;
use super::typists::Typists;
use super::vocabulary::Vocabulary;
use crate::chat_server::{
    Abandon, Arrived, ChatServer, Deliver, Leave, LookAway, Lost, ReadOn, Reader,
};
use crate::fanout::Outflow;
use crate::random;
use crate::room::{SessionId, Speaker};
use crate::rooms::Rooms;
use crate::session::Conduct;

/// One guest.
pub(super) struct Session {
    id: SessionId,
    socket: Socket,
    inbox: Rc<Inbox>,
    rooms: Addr<Rooms>,
    conduct: Conduct,
    outflow: Arc<Outflow>,
    /// What the client has told, until it is let in.
    auth: Option<Auth>,
    /// The room that it looks into.
    room: RoomName,
    /// Who it is: told to the client as its `pid` when it is let in, so that most come back by it.
    token: Token,
    /// Whether the client has a place of its own for a token. A `pid` does not outlive its page.
    keeps_token: bool,
    /// What they are called, or were called last.
    nick: Option<Nick>,
    /// What somebody who has come back has seen.
    since: Option<Position>,
    vocabulary: Option<Vocabulary>,
    state: State,
    /// The room, while it is looked into from outside.
    watched: Option<Addr<ChatServer>>,
    /// The last entry that was shown.
    shown: Option<Position>,
    /// How many are in the room.
    online: u32,
    /// There is more to be read once the socket has taken what there is.
    behind: bool,
    /// The client may not have been told its token.
    unconfirmed: bool,
    answers: Answers,
    typists: Typists,
    /// A timer looks after them.
    typists_watched: bool,
    /// Says again that this guest is writing.
    writing: Option<SpawnHandle>,
    began: Instant,
    /// What came waits for its quota of bytes.
    throttled: bool,
}

enum State {
    /// About to look into the room: the client has not been let in.
    Knocking,
    Outside,
    Joining {
        join: Join,
        errand: Errand,
    },
    Inside {
        room: Addr<ChatServer>,
        speaker: Speaker,
    },
    /// It is over, but for the socket's end.
    Over,
}

/// What somebody enters for.
enum Errand {
    /// To be let in at all.
    Connect,
    /// `add user`.
    Login(Option<Ack>),
    /// To say something: who has not named a nick is given one.
    Speak {
        text: MessageText,
        offset: Option<String>,
        ack: Option<Ack>,
        tries: u8,
    },
    /// `join`.
    Join(Option<Ack>),
}

impl Session {
    pub(super) fn new(arrival: Arrival, auth: Auth, socket: Socket, inbox: Rc<Inbox>) -> Self {
        Self {
            id: arrival.id,
            socket,
            inbox,
            rooms: arrival.rooms,
            conduct: Conduct::new(arrival.manners, arrival.allowance),
            outflow: Arc::new(Outflow::new(arrival.queue_bytes)),
            keeps_token: auth.kept,
            auth: Some(auth),
            room: arrival.room,
            token: Token::from_random(random::bits()),
            nick: None,
            since: None,
            vocabulary: None,
            state: State::Knocking,
            watched: None,
            shown: None,
            online: 0,
            behind: false,
            unconfirmed: false,
            answers: Answers::default(),
            typists: Typists::default(),
            typists_watched: false,
            writing: None,
            began: Instant::now(),
            throttled: false,
        }
    }

    /// Tells of a refusal: as the answer, where one is waited for. A client that says the same again
    /// until it is answered is not answered where that may help.
    fn refuse(&mut self, refused: &Refused, ack: Option<Ack>, retries: bool) {
        let own = self.vocabulary == Some(Vocabulary::Own);
        match ack {
            Some(_) if retries && refused.retry_after_ms.is_some() => {
                self.tell(&events::refused(refused));
            }
            Some(ack) if own => {
                let refused = ServerMessage::Refused(refused.clone());
                ack.answer(&Args::new(&(refused,)));
            }
            Some(ack) => ack.answer(&Args::new(&(serde_json::json!({ "error": refused }),))),
            None => self.tell(&events::refused(refused)),
        }
    }

    fn tell(&self, told: &Told) {
        self.socket.emit(&told.name, &Args::new(&told.args));
    }

    /// Ends it, and says why.
    fn close(&mut self, code: CloseCode) {
        let was_in = self.auth.is_none();
        self.depart();
        let come_back = should_come_back(code.code());
        if was_in {
            let why = serde_json::json!({ "code": code.code(), "reason": code.reason() });
            self.tell(&Told::new("closed", [why]));
        }
        match (come_back, was_in) {
            (true, _) => self.socket.close(),
            (false, true) => self.socket.disconnect(),
            (false, false) => self.socket.refuse(code.reason(), None::<&Refused>),
        }
    }

    /// The socket is gone.
    fn gone(&mut self, by_client: bool) {
        match self.depart() {
            Some((room, speaker)) if by_client => room.do_send(Leave(speaker)),
            Some((room, speaker)) => room.do_send(Lost(speaker)),
            None => {}
        }
        // The connection may go on with another guest.
        self.inbox.open(&self.socket);
    }

    /// It is over: tells rooms, but for the one that the guest was in, which is handed back.
    fn depart(&mut self) -> Option<(Addr<ChatServer>, Speaker)> {
        let inside = match std::mem::replace(&mut self.state, State::Over) {
            State::Knocking => {
                self.abandon(self.room.clone());
                None
            }
            State::Joining { join, .. } => {
                self.abandon(join.room);
                None
            }
            State::Inside { room, speaker } => Some((room, speaker)),
            State::Outside | State::Over => None,
        };
        if let Some(room) = self.watched.take() {
            room.do_send(LookAway(self.id));
        }
        inside
    }

    fn abandon(&self, room: RoomName) {
        let session = self.id;
        self.rooms.do_send(Abandon { room, session });
    }

    /// Asks for more of what was missed, once the socket has taken what there is of it.
    fn drained(&mut self) {
        if let State::Inside { room, speaker } = &self.state
            && std::mem::take(&mut self.unconfirmed)
        {
            room.do_send(Arrived(speaker.clone()));
        }
        if std::mem::take(&mut self.behind) {
            match (&self.state, &self.watched) {
                (State::Inside { room, speaker }, _) => {
                    room.do_send(ReadOn(Reader::Member(speaker.clone())));
                }
                (_, Some(room)) => room.do_send(ReadOn(Reader::Onlooker(self.id))),
                _ => {}
            }
        }
    }

    /// What is shown of an entry is shown once: tells whether it is a new one.
    fn advance(&mut self, seq: Seq) -> bool {
        match &mut self.shown {
            Some(shown) if shown.seq < seq => {
                shown.seq = seq;
                true
            }
            _ => false,
        }
    }
}

impl Actor for Session {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.knock(ctx);
    }
}

/// Something has come from the client.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Came;

/// The socket has taken all that there was for it.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Drained;

/// The socket is gone.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Gone {
    /// Whether its client meant to go.
    pub(super) by_client: bool,
}

impl Handler<Came> for Session {
    type Result = ();

    fn handle(&mut self, _: Came, ctx: &mut Self::Context) {
        self.catch_up(ctx);
    }
}

impl Handler<Drained> for Session {
    type Result = ();

    fn handle(&mut self, _: Drained, _: &mut Self::Context) {
        self.drained();
    }
}

impl Handler<Gone> for Session {
    type Result = ();

    fn handle(&mut self, Gone { by_client }: Gone, ctx: &mut Self::Context) {
        self.gone(by_client);
        ctx.stop();
    }
}

impl Handler<Deliver> for Session {
    type Result = ();

    fn handle(&mut self, delivery: Deliver, ctx: &mut Self::Context) {
        if matches!(self.state, State::Over) {
            return;
        }
        self.delivered(delivery, ctx);
        self.catch_up(ctx);
    }
}
