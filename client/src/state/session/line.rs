//! How a visit gets its line and its lead, and what becomes of it when they go.

use std::mem;

use shared::{ClientMessage, CloseCode, Join, Nick};

use super::Session;
use crate::state::connection::ATTEMPT_MS;
use crate::state::pulse::Sign;
use crate::state::{Connection, Draft, Effect, Lead, Millis, Pages, Pulse, Remembered, Stage};

/// An attempt older than this may hang in a network that is gone; a reader who comes back should
/// not wait for its end.
const STALE_MS: u64 = 2_000;

/// A line that was heard within this time is alive: a browser tells of a reader's return by several
/// events at once.
const QUIET_MS: u64 = 1_000;

/// An answer later than this means that the line is dead.
pub const OVERDUE_MS: u64 = 10_000;

pub(super) const TAKEN_OVER: Connection = Connection::Away {
    code: CloseCode::TakenOver.code(),
};

impl Session {
    /// The visitor joins by the form.
    pub(super) fn join(&mut self, nick: Nick, now: Millis, effects: &mut Vec<Effect>) {
        self.problem = None;
        self.kept_out = None;
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

    /// Wants a line, and the lead before it.
    pub(super) fn connect(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        if self.nick.is_none() || self.connection.is_live() {
            return;
        }
        // Who sees that another tab has the room and still wants it, wants it here.
        let take = self.is_elsewhere();
        self.connection = Connection::Connecting {
            failures: self.connection.failures(now),
            since: now,
        };
        if self.lead == Lead::Held {
            effects.push(Effect::Open);
            self.send_join(effects);
        } else {
            self.ask_lead(take, effects);
        }
    }

    fn ask_lead(&mut self, take: bool, effects: &mut Vec<Effect>) {
        self.lead = Lead::Asked { take };
        effects.push(Effect::Lead { take });
    }

    /// This tab leads: what other tabs have kept of the visit is its own now.
    pub(super) fn led(
        &mut self,
        remembered: Option<Remembered>,
        drafts: Vec<Draft>,
        now: Millis,
        effects: &mut Vec<Effect>,
    ) {
        let Lead::Asked { take } = self.lead else {
            return effects.push(Effect::Yield);
        };
        self.lead = Lead::Held;
        self.outbox.adopt(drafts);
        let left = remembered.as_ref().is_some_and(|visit| !visit.rejoin);
        if let Some(visit) = remembered {
            self.token = visit.token.or(self.token.take());
            // By the form the visitor has just said what to be called.
            if self.stage == Stage::Room {
                self.nick = Some(visit.nick);
            }
        }
        if left && !take && self.stage == Stage::Room {
            // The visitor has left in the other tab, and asked for nothing here.
            return self.go_out(effects);
        }
        self.connect(now, effects);
        if take && self.stage == Stage::Room {
            // The button that was pressed is gone.
            effects.push(Effect::FocusComposer);
        }
    }

    /// Another tab leads. Nobody wanted to take the room from it.
    pub(super) fn led_elsewhere(&mut self) {
        if matches!(self.lead, Lead::Asked { .. }) {
            self.lead = Lead::Elsewhere;
            self.connection = Connection::Elsewhere;
        }
    }

    /// Another tab has taken the lead: this one goes at once, and leaves it what is to be sent.
    pub(super) fn lost(&mut self, effects: &mut Vec<Effect>) {
        if self.lead == Lead::Held {
            self.lead = Lead::Elsewhere;
            self.connection = Connection::Elsewhere;
            self.outbox.hand_over();
            self.line_is_gone();
            effects.push(Effect::HangUp);
        }
    }

    pub(super) fn give_up_lead(&mut self, effects: &mut Vec<Effect>) {
        self.lead = Lead::None;
        self.outbox.hand_over();
        effects.push(Effect::Yield);
    }

    /// The visitor says something: it is said from here.
    pub(super) fn lead_to_say(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        if self.is_elsewhere() {
            self.connect(now, effects);
        } else if self.lead == (Lead::Asked { take: false }) {
            self.ask_lead(true, effects);
        }
    }

    /// The network or the reader is back.
    pub(super) fn wake(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        match self.connection {
            // Where the server named a time, nobody who asks sooner is let in.
            Connection::Waiting { .. } if self.kept_out.is_none() => self.connect(now, effects),
            Connection::Connecting { since, .. } if now.saturating_sub(since) >= STALE_MS => {
                self.connect(now, effects);
            }
            // A line may have died while nobody looked: ask for what is missing, and see whether
            // anything answers.
            Connection::Live { .. } if self.pulse.silence(now) >= QUIET_MS => {
                self.want_news();
            }
            // The other tab may have been closed since; if it is there it stays.
            Connection::Elsewhere if self.lead == Lead::Elsewhere => self.ask_lead(false, effects),
            _ => {}
        }
    }

    /// The page is put away. An open line or a lead would keep it from being kept as it is.
    pub(super) fn hide(&mut self, effects: &mut Vec<Effect>) {
        self.connection = match self.connection {
            Connection::Off | Connection::Refused => Connection::Off,
            away @ Connection::Away { .. } => away,
            _ => Connection::Asleep,
        };
        self.line_is_gone();
        effects.push(Effect::HangUp);
        self.give_up_lead(effects);
    }

    pub(super) fn show(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        if self.connection == Connection::Asleep {
            self.connect(now, effects);
        } else {
            self.wake(now, effects);
        }
    }

    /// What the form holds is no longer what the next attempt would join with.
    pub(super) fn edited(&mut self, effects: &mut Vec<Effect>) {
        let tries_again = matches!(
            self.connection,
            Connection::Waiting { .. }
                | Connection::Connecting { failures: 1.., .. }
                | Connection::Elsewhere
        );
        if self.stage == Stage::Form && tries_again {
            self.connection = Connection::Off;
            self.kept_out = None;
            effects.push(Effect::HangUp);
        }
    }

    pub(super) fn send_join(&self, effects: &mut Vec<Effect>) {
        if let Some(nick) = self.nick.clone() {
            effects.push(Effect::Send(ClientMessage::Join(Join {
                nick,
                room: self.room.clone(),
                token: self.token.clone(),
                after: self.timeline.position(),
            })));
        }
    }

    pub(super) fn leave(&mut self, effects: &mut Vec<Effect>) {
        if self.connection.is_live() {
            effects.push(Effect::Send(ClientMessage::Leave));
            effects.push(Effect::Close);
        } else {
            effects.push(Effect::HangUp);
        }
        // Who is in the room in another tab has not left it.
        if !self.is_elsewhere() {
            effects.extend(self.remembered(false).map(Effect::Remember));
        }
        effects.push(Effect::FocusNick);
        self.go_out(effects);
    }

    /// To the form. What was written and did not go out goes with the next visit.
    fn go_out(&mut self, effects: &mut Vec<Effect>) {
        self.give_up_lead(effects);
        let mut outbox = mem::take(&mut self.outbox);
        outbox.disconnected();
        *self = Self::new(self.room.clone(), self.remembered(false));
        self.outbox = outbox;
    }

    pub(super) fn remembered(&self, rejoin: bool) -> Option<Remembered> {
        self.nick.clone().map(|nick| Remembered {
            nick,
            token: self.token.clone(),
            rejoin,
        })
    }

    pub(super) fn tick(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        self.typing.expire(now);
        match self.connection {
            Connection::Waiting { until, .. } if now >= until => self.connect(now, effects),
            Connection::Connecting { since, .. } if now >= since + ATTEMPT_MS => {
                effects.push(Effect::GiveUp);
            }
            Connection::Live { .. } if self.is_overdue(now) => effects.push(Effect::GiveUp),
            Connection::Live { .. } => match self.pulse.check(now) {
                Some(Sign::Ask) => {
                    effects.push(Effect::Send(ClientMessage::Ping));
                    // What was to follow the welcome does not: the log may have lost it since.
                    if !self.timeline.has_caught_up() {
                        self.want_news();
                    }
                }
                Some(Sign::Dead) => effects.push(Effect::GiveUp),
                None => {}
            },
            _ => {}
        }
    }

    /// Whether an answer takes so long that the line must be dead, though nobody said so.
    fn is_overdue(&self, now: Millis) -> bool {
        [
            self.pages.asked_at(),
            self.outbox.sent_at(),
            self.rename.asked_at(),
        ]
        .into_iter()
        .flatten()
        .any(|since| now.saturating_sub(since) >= OVERDUE_MS)
    }

    pub(super) fn closed(
        &mut self,
        code: u16,
        come_back_ms: Option<u64>,
        now: Millis,
        effects: &mut Vec<Effect>,
    ) {
        self.connection.closed(code, come_back_ms, now);
        self.kept_out = self.turned_away.take();
        self.line_is_gone();
        if self.connection == TAKEN_OVER {
            self.give_up_lead(effects);
        }
    }

    fn line_is_gone(&mut self) {
        self.pages = Pages::default();
        self.pulse = Pulse::default();
        self.typing.clear();
        self.outbox.disconnected();
        self.rename.disconnected();
    }
}
