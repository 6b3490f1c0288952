//! What a room does with each message that its sessions send.

use actix::prelude::*;
use futures_util::FutureExt as _;
use shared::limits::PAGE_BYTES;
use shared::{Anchor, CloseCode, ServerMessage};
use tokio::sync::oneshot;

use super::catch_up::read_on;
use super::messages::{
    Abandon, Arrived, Drain, Enter, Expire, Leave, Lost, ReadOn, ReadPage, Rename, Say, Stay,
    Typing,
};
use super::{ChatServer, Seat, refusals};
use crate::history::{Bounds, Span};
use crate::room::Draft;
use crate::room::batch::BatchFull;

impl Handler<Enter> for ChatServer {
    type Result = ();

    fn handle(&mut self, enter: Enter, ctx: &mut Self::Context) {
        if self.draining.is_some() {
            return enter.seat.close(CloseCode::GoingAway);
        }
        self.arrive(enter, ctx);
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
        // Told after the message, it would stand there as if more were to come.
        self.notices.written(nick);
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
        let read = self
            .stores
            .history
            .read(&self.name, span, bounds)
            .into_actor(self);
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
        let Some(until) = self.head.as_ref().map(|head| head.seq) else {
            return;
        };
        let Some(after) = self.seat(&from).and_then(Seat::read_on) else {
            return; // It did not wait for anything.
        };
        let reads = self.reads.clone();
        let read = async move { read_on(&reads, after, until).await };
        ctx.spawn(
            read.into_actor(self)
                .map(move |page, room, ctx| match page {
                    Ok(page) => room.missed(&from, page, (after, until), ctx),
                    Err(error) => {
                        tracing::debug!(room = %room.name, %error, "could not read what was missed");
                        room.close_reader(&from, CloseCode::Failure, ctx);
                    }
                }),
        );
    }
}

impl Handler<Rename> for ChatServer {
    type Result = ();

    fn handle(&mut self, Rename { from, nick }: Rename, ctx: &mut Self::Context) {
        self.rename(&from, &nick, ctx);
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

impl Handler<Arrived> for ChatServer {
    type Result = ();

    fn handle(&mut self, Arrived(from): Arrived, ctx: &mut Self::Context) {
        self.settle(&from, ctx);
    }
}

impl Handler<Stay> for ChatServer {
    type Result = ();

    fn handle(&mut self, Stay(from): Stay, ctx: &mut Self::Context) {
        self.stay(&from, ctx);
    }
}

impl Handler<Leave> for ChatServer {
    type Result = ();

    fn handle(&mut self, Leave(from): Leave, ctx: &mut Self::Context) {
        if let Some(seat) = self.leave(&from, ctx) {
            seat.release();
        }
    }
}

impl Handler<Lost> for ChatServer {
    type Result = ();

    fn handle(&mut self, Lost(from): Lost, ctx: &mut Self::Context) {
        if let Some(seat) = self.lose(&from, ctx) {
            seat.release();
        }
    }
}

impl Handler<Abandon> for ChatServer {
    type Result = ();

    fn handle(&mut self, Abandon { session, .. }: Abandon, ctx: &mut Self::Context) {
        let arriving = self.arrivals.extract_if(|_, a| a.seat.id() == session);
        arriving.for_each(|(_, arrival)| arrival.seat.release());
        if let Some(seat) = self.onlookers.remove(&session) {
            seat.release();
        }
        if let Some(speaker) = self.members.find(session)
            && let Some(seat) = self.lose(&speaker, ctx)
        {
            seat.release();
        }
    }
}

impl Handler<Expire> for ChatServer {
    type Result = ();

    fn handle(&mut self, _: Expire, ctx: &mut Self::Context) {
        self.expiry = None;
        self.expire(ctx);
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
