//! A visitor: the dialogue of the chat. Reads what the client says and forwards it to the room;
//! hands the client what the room says.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::Addr;
use bytestring::ByteString;
use shared::{
    ClientMessage, CloseCode, Fault, Join, RefusalCode, Refused, RoomName, ServerMessage,
};

use super::{Dialogue, Line, Whole};
use crate::chat_server::{
    Abandon, Arrived, ChatServer, Deliver, Enter, Leave, Lost, ReadOn, ReadPage, Reader, Rename,
    Say, Seat, Typing,
};
use crate::fanout::{Frames, encode};
use crate::quota::{Allowance, Wait};
use crate::room::identity;
use crate::room::{SessionId, Speaker};
use crate::rooms::Rooms;

/// `typing` is handed on at most this often: rooms gather it over as long.
const TYPING_INTERVAL: Duration = Duration::from_millis(200);

/// What the pings behind a first `welcome` carry.
const WELCOMED: &[u8] = b"welcome";

/// Time to choose another nick in, after a `join` was refused.
const RETRY_TIMEOUT: Duration = Duration::from_secs(60);

/// What a visitor keeps to.
#[derive(Debug, Clone, Copy)]
pub struct Manners {
    /// Requests that may wait for an answer.
    pub credit: usize,
    /// Malformed messages that end the connection.
    pub faults: usize,
    /// From opening the connection to the first `join`.
    pub join_timeout: Option<Duration>,
}

/// One visitor's connection to the chat.
pub struct Visitor {
    id: SessionId,
    rooms: Addr<Rooms>,
    manners: Manners,
    /// Counts the connection for as long as its visitor lives.
    allowance: Arc<Allowance>,
    state: State,
    /// Requests that the room has not answered.
    in_flight: usize,
    /// Malformed messages so far.
    faults: usize,
    /// What came beyond the credit, or while joining: at most what was read in one go, since
    /// nothing more is read meanwhile.
    backlog: VecDeque<ByteString>,
    /// When the connection ends unless a `join` has come; `None` once one is under way.
    join_by: Option<Instant>,
    /// Whether a first `welcome` has been sent, and no pong behind it has come.
    unconfirmed: bool,
    /// When `typing` was handed on the last time.
    typed: Option<Instant>,
}

enum State {
    Outside,
    Joining {
        room: RoomName,
    },
    Inside {
        room: Addr<ChatServer>,
        speaker: Speaker,
    },
}

impl Visitor {
    /// A visitor who has not joined.
    pub fn new(
        id: SessionId,
        rooms: Addr<Rooms>,
        manners: Manners,
        allowance: Arc<Allowance>,
    ) -> Self {
        Self {
            id,
            rooms,
            manners,
            allowance,
            state: State::Outside,
            in_flight: 0,
            faults: 0,
            backlog: VecDeque::new(),
            join_by: None,
            unconfirmed: false,
            typed: None,
        }
    }

    fn may_read(&self) -> bool {
        !matches!(self.state, State::Joining { .. }) && self.in_flight < self.manners.credit
    }

    /// Does what one message asks for.
    fn hear(&mut self, text: &str, line: &mut Line<'_, Self>) {
        let message = match ClientMessage::parse(text) {
            Ok(message) => message,
            Err(refused) => return self.fault(refused, line),
        };
        let kind = message.kind();
        match (&self.state, message) {
            (State::Inside { room, speaker }, ClientMessage::Leave) => {
                room.do_send(Leave(speaker.clone()));
                self.state = State::Outside;
                line.close(CloseCode::Normal);
            }
            (_, ClientMessage::Leave) => line.close(CloseCode::Normal),
            (_, ClientMessage::Ping) => line.text(encode(&ServerMessage::Pong)),
            (State::Outside, ClientMessage::Join(join)) => self.join(join, line),
            // While joining nothing is heard: it waits.
            (State::Outside | State::Joining { .. }, _) => {
                let why = "join a room first";
                refuse(
                    Refused::new(kind, Fault::new(RefusalCode::NotJoined, why)),
                    line,
                );
            }
            (State::Inside { .. }, ClientMessage::Join(_)) => {
                let why = "this connection has joined; open another one for another room";
                refuse(
                    Refused::new(kind, Fault::new(RefusalCode::AlreadyJoined, why)),
                    line,
                );
            }
            (State::Inside { room, speaker }, message) => {
                let from = speaker.clone();
                let allowed = match &message {
                    ClientMessage::Say { .. } => self.allowance.say(&from.author),
                    ClientMessage::Page(_) => self.allowance.page(&from.author),
                    ClientMessage::Nick { .. } => self.allowance.rename(&from.author),
                    _ => Ok(()),
                };
                if let Err(wait) = allowed {
                    return refuse(rate_limited(&message, wait), line);
                }
                match message {
                    ClientMessage::Say { id, text } => room.do_send(Say { from, id, text }),
                    ClientMessage::Page(request) => room.do_send(ReadPage { from, request }),
                    ClientMessage::Nick { nick } => room.do_send(Rename { from, nick }),
                    // Not answered, so no credit bounds it, but time does.
                    _ => {
                        let now = Instant::now();
                        if self.typed.is_none_or(|last| now - last >= TYPING_INTERVAL) {
                            self.typed = Some(now);
                            room.do_send(Typing(from));
                        }
                        return;
                    }
                }
                self.in_flight += 1;
            }
        }
    }

