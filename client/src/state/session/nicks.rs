//! The changing of nicks: one's own, by a form, and those of others.

use shared::{ClientMessage, Nick, Presence};

use super::Session;
use crate::state::{Effect, Millis, Problem, Rename};

impl Session {
    pub(super) fn edit_nick(&mut self, effects: &mut Vec<Effect>) {
        if self.me.is_some() && !self.rename.is_open() {
            self.rename = Rename::Open { problem: None };
            effects.push(Effect::FocusRename);
        }
    }

    pub(super) fn rename(&mut self, nick: Nick, now: Millis, effects: &mut Vec<Effect>) {
        if !matches!(self.rename, Rename::Open { .. }) {
            return;
        }
        if self.me.as_ref().is_some_and(|me| me.nick == nick) {
            return self.close_rename(effects);
        }
        if !self.connection.is_live() {
            self.rename = Rename::Open {
                problem: Some(Problem::Offline),
            };
            return;
        }
        self.rename = Rename::Asked {
            nick: nick.clone(),
            since: now,
        };
        effects.push(Effect::Send(ClientMessage::Nick { nick }));
    }

    pub(super) fn close_rename(&mut self, effects: &mut Vec<Effect>) {
        if self.rename.is_open() {
            self.rename = Rename::Closed;
            effects.push(Effect::FocusName);
        }
    }

    /// Takes in what `presence` says of nicks, and leaves in it what is news. The own change is told
    /// twice: as the answer, and to all.
    pub(super) fn renamed(&mut self, presence: &mut Presence, effects: &mut Vec<Effect>) {
        self.own_nick(presence, effects);
        presence
            .renamed
            .retain(|r| r.from != r.to && self.roster.nick_of(&r.author) != Some(&r.to));
    }

    fn own_nick(&mut self, presence: &Presence, effects: &mut Vec<Effect>) {
        let Some(me) = self.me.as_mut() else { return };
        let renamed = presence.renamed.iter().find(|r| r.author == me.author);
        let renamed = renamed.map(|renamed| &renamed.to);
        // Who is renamed a moment after coming may be told of as one who came.
        let joined = presence.joined.iter().find(|m| m.author == me.author);
        let Some(nick) = renamed.or(joined.map(|joined| &joined.nick)) else {
            return;
        };
        let changed = me.nick != *nick;
        let answered = match &self.rename {
            Rename::Asked { nick: wish, .. } => renamed.is_some() || wish == nick,
            _ => false,
        };
        me.nick = nick.clone();
        self.nick = Some(nick.clone());
        if changed {
            effects.extend(self.remembered(true).map(Effect::Remember));
        }
        if answered {
            self.close_rename(effects);
        }
    }
}
