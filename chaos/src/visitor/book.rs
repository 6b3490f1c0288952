//! What a client keeps of its visit, and what it does next, as `docs/protocol.md` says: token and
//! position, an outbox with one message on its way, gaps filled by pages. Knows no socket; the time
//! is passed in.
//!
//! It checks what it hears: whatever the protocol rules out is a [`Violation`].

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use shared::{
    Anchor, AuthorId, ClientMessage, Entry, EntryBody, Join, MessageId, MessageText, Nick,
    PageRequest, Position, RefusalCode, Refused, RoomName, Seq, ServerMessage, Token, Welcome,
    limits,
};
use tokio::time::Instant;

use super::attempt::{Attempt, Request, Stage};
use super::met::Met;

/// A message that a visitor means to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its id, at every attempt the same.
    pub id: MessageId,
    /// What it says.
    pub text: MessageText,
}

/// Something that the protocol rules out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{nick}: {what}")]
pub struct Violation {
    nick: Nick,
    what: String,
}

/// A visit, over all its connections.
#[derive(Debug)]
pub struct Book {
    nick: Nick,
    identity: Option<(AuthorId, Token)>,
    position: Option<Position>,
    /// Where the transcript begins: after this one.
    pub(super) first: Seq,
    pub(super) transcript: Vec<Entry>,
    /// What came before its turn.
    ahead: BTreeMap<Seq, Entry>,
    outbox: VecDeque<Draft>,
    pub(super) said: Vec<Draft>,
    pub(super) confirmed: HashMap<MessageId, Seq>,
    /// Sent once, on whichever connection.
    sent: HashSet<MessageId>,
    pub(super) met: Met,
    /// Whether this connection's `join` names no position.
    forgetful: bool,
    /// Joins sent, on all connections.
    joins: u64,
    pub(super) attempt: Attempt,
}

impl Book {
    /// An empty one.
    pub fn new(nick: Nick, now: Instant) -> Self {
        Self {
            nick,
            identity: None,
            position: None,
            first: Seq(0),
            transcript: Vec::new(),
            ahead: BTreeMap::new(),
            outbox: VecDeque::new(),
            said: Vec::new(),
            confirmed: HashMap::new(),
            sent: HashSet::new(),
            met: Met::default(),
            forgetful: false,
            joins: 0,
            attempt: Attempt::new(now),
        }
    }

    pub(super) fn nick(&self) -> &Nick {
        &self.nick
    }

    pub(super) fn author(&self) -> Option<&AuthorId> {
        self.identity.as_ref().map(|(author, _)| author)
    }

    /// How many messages wait for their confirmation.
    pub(super) fn unconfirmed(&self) -> usize {
        self.outbox.len()
    }

    /// Up to where everything is there.
    pub(super) fn reached(&self) -> Seq {
        self.position
            .as_ref()
            .map_or(Seq(0), |position| position.seq)
    }

    pub(super) fn is_inside(&self) -> bool {
        self.attempt.stage == Stage::Inside
    }

    /// Something that the protocol rules out, in this visitor's name.
    pub(super) fn violation(&self, what: impl Into<String>) -> Violation {
        Violation {
            nick: self.nick.clone(),
            what: what.into(),
        }
    }

    /// Wants something said.
    pub(super) fn say(&mut self, draft: Draft) {
        self.said.push(draft.clone());
        self.outbox.push_back(draft);
    }

    /// A new connection is there: nobody knows what became of what was on its way by the one before.
    /// `forgetful` as after a reload of a page, which has its outbox and its token, but does not say
    /// what it has read.
    pub(super) fn opened(&mut self, forgetful: bool, now: Instant) {
        self.attempt = Attempt::new(now);
        self.forgetful = forgetful;
        self.ahead.clear();
    }

    /// What to send now, one message at a time.
    pub(super) fn next(&mut self, now: Instant) -> Option<ClientMessage> {
        match self.attempt.stage {
            Stage::Outside if self.attempt.join_at.is_none_or(|at| now >= at) => {
                self.attempt.stage = Stage::Joining(now);
                self.attempt.join_at = None;
                self.joins += 1;
                Some(self.join())
            }
            Stage::Outside | Stage::Joining(_) => None,
            Stage::Inside => self
                .next_page(now)
                .or_else(|| self.next_say(now))
                .or_else(|| self.attempt.next_ping(now)),
        }
    }

