//! What a room does with each message that its sessions send.

use actix::prelude::*;
use futures_util::FutureExt as _;
use shared::limits::PAGE_BYTES;
use shared::{Anchor, CloseCode, Member, ServerMessage, Token};
use tokio::sync::oneshot;

use super::catch_up::{catch_up, read_on};
use super::messages::{Abandon, Drain, Enter, Leave, ReadOn, ReadPage, Rename, Say, Typing};
use super::{ChatServer, refusals};
use crate::fanout::Frames;
use crate::history::{Bounds, Span};
use crate::random;
use crate::room::batch::BatchFull;
use crate::room::identity;
use crate::room::roster::Admission;
use crate::room::{Draft, Speaker};

impl Handler<Enter> for ChatServer {
    type Result = ();

    fn handle(&mut self, Enter { join, seat }: Enter, ctx: &mut Self::Context) {
        let Some(head) = self.head.clone().filter(|_| self.draining.is_none()) else {
            return seat.close(CloseCode::GoingAway);
        };
        let token = join
            .token
            .unwrap_or_else(|| Token::from_random(random::bits()));
        let author = identity::author(&self.name, &token);
        if self.members.len() >= self.config.members && !self.members.has(&author) {
            return seat.turn_away(Frames::encode(&[refusals::room_full()]));
        }
        let speaker = Speaker {
            author,
            session: seat.id(),
        };
        match self.members.admit(join.nick.clone(), speaker.clone(), seat) {
            Err((taken, seat)) => {
                let refused = refusals::nick_taken("join", &join.nick, taken);
                return seat.turn_away(Frames::encode(&[refused]));
            }
            Ok(Admission::New) => {
                let author = speaker.author.clone();
                self.notices.joined(Member {
                    author,
                    nick: join.nick,
                });
            }
            Ok(Admission::TookOver {
                previous,
                renamed_from,
            }) => {
                previous.close(CloseCode::TakenOver);
                if let Some(from) = renamed_from {
                    self.notices
                        .renamed(speaker.author.clone(), from, join.nick);
                }
            }
        }
        self.notify(ctx);
        let read = catch_up(self.history.clone(), self.name.clone(), join.after, head);
        ctx.spawn(
            read.into_actor(self)
                .map(move |read, room, ctx| match read {
                    Ok(caught_up) => room.welcome(&speaker, token, caught_up, ctx),
                    Err(error) => {
                        tracing::debug!(room = %room.name, %error, "could not read for a welcome");
                        if let Some((member, seat)) = room.members.remove(&speaker) {
                            room.notices.left(member);
                            room.notify(ctx);
                            let refused = refusals::unavailable("join", None);
                            seat.turn_away(Frames::encode(&[refused]));
                        }
                    }
                }),
        );
    }
}

impl Handler<Say> for ChatServer {
    type Result = ();

    fn handle(&mut self, Say { from, id, text }: Say, ctx: &mut Self::Context) {
        let Some((nick, _)) = self.members.get_mut(&from) else {
            return; // Taken over, or closed, meanwhile: its client says it again.
        };
        if self.draining.is_some() {
            return;
        }
        let draft = Draft {
            id,
            author: from.author.clone(),
            nick: nick.clone(),
            text,
        };
        let id = draft.id.clone();
        match self.pending.add(from.clone(), draft) {
            Ok(()) => self.append(ctx),
            Err(BatchFull) => self.answer(&from, &refusals::busy(&id), ctx),
        }
    }
}

impl Handler<ReadPage> for ChatServer {
    type Result = ();

    fn handle(&mut self, ReadPage { from, request }: ReadPage, ctx: &mut Self::Context) {
        let Some(head) = &self.head else { return };
        let span = match request.anchor {
            Anchor::Before(seq) => Span::Before(seq),
            // What has not been delivered yet comes live.
            Anchor::After(seq) => Span::After {
                seq,
                until: head.seq,
            },
        };
        let bounds = Bounds {
            entries: usize::from(request.limit),
            bytes: PAGE_BYTES,
        };
        let read = self.history.read(&self.name, span, bounds).into_actor(self);
        ctx.spawn(read.map(move |page, room, ctx| {
            let message = match page {
                Ok(page) => ServerMessage::Page {
                    entries: page.entries,
                    more: page.more,
                },
                Err(error) => {
                    tracing::debug!(room = %room.name, %error, "could not read a page");
                    refusals::unavailable("page", None)
                }
            };
            room.answer(&from, &message, ctx);
        }));
    }
}

impl Handler<ReadOn> for ChatServer {
    type Result = ();

    fn handle(&mut self, ReadOn(from): ReadOn, ctx: &mut Self::Context) {
        let (Some(head), Some((_, seat))) = (&self.head, self.members.get_mut(&from)) else {
            return;
        };
        let (until, Some(after)) = (head.seq, seat.read_on()) else {
            return; // It did not wait for anything.
        };
        let (history, room) = (self.history.clone(), self.name.clone());
        let read = async move { read_on(&history, &room, after, until).await };
        ctx.spawn(
            read.into_actor(self)
                .map(move |page, room, ctx| match page {
                    Ok(page) => room.missed(&from, page, until, ctx),
                    Err(error) => {
                        tracing::error!(room = %room.name, %error, "could not read what was missed");
                        room.close(&from, CloseCode::Failure, ctx);
                    }
                }),
        );
    }
}

impl Handler<Rename> for ChatServer {
    type Result = ();

    fn handle(&mut self, Rename { from, nick }: Rename, ctx: &mut Self::Context) {
        match self.members.rename(&from, nick.clone()) {
            Ok(Some(old)) if old != nick => {
                self.notices.renamed(from.author.clone(), old, nick);
                self.notify(ctx);
                self.answer_frames(&from, &Frames::none(), ctx);
            }
            Ok(_) => self.answer_frames(&from, &Frames::none(), ctx),
            Err(taken) => {
                let refused = refusals::nick_taken("nick", &nick, taken);
                self.answer(&from, &refused, ctx);
            }
        }
    }
}

impl Handler<Typing> for ChatServer {
    type Result = ();

    fn handle(&mut self, Typing(from): Typing, ctx: &mut Self::Context) {
        if let Some((nick, _)) = self.members.get_mut(&from) {
            self.notices.typing(nick);
            self.notify(ctx);
        }
    }
}

impl Handler<Leave> for ChatServer {
    type Result = ();

    fn handle(&mut self, Leave(from): Leave, ctx: &mut Self::Context) {
        self.leave(&from, ctx);
    }
}

impl Handler<Abandon> for ChatServer {
    type Result = ();

    fn handle(&mut self, abandoned: Abandon, ctx: &mut Self::Context) {
        if let Some(speaker) = self.members.find(abandoned.session) {
            self.leave(&speaker, ctx);
        }
    }
}

impl Handler<Drain> for ChatServer {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Drain, ctx: &mut Self::Context) -> Self::Result {
        let (done, drained) = oneshot::channel();
        self.draining.get_or_insert_default().push(done);
        self.append(ctx);
        drained.map(|_| ()).boxed_local()
    }
}
