//! A visit to one room, whole: what happens goes in as [`Event`]s, what is to be done comes out
//! as [`Effect`]s. Everything the views show is in here.

use std::collections::VecDeque;
use std::mem;

use shared::{
    Anchor, ClientMessage, Entry, EntryBody, Join, Limits, Nick, PageRequest, Presence,
    RefusalCode, Refused, RoomName, ServerMessage, Token, Welcome, limits,
};

use super::connection::ATTEMPT_MS;
use super::typing::Typing;
use super::{
    Connection, Effect, Event, Heard, Me, Millis, Outbox, Pages, Problem, Remembered, Roster,
    Stage, Timeline,
};

/// How long to leave the server alone where it could not do something and named no time for it.
const PAUSE_MS: u64 = 2_000;

/// An attempt older than this may hang in a network that is gone; a reader who comes back should
/// not wait for its end.
const STALE_MS: u64 = 2_000;

/// An answer later than this means that the line is dead.
pub const OVERDUE_MS: u64 = 10_000;

/// How many entries stay when a long log is cut: a page or two of scrolling back, and the rest
/// can be fetched again.
const KEPT_ENTRIES: usize = 500;

/// How many messages stay in the live region: enough for a burst to be read out.
const HEARD: usize = 5;

/// A visit to one room.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    room: RoomName,
    nick: Option<Nick>,
    token: Option<Token>,
    pub stage: Stage,
    pub problem: Option<Problem>,
    pub connection: Connection,
    pub me: Option<Me>,
    pub limits: Limits,
    pub roster: Roster,
    pub timeline: Timeline,
    pub typing: Typing,
    pub outbox: Outbox,
    pages: Pages,
    /// How many missed messages the last come-back brought.
    pub recovered: Option<usize>,
    /// The last few, newest at the end.
    pub heard: VecDeque<Heard>,
}

impl Session {
    /// A visit to `room`, of somebody who may have been here before.
    pub fn new(room: RoomName, remembered: Option<Remembered>, outbox: Outbox) -> Self {
        let rejoin = remembered.as_ref().is_some_and(|before| before.rejoin);
        let (nick, token) = match remembered {
            Some(before) => (Some(before.nick), before.token),
            None => (None, None),
        };
        Self {
            room,
            nick,
            token,
            stage: if rejoin { Stage::Room } else { Stage::Form },
            problem: None,
            connection: Connection::Off,
            me: None,
            limits: Limits {
                text_chars: limits::TEXT_CHARS,
                text_bytes: limits::TEXT_BYTES,
                in_flight: 1,
                page_entries: limits::PAGE_ENTRIES,
                ping_ms: 0,
            },
            roster: Roster::default(),
            timeline: Timeline::default(),
            typing: Typing::default(),
            outbox,
            pages: Pages::default(),
            recovered: None,
            heard: VecDeque::new(),
        }
    }

    /// The nick last used or wished for here.
    pub fn nick(&self) -> Option<&Nick> {
        self.nick.as_ref()
    }

    /// Whether older entries are on their way.
    pub fn loads_older(&self) -> bool {
        self.pages
            .holds(|anchor| matches!(anchor, Anchor::Before(_)))
    }

    /// Takes up what another tab has kept of a visit here since this page was loaded: both are the
    /// same visitor.
    pub fn recall(&mut self, remembered: Option<Remembered>) {
        if self.token.is_none() {
            self.token = remembered.and_then(|visit| visit.token);
        }
    }

    /// When to send [`Event::Tick`], if nothing else happens before.
    pub fn wake_at(&self) -> Option<Millis> {
        let live = self.connection.is_live();
        [
            self.connection.wake_at(),
            self.typing.wake_at(),
            self.outbox.wake_at().filter(|_| live),
            self.pages.wake_at().filter(|_| live),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Takes in what happened at `now`.
    pub fn handle(&mut self, event: Event, now: Millis) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Join(nick) => self.join(nick, now, &mut effects),
            Event::Edited => self.edited(&mut effects),
            Event::Connect => self.connect(now, &mut effects),
            Event::Wake => self.wake(now, &mut effects),
            Event::Say { id, text } => {
                self.outbox.push(id, text, now);
                self.typing.sent();
            }
            Event::Typed => {
                if self.connection.is_live() && self.typing.should_say(now) {
                    effects.push(Effect::Send(ClientMessage::Typing));
                }
            }
            Event::Older => {
                if let Some(seq) = self.timeline.older_than() {
                    self.want(Anchor::Before(seq));
                }
            }
            Event::Trim => self.timeline.keep_latest(KEPT_ENTRIES),
            Event::Retry { id, fresh } => self.outbox.retry(&id, fresh),
            Event::Discard(id) => self.outbox.settle(&id),
            Event::Leave => self.leave(&mut effects),
            Event::Tick => self.tick(now, &mut effects),
            Event::Server(message) => self.hear(message, now, &mut effects),
            Event::Closed { code, come_back_ms } => self.closed(code, come_back_ms, now),
        }
        self.flush(now, &mut effects);
        effects
    }

