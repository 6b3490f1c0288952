//! Going, and coming back: who still counts as here, whose nick is kept, and what is remembered of
//! them for the next connection or the next server.

use std::time::Duration;

use actix::prelude::*;
use futures_util::FutureExt as _;
use shared::{AuthorId, Member, Nick};

use super::messages::Expire;
use super::{ChatServer, Seat};
use crate::room::Speaker;
use crate::room::roster::Gone;
use crate::room::visit::{Claim, Visit};

impl ChatServer {
    /// A visitor goes, on purpose: nobody waits for them, and the nick is anyone's.
    pub(super) fn leave(&mut self, speaker: &Speaker, ctx: &mut Context<Self>) -> Option<Seat> {
        let (member, seat) = self.members.remove(speaker)?;
        self.part(member, Claim::Free, ctx);
        Some(seat)
    }

    /// The token of a first visit has arrived: from now on the nick is its visitor's.
    pub(super) fn settle(&mut self, speaker: &Speaker, ctx: &mut Context<Self>) {
        if self.members.settle(speaker)
            && let Some((nick, _)) = self.members.get_mut(speaker)
        {
            let nick = nick.clone();
            self.remember(speaker.author.clone(), nick, self.claim(speaker), ctx);
        }
    }

    /// A visitor has a token to come back by, and did not on coming in.
    pub(super) fn stay(&mut self, speaker: &Speaker, ctx: &mut Context<Self>) {
        if let Some((nick, seat)) = self.members.get_mut(speaker)
            && seat.stay()
        {
            let nick = nick.clone();
            self.remember(speaker.author.clone(), nick, self.claim(speaker), ctx);
        }
    }

    /// A connection has ended: its visitor may come back, unless no token is there to come back by.
    pub(super) fn lose(&mut self, speaker: &Speaker, ctx: &mut Context<Self>) -> Option<Seat> {
        if self.is_passing(speaker) {
            return self.leave(speaker, ctx);
        }
        let seat = self.members.lose(speaker, self.elapsed_ms())?;
        self.expire(ctx);
        Some(seat)
    }

    /// Whether somebody could not come back as who they are.
    pub(super) fn is_passing(&self, speaker: &Speaker) -> bool {
        let seat = self.members.address(speaker);
        self.members.is_tentative(speaker) || seat.is_some_and(Seat::is_passing)
    }

    /// Whether there is no room for somebody who is not here. Who is away gives way.
    pub(super) fn is_full_for(&mut self, author: &AuthorId, ctx: &mut Context<Self>) -> bool {
        if self.members.len() < self.config.members || self.members.has(author) {
            return false;
        }
        let gone = self.members.give_way(self.elapsed_ms());
        let is_full = gone.is_none();
        self.tell_gone(gone, ctx);
        is_full
    }

    /// Does what is due by now, whether its timer has come or not, and sets the next one.
    pub(super) fn expire(&mut self, ctx: &mut Context<Self>) {
        let now = self.elapsed_ms();
        let gone = self.members.expire(now);
        self.tell_gone(gone, ctx);
        let Some(due) = self.members.next_expiry() else {
            return;
        };
        if self.expiry.is_some_and(|(set, _)| set <= due) {
            return; // It comes in time, and sets the next one.
        }
        let wait = Duration::from_millis(due.saturating_sub(now));
        let timer = ctx.notify_later(Expire, wait);
        if let Some((_, earlier)) = self.expiry.replace((due, timer)) {
            ctx.cancel_future(earlier);
        }
    }

    fn tell_gone(&mut self, all: impl IntoIterator<Item = Gone>, ctx: &mut Context<Self>) {
        for Gone { member, held_ms } in all {
            let until = |ms| self.config.clock.now_ms().saturating_add(ms);
            let claim = held_ms.map_or(Claim::Free, |ms| Claim::Held { until: until(ms) });
            self.part(member, claim, ctx);
        }
    }

    /// Somebody is not here any more: remembered, and told.
    fn part(&mut self, member: Member, claim: Claim, ctx: &mut Context<Self>) {
        let (author, nick) = (member.author.clone(), member.nick.clone());
        self.remember(author, nick, claim, ctx);
        self.notices.left(member);
        self.notify(ctx);
    }

    /// Puts back who was here, or had a nick kept, when the room ended the last time.
    pub(super) fn restore(&mut self, visits: Vec<Visit>, ctx: &mut Context<Self>) {
        let (elapsed, now) = (self.elapsed_ms(), self.config.clock.now_ms());
        for Visit {
            author,
            nick,
            claim,
            ..
        } in visits
        {
            // A nick of before that breaks the rules of today is nobody's.
            let restored = self
                .config
                .nicks
                .check(&nick)
                .is_ok_and(|name| match claim {
                    Claim::Present => self.members.restore(&author, name, elapsed),
                    Claim::Held { until } => {
                        let left_ms = until.saturating_sub(now);
                        self.members.restore_hold(&author, name, left_ms, elapsed)
                    }
                    Claim::Free => true,
                });
            if !restored {
                self.remember(author, nick, Claim::Free, ctx);
            }
        }
        self.expire(ctx);
    }

    /// How long it has been going, in milliseconds: what absences are counted by.
    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.config.uptime.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Remembers a visitor; resolves when that is stored, or cannot be: a full disk keeps nobody
    /// out.
    pub(super) fn record(
        &self,
        author: AuthorId,
        nick: Nick,
        claim: Claim,
    ) -> impl Future<Output = ()> + use<> {
        let visit = Visit {
            author,
            nick,
            seen_at: self.config.clock.now_ms(),
            claim,
        };
        let room = self.name.clone();
        let stored = self.stores.visitors.record(&room, visit);
        stored.map(move |stored| {
            if let Err(error) = stored {
                tracing::debug!(%room, %error, "could not remember a visitor");
            }
        })
    }

    /// The same, where nobody waits for it.
    fn remember(&self, author: AuthorId, nick: Nick, claim: Claim, ctx: &mut Context<Self>) {
        ctx.spawn(self.record(author, nick, claim).into_actor(self));
    }
}
