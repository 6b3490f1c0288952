//! What a guest asks for, forwarded: no faster than their credit and quotas go.

use std::time::Duration;

use actix::prelude::*;
use shared::{ClientMessage, CloseCode, Join, MessageId, Nick, Refused, ServerMessage};
use socketio::{Ack, Args, Event};

use super::{Errand, Session, State};
use crate::chat_server::{Leave, Stay};
use crate::guests::answers::{Renaming, Saying};
use crate::guests::events;
use crate::guests::place;
use crate::guests::vocabulary::{Asked, Vocabulary, read};
use crate::random;
use crate::session::{already_joined, not_joined};

/// The chat example's clients say once that they write, and once that they have stopped; rooms, and
/// Realtid's own clients, want to hear of it every so often.
const WRITES_AGAIN: Duration = Duration::from_secs(3);

/// Times that it is said again: a minute, for clients that never say that they have stopped.
const WRITES: u8 = 20;

impl Session {
    fn may_hear(&self) -> bool {
        let ready = matches!(self.state, State::Outside | State::Inside { .. });
        ready && !self.throttled && self.conduct.has_credit()
    }

    /// Hears what has come, as far as that goes, and has more read when nothing waits.
    pub(super) fn catch_up(&mut self, ctx: &mut Context<Self>) {
        while self.may_hear() {
            let Some(event) = self.inbox.take() else {
                return self.inbox.open(&self.socket);
            };
            if let Err(wait) = self.conduct.allowance().receive(size(&event)) {
                self.inbox.put_back(event);
                self.throttled = true;
                ctx.run_later(wait.0, |session, ctx| {
                    session.throttled = false;
                    session.catch_up(ctx);
                });
                break;
            }
            self.hear(event, ctx);
        }
        match self.state {
            // The end, or the next connect, is to be read.
            State::Over => self.inbox.open(&self.socket),
            _ => self.inbox.shut(&self.socket),
        }
    }

    fn hear(&mut self, event: Event, ctx: &mut Context<Self>) {
        let Event { name, args, ack } = event;
        self.vocabulary = Vocabulary::fix(self.vocabulary, &name);
        if self.vocabulary == Some(Vocabulary::Own)
            && !std::mem::replace(&mut self.keeps_token, true)
            && let State::Inside { room, speaker } = &self.state
        {
            room.do_send(Stay(speaker.clone()));
        }
        match read(self.vocabulary, &name, |at| args.json(at), &self.room) {
            Ok(asked) => self.answer(asked, ack, ctx),
            Err(refused) => {
                let too_many = self.conduct.faulted(&refused);
                self.refuse(&refused, ack, false);
                if too_many {
                    self.leave();
                    self.close(CloseCode::TooManyFaults);
                }
            }
        }
    }

    fn answer(&mut self, asked: Asked, ack: Option<Ack>, ctx: &mut Context<Self>) {
        let inside = matches!(self.state, State::Inside { .. });
        match asked {
            Asked::Enter(nick) if inside => self.login_again(nick, ack),
            Asked::Enter(nick) => {
                let join = self.join_as(nick);
                self.enter(join, Errand::Login(ack), ctx);
            }
            Asked::Say { text, offset } if inside => {
                self.stop_writing(ctx);
                self.say(None, text, offset, ack);
            }
            Asked::Say { text, offset } if self.vocabulary == Some(Vocabulary::Tutorial) => {
                let nick = self.nick.clone().or_else(guest_nick);
                let Some(nick) = nick else { return };
                let join = Join {
                    // What has been shown need not come again.
                    after: self.shown.clone(),
                    ..self.join_as(nick)
                };
                let errand = Errand::Speak {
                    text,
                    offset,
                    ack,
                    tries: 0,
                };
                self.enter(join, errand, ctx);
            }
            Asked::Say { .. } => self.refuse(&not_joined("say"), ack, false),
            Asked::StopTyping => {
                self.stop_writing(ctx);
                done(ack);
            }
            Asked::Own(ClientMessage::Ping) => self.answer_own(&ServerMessage::Pong, ack),
            Asked::Own(ClientMessage::Leave) => {
                done(ack);
                self.leave();
                self.close(CloseCode::Normal);
            }
            Asked::Own(ClientMessage::Join(_)) if inside => {
                self.refuse(&already_joined(), ack, false);
            }
            Asked::Own(ClientMessage::Join(mut join)) => {
                join.token.get_or_insert_with(|| self.token.clone());
                self.enter(join, Errand::Join(ack), ctx);
            }
            Asked::Own(message) if !inside => {
                self.refuse(&not_joined(message.kind()), ack, false);
            }
            Asked::Own(ClientMessage::Say { id, text }) => self.say(Some(id), text, None, ack),
            Asked::Own(message) => {
                if message == ClientMessage::Typing && self.vocabulary == Some(Vocabulary::Example)
                {
                    self.write_on(WRITES, ctx);
                }
                self.ask(message, ack);
            }
        }
    }

