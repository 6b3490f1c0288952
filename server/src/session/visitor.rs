//! A visitor: the dialogue of the chat. Reads what the client says and forwards it to the room;
//! hands the client what the room says.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::Addr;
use bytestring::ByteString;
use shared::{ClientMessage, CloseCode, Join, Refused, RoomName, ServerMessage};

use super::conduct::{Conduct, Manners, not_joined, rate_limited};
use super::{Dialogue, Line, Whole};
use crate::chat_server::{
    Abandon, Arrived, ChatServer, Deliver, Enter, Leave, Lost, ReadOn, Reader, Seat,
};
use crate::fanout::{Frames, encode};
use crate::quota::Allowance;
use crate::room::{SessionId, Speaker};
use crate::rooms::Rooms;

/// What the pings behind a first `welcome` carry.
const WELCOMED: &[u8] = b"welcome";

/// Time to choose another nick in, after a `join` was refused.
const RETRY_TIMEOUT: Duration = Duration::from_secs(60);

/// One visitor's connection to the chat.
pub struct Visitor {
    id: SessionId,
    rooms: Addr<Rooms>,
    conduct: Conduct,
    state: State,
    /// What came beyond the credit, or while joining: at most what was read in one go, since
    /// nothing more is read meanwhile.
    backlog: VecDeque<ByteString>,
    /// When the connection ends unless a `join` has come; `None` once one is under way.
    join_by: Option<Instant>,
    /// Whether a first `welcome` has been sent, and no pong behind it has come.
    unconfirmed: bool,
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
            conduct: Conduct::new(manners, allowance),
            state: State::Outside,
            backlog: VecDeque::new(),
            join_by: None,
            unconfirmed: false,
        }
    }

    fn join_timeout(&self) -> Option<Duration> {
        self.conduct.manners().join_timeout
    }

    fn may_read(&self) -> bool {
        !matches!(self.state, State::Joining { .. }) && self.conduct.has_credit()
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
            (State::Outside | State::Joining { .. }, _) => refuse(not_joined(kind), line),
            (State::Inside { room, speaker }, message) => {
                if let Err(refused) = self.conduct.ask(message, room, speaker.clone()) {
                    refuse(refused, line);
                }
            }
        }
    }

    fn join(&mut self, join: Join, line: &mut Line<'_, Self>) {
        if let Err(wait) = self.conduct.may_join(&join) {
            refuse(rate_limited("join", None, wait), line);
            let retry = self.join_timeout().map(|_| wait.0 + RETRY_TIMEOUT);
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

    /// Answers what could not be read.
    fn fault(&mut self, refused: Refused, line: &mut Line<'_, Self>) {
        let too_many = self.conduct.faulted(&refused);
        refuse(refused, line);
        if too_many {
            line.close(CloseCode::TooManyFaults);
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
        self.expect_join(self.join_timeout(), line);
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
                let retry = self.join_timeout().map(|_| RETRY_TIMEOUT);
                self.expect_join(retry, line);
            }
            Deliver::Frames { frames, answered } => {
                self.conduct.answered(answered);
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

fn refuse(refused: Refused, line: &mut Line<'_, Visitor>) {
    line.text(encode(&ServerMessage::Refused(refused)));
}
