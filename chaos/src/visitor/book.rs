//! What a client keeps of its visit, and what it does next, as `docs/protocol.md` says: token and
//! position, an outbox with one message on its way, gaps filled by pages, a nick that changes. Knows
//! no socket; the time is passed in.
//!
//! It checks what it hears: whatever the protocol rules out is a [`Violation`].

mod arrival;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use shared::{
    Anchor, AuthorId, ClientMessage, Entry, EntryBody, Join, MessageId, MessageText, Nick,
    PageRequest, Position, Presence, Refused, RoomName, Seq, ServerMessage, Token, limits,
};
use tokio::time::Instant;

use super::attempt::{Attempt, Request, Stage};
use super::company::Company;
use super::met::Met;
use super::name::Name;

/// A message that a visitor means to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its id, at every attempt the same.
    pub id: MessageId,
    /// What it says.
    pub text: MessageText,
}

/// What a new connection is like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opened {
    /// Whether its `join` names no position: as after a reload of a page, which has its outbox and
    /// its token, but does not say what it has read.
    pub(super) forgetful: bool,
    /// Somebody has read so far by now.
    pub(super) heard_of: Seq,
    /// How long an answer may take.
    pub(super) patience: Duration,
}

/// Something that the protocol rules out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{nick}: {what}")]
pub struct Violation {
    nick: Nick,
    what: String,
}

impl Violation {
    pub(super) fn of(nick: Nick, what: String) -> Self {
        Self { nick, what }
    }
}

/// A visit, over all its connections.
#[derive(Debug)]
pub struct Book {
    name: Name,
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
    /// What was sent, on whichever connections, and what its sender was called each time.
    pub(super) sent: HashMap<MessageId, Vec<Nick>>,
    pub(super) company: Company,
    pub(super) met: Met,
    /// Whether a killed server's log begins a new life.
    may_begin_anew: bool,
    /// As in [`Opened`].
    forgetful: bool,
    heard_of: Seq,
    pub(super) attempt: Attempt,
}

impl Book {
    /// An empty one. `may_begin_anew` lets the log begin a new life.
    pub fn new(nick: Nick, may_begin_anew: bool, now: Instant) -> Self {
        Self {
            name: Name::new(nick),
            identity: None,
            position: None,
            first: Seq(0),
            transcript: Vec::new(),
            ahead: BTreeMap::new(),
            outbox: VecDeque::new(),
            said: Vec::new(),
            confirmed: HashMap::new(),
            sent: HashMap::new(),
            company: Company::default(),
            met: Met::default(),
            may_begin_anew,
            forgetful: false,
            heard_of: Seq(0),
            attempt: Attempt::new(Duration::ZERO, now),
        }
    }

    /// The last nick that the server has confirmed.
    pub(super) fn nick(&self) -> &Nick {
        self.name.confirmed()
    }

    /// Who it is and what it is called, where that is certain.
    pub(super) fn known_as(&self) -> Option<(AuthorId, Nick)> {
        let author = self.author().filter(|_| self.name.is_certain())?;
        Some((author.clone(), self.nick().clone()))
    }

    /// Wants to be called something else.
    pub(super) fn wants_another_nick(&mut self) {
        self.name.wants_another();
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
        Violation::of(self.name.first().clone(), what.into())
    }

    /// Wants something said.
    pub(super) fn say(&mut self, draft: Draft) {
        self.said.push(draft.clone());
        self.outbox.push_back(draft);
    }

    /// A new connection is there: nobody knows what became of what was on its way by the one before.
    pub(super) fn opened(&mut self, line: Opened, now: Instant) {
        self.ended(line.patience, now);
        self.forgetful = line.forgetful;
        self.heard_of = line.heard_of;
    }

    /// There is no connection.
    pub(super) fn ended(&mut self, patience: Duration, now: Instant) {
        self.attempt = Attempt::new(patience, now);
        self.name.unanswered();
        self.ahead.clear();
    }

    /// What to send now, one message at a time.
    pub(super) fn next(&mut self, now: Instant) -> Option<ClientMessage> {
        match self.attempt.stage {
            Stage::Outside if self.attempt.join_at.is_none_or(|at| now >= at) => {
                self.attempt.stage = Stage::Joining(now);
                self.attempt.join_at = None;
                Some(self.join())
            }
            Stage::Outside | Stage::Joining(_) => None,
            Stage::Inside => self
                .next_page(now)
                .or_else(|| self.next_nick(now))
                .or_else(|| self.next_say(now))
                .or_else(|| self.attempt.next_ping(now)),
        }
    }

    fn join(&self) -> ClientMessage {
        ClientMessage::Join(Join {
            nick: self.nick().clone(),
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

    fn next_nick(&mut self, now: Instant) -> Option<ClientMessage> {
        if !self.attempt.nick.is_due(now) {
            return None;
        }
        let nick = self.name.asks()?;
        self.attempt.nick = Request::Asked(now);
        Some(ClientMessage::Nick { nick })
    }

    fn next_say(&mut self, now: Instant) -> Option<ClientMessage> {
        let draft = self.outbox.front()?;
        if !self.attempt.say.is_due(now) {
            return None;
        }
        self.attempt.say = Request::Asked(now);
        let sent = self.sent.entry(draft.id.clone()).or_default();
        if !sent.is_empty() {
            self.attempt.resent.insert(draft.id.clone());
        }
        sent.push(self.name.sent().clone());
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
            ServerMessage::Presence(presence) => self.presence(&presence),
            ServerMessage::Typing { .. } | ServerMessage::Pong => Ok(()),
        }
    }

    fn presence(&mut self, presence: &Presence) -> Result<(), Violation> {
        if !self.is_inside() {
            return Err(self.violation(format!("before the welcome: {presence:?}")));
        }
        self.company.told(presence);
        let me = self.identity.as_ref().map(|(author, _)| author);
        match me.and_then(|me| self.name.answered(presence, me)) {
            None => Ok(()),
            Some(true) => {
                self.met.renames += 1;
                self.attempt.nick = Request::Free;
                Ok(())
            }
            Some(false) => Err(self.violation(format!("no answer to a change: {presence:?}"))),
        }
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
        } else if entry.seq > self.attempt.live && self.attempt.live >= self.attempt.promised {
            self.met.gaps += 1;
            self.attempt.live = entry.seq;
        } else {
            let Attempt { live, promised, .. } = self.attempt;
            let what = format!("out of turn after {live}, {promised} promised: {entry:?}");
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
            if self.sent.get(&entry.id).is_some_and(|nicks| nicks.contains(nick))
                && self.outbox.get(at).is_some_and(|d| d.text == *text));
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
