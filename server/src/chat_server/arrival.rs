//! Coming: who is let in, and under which nick.

use actix::prelude::*;
use futures_util::TryFutureExt as _;
use futures_util::future::BoxFuture;
use shared::{
    AuthorId, CloseCode, Fault, Member, Nick, Position, Presence, Renamed, ServerMessage, Token,
};

use super::catch_up::catch_up;
use super::messages::Enter;
use super::{ChatServer, Seat, refusals};
use crate::fanout::Frames;
use crate::history::HistoryError;
use crate::random;
use crate::room::nick::Name;
use crate::room::roster::Admission;
use crate::room::visit::Claim;
use crate::room::{Speaker, identity};

/// Somebody on the way in.
pub(super) struct Arrival {
    pub(super) seat: Seat,
    name: Name,
    token: Token,
    /// The token for whose is good no more, where it has been made already.
    fresh: Option<Token>,
    /// Whether the token was made just now.
    first_visit: bool,
    after: Option<Position>,
}

impl ChatServer {
    /// Begins to let somebody in: finds out who it is.
    pub(super) fn arrive(&mut self, enter: Enter, ctx: &mut Context<Self>) {
        let Enter {
            join,
            mut fresh,
            seat,
        } = enter;
        self.expire(ctx);
        let known = join.token.is_some();
        let token = join.token.or_else(|| fresh.take());
        let token = token.unwrap_or_else(new_token);
        let author = identity::author(&self.name, &token);
        let name = match self.config.nicks.check(&join.nick) {
            Ok(name) => name,
            Err(fault) => {
                let refused = self.refuse_nick("join", &join.nick, &author, fault);
                return seat.turn_away(Frames::encode(&[refused]));
            }
        };
        let arrival = Arrival {
            seat,
            name,
            token,
            fresh,
            first_visit: !known,
            after: join.after,
        };
        if known && self.members.nick(&author).is_none() {
            self.look_up(author, arrival, ctx);
        } else {
            self.admit(author, arrival, ctx);
        }
    }

    /// Asks whether a token is still good. One that is not counts as none.
    fn look_up(&mut self, author: AuthorId, arrival: Arrival, ctx: &mut Context<Self>) {
        if let Some(earlier) = self.arrivals.insert(author.clone(), arrival) {
            // The answer that is on its way serves the later one.
            return earlier.seat.close(CloseCode::TakenOver);
        }
        let known = self.recall(&author).map_ok(|nick| nick.is_some());
        ctx.spawn(known.into_actor(self).map(move |known, room, ctx| {
            let Some(mut arrival) = room.arrivals.remove(&author) else {
                return; // Gone meanwhile.
            };
            let known = known.unwrap_or_else(|error| {
                // By not believing it somebody would lose their author.
                tracing::debug!(room = %room.name, %error, "could not look up a visitor");
                true
            });
            if known {
                return room.admit(author, arrival, ctx);
            }
            arrival.token = arrival.fresh.take().unwrap_or_else(new_token);
            arrival.first_visit = true;
            room.admit(identity::author(&room.name, &arrival.token), arrival, ctx);
        }));
    }

