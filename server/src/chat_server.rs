//! The ChatServer: the actor that is one room. Owns the nick-to-session-address map, the order of
//! what is said, and the batches on their way to the history; turns the rules of `room` into
//! deliveries. Knows sessions by address only, and nothing of sockets.

mod absence;
mod arrival;
mod catch_up;
mod handlers;
mod idle;
mod messages;
mod onlookers;
mod reads;
pub(crate) mod refusals;
mod seat;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use shared::limits::WELCOME_MEMBERS;
use shared::{
    AuthorId, CloseCode, Entry, Limits, MessageId, PROTOCOL, RoomName, Seq, ServerMessage, Token,
    Welcome,
};
use tokio::sync::oneshot;

pub use idle::{IsIdle, Retire};
pub use messages::{
    Abandon, Arrived, Deliver, Drain, Enter, Leave, Look, LookAway, Lost, ReadOn, ReadPage, Reader,
    Rename, Say, Stay, Typing,
};
pub use reads::Reads;
pub use seat::Seat;

use crate::clock::{Clock, Uptime};
use crate::fanout::{Audience, Frames, TooSlow};
use crate::history::{Appended, Head, History, Page};
use crate::room::batch::{Batch, BatchBounds};
use crate::room::nick::NickRules;
use crate::room::notices::Notices;
use crate::room::roster::{ClaimTerms, Roster};
use crate::room::{SessionId, Speaker};
use crate::visitors::Visitors;
use arrival::Arrival;
use catch_up::CaughtUp;

/// What a room needs to know of its server.
#[derive(Debug, Clone)]
pub struct RoomConfig {
    /// Bounds of what waits to be stored.
    pub pending: BatchBounds,
    /// How many may be in the room.
    pub members: usize,
    /// What `welcome` tells.
    pub limits: Limits,
    /// Milliseconds at least between two tellings of comings, goings and typing; 0 tells none.
    pub presence_ms: u64,
    /// Which nicks there may be.
    pub nicks: NickRules,
    /// How long they outlive a connection.
    pub claims: ClaimTerms,
    /// Milliseconds for which a token is good that is not used; 0 for ever.
    pub token_ms: u64,
    /// What time it is.
    pub clock: Clock,
    /// How long it has been going: a clock that is put right ends no grace time.
    pub(crate) uptime: Uptime,
}

/// Where a room keeps what is to outlive it.
#[derive(Clone)]
pub struct Stores {
    /// What is said.
    pub history: Arc<dyn History>,
    /// Who has been here.
    pub visitors: Arc<dyn Visitors>,
}

/// One room.
pub struct ChatServer {
    name: RoomName,
    config: RoomConfig,
    stores: Stores,
    /// What is read for those who come in.
    reads: Rc<Reads>,
    /// Nick to session address.
    members: Roster<Seat>,
    /// Those of them who follow what is cast.
    audience: Arc<Audience<Deliver>>,
    /// Who reads what is said and is not in the room.
    onlookers: HashMap<SessionId, Seat>,
    /// Whose tokens are being looked up.
    arrivals: HashMap<AuthorId, Arrival>,
    /// The timer for the next of the members, or nicks, to go, and when that is.
    expiry: Option<(u64, SpawnHandle)>,
    /// Where the log stood when the last entry was delivered: nobody has been shown more.
    head: Option<Head>,
    pending: Batch,
    /// One append at most is under way, so that entries come back in order.
    appending: bool,
    notices: Notices,
    /// A timer runs, to tell them if they are due.
    notice_due: bool,
    draining: Option<Vec<oneshot::Sender<()>>>,
}

