//! What a client keeps of its visit, and what it does next, as `docs/protocol.md` says: token and
//! position, an outbox with one message on its way, gaps filled by pages. Knows no socket; the time
//! is passed in.
//!
//! It checks what it hears: whatever the protocol rules out is a [`Violation`].

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::time::Duration;

use shared::{
    Anchor, AuthorId, ClientMessage, Entry, EntryBody, Join, MessageId, MessageText, Nick,
    PageRequest, Position, Refused, RoomName, Seq, ServerMessage, Token, Welcome, limits,
};
use tokio::time::Instant;

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

/// What one visitor has met with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Met {
    /// Times in the room.
    pub welcomes: u64,
    /// Closes because of slow reading.
    pub evictions: u64,
    /// Welcomes after which pages had to fill in what was missed.
    pub unrecovered: u64,
    /// Gaps between live entries.
    pub gaps: u64,
    /// Answers to messages that had been stored before they were sent again.
    pub repeats: u64,
    /// Refusals with a time to try again after.
    pub refusals: u64,
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
    /// How long to hear nothing before asking for a sign of life.
    ping: Duration,
    line: Line,
}

/// What holds for one connection only.
#[derive(Debug)]
struct Line {
    stage: Stage,
    /// The last entry that came live or in `welcome`, in order.
    live: Seq,
    /// Sent again here: their answers come out of order.
    resent: HashSet<MessageId>,
    say: Request,
    page: Request,
    /// When to join again, where that was refused.
    join_at: Option<Instant>,
    heard: Instant,
    pinged: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Outside,
    Joining(Instant),
    Inside,
}

/// A request of a kind of which one is under way at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Request {
    Free,
    Asked(Instant),
    /// Refused for now.
    Held(Instant),
}

/// How long an answer may take before the line counts as dead: in a busy room one hears the others
/// even where nothing of one's own gets through any more.
const PATIENCE: Duration = Duration::from_secs(3);

impl Request {
    fn is_due(self, now: Instant) -> bool {
        match self {
            Self::Free => true,
            Self::Asked(_) => false,
            Self::Held(until) => now >= until,
        }
    }

    fn overdue_at(self) -> Option<Instant> {
        match self {
            Self::Asked(since) => Some(since + PATIENCE),
            Self::Free | Self::Held(_) => None,
        }
    }
}

