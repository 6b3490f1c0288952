//! Onlookers: who reads what is said without being in the room. They have a seat as members have, and
//! see everything once and in order as those do, but no nick, and nobody is told of them. Reached by
//! their mailbox: what is cast past sessions is counted by members.

use actix::prelude::*;
use futures_util::FutureExt as _;
use futures_util::future::{Either, join, ready};
use shared::{CloseCode, Nick};

use super::catch_up::{CaughtUp, catch_up};
use super::messages::{Deliver, Look, LookAway};
use super::{ChatServer, refusals};
use crate::fanout::Frames;
use crate::history::HistoryError;
use crate::room::{SessionId, identity};

/// Whether the room knows somebody, and by which nick.
type Known = (bool, Option<Nick>);

impl ChatServer {
    /// Shows what was said just now.
    pub(super) fn show_onlookers(&mut self, frames: &Frames) {
        let onlookers = self.onlookers.iter_mut();
        let slow: Vec<_> = onlookers
            .filter_map(|(session, seat)| seat.deliver_entries(frames, 0).err().map(|_| *session))
            .collect();
        for session in slow {
            self.close_onlooker(session, CloseCode::TooSlow);
        }
    }

    pub(super) fn close_onlooker(&mut self, session: SessionId, code: CloseCode) {
        if let Some(seat) = self.onlookers.remove(&session) {
            seat.close(code);
        }
    }

    fn looked(
        &mut self,
        session: SessionId,
        (known, nick): Known,
        caught_up: Result<CaughtUp, HistoryError>,
        room: Addr<Self>,
    ) {
        let caught_up = match caught_up {
            Ok(caught_up) => caught_up,
            Err(error) => {
                tracing::debug!(room = %self.name, %error, "could not read for an onlooker");
                if let Some(seat) = self.onlookers.remove(&session) {
                    let refused = refusals::unavailable("join", None);
                    seat.turn_away(Frames::encode(&[refused]));
                }
                return;
            }
        };
        let Some(seat) = self.onlookers.get_mut(&session) else {
            return; // Gone, or a member, meanwhile.
        };
        let frames = Frames::encode(&caught_up.page.entries);
        let (shown, bytes) = (caught_up.position.seq, frames.bytes());
        let looking = |behind| Deliver::Looking {
            frames,
            position: caught_up.position,
            recovered: caught_up.recovered,
            behind,
            room,
            known,
            nick,
        };
        if seat
            .welcome(shown, caught_up.behind, bytes, looking, &self.audience)
            .is_err()
        {
            self.close_onlooker(session, CloseCode::TooSlow);
        }
    }
}

impl Handler<Look> for ChatServer {
    type Result = ();

    fn handle(&mut self, look: Look, ctx: &mut Self::Context) {
        let Some(head) = self.head.clone().filter(|_| self.draining.is_none()) else {
            return look.seat.close(CloseCode::GoingAway);
        };
        let session = look.seat.id();
        // From here on what is said waits for the page.
        self.onlookers.insert(session, look.seat);
        let author = look.token.map(|token| identity::author(&self.name, &token));
        let here = author.as_ref().and_then(|author| self.members.nick(author));
        let known = match (here, author.as_ref()) {
            (Some(nick), _) => Either::Left(ready((true, Some(nick.clone())))),
            (None, None) => Either::Left(ready((false, None))),
            (None, Some(author)) => Either::Right(self.recall(author).map(|nick| match nick {
                Ok(nick) => (nick.is_some(), nick),
                // By not believing it somebody would lose their author.
                Err(error) => {
                    tracing::debug!(%error, "could not look up a visitor");
                    (true, None)
                }
            })),
        };
        let both = join(known, catch_up(self.reads.clone(), look.after, head));
        ctx.spawn(
            both.into_actor(self)
                .map(move |(known, caught_up), room, ctx| {
                    room.looked(session, known, caught_up, ctx.address());
                }),
        );
    }
}

impl Handler<LookAway> for ChatServer {
    type Result = ();

    fn handle(&mut self, LookAway(session): LookAway, _: &mut Self::Context) {
        if let Some(seat) = self.onlookers.remove(&session) {
            seat.vacate();
        }
    }
}