    /// Asks the store for the last nick of somebody whose token is still good.
    pub(super) fn recall(
        &self,
        author: &AuthorId,
    ) -> BoxFuture<'static, Result<Option<Nick>, HistoryError>> {
        let since = match self.config.token_ms {
            0 => 0,
            lifetime => self.config.clock.now_ms().saturating_sub(lifetime),
        };
        self.stores.visitors.known(&self.name, author, since)
    }

    /// Gives the nick, if it can be had, and begins to read for the `welcome`.
    fn admit(&mut self, author: AuthorId, arrival: Arrival, ctx: &mut Context<Self>) {
        let Arrival {
            seat,
            name,
            token,
            first_visit,
            after,
            ..
        } = arrival;
        let Some(head) = self.head.clone().filter(|_| self.draining.is_none()) else {
            return seat.close(CloseCode::GoingAway);
        };
        // Most likely the same visitor, whose first `welcome` went astray.
        for ghost in self.members.ghosts(&name, &author) {
            if let Some(seat) = self.leave(&ghost, ctx) {
                seat.close(CloseCode::Failure);
            }
        }
        if self.is_full_for(&author, ctx) {
            return seat.turn_away(Frames::encode(&[refusals::room_full()]));
        }
        let nick = name.nick.clone();
        let speaker = Speaker {
            author: author.clone(),
            session: seat.id(),
        };
        match self.members.admit(name, speaker.clone(), seat, first_visit) {
            Err((clash, seat)) => {
                let fault = refusals::clash(&nick, clash);
                let refused = self.refuse_nick("join", &nick, &author, fault);
                return seat.turn_away(Frames::encode(&[refused]));
            }
            Ok(Admission::Joined) => self.notices.joined(Member {
                author: author.clone(),
                nick: nick.clone(),
            }),
            Ok(Admission::Resumed {
                previous,
                renamed_from,
            }) => {
                if let Some(previous) = previous {
                    previous.close(CloseCode::TakenOver);
                }
                if let Some(from) = renamed_from {
                    self.notices.renamed(author.clone(), from, nick.clone());
                }
            }
        }
        self.notify(ctx);
        // Whoever looked on until now is shown the rest as a member.
        let looked_on = self.onlookers.remove(&speaker.session);
        let looked_on = looked_on.map(Seat::vacate).is_some();
        let stored = self.record(author, nick, self.claim(&speaker));
        let read = catch_up(self.reads.clone(), after, head);
        // The token is not handed out before the visitor is known by it.
        let read = async {
            stored.await;
            read.await
        };
        ctx.spawn(
            read.into_actor(self)
                .map(move |read, room, ctx| match read {
                    Ok(caught_up) => room.welcome(&speaker, token, caught_up, ctx),
                    Err(error) => {
                        tracing::debug!(room = %room.name, %error, "could not read for a welcome");
                        let Some(seat) = room.lose(&speaker, ctx) else {
                            return;
                        };
                        if looked_on {
                            // Shown nothing any more: they come back to look again.
                            seat.close(CloseCode::Failure);
                        } else {
                            let refused = refusals::unavailable("join", None);
                            seat.turn_away(Frames::encode(&[refused]));
                        }
                    }
                }),
        );
    }

    /// Gives a member another nick: told to the asker, and to all.
    pub(super) fn rename(&mut self, from: &Speaker, nick: &Nick, ctx: &mut Context<Self>) {
        self.expire(ctx);
        let renamed = self.config.nicks.check(nick).and_then(|name| {
            let nick = name.nick.clone();
            let before = self.members.rename(from, name);
            let before = before.map_err(|clash| refusals::clash(&nick, clash))?;
            Ok(before.map(|before| (before, nick)))
        });
        let (before, nick) = match renamed {
            Err(fault) => {
                let refused = self.refuse_nick("nick", nick, &from.author, fault);
                return self.answer(from, &refused, ctx);
            }
            Ok(None) => return, // Taken over meanwhile.
            Ok(Some(changed)) => changed,
        };
        let author = from.author.clone();
        let answer = ServerMessage::Presence(Presence {
            renamed: vec![Renamed {
                author: author.clone(),
                from: before.clone(),
                to: nick.clone(),
            }],
            online: self.online(),
            ..Presence::default()
        });
        if before == nick {
            return self.answer(from, &answer, ctx);
        }
        let stored = self.record(author.clone(), nick.clone(), self.claim(from));
        self.notices.renamed(author, before, nick);
        self.notify(ctx);
        // Nobody is promised a nick that a server which is killed now would have forgotten.
        let from = from.clone();
        ctx.spawn(stored.into_actor(self).map(move |(), room, ctx| {
            room.answer(&from, &answer, ctx);
        }));
    }

    fn refuse_nick(&self, of: &str, nick: &Nick, author: &AuthorId, fault: Fault) -> ServerMessage {
        let taken = |name: &Name| self.members.clash(name, author).is_some();
        ServerMessage::Refused(refusals::nick(of, nick, fault, &self.config.nicks, taken))
    }

    /// What is remembered of a member's nick: where no token is there to come back by nobody could
    /// claim it.
    pub(super) fn claim(&self, speaker: &Speaker) -> Claim {
        if self.is_passing(speaker) {
            Claim::Free
        } else {
            Claim::Present
        }
    }
}

fn new_token() -> Token {
    Token::from_random(random::bits())
}
