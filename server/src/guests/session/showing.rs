//! What the room says, shown to a guest in their words.

use std::time::Duration;

use actix::prelude::*;
use bytestring::ByteString;
use shared::{
    AuthorId, Entry, EntryBody, Nick, Position, Presence, Refused, Seq, ServerMessage, Welcome,
};
use socketio::Args;

use super::{Errand, Session, State};
use crate::chat_server::{Arrived, ChatServer, Deliver, LookAway};
use crate::fanout::Frames;
use crate::guests::events::{self, Form};
use crate::guests::place;
use crate::guests::said::{self, Said};
use crate::room::Speaker;

impl Session {
    pub(super) fn delivered(&mut self, delivery: Deliver, ctx: &mut Context<Self>) {
        match delivery {
            Deliver::Looking {
                frames,
                position,
                behind,
                room,
                known,
                nick,
                ..
            } => {
                self.outflow.taken(frames.bytes());
                if !matches!(self.state, State::Knocking) {
                    return;
                }
                let claimed = self.auth.as_ref().and_then(|auth| auth.token.clone());
                if let Some(token) = claimed.filter(|_| known) {
                    self.token = token;
                }
                self.nick = nick;
                self.watched = Some(room);
                self.state = State::Outside;
                self.let_in(known);
                self.begin_at(&position);
                self.show(&frames, 0, ctx);
                self.advance(position.seq);
                self.read_on_later(behind);
            }
            Deliver::Joined {
                frames,
                room,
                author,
                behind,
                first_visit,
            } => {
                self.outflow.taken(frames.bytes());
                let welcome = frames.texts().next().and_then(said::read_once);
                let speaker = Speaker {
                    author,
                    session: self.id,
                };
                if let Some(said) = welcome
                    && let ServerMessage::Welcome(welcome) = &said.message
                {
                    self.entered(&said, welcome, (room, speaker), first_visit);
                    self.read_on_later(behind);
                }
            }
            Deliver::TurnedAway(frames) => {
                self.outflow.taken(frames.bytes());
                let refused = frames.texts().next().and_then(said::read_once);
                let Some(ServerMessage::Refused(refused)) = refused.map(|said| said.message) else {
                    return; // Nobody is turned away otherwise.
                };
                match std::mem::replace(&mut self.state, State::Outside) {
                    State::Joining { join, errand } => {
                        self.not_entered(refused, join, errand, ctx);
                    }
                    _ => self.turn_away(&refused),
                }
            }
            Deliver::Frames { frames, answered } => {
                self.outflow.taken(frames.bytes());
                self.conduct.answered(answered);
                self.show(&frames, answered, ctx);
            }
            Deliver::Missed(frames) => {
                self.outflow.taken(frames.bytes());
                self.show(&frames, 0, ctx);
                self.read_on_later(true);
            }
            Deliver::Close(code) => self.close(code),
        }
    }

    fn read_on_later(&mut self, behind: bool) {
        self.behind = behind;
        if behind || self.unconfirmed {
            self.socket.tell_drained();
        }
    }

    /// The first entries that are about to be shown end at `position`.
    fn begin_at(&mut self, position: &Position) {
        self.shown = Some(Position {
            epoch: position.epoch.clone(),
            seq: Seq(0),
        });
    }

    /// In the room now.
    fn entered(
        &mut self,
        said: &Said,
        welcome: &Welcome,
        (room, speaker): (Addr<ChatServer>, Speaker),
        first_visit: bool,
    ) {
        let before = std::mem::replace(
            &mut self.state,
            State::Inside {
                room: room.clone(),
                speaker: speaker.clone(),
            },
        );
        let State::Joining { errand, .. } = before else {
            return;
        };
        if let Some(watched) = self.watched.take().filter(|watched| *watched != room) {
            watched.do_send(LookAway(self.id));
        }
        self.room = welcome.room.clone();
        self.nick = Some(welcome.nick.clone());
        self.token = welcome.token.clone();
        self.online = welcome.online;
        // Who has been let in has been told the token, and has spoken since.
        let told = self.auth.is_none();
        if first_visit && told {
            room.do_send(Arrived(speaker.clone()));
        }
        self.unconfirmed = first_visit && !told;
        let goes_on =
            self.shown.as_ref().map(|shown| &shown.epoch) == Some(&welcome.position.epoch);
        // Lines may have been shown from outside already; of the others nothing has.
        if !goes_on || Form::from(self.vocabulary) != Form::Lines {
            self.begin_at(&welcome.position);
        }
        let position = welcome.position.seq;
        match errand {
            Errand::Connect => {
                self.let_in(!first_visit);
                self.show_all(&welcome.entries, None);
            }
            Errand::Login(ack) => {
                let login = events::login(welcome.online);
                if let Some(ack) = ack {
                    ack.answer(&Args::new(&login.args));
                }
                self.tell(&login);
                // A page that has been open all the time shows its own already.
                let own = self.since.as_ref().map(|_| &speaker.author);
                self.show_all(&welcome.entries, own);
            }
            Errand::Speak {
                text, offset, ack, ..
            } => {
                self.show_all(&welcome.entries, None);
                self.say(None, text, offset, ack);
            }
            Errand::Join(ack) => self.answer_own(&said.message, ack),
        }
        self.advance(position);
    }

    /// Shows a page's entries, but for those of one author.
    fn show_all(&mut self, entries: &[Entry], but: Option<&AuthorId>) {
        let Some(epoch) = self.shown.as_ref().map(|shown| shown.epoch.clone()) else {
            return;
        };
        let form = Form::from(self.vocabulary);
        for entry in entries {
            if self.advance(entry.seq) && but != Some(&entry.author) {
                let told = match form {
                    Form::Lines => events::line(entry, &epoch),
                    Form::Example => events::new_message(entry, &epoch),
                    Form::Own => None, // They come in one.
                };
                if let Some(told) = told {
                    self.tell(&told);
                }
            }
        }
    }

