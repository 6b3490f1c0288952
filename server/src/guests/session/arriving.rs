//! Coming in: who it is, whether they are let in, and whether they come into the room.

use actix::prelude::*;
use shared::{Join, Nick, Refused, RoomName};

use super::{Errand, Session, State};
use crate::chat_server::{Enter, Look, LookAway, Seat};
use crate::session::rate_limited;

/// Nicks that are tried for who has named none.
const TRIES: u8 = 5;

impl Session {
    /// Finds out who has come: by looking into the room, or by being let into it.
    pub(super) fn knock(&mut self, ctx: &mut Context<Self>) {
        if let Err(wait) = self.conduct.allowance().look() {
            return self.turn_away(&rate_limited("join", None, wait));
        }
        let Some(auth) = self.auth.clone() else {
            return;
        };
        let named = auth.room.map(RoomName::new).transpose();
        let nick = auth.nick.as_deref().map(Nick::new).transpose();
        let nick = match (named, nick) {
            (Err(fault), _) | (_, Err(fault)) => {
                return self.turn_away(&Refused::new("join", fault));
            }
            (Ok(room), Ok(nick)) => {
                self.room = room.unwrap_or_else(|| self.room.clone());
                nick
            }
        };
        let room = self.room.clone();
        match nick {
            Some(nick) => {
                let join = Join {
                    nick,
                    room,
                    token: auth.token,
                    after: auth.after,
                };
                self.enter(join, Errand::Connect, ctx);
            }
            None => self.rooms.do_send(Look {
                room,
                token: auth.token,
                after: auth.after,
                seat: self.seat(ctx),
            }),
        }
    }

    /// A place in a room, of which all are reached the same way.
    fn seat(&self, ctx: &mut Context<Self>) -> Seat {
        let post = ctx.address().recipient().into();
        let seat = Seat::new(self.id, post, self.outflow.clone());
        // Nobody can come back by a token that goes with its page, so the nick is anyone's then.
        match self.keeps_token {
            true => seat,
            false => seat.passing(),
        }
    }

    /// Lets the client in, as who it turns out to be.
    pub(super) fn let_in(&mut self, known: bool) {
        if let Some(auth) = self.auth.take() {
            self.since = auth.after.filter(|_| known);
            self.socket.accept(Some(self.token.secret()));
        }
    }

    pub(super) fn turn_away(&mut self, refused: &Refused) {
        self.state = State::Over;
        self.socket.refuse(&refused.message, Some(refused));
    }

    pub(super) fn enter(&mut self, join: Join, errand: Errand, ctx: &mut Context<Self>) {
        if let Err(wait) = self.conduct.may_join(&join) {
            let refused = rate_limited("join", None, wait);
            return self.not_entered(refused, join, errand, ctx);
        }
        let enter = Enter {
            join: join.clone(),
            fresh: Some(self.token.clone()),
            seat: self.seat(ctx),
        };
        let elsewhere = join.room != self.room;
        self.state = State::Joining { join, errand };
        match self.watched.take_if(|_| elsewhere) {
            None => self.rooms.do_send(enter),
            // Nothing of that room's is to come after the other one's.
            Some(room) => {
                let away = room.send(LookAway(self.id)).into_actor(self);
                ctx.wait(away.map(move |_, session, _| session.rooms.do_send(enter)));
            }
        }
    }

    /// The room, or a quota, keeps somebody out.
    pub(super) fn not_entered(
        &mut self,
        refused: Refused,
        mut join: Join,
        errand: Errand,
        ctx: &mut Context<Self>,
    ) {
        self.state = State::Outside;
        match errand {
            Errand::Connect => self.turn_away(&refused),
            Errand::Login(ack) | Errand::Join(ack) => self.refuse(&refused, ack, false),
            Errand::Speak {
                text,
                offset,
                ack,
                tries,
            } => match refused.suggestion.clone() {
                Some(nick) if tries < TRIES => {
                    join.nick = nick;
                    let errand = Errand::Speak {
                        text,
                        offset,
                        ack,
                        tries: tries + 1,
                    };
                    self.enter(join, errand, ctx);
                }
                _ => self.refuse(&refused, ack, offset.is_some()),
            },
        }
    }
}
