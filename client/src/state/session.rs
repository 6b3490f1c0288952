//! A visit to one room, whole: what happens goes in as [`Event`]s, what is to be done comes out
//! as [`Effect`]s. Everything the views show is in here.

mod line;
mod nicks;
mod refusals;

use std::collections::VecDeque;

use shared::{
    Anchor, ClientMessage, Entry, EntryBody, Limits, Nick, PageRequest, Presence, RefusalCode,
    RoomName, ServerMessage, Token, Welcome, limits,
};

use super::typing::Typing;
use super::{
    Connection, Effect, Event, Heard, Lead, Me, Millis, Outbox, Pages, Problem, Pulse, Remembered,
    Rename, Roster, Stage, Timeline,
};

pub use line::OVERDUE_MS;

/// How many entries stay when a long log is cut; the rest can be fetched again.
const KEPT_ENTRIES: usize = 10_000;

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
    lead: Lead,
    pulse: Pulse,
    /// Why the attempt under way has come to nothing.
    turned_away: Option<RefusalCode>,
    /// Why the server lets nobody in for now, where it said so.
    pub kept_out: Option<RefusalCode>,
    pub me: Option<Me>,
    pub rename: Rename,
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
    pub fn new(room: RoomName, remembered: Option<Remembered>) -> Self {
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
            lead: Lead::None,
            pulse: Pulse::default(),
            turned_away: None,
            kept_out: None,
            me: None,
            rename: Rename::Closed,
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
            outbox: Outbox::default(),
            pages: Pages::default(),
            recovered: None,
            heard: VecDeque::new(),
        }
    }

    pub fn room(&self) -> &RoomName {
        &self.room
    }

    /// The nick last used or wished for here.
    pub fn nick(&self) -> Option<&Nick> {
        self.nick.as_ref()
    }

    /// Whether another tab of the visitor is in the room.
    pub fn is_elsewhere(&self) -> bool {
        matches!(self.connection, Connection::Elsewhere | line::TAKEN_OVER)
    }

    /// Whether older entries are on their way.
    pub fn loads_older(&self) -> bool {
        self.pages
            .holds(|anchor| matches!(anchor, Anchor::Before(_)))
    }

    /// Whether this tab leads: it alone writes what the browser keeps of the outbox.
    pub fn leads(&self) -> bool {
        self.lead == Lead::Held
    }

    /// When to send [`Event::Tick`], if nothing else happens before.
    pub fn wake_at(&self) -> Option<Millis> {
        let live = self.connection.is_live();
        [
            self.connection.wake_at(),
            self.typing.wake_at(),
            self.outbox.wake_at().filter(|_| live),
            self.pages.wake_at().filter(|_| live),
            self.rename.wake_at().filter(|_| live),
            self.pulse.wake_at().filter(|_| live),
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
            Event::Hide => self.hide(&mut effects),
            Event::Show => self.show(now, &mut effects),
            Event::Led { remembered, drafts } => {
                self.led(remembered, drafts, now, &mut effects);
            }
            Event::LedElsewhere => self.led_elsewhere(),
            Event::Lost => self.lost(&mut effects),
            Event::Say { id, text } => {
                self.outbox.push(id, text, now);
                self.typing.sent();
                self.lead_to_say(now, &mut effects);
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
            Event::EditNick => self.edit_nick(&mut effects),
            Event::Rename(nick) => self.rename(nick, now, &mut effects),
            Event::CancelRename => self.close_rename(&mut effects),
            Event::Leave => self.leave(&mut effects),
            Event::Tick => self.tick(now, &mut effects),
            Event::Server(message) => {
                self.pulse.heard(now);
                self.hear(message, now, &mut effects);
            }
            Event::Unread => self.pulse.heard(now),
            Event::Closed { code, come_back_ms } => {
                self.closed(code, come_back_ms, now, &mut effects);
            }
        }
        self.flush(now, &mut effects);
        effects
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
                // What was missed is told by its number; it is not read out.
                let is_new = !self.timeline.was_missed(entry.seq);
                self.timeline.live(&entry);
                self.hear_entry(entry, is_new);
                self.want_gap();
            }
        }
    }

    fn presence(&mut self, mut presence: Presence, effects: &mut Vec<Effect>) {
        for member in &presence.left {
            self.typing.done(&member.nick);
        }
        self.renamed(&mut presence, effects);
        let no_news = self.roster.presence(&presence);
        presence.joined.retain(|m| !no_news.contains(&m.author));
        presence.left.retain(|m| !no_news.contains(&m.author));
        let own = self.me.as_ref().map(|me| &me.author);
        self.timeline.presence(&presence, own);
    }

    fn hear_entry(&mut self, entry: Entry, is_new: bool) {
        let EntryBody::Said { nick, text } = entry.body else {
            return;
        };
        self.typing.done(&nick);
        if is_new && self.me.as_ref().is_none_or(|me| me.author != entry.author) {
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
        self.kept_out = None;
        self.pulse = Pulse::begin(welcome.limits.ping_ms, now);
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

    fn want_gap(&mut self) {
        if let Some(seq) = self.timeline.gap() {
            self.want(Anchor::After(seq));
        }
    }

    fn want_news(&mut self) {
        if let Some(position) = self.timeline.position() {
            self.want(Anchor::After(position.seq));
        }
    }

    fn want(&mut self, anchor: Anchor) {
        if self.connection.is_live() {
            self.pages.want(anchor);
        }
    }

    /// Sends what waits, but nothing before `welcome`: the server would refuse it. Messages wait for
    /// all that was missed, too: they may be among it.
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
        if self.timeline.has_caught_up()
            && let Some((id, text)) = self.outbox.next(now)
        {
            effects.push(Effect::Send(ClientMessage::Say { id, text }));
        }
    }
}

#[cfg(test)]
pub mod tests;