impl ChatServer {
    /// A room that has not been started.
    pub fn new(name: RoomName, config: RoomConfig, stores: Stores) -> Self {
        let reads = Rc::new(Reads::new(stores.history.clone(), name.clone()));
        Self {
            name,
            reads,
            pending: Batch::new(config.pending),
            members: Roster::new(config.claims),
            config,
            stores,
            audience: Arc::default(),
            onlookers: HashMap::new(),
            arrivals: HashMap::new(),
            expiry: None,
            head: None,
            appending: false,
            notices: Notices::default(),
            notice_due: false,
            draining: None,
        }
    }

    /// Sends the next batch to the history, unless one is under way.
    fn append(&mut self, ctx: &mut Context<Self>) {
        if self.appending {
            return;
        }
        if self.audience.is_behind() {
            return self.append_later(ctx);
        }
        let Some((drafts, speakers)) = self.pending.take() else {
            return self.drained();
        };
        self.appending = true;
        let ids: Vec<_> = drafts.iter().map(|d| d.id.clone()).collect();
        let append = self
            .stores
            .history
            .append(&self.name, drafts)
            .into_actor(self);
        ctx.spawn(append.map(move |result, room, ctx| {
            room.appending = false;
            match result {
                Ok(appended) => room.appended(appended, &speakers, &ids, ctx),
                Err(error) => {
                    // The history tells of an outage once, this every batch of it.
                    tracing::debug!(room = %room.name, %error, "could not store a batch");
                    for (from, id) in speakers.iter().zip(&ids) {
                        let refused = refusals::not_stored(id, &error);
                        room.answer(from, &refused, ctx);
                    }
                }
            }
            room.append(ctx);
        }));
    }

    /// Does so when the members have been written what was said before: they are not to fall behind
    /// because of the server, and what is not accepted meanwhile is answered by `busy`.
    fn append_later(&mut self, ctx: &mut Context<Self>) {
        self.appending = true;
        let audience = self.audience.clone();
        let caught_up = async move { audience.caught_up().await };
        ctx.spawn(caught_up.into_actor(self).map(|(), room, ctx| {
            room.appending = false;
            room.append(ctx);
        }));
    }

    /// What is stored now goes to everyone, what was there before to its sender.
    fn appended(
        &mut self,
        appended: Vec<Appended>,
        speakers: &[Speaker],
        ids: &[MessageId],
        ctx: &mut Context<Self>,
    ) {
        let mut stored = Vec::new();
        let mut answered: HashMap<&Speaker, u32> = HashMap::new();
        let mut repeats = Vec::new();
        let mut conflicts = Vec::new();
        for ((outcome, from), id) in appended.into_iter().zip(speakers).zip(ids) {
            match outcome {
                Appended::Stored(entry) => {
                    stored.push(entry);
                    *answered.entry(from).or_default() += 1;
                }
                Appended::Repeat(entry) => repeats.push((from, entry)),
                Appended::Conflict => conflicts.push((from, id)),
            }
        }
        self.deliver(&stored, &answered, ctx);
        // After the entries: a repeat may be of one of them.
        for (from, entry) in repeats {
            let seq = entry.seq;
            let frames = Frames::encode(&[entry]);
            self.reply(from, ctx, |seat| seat.deliver_repeat(&frames, seq));
        }
        for (from, id) in conflicts {
            self.answer(from, &refusals::id_conflict(id), ctx);
        }
    }

    /// The one door through which entries leave: stored ones, in order.
    fn deliver(
        &mut self,
        entries: &[Entry],
        answered: &HashMap<&Speaker, u32>,
        ctx: &mut Context<Self>,
    ) {
        if let (Some(head), Some(last)) = (&mut self.head, entries.last()) {
            head.seq = last.seq;
            let frames = Frames::encode(entries);
            self.broadcast(&frames, answered, Seat::deliver_entries, ctx);
            self.show_onlookers(&frames);
        }
    }

