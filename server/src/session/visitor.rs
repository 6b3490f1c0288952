//! A visitor: the dialogue of the chat. Reads what the client says and forwards it to the room;
//! hands the client what the room says.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use actix::Addr;
use bytestring::ByteString;
use shared::{ClientMessage, CloseCode, Fault, RefusalCode, Refused, RoomName, ServerMessage};

use super::{Dialogue, Line, Whole};
use crate::chat_server::{
    Abandon, ChatServer, Deliver, Enter, Leave, ReadOn, ReadPage, Rename, Say, Seat, Typing,
};
use crate::fanout::{Frames, encode};
use crate::room::{SessionId, Speaker};
use crate::rooms::Rooms;

/// `typing` is handed on at most this often: rooms gather it over as long.
const TYPING_INTERVAL: Duration = Duration::from_millis(200);

/// Time to choose another nick in, after a `join` was refused.
const RETRY_TIMEOUT: Duration = Duration::from_secs(60);

/// One visitor's connection to the chat.
pub struct Visitor {
    id: SessionId,
    rooms: Addr<Rooms>,
    state: State,
    /// Requests that the room has not answered.
    in_flight: usize,
    credit: usize,
    /// What came beyond the credit, or while joining: at most what was read in one go, since
    /// nothing more is read meanwhile.
    backlog: VecDeque<ByteString>,
    join_timeout: Option<Duration>,
    /// Attempts to join: a timer of before one means nothing after it.
    attempts: u32,
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
        credit: usize,
        join_timeout: Option<Duration>,
    ) -> Self {
        Self {
            id,
            rooms,
            state: State::Outside,
            in_flight: 0,
            credit,
            backlog: VecDeque::new(),
            join_timeout,
            attempts: 0,
            typed: None,
        }
    }

    fn may_read(&self) -> bool {
        !matches!(self.state, State::Joining { .. }) && self.in_flight < self.credit
    }

    /// Does what one message asks for.
    fn hear(&mut self, text: &str, line: &mut Line<'_, Self>) {
        let message = match ClientMessage::parse(text) {
            Ok(message) => message,
            Err(refused) => return refuse(refused, line),
        };
        let kind = message.kind();
        match (&self.state, message) {
            (_, ClientMessage::Leave) => line.close(CloseCode::Normal),
            (_, ClientMessage::Ping) => line.text(encode(&ServerMessage::Pong)),
            (State::Outside, ClientMessage::Join(join)) => {
                self.state = State::Joining {
                    room: join.room.clone(),
                };
                self.attempts += 1;
                let (to, outflow) = line.address();
                let seat = Seat::new(self.id, to, outflow);
                self.rooms.do_send(Enter { join, seat });
            }
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
    fn expect_join(&self, within: Option<Duration>, line: &mut Line<'_, Self>) {
        let attempts = self.attempts;
        if let Some(within) = within {
            line.later(within, move |visitor, line| {
                if visitor.attempts == attempts {
                    line.close(CloseCode::NeverJoined);
                }
            });
        }
    }
}

impl Dialogue for Visitor {
    fn opened(&mut self, line: &mut Line<'_, Self>) {
        self.expect_join(self.join_timeout, line);
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
            } => {
                let speaker = Speaker {
                    author,
                    session: self.id,
                };
                self.show(&frames, line);
                if behind {
                    room.do_send(ReadOn(speaker.clone()));
                }
                self.state = State::Inside { room, speaker };
            }
            Deliver::Missed(frames) => {
                self.show(&frames, line);
                if let State::Inside { room, speaker } = &self.state {
                    room.do_send(ReadOn(speaker.clone()));
                }
            }
            Deliver::TurnedAway(frames) => {
                self.state = State::Outside;
                self.show(&frames, line);
                self.expect_join(self.join_timeout.map(|_| RETRY_TIMEOUT), line);
            }
            Deliver::Frames { frames, answered } => {
                self.in_flight = self.in_flight.saturating_sub(answered as usize);
                self.show(&frames, line);
            }
            Deliver::Close(code) => line.close(code),
        }
        self.catch_up(line);
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
            State::Inside { room, speaker } => room.do_send(Leave(speaker.clone())),
        }
    }
}

fn refuse(refused: Refused, line: &mut Line<'_, Visitor>) {
    line.text(encode(&ServerMessage::Refused(refused)));
}