    fn join(&mut self, join: Join, line: &mut Line<'_, Self>) {
        let author = join.token.as_ref();
        let author = author.map(|token| identity::author(&join.room, token));
        if let Err(wait) = self.allowance.join(author.as_ref()) {
            refuse(rate_limited(&ClientMessage::Join(join), wait), line);
            let retry = self.manners.join_timeout.map(|_| wait.0 + RETRY_TIMEOUT);
            return self.expect_join(retry, line);
        }
        self.expect_join(None, line);
        self.state = State::Joining {
            room: join.room.clone(),
        };
        let (to, outflow) = line.post();
        let seat = Seat::new(self.id, to, outflow);
        self.rooms.do_send(Enter {
            join,
            fresh: None,
            seat,
        });
    }

    /// Answers what could not be read; who sends nothing else is no client of ours.
    fn fault(&mut self, refused: Refused, line: &mut Line<'_, Self>) {
        let malformed = refused.code == RefusalCode::Malformed;
        refuse(refused, line);
        if malformed {
            self.faults += 1;
            if self.faults >= self.manners.faults {
                line.close(CloseCode::TooManyFaults);
            }
        }
    }

    /// Hears what waited, as far as the credit goes, and reads on when nothing waits.
    fn catch_up(&mut self, line: &mut Line<'_, Self>) {
        while self.may_read() && !line.is_closing() {
            match self.backlog.pop_front() {
                Some(text) => self.hear(&text, line),
                None => return line.resume(),
            }
        }
    }

    fn show(&self, frames: &Frames, line: &mut Line<'_, Self>) {
        line.taken(frames.bytes());
        for text in frames.texts() {
            line.text(text.clone());
        }
    }

    /// Ends a connection that tries nothing more to get in.
    fn expect_join(&mut self, within: Option<Duration>, line: &mut Line<'_, Self>) {
        self.join_by = within.map(|within| Instant::now() + within);
        line.wake_at(self.join_by);
    }
}

impl Dialogue for Visitor {
    fn opened(&mut self, line: &mut Line<'_, Self>) {
        self.expect_join(self.manners.join_timeout, line);
    }

    fn message(&mut self, message: Whole, line: &mut Line<'_, Self>) {
        match message {
            Whole::Binary(_) => line.close(CloseCode::Unsupported),
            Whole::Text(text) if self.backlog.is_empty() && self.may_read() => {
                self.hear(&text, line)
            }
            Whole::Text(text) => self.backlog.push_back(text),
        }
        if !self.may_read() {
            line.pause();
        }
    }

    fn delivered(&mut self, delivery: Deliver, line: &mut Line<'_, Self>) {
        match delivery {
            Deliver::Joined {
                frames,
                room,
                author,
                behind,
                first_visit,
            } => {
                let speaker = Speaker {
                    author,
                    session: self.id,
                };
                self.show(&frames, line);
                if first_visit {
                    self.unconfirmed = true;
                    line.ping(WELCOMED);
                }
                if behind {
                    room.do_send(ReadOn(Reader::Member(speaker.clone())));
                }
                self.state = State::Inside { room, speaker };
            }
            Deliver::Missed(frames) => {
                self.show(&frames, line);
                if let State::Inside { room, speaker } = &self.state {
                    room.do_send(ReadOn(Reader::Member(speaker.clone())));
                }
            }
            Deliver::TurnedAway(frames) => {
                self.state = State::Outside;
                self.show(&frames, line);
                let retry = self.manners.join_timeout.map(|_| RETRY_TIMEOUT);
                self.expect_join(retry, line);
            }
            Deliver::Frames { frames, answered } => {
                self.in_flight = self.in_flight.saturating_sub(answered as usize);
                self.show(&frames, line);
            }
            Deliver::Looking { .. } => {} // It does not look on.
            Deliver::Close(code) => line.close(code),
        }
        self.catch_up(line);
    }

    fn due(&mut self, line: &mut Line<'_, Self>) {
        if self.join_by.is_some_and(|due| due <= Instant::now()) {
            line.close(CloseCode::NeverJoined);
        }
    }

    fn ponged(&mut self, data: &[u8]) {
        if let State::Inside { room, speaker } = &self.state
            && data == WELCOMED
            && std::mem::take(&mut self.unconfirmed)
        {
            room.do_send(Arrived(speaker.clone()));
        }
    }

    fn closed(&mut self) {
        match &self.state {
            State::Outside => {}
            State::Joining { room } => {
                self.rooms.do_send(Abandon {
                    room: room.clone(),
                    session: self.id,
                });
            }
            State::Inside { room, speaker } => room.do_send(Lost(speaker.clone())),
        }
    }
}

fn rate_limited(message: &ClientMessage, wait: Wait) -> Refused {
    let why = "too much in too short a time, try again later";
    let fault = Fault::new(RefusalCode::RateLimited, why);
    Refused {
        id: match message {
            ClientMessage::Say { id, .. } => Some(id.as_str().to_owned()),
            _ => None,
        },
        retry_after_ms: Some(wait.ms()),
        ..Refused::new(message.kind(), fault)
    }
}

fn refuse(refused: Refused, line: &mut Line<'_, Visitor>) {
    line.text(encode(&ServerMessage::Refused(refused)));
}