    /// Casts frames to all who follow, and hands them to each of the others.
    fn broadcast(
        &mut self,
        frames: &Frames,
        answered: &HashMap<&Speaker, u32>,
        deliver: impl Fn(&mut Seat, &Frames, u32) -> Result<(), TooSlow>,
        ctx: &mut Context<Self>,
    ) {
        let answers: Vec<_> = answered
            .iter()
            .filter_map(|(speaker, requests)| {
                let following = self.members.address(speaker)?.following()?;
                Some((following, *requests))
            })
            .collect();
        self.audience.cast(frames, &answers);
        if self.audience.followers() == self.members.connected() {
            return;
        }
        let mut slow = Vec::new();
        for (speaker, seat) in self.members.iter_mut() {
            if seat.following().is_some() {
                continue;
            }
            let requests = answered.get(&speaker).copied().unwrap_or(0);
            if deliver(seat, frames, requests).is_err() {
                slow.push(speaker);
            }
        }
        for speaker in slow {
            self.evict(&speaker, ctx);
        }
    }

    /// Tells one member alone, in answer to a request.
    fn answer(&mut self, to: &Speaker, message: &ServerMessage, ctx: &mut Context<Self>) {
        let frames = Frames::encode(std::slice::from_ref(message));
        self.reply(to, ctx, |seat| seat.deliver(&frames, 1));
    }

    fn reply(
        &mut self,
        to: &Speaker,
        ctx: &mut Context<Self>,
        deliver: impl FnOnce(&mut Seat) -> Result<(), TooSlow>,
    ) {
        let outcome = self.members.get_mut(to).map(|(_, seat)| deliver(seat));
        if outcome == Some(Err(TooSlow)) {
            self.evict(to, ctx);
        }
    }

    fn evict(&mut self, speaker: &Speaker, ctx: &mut Context<Self>) {
        tracing::info!(room = %self.name, author = %speaker.author, "closes a slow reader");
        self.close(speaker, CloseCode::TooSlow, ctx);
    }

    fn close(&mut self, speaker: &Speaker, code: CloseCode, ctx: &mut Context<Self>) {
        if let Some(seat) = self.lose(speaker, ctx) {
            seat.close(code);
        }
    }

    /// Has the notices told soon.
    fn notify(&mut self, ctx: &mut Context<Self>) {
        if self.config.presence_ms == 0 {
            self.notices = Notices::default();
        } else if !std::mem::replace(&mut self.notice_due, true) {
            self.gather(u64::MAX, ctx);
        }
    }

    /// Lets notices gather, tells them if they are due, and goes on until there are none and another
    /// telling is paid for. `rested_ms` is the time since the last one.
    fn gather(&mut self, rested_ms: u64, ctx: &mut Context<Self>) {
        let gathering_ms = self.config.presence_ms;
        ctx.run_later(Duration::from_millis(gathering_ms), move |room, ctx| {
            let rested_ms = rested_ms.saturating_add(gathering_ms);
            match room.notices.take_due(room.members.len(), rested_ms) {
                None => room.gather(rested_ms, ctx),
                Some(messages) if messages.is_empty() => room.notice_due = false,
                Some(messages) => {
                    let frames = Frames::encode(&messages);
                    room.broadcast(&frames, &HashMap::new(), Seat::deliver, ctx);
                    room.gather(0, ctx);
                }
            }
        });
    }

    /// The answer to who has been let in and whose page has been read.
    fn welcome(
        &mut self,
        to: &Speaker,
        token: Token,
        caught_up: CaughtUp,
        ctx: &mut Context<Self>,
    ) {
        let (members, online) = (
            self.members.sample(&to.author, WELCOME_MEMBERS),
            self.online(),
        );
        self.notices.witnessed();
        let shown = caught_up.position.seq;
        let first_visit = self.members.is_tentative(to);
        let Some((nick, seat)) = self.members.get_mut(to) else {
            return; // Gone, or taken over, while the page was read.
        };
        let welcome = ServerMessage::Welcome(Box::new(Welcome {
            protocol: PROTOCOL,
            room: self.name.clone(),
            nick: nick.clone(),
            author: to.author.clone(),
            token,
            position: caught_up.position,
            recovered: caught_up.recovered,
            entries: caught_up.page.entries,
            missed: caught_up.missed,
            more: caught_up.page.more,
            members,
            online,
            limits: self.config.limits,
        }));
        let frames = Frames::encode(&[welcome]);
        let bytes = frames.bytes();
        let joined = |behind| Deliver::Joined {
            frames,
            room: ctx.address(),
            author: to.author.clone(),
            behind,
            first_visit,
        };
        if seat
            .welcome(shown, caught_up.behind, bytes, joined, &self.audience)
            .is_err()
        {
            self.evict(to, ctx);
        }
    }