impl Line {
    fn new(now: Instant) -> Self {
        Self {
            stage: Stage::Outside,
            live: Seq(0),
            resent: HashSet::new(),
            say: Request::Free,
            page: Request::Free,
            join_at: None,
            heard: now,
            pinged: false,
        }
    }
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
            ping: PATIENCE,
            line: Line::new(now),
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
        self.position.as_ref().map_or(Seq(0), |position| position.seq)
    }

    pub(super) fn is_inside(&self) -> bool {
        self.line.stage == Stage::Inside
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

    /// A new connection is there.
    pub(super) fn opened(&mut self, now: Instant) {
        self.line = Line::new(now);
        self.ahead.clear();
    }

    /// The connection is gone, and nobody knows what became of what was on its way.
    pub(super) fn closed(&mut self, now: Instant) {
        self.line = Line::new(now);
    }

    /// The visitor has looked away for a while: that was not the line's silence.
    pub(super) fn looked_away(&mut self, now: Instant) {
        self.line.heard = now;
        self.line.pinged = false;
        for request in [&mut self.line.say, &mut self.line.page] {
            if matches!(request, Request::Asked(_)) {
                *request = Request::Asked(now);
            }
        }
    }

    /// What to send now, one message at a time.
    pub(super) fn next(&mut self, now: Instant) -> Option<ClientMessage> {
        match self.line.stage {
            Stage::Outside if self.line.join_at.is_none_or(|at| now >= at) => {
                self.line.stage = Stage::Joining(now);
                self.line.join_at = None;
                Some(self.join())
            }
            Stage::Outside | Stage::Joining(_) => None,
            Stage::Inside => self
                .next_page(now)
                .or_else(|| self.next_say(now))
                .or_else(|| self.next_ping(now)),
        }
    }

    fn join(&self) -> ClientMessage {
        ClientMessage::Join(Join {
            nick: self.nick.clone(),
            room: RoomName::default(),
            token: self.identity.as_ref().map(|(_, token)| token.clone()),
            after: self.position.clone(),
        })
    }

    fn next_page(&mut self, now: Instant) -> Option<ClientMessage> {
        let after = self.reached();
        let missing = !self.ahead.is_empty();
        (missing && self.line.page.is_due(now)).then(|| {
            self.line.page = Request::Asked(now);
            ClientMessage::Page(PageRequest {
                anchor: Anchor::After(after),
                limit: limits::PAGE_ENTRIES,
            })
        })
    }

    fn next_say(&mut self, now: Instant) -> Option<ClientMessage> {
        let draft = self.outbox.front()?;
        if !self.line.say.is_due(now) {
            return None;
        }
        self.line.say = Request::Asked(now);
        if !self.sent.insert(draft.id.clone()) {
            self.line.resent.insert(draft.id.clone());
        }
        Some(ClientMessage::Say {
            id: draft.id.clone(),
            text: draft.text.clone(),
        })
    }

    fn next_ping(&mut self, now: Instant) -> Option<ClientMessage> {
        (!self.line.pinged && now >= self.line.heard + self.ping).then(|| {
            self.line.pinged = true;
            ClientMessage::Ping
        })
    }

    /// Whether the line must be dead, though nobody said so.
    pub(super) fn is_dead(&self, now: Instant) -> bool {
        self.dead_at().is_some_and(|at| now >= at)
    }

    fn dead_at(&self) -> Option<Instant> {
        let silence = self.line.pinged.then(|| self.line.heard + self.ping * 2);
        let joining = match self.line.stage {
            Stage::Joining(since) => Some(since + PATIENCE),
            Stage::Outside | Stage::Inside => None,
        };
        let requests = [self.line.say, self.line.page];
        let overdue = requests.into_iter().filter_map(Request::overdue_at);
        overdue.chain(silence).chain(joining).min()
    }

    /// When to look again, if nothing is heard before.
    pub(super) fn wake_at(&self) -> Instant {
        let held = [self.line.say, self.line.page].map(|request| match request {
            Request::Held(until) => Some(until),
            Request::Free | Request::Asked(_) => None,
        });
        let ping = (!self.line.pinged).then(|| self.line.heard + self.ping);
        let others = [self.dead_at(), self.line.join_at, ping];
        let wakes = held.into_iter().chain(others).flatten();
        wakes.min().unwrap_or(self.line.heard + self.ping)
    }

    /// Anything at all came: the line lives.
    pub(super) fn heard(&mut self, now: Instant) {
        self.line.heard = now;
        self.line.pinged = false;
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
                if self.line.page == Request::Free {
                    return Err(self.violation("a page that nobody asked for"));
                }
                self.line.page = Request::Free;
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
        if !matches!(self.line.stage, Stage::Joining(_)) {
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
        self.ping = Duration::from_millis(welcome.limits.ping_ms).max(Duration::from_millis(100));
        self.line.stage = Stage::Inside;
        self.place(&welcome)?;
        for entry in welcome.entries {
            self.take(entry)?;
        }
        Ok(())
    }

    /// Finds where what comes is to go on.
    fn place(&mut self, welcome: &Welcome) -> Result<(), Violation> {
        let entries = &welcome.entries;
        let before_entries = entries.first().map(|entry| Seq(entry.seq.0 - 1));
        let last = entries.last().map(|entry| entry.seq);
        match &self.position {
            None => {
                self.first = before_entries.unwrap_or(welcome.position.seq);
                let epoch = welcome.position.epoch.clone();
                self.position = Some(Position {
                    epoch,
                    seq: self.first,
                });
                self.line.live = welcome.position.seq;
            }
            Some(mine) if mine.epoch != welcome.position.epoch => {
                return Err(self.violation("another epoch: the log should have survived"));
            }
            Some(mine) if mine.seq > welcome.position.seq => {
                let (mine, head) = (mine.seq, welcome.position.seq);
                return Err(self.violation(format!("the log ends at {head}, and {mine} was seen")));
            }
            Some(mine) if welcome.recovered => {
                if before_entries.is_some_and(|before| before != mine.seq) {
                    let what = format!("recovered, but not from {} on: {entries:?}", mine.seq);
                    return Err(self.violation(what));
                }
                // Those beyond the first follow one by one.
                self.line.live = last.unwrap_or(mine.seq);
            }
            Some(_) => {
                self.met.unrecovered += 1;
                self.line.live = welcome.position.seq;
            }
        }
        Ok(())
    }

    /// Takes an entry that came by itself.
    fn live(&mut self, entry: Entry) -> Result<(), Violation> {
        if !self.is_inside() {
            return Err(self.violation(format!("an entry before the welcome: {entry:?}")));
        }
        let repeat = self.line.resent.contains(&entry.id);
        if entry.seq == self.line.live.next() {
            self.line.live = entry.seq;
        } else if repeat {
            self.met.repeats += 1;
        } else if entry.seq > self.line.live {
            self.met.gaps += 1;
            self.line.live = entry.seq;
        } else {
            let what = format!("live after {}, once more: {entry:?}", self.line.live);
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
            // Known already, and must be the same: (0 where it is before the first.)
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
        self.line.say = Request::Free;
        Ok(())
    }

    fn refused(&mut self, refused: &Refused, now: Instant) -> Result<(), Violation> {
        let Some(wait) = refused.retry_after_ms.map(Duration::from_millis) else {
            return Err(self.violation(format!("refused for good: {refused:?}")));
        };
        self.met.refusals += 1;
        match refused.of.as_deref() {
            Some("join") => {
                self.line.stage = Stage::Outside;
                self.line.join_at = Some(now + wait);
            }
            Some("say") => self.line.say = Request::Held(now + wait),
            Some("page") => self.line.page = Request::Held(now + wait),
            _ => return Err(self.violation(format!("refused unasked: {refused:?}"))),
        }
        Ok(())
    }
}