    fn wake(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        match self.connection {
            Connection::Waiting { .. } => self.connect(now, effects),
            Connection::Connecting { since, .. } if now.saturating_sub(since) >= STALE_MS => {
                self.connect(now, effects);
            }
            // A line may have died while nobody looked: ask for what is missing, and see whether
            // anything answers.
            Connection::Live { .. } => {
                if let Some(position) = self.timeline.position() {
                    self.want(Anchor::After(position.seq));
                }
            }
            _ => {}
        }
    }

    /// What the form holds is no longer what the next attempt would join with.
    fn edited(&mut self, effects: &mut Vec<Effect>) {
        let tries_again = matches!(
            self.connection,
            Connection::Waiting { .. } | Connection::Connecting { failures: 1.., .. }
        );
        if self.stage == Stage::Form && tries_again {
            self.connection = Connection::Off;
            effects.push(Effect::HangUp);
        }
    }

    fn join(&mut self, nick: Nick, now: Millis, effects: &mut Vec<Effect>) {
        self.problem = None;
        self.nick = Some(nick);
        if self.connection == Connection::Refused {
            self.connection = Connection::Connecting {
                failures: 0,
                since: now,
            };
            self.send_join(effects);
        } else {
            self.connection = Connection::Off;
            self.connect(now, effects);
        }
    }

    fn connect(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        if self.nick.is_none() || self.connection.is_live() {
            return;
        }
        self.connection = Connection::Connecting {
            failures: self.connection.failures(now),
            since: now,
        };
        effects.push(Effect::Open);
        self.send_join(effects);
    }

    fn send_join(&self, effects: &mut Vec<Effect>) {
        if let Some(nick) = self.nick.clone() {
            effects.push(Effect::Send(ClientMessage::Join(Join {
                nick,
                room: self.room.clone(),
                token: self.token.clone(),
                after: self.timeline.position(),
            })));
        }
    }

    fn leave(&mut self, effects: &mut Vec<Effect>) {
        if self.connection.is_live() {
            effects.push(Effect::Send(ClientMessage::Leave));
            effects.push(Effect::Close);
        } else {
            effects.push(Effect::HangUp);
        }
        if let Some(remembered) = self.remembered(false) {
            effects.push(Effect::Remember(remembered));
        }
        effects.push(Effect::FocusNick);
        let remembered = self.remembered(false);
        // What was written and did not go out goes with the next visit.
        let mut outbox = mem::take(&mut self.outbox);
        outbox.disconnected();
        *self = Self::new(self.room.clone(), remembered, outbox);
    }

    fn remembered(&self, rejoin: bool) -> Option<Remembered> {
        self.nick.clone().map(|nick| Remembered {
            nick,
            token: self.token.clone(),
            rejoin,
        })
    }

    fn tick(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        self.typing.expire(now);
        match self.connection {
            Connection::Waiting { until, .. } if now >= until => self.connect(now, effects),
            Connection::Connecting { since, .. } if now >= since + ATTEMPT_MS => {
                effects.push(Effect::GiveUp);
            }
            Connection::Live { .. } if self.is_overdue(now) => effects.push(Effect::GiveUp),
            _ => {}
        }
    }

    /// Whether an answer takes so long that the line must be dead, though nobody said so.
    fn is_overdue(&self, now: Millis) -> bool {
        [self.pages.asked_at(), self.outbox.sent_at()]
            .into_iter()
            .flatten()
            .any(|since| now.saturating_sub(since) >= OVERDUE_MS)
    }

    fn closed(&mut self, code: u16, come_back_ms: Option<u64>, now: Millis) {
        self.connection.closed(code, come_back_ms, now);
        self.pages = Pages::default();
        self.typing.clear();
        self.outbox.disconnected();
    }

    fn hear(&mut self, message: ServerMessage, now: Millis, effects: &mut Vec<Effect>) {
        match message {
            ServerMessage::Welcome(welcome) => self.welcome(&welcome, now, effects),
            ServerMessage::Presence(presence) => self.presence(presence, effects),
            ServerMessage::Typing { nicks } => {
                let own = self.me.as_ref().map(|me| &me.nick);
                self.typing.heard(nicks, own, now);
            }
            ServerMessage::Page { entries, more } => {
                if let Some(anchor) = self.pages.answered() {
                    for entry in &entries {
                        self.outbox.settle(&entry.id);
                    }
                    self.timeline.page(anchor, &entries, more);
                    self.want_gap();
                }
            }
            ServerMessage::Refused(refused) => self.refused(refused, now, effects),
            ServerMessage::Pong => {}
            ServerMessage::Entry(entry) => {
                self.outbox.settle(&entry.id);
                self.timeline.live(&entry);
                self.hear_entry(entry);
                self.want_gap();
            }
        }
    }