    fn join(&self) -> ClientMessage {
        ClientMessage::Join(Join {
            nick: self.nick.clone(),
            room: RoomName::default(),
            token: self.identity.as_ref().map(|(_, token)| token.clone()),
            after: self.position.clone().filter(|_| !self.forgetful),
        })
    }

    fn next_page(&mut self, now: Instant) -> Option<ClientMessage> {
        let after = self.reached();
        let missing = !self.ahead.is_empty();
        (missing && self.attempt.page.is_due(now)).then(|| {
            self.attempt.page = Request::Asked(now);
            ClientMessage::Page(PageRequest {
                anchor: Anchor::After(after),
                limit: limits::PAGE_ENTRIES,
            })
        })
    }

    fn next_say(&mut self, now: Instant) -> Option<ClientMessage> {
        let draft = self.outbox.front()?;
        if !self.attempt.say.is_due(now) {
            return None;
        }
        self.attempt.say = Request::Asked(now);
        if !self.sent.insert(draft.id.clone()) {
            self.attempt.resent.insert(draft.id.clone());
        }
        Some(ClientMessage::Say {
            id: draft.id.clone(),
            text: draft.text.clone(),
        })
    }

    /// Takes in what the server says.
    ///
    /// # Errors
    /// Where the protocol rules it out.
    pub(super) fn hear(&mut self, message: ServerMessage, now: Instant) -> Result<(), Violation> {
        match message {
            ServerMessage::Welcome(welcome) => self.welcome(*welcome),
            ServerMessage::Entry(entry) => self.live(entry),
            ServerMessage::Page { entries, .. } => {
                if self.attempt.page == Request::Free {
                    return Err(self.violation("a page that nobody asked for"));
                }
                self.attempt.page = Request::Free;
                for entry in entries {
                    self.take(entry)?;
                }
                Ok(())
            }
            ServerMessage::Refused(refused) => self.refused(&refused, now),
            ServerMessage::Presence(_) | ServerMessage::Typing { .. } | ServerMessage::Pong => {
                Ok(())
            }
        }
    }

    fn welcome(&mut self, welcome: Welcome) -> Result<(), Violation> {
        if !matches!(self.attempt.stage, Stage::Joining(_)) {
            return Err(self.violation("a welcome without a join"));
        }
        if welcome.nick != self.nick {
            return Err(self.violation(format!("called '{}' now", welcome.nick)));
        }
        let (author, token) = (welcome.author.clone(), welcome.token.clone());
        match &self.identity {
            Some(before) if *before != (author.clone(), token.clone()) => {
                return Err(self.violation("another author, or another token, than before"));
            }
            _ => self.identity = Some((author, token)),
        }
        self.met.welcomes += 1;
        self.attempt
            .pings_after(Duration::from_millis(welcome.limits.ping_ms));
        self.attempt.stage = Stage::Inside;
        self.place(&welcome)?;
        for entry in welcome.entries {
            self.take(entry)?;
        }
        Ok(())
    }

    /// Finds where what comes is to go on.
    fn place(&mut self, welcome: &Welcome) -> Result<(), Violation> {
        let entries = &welcome.entries;
        let before_entries = entries
            .first()
            .map(|entry| Seq(entry.seq.0.saturating_sub(1)));
        let last = entries.last().map(|entry| entry.seq);
        match &self.position {
            None => {
                self.first = before_entries.unwrap_or(welcome.position.seq);
                let epoch = welcome.position.epoch.clone();
                self.position = Some(Position {
                    epoch,
                    seq: self.first,
                });
                self.attempt.live = welcome.position.seq;
            }
            Some(mine) if mine.epoch != welcome.position.epoch => {
                return Err(self.violation("another epoch: the log should have survived"));
            }
            Some(mine) if mine.seq > welcome.position.seq => {
                let (mine, head) = (mine.seq, welcome.position.seq);
                return Err(self.violation(format!("the log ends at {head}, and {mine} was seen")));
            }
            Some(_) if welcome.recovered && self.forgetful => {
                return Err(self.violation("recovered, though nothing was asked for"));
            }
            Some(mine) if welcome.recovered => {
                if before_entries.is_some_and(|before| before != mine.seq) {
                    let what = format!("recovered, but not from {} on: {entries:?}", mine.seq);
                    return Err(self.violation(what));
                }
                // Those beyond the first follow one by one.
                self.attempt.live = last.unwrap_or(mine.seq);
            }
            Some(_) => {
                self.met.unrecovered += 1;
                self.attempt.live = welcome.position.seq;
            }
        }
        Ok(())
    }