    fn show(&mut self, frames: &Frames, answered: u32, ctx: &mut Context<Self>) {
        for text in frames.texts() {
            self.show_one(text, answered > 0, ctx);
        }
    }

    /// Shows one message: answers whoever waits for it, and tells it, where their words have it.
    fn show_one(&mut self, text: &ByteString, is_answer: bool, ctx: &mut Context<Self>) {
        let Some(said) = said::read(text) else { return };
        let me = match &self.state {
            State::Inside { speaker, .. } => Some(speaker.author.clone()),
            _ => None,
        };
        let form = Form::from(self.vocabulary);
        match &said.message {
            ServerMessage::Entry(entry) => {
                let is_new = self.advance(entry.seq);
                if let EntryBody::Said { nick, .. } = &entry.body {
                    self.stopped(nick);
                }
                // What is said again is answered, and shown only where the client keeps count.
                if is_new || (form == Form::Own && me.is_some()) {
                    self.tell_said(&said, form, me.as_ref());
                }
                if let Some(saying) = self.answers.said(&entry.id) {
                    let place = self.shown.as_ref().map(|shown| &shown.epoch).map(|epoch| {
                        let (epoch, seq) = (epoch.clone(), entry.seq);
                        place::write(&Position { epoch, seq })
                    });
                    match form {
                        Form::Own => saying.ack.answer(&Args::new(&(&said.message,))),
                        Form::Lines | Form::Example => saying.ack.answer(&Args::new(&(place,))),
                    }
                }
            }
            ServerMessage::Page { .. } => {
                let ack = self.answers.paged();
                self.answer_own(&said.message, ack);
            }
            ServerMessage::Refused(refused) => self.refused(refused),
            ServerMessage::Presence(presence) => {
                self.online = presence.online;
                let own = presence
                    .renamed
                    .iter()
                    .find(|r| Some(&r.author) == me.as_ref());
                if let Some(own) = own {
                    self.nick = Some(own.to.clone());
                }
                if is_answer && own.is_some() {
                    return self.renamed(&said);
                }
                self.stopped_those_gone(presence);
                self.tell_said(&said, form, me.as_ref());
            }
            ServerMessage::Typing { nicks } if form == Form::Example => {
                self.name_typists(nicks, ctx);
            }
            _ => self.tell_said(&said, form, me.as_ref()),
        }
    }

    /// Emits what was written once for all. Before they are in the room only lines are for them.
    fn tell_said(&self, said: &Said, form: Form, me: Option<&AuthorId>) {
        let Some(shown) = self
            .shown
            .as_ref()
            .filter(|_| me.is_some() || form == Form::Lines)
        else {
            return;
        };
        for event in said.events(form, &shown.epoch) {
            if event.not_to.is_none() || event.not_to.as_ref() != me {
                self.socket.send(&event.emission);
            }
        }
    }

    /// The room has refused what it was asked for.
    fn refused(&mut self, refused: &Refused) {
        match refused.of.as_deref() {
            Some("page") => {
                let ack = self.answers.paged();
                self.refuse(refused, ack, false);
            }
            Some("nick") => {
                let ack = self.answers.renamed().and_then(|renaming| renaming.ack);
                self.refuse(refused, ack, false);
            }
            _ => match self.answers.refused(refused.id.as_deref()) {
                Some(saying) => self.refuse(refused, Some(saying.ack), saying.retries),
                None => self.refuse(refused, None, false),
            },
        }
    }

    /// The answer to another nick that was wanted.
    fn renamed(&mut self, said: &Said) {
        let renaming = self.answers.renamed();
        match renaming {
            Some(renaming) if renaming.login => {
                let login = events::login(self.online);
                if let Some(ack) = renaming.ack {
                    ack.answer(&Args::new(&login.args));
                }
                self.tell(&login);
            }
            Some(renaming) => self.answer_own(&said.message, renaming.ack),
            None => self.answer_own(&said.message, None),
        }
    }

    fn name_typists(&mut self, nicks: &[Nick], ctx: &mut Context<Self>) {
        let others = nicks
            .iter()
            .filter(|nick| Some(*nick) != self.nick.as_ref());
        let others: Vec<_> = others.cloned().collect();
        for nick in self.typists.named(&others, self.elapsed_ms()) {
            self.tell(&events::writes(&nick, true));
        }
        self.watch_typists(ctx);
    }

    /// Tells of an end when nothing has been heard of somebody for long.
    fn watch_typists(&mut self, ctx: &mut Context<Self>) {
        let Some(next) = self.typists.next_ms().filter(|_| !self.typists_watched) else {
            return;
        };
        self.typists_watched = true;
        let wait = Duration::from_millis(next.saturating_sub(self.elapsed_ms()));
        ctx.run_later(wait, |session, ctx| {
            session.typists_watched = false;
            for nick in session.typists.expired(session.elapsed_ms()) {
                session.tell(&events::writes(&nick, false));
            }
            session.watch_typists(ctx);
        });
    }

    fn stopped(&mut self, nick: &Nick) {
        if self.typists.stopped(nick) {
            self.tell(&events::writes(nick, false));
        }
    }

    fn stopped_those_gone(&mut self, presence: &Presence) {
        for member in &presence.left {
            self.stopped(&member.nick);
        }
        for renamed in &presence.renamed {
            self.stopped(&renamed.from);
        }
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