    /// Says so many times more that this guest is writing, unless that ends before.
    fn write_on(&mut self, times: u8, ctx: &mut Context<Self>) {
        self.stop_writing(ctx);
        self.writing = Some(ctx.run_later(WRITES_AGAIN, move |session, ctx| {
            session.writing = None;
            if session.forward(ClientMessage::Typing).is_ok() && times > 1 {
                session.write_on(times - 1, ctx);
            }
        }));
    }

    fn stop_writing(&mut self, ctx: &mut Context<Self>) {
        if let Some(writing) = self.writing.take() {
            ctx.cancel_future(writing);
        }
    }

    /// What somebody enters with whose words have no room for all of it.
    fn join_as(&self, nick: Nick) -> Join {
        Join {
            nick,
            room: self.room.clone(),
            token: Some(self.token.clone()),
            after: self.since.clone(),
        }
    }

    /// `add user` of who is in the room: perhaps under another nick.
    fn login_again(&mut self, nick: Nick, ack: Option<Ack>) {
        if self.nick.as_ref() == Some(&nick) {
            done(ack);
            return self.tell(&events::login(self.online));
        }
        let message = ClientMessage::Nick { nick };
        match self.forward(message) {
            Ok(()) => self.answers.rename(Renaming { ack, login: true }),
            Err(refused) => self.refuse(&refused, ack, false),
        }
    }

    /// Says something: told apart by its id, or by what its client tells it by.
    pub(super) fn say(
        &mut self,
        id: Option<MessageId>,
        text: shared::MessageText,
        offset: Option<String>,
        ack: Option<Ack>,
    ) {
        let State::Inside { speaker, .. } = &self.state else {
            return;
        };
        let retries = offset.is_some();
        let id = match (id, offset) {
            (Some(id), _) => Ok(id),
            (None, Some(offset)) => place::message_id(&speaker.author, &offset),
            (None, None) => MessageId::new(random::base64url::<16>()),
        };
        let said = id
            .map_err(|fault| Refused::new("say", fault))
            .and_then(|id| {
                let message = ClientMessage::Say {
                    id: id.clone(),
                    text,
                };
                self.forward(message).map(|()| id)
            });
        match said {
            Ok(id) => {
                let saying = ack.map(|ack| Saying { ack, retries });
                self.answers.say(id, saying);
            }
            Err(refused) => self.refuse(&refused, ack, retries),
        }
    }

    /// Asks the room for anything else.
    fn ask(&mut self, message: ClientMessage, ack: Option<Ack>) {
        let (page, nick) = match message {
            ClientMessage::Page(_) => (true, false),
            ClientMessage::Nick { .. } => (false, true),
            _ => (false, false),
        };
        match self.forward(message) {
            Err(refused) => self.refuse(&refused, ack, false),
            Ok(()) if page => self.answers.page(ack),
            Ok(()) if nick => self.answers.rename(Renaming { ack, login: false }),
            Ok(()) => done(ack),
        }
    }

    fn forward(&mut self, message: ClientMessage) -> Result<(), Refused> {
        match &self.state {
            State::Inside { room, speaker } => self.conduct.ask(message, room, speaker.clone()),
            _ => Err(not_joined(message.kind())),
        }
    }

    /// Goes out of the room, on purpose.
    fn leave(&mut self) {
        if let State::Inside { room, speaker } = &self.state {
            room.do_send(Leave(speaker.clone()));
            self.state = State::Outside;
        }
    }

    /// Answers in Realtid's own words: as an answer, or as an event.
    pub(super) fn answer_own(&self, message: &ServerMessage, ack: Option<Ack>) {
        match ack {
            Some(ack) => ack.answer(&Args::new(&(message,))),
            None => {
                let json = serde_json::to_string(message).unwrap_or_default();
                if let Some(told) = events::own(&json) {
                    self.tell(&told);
                }
            }
        }
    }
}

/// What an event costs its address: its JSON and its attachments.
fn size(event: &Event) -> usize {
    let json = (0..event.args.len()).filter_map(|at| event.args.json(at));
    let json: usize = json.map(str::len).sum();
    let attached: usize = event
        .args
        .attachments()
        .iter()
        .map(|bytes| bytes.len())
        .sum();
    event.name.len() + json + attached
}

/// Answers where there is nothing to say.
fn done(ack: Option<Ack>) {
    if let Some(ack) = ack {
        ack.answer(&Args::default());
    }
}

/// What somebody is called who has not said: `guest-7f3a`.
fn guest_nick() -> Option<Nick> {
    let number = random::bits() & 0xffff;
    Nick::new(&format!("guest-{number:04x}")).ok()
}