    fn presence(&mut self, mut presence: Presence, effects: &mut Vec<Effect>) {
        for member in &presence.left {
            self.typing.done(&member.nick);
        }
        let own = self.me.as_ref().map(|me| &me.author);
        let renamed = presence.renamed.iter().find(|r| Some(&r.author) == own);
        if let (Some(renamed), Some(me)) = (renamed, self.me.as_mut()) {
            me.nick = renamed.to.clone();
            self.nick = Some(renamed.to.clone());
            effects.extend(self.remembered(true).map(Effect::Remember));
        }
        let no_news = self.roster.presence(&presence);
        presence.joined.retain(|m| !no_news.contains(&m.author));
        presence.left.retain(|m| !no_news.contains(&m.author));
        let own = self.me.as_ref().map(|me| &me.author);
        self.timeline.presence(&presence, own);
    }

    fn hear_entry(&mut self, entry: Entry) {
        let EntryBody::Said { nick, text } = entry.body else {
            return;
        };
        self.typing.done(&nick);
        if self.me.as_ref().is_none_or(|me| me.author != entry.author) {
            if self.heard.len() == HEARD {
                self.heard.pop_front();
            }
            self.heard.push_back(Heard {
                seq: entry.seq,
                nick,
                text,
            });
        }
    }

    fn welcome(&mut self, welcome: &Welcome, now: Millis, effects: &mut Vec<Effect>) {
        let failures = self.connection.failures(now);
        let came_back = self.me.is_some();
        self.connection = Connection::Live {
            failures,
            since: now,
        };
        self.me = Some(Me {
            author: welcome.author.clone(),
            nick: welcome.nick.clone(),
        });
        self.nick = Some(welcome.nick.clone());
        self.token = Some(welcome.token.clone());
        self.limits = welcome.limits;
        self.problem = None;
        self.roster.welcome(&welcome.members, welcome.online);
        self.pages = Pages::default();
        self.recovered = self
            .timeline
            .welcome(welcome)
            .filter(|missed| came_back && *missed > 0);
        for entry in &welcome.entries {
            self.outbox.settle(&entry.id);
        }
        effects.extend(self.remembered(true).map(Effect::Remember));
        if self.stage == Stage::Form {
            self.stage = Stage::Room;
            effects.push(Effect::FocusComposer);
        }
    }

    fn refused(&mut self, refused: Refused, now: Millis, effects: &mut Vec<Effect>) {
        let busy = matches!(refused.code, RefusalCode::Busy | RefusalCode::Unavailable);
        let wait_ms = refused.retry_after_ms.or(busy.then_some(PAUSE_MS));
        let retry_at = wait_ms.map(|ms| now.saturating_add(ms));
        match refused.of.as_deref() {
            Some("join") if !self.connection.is_live() => {
                self.join_refused(refused, wait_ms, effects);
            }
            Some("say") => self
                .outbox
                .refuse(refused.id.as_deref(), refused.code, retry_at),
            Some("page") => self.pages.refused(retry_at.unwrap_or(now + PAUSE_MS)),
            _ => {}
        }
    }

    fn join_refused(&mut self, refused: Refused, wait_ms: Option<u64>, effects: &mut Vec<Effect>) {
        if refused.code == RefusalCode::InvalidToken && self.token.take().is_some() {
            return self.send_join(effects);
        }
        if let (Some(at_least_ms), Connection::Connecting { .. }) = (wait_ms, self.connection) {
            return effects.push(Effect::ComeBack { at_least_ms });
        }
        self.stage = Stage::Form;
        self.connection = Connection::Refused;
        self.problem = Some(match (refused.code, self.nick.clone()) {
            (code @ (RefusalCode::NickTaken | RefusalCode::InvalidNick), Some(nick)) => {
                Problem::Nick {
                    nick,
                    code,
                    suggestion: refused.suggestion,
                }
            }
            (code, _) => Problem::Room(code),
        });
        effects.push(Effect::FocusNick);
    }

    fn want_gap(&mut self) {
        if let Some(seq) = self.timeline.gap() {
            self.want(Anchor::After(seq));
        }
    }

    fn want(&mut self, anchor: Anchor) {
        if self.connection.is_live() {
            self.pages.want(anchor);
        }
    }

    /// Sends what waits, but nothing before `welcome`: the server would refuse it.
    fn flush(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        if !self.connection.is_live() {
            return;
        }
        if let Some(anchor) = self.pages.next(now) {
            let most = match anchor {
                Anchor::Before(_) => limits::WELCOME_ENTRIES,
                Anchor::After(_) => limits::PAGE_ENTRIES,
            };
            effects.push(Effect::Send(ClientMessage::Page(PageRequest {
                anchor,
                limit: most.min(self.limits.page_entries).max(1),
            })));
        }
        if let Some((id, text)) = self.outbox.next(now) {
            effects.push(Effect::Send(ClientMessage::Say { id, text }));
        }
    }
}

#[cfg(test)]
pub mod tests;