    /// The next page for who is behind: what comes after one entry, and before all that is said
    /// from now on, which begins after `until`.
    fn missed(
        &mut self,
        to: &Reader,
        page: Page,
        (after, until): (Seq, Seq),
        ctx: &mut Context<Self>,
    ) {
        let first = page.entries.first().map_or(until, |entry| entry.seq);
        if after < until && first != after.next() {
            // Some have been removed meanwhile: they come back to be told so.
            return self.close_reader(to, CloseCode::TooSlow, ctx);
        }
        let audience = self.audience.clone();
        let Some(seat) = self.seat(to) else {
            return; // Gone, or taken over, while the page was read.
        };
        let last = page.entries.last().map(|entry| entry.seq);
        let shown = last.filter(|_| page.more).unwrap_or(until);
        let frames = Frames::encode(&page.entries);
        if seat.missed(frames, shown, page.more, &audience).is_err() {
            self.close_reader(to, CloseCode::TooSlow, ctx);
        }
    }

    /// Where somebody is reached who reads.
    fn seat(&mut self, reader: &Reader) -> Option<&mut Seat> {
        match reader {
            Reader::Member(speaker) => self.members.get_mut(speaker).map(|(_, seat)| seat),
            Reader::Onlooker(session) => self.onlookers.get_mut(session),
        }
    }

    fn close_reader(&mut self, reader: &Reader, code: CloseCode, ctx: &mut Context<Self>) {
        match reader {
            Reader::Member(speaker) if code == CloseCode::TooSlow => self.evict(speaker, ctx),
            Reader::Member(speaker) => self.close(speaker, code, ctx),
            Reader::Onlooker(session) => self.close_onlooker(*session, code),
        }
    }

    /// How many are here, as it is told.
    fn online(&self) -> u32 {
        u32::try_from(self.members.len()).unwrap_or(u32::MAX)
    }

    /// Ends a drain, once nothing is left to be stored.
    fn drained(&mut self) {
        if let Some(waiting) = &mut self.draining {
            // They stay present in what is remembered: the next server expects them back.
            let arriving = self.arrivals.drain().map(|(_, arrival)| arrival.seat);
            let onlookers = self.onlookers.drain().map(|(_, seat)| seat);
            for seat in self.members.drain().chain(arriving).chain(onlookers) {
                seat.close(CloseCode::GoingAway);
            }
            for done in waiting.drain(..) {
                let _ = done.send(()); // Who asked may have given up.
            }
        }
    }
}

impl Actor for ChatServer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // Nobody is let in before the room knows where its log stands, and whose nicks are taken.
        let head = self.stores.history.head(&self.name);
        let now = self.config.clock.now_ms();
        let open = self.stores.visitors.open(&self.name, now);
        let both = futures_util::future::join(head, open).into_actor(self);
        ctx.wait(both.map(|(head, open), room, ctx| {
            match (head, open) {
                (Ok(head), Ok(visits)) => {
                    room.head = Some(head);
                    room.restore(visits, ctx);
                }
                // Nobody's nick is to be another's because of it.
                (Err(error), _) | (_, Err(error)) => {
                    tracing::error!(room = %room.name, %error, "could not open a room");
                    ctx.stop();
                }
            }
        }));
    }
}
