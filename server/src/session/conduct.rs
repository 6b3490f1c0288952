//! What one visitor may ask of rooms, by whatever connection: how much at a time, how often, and how
//! much of it may be nonsense.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::Addr;
use shared::{ClientMessage, Fault, Join, RefusalCode, Refused};

use crate::chat_server::{ChatServer, ReadPage, Rename, Say, Typing};
use crate::quota::{Allowance, Wait};
use crate::room::{Speaker, identity};

/// `typing` is handed on at most this often: rooms gather it over as long.
const TYPING_INTERVAL: Duration = Duration::from_millis(200);

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

/// How a visitor has kept to it so far.
#[derive(Debug)]
pub struct Conduct {
    manners: Manners,
    /// Counts the connection for as long as its visitor lives.
    allowance: Arc<Allowance>,
    /// Requests that the room has not answered.
    in_flight: usize,
    /// Malformed messages so far.
    faults: usize,
    /// When `typing` was handed on the last time.
    typed: Option<Instant>,
}

impl Conduct {
    /// That of a visitor who has asked for nothing.
    pub fn new(manners: Manners, allowance: Arc<Allowance>) -> Self {
        Self {
            manners,
            allowance,
            in_flight: 0,
            faults: 0,
            typed: None,
        }
    }

    /// What is to be kept to.
    pub fn manners(&self) -> Manners {
        self.manners
    }

    /// Whose quota it is.
    pub fn allowance(&self) -> &Allowance {
        &self.allowance
    }

    /// Whether one request more may wait for an answer.
    pub fn has_credit(&self) -> bool {
        self.in_flight < self.manners.credit
    }

    /// The room has answered.
    pub fn answered(&mut self, requests: u32) {
        self.in_flight = self.in_flight.saturating_sub(requests as usize);
    }

    /// Counts what could not be read; answers whether that is too much of it: who sends nothing else
    /// is no client of ours.
    pub fn faulted(&mut self, refused: &Refused) -> bool {
        let malformed = refused.code == RefusalCode::Malformed;
        self.faults += usize::from(malformed);
        malformed && self.faults >= self.manners.faults
    }

    /// Whether a `join` may be handed on.
    ///
    /// # Errors
    /// How long it is to wait.
    pub fn may_join(&self, join: &Join) -> Result<(), Wait> {
        let author = join.token.as_ref();
        let author = author.map(|token| identity::author(&join.room, token));
        self.allowance.join(author.as_ref())
    }

    /// Hands on what somebody in a room asks of it: to say something, a page, a nick, `typing`.
    ///
    /// # Errors
    /// Why not, ready to be told.
    pub fn ask(
        &mut self,
        message: ClientMessage,
        room: &Addr<ChatServer>,
        from: Speaker,
    ) -> Result<(), Refused> {
        let allowed = match &message {
            ClientMessage::Say { .. } => self.allowance.say(&from.author),
            ClientMessage::Page(_) => self.allowance.page(&from.author),
            ClientMessage::Nick { .. } => self.allowance.rename(&from.author),
            _ => Ok(()),
        };
        let kind = message.kind();
        if let Err(wait) = allowed {
            let id = match message {
                ClientMessage::Say { id, .. } => Some(id.as_str().to_owned()),
                _ => None,
            };
            return Err(rate_limited(kind, id, wait));
        }
        match message {
            ClientMessage::Say { id, text } => room.do_send(Say { from, id, text }),
            ClientMessage::Page(request) => room.do_send(ReadPage { from, request }),
            ClientMessage::Nick { nick } => room.do_send(Rename { from, nick }),
            ClientMessage::Join(_) => return Err(already_joined()),
            // Not answered, so no credit bounds it, but time does.
            ClientMessage::Typing => {
                let now = Instant::now();
                if self.typed.is_none_or(|last| now - last >= TYPING_INTERVAL) {
                    self.typed = Some(now);
                    room.do_send(Typing(from));
                }
                return Ok(());
            }
            ClientMessage::Ping | ClientMessage::Leave => return Ok(()), // No room's business.
        }
        self.in_flight += 1;
        Ok(())
    }
}

/// Refuses what wants a room to be in.
pub fn not_joined(kind: &str) -> Refused {
    let why = "join a room first";
    Refused::new(kind, Fault::new(RefusalCode::NotJoined, why))
}

/// Refuses a second `join`.
pub fn already_joined() -> Refused {
    let why = "this connection has joined; open another one for another room";
    Refused::new("join", Fault::new(RefusalCode::AlreadyJoined, why))
}

/// Refuses what came too soon.
pub fn rate_limited(kind: &str, id: Option<String>, wait: Wait) -> Refused {
    let why = "too much in too short a time, try again later";
    Refused {
        id,
        retry_after_ms: Some(wait.ms()),
        ..Refused::new(kind, Fault::new(RefusalCode::RateLimited, why))
    }
}