    /// Takes an entry that came by itself.
    fn live(&mut self, entry: Entry) -> Result<(), Violation> {
        if !self.is_inside() {
            return Err(self.violation(format!("an entry before the welcome: {entry:?}")));
        }
        let repeat = self.attempt.resent.contains(&entry.id);
        if entry.seq == self.attempt.live.next() {
            self.attempt.live = entry.seq;
        } else if repeat {
            self.met.repeats += 1;
        } else if entry.seq > self.attempt.live {
            self.met.gaps += 1;
            self.attempt.live = entry.seq;
        } else {
            let what = format!("live after {}, once more: {entry:?}", self.attempt.live);
            return Err(self.violation(what));
        }
        self.take(entry)
    }

    /// Takes an entry, however it came, and moves on as far as there is no gap.
    fn take(&mut self, entry: Entry) -> Result<(), Violation> {
        self.settle(&entry)?;
        let Some(position) = &mut self.position else {
            return Ok(());
        };
        if entry.seq > position.seq {
            self.ahead.insert(entry.seq, entry);
        } else {
            // Known already, unless it is from before the first: it must be the same.
            let known = usize::try_from(entry.seq.0.saturating_sub(self.first.0)).unwrap_or(0);
            let known = known.checked_sub(1).and_then(|n| self.transcript.get(n));
            if known.is_some_and(|known| *known != entry) {
                let what = format!("{entry:?} was another one before: {known:?}");
                return Err(self.violation(what));
            }
        }
        while let Some(entry) = self.ahead.remove(&position.seq.next()) {
            position.seq = entry.seq;
            self.transcript.push(entry);
        }
        Ok(())
    }

    /// An entry of one's own leaves the outbox.
    fn settle(&mut self, entry: &Entry) -> Result<(), Violation> {
        let Some(at) = self.outbox.iter().position(|draft| draft.id == entry.id) else {
            return Ok(());
        };
        let same = matches!(&entry.body, EntryBody::Said { nick, text }
            if *nick == self.nick && self.outbox.get(at).is_some_and(|d| d.text == *text));
        if at > 0 || !same || self.author() != Some(&entry.author) {
            let what = format!("confirmed out of turn, or as another one: {entry:?}");
            return Err(self.violation(what));
        }
        self.outbox.pop_front();
        self.confirmed.insert(entry.id.clone(), entry.seq);
        self.attempt.say = Request::Free;
        Ok(())
    }

    fn refused(&mut self, refused: &Refused, now: Instant) -> Result<(), Violation> {
        // By oneself, perhaps: an earlier `join` was done, and its `welcome` was lost with the token.
        if let (RefusalCode::NickTaken, Some(free)) = (refused.code, &refused.suggestion)
            && self.identity.is_none()
            && self.joins > 1
        {
            self.nick = free.clone();
            self.met.ghosts += 1;
            self.attempt.stage = Stage::Outside;
            return Ok(());
        }
        let Some(wait) = refused.retry_after_ms.map(Duration::from_millis) else {
            return Err(self.violation(format!("refused for good: {refused:?}")));
        };
        self.met.refusals += 1;
        match refused.of.as_deref() {
            Some("join") => {
                self.attempt.stage = Stage::Outside;
                self.attempt.join_at = Some(now + wait);
            }
            Some("say") => self.attempt.say = Request::Held(now + wait),
            Some("page") => self.attempt.page = Request::Held(now + wait),
            _ => return Err(self.violation(format!("refused unasked: {refused:?}"))),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
