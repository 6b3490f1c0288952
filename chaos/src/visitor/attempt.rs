//! What holds for one connection only: how far it is, what is under way on it, and whether it lives.

use std::collections::HashSet;
use std::time::Duration;

use shared::{ClientMessage, MessageId, Seq};
use tokio::time::Instant;

/// However often a server wants to be asked for a sign of life: not more often than this.
const SHORTEST_PING: Duration = Duration::from_millis(100);

/// How far a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Outside,
    Joining(Instant),
    Inside,
}

/// A request of a kind of which one is under way at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    Free,
    Asked(Instant),
    /// Refused for now.
    Held(Instant),
}

/// One connection.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) stage: Stage,
    /// The last entry that came live or in `welcome`, in order.
    pub(super) live: Seq,
    /// What `welcome` has counted as missed ends here.
    pub(super) promised: Seq,
    /// Sent again here: their answers come out of order.
    pub(super) resent: HashSet<MessageId>,
    pub(super) say: Request,
    pub(super) page: Request,
    pub(super) nick: Request,
    /// When to join again, where that was refused.
    pub(super) join_at: Option<Instant>,
    /// How long to hear nothing before asking for a sign of life.
    ping: Duration,
    /// How long an answer may take before the line counts as dead: in a busy room one hears the
    /// others even where nothing of one's own gets through any more.
    patience: Duration,
    heard: Instant,
    pinged: bool,
}

impl Request {
    pub(super) fn is_due(self, now: Instant) -> bool {
        match self {
            Self::Free => true,
            Self::Asked(_) => false,
            Self::Held(until) => now >= until,
        }
    }

    fn asked_at(self) -> Option<Instant> {
        match self {
            Self::Asked(since) => Some(since),
            Self::Free | Self::Held(_) => None,
        }
    }

    fn due_at(self) -> Option<Instant> {
        match self {
            Self::Held(until) => Some(until),
            Self::Free | Self::Asked(_) => None,
        }
    }
}

impl Attempt {
    pub(super) fn new(patience: Duration, now: Instant) -> Self {
        Self {
            stage: Stage::Outside,
            live: Seq(0),
            promised: Seq(0),
            resent: HashSet::new(),
            say: Request::Free,
            page: Request::Free,
            nick: Request::Free,
            join_at: None,
            ping: patience,
            patience,
            heard: now,
            pinged: false,
        }
    }

    /// Asks for a sign of life after so long a silence; 0 for never.
    pub(super) fn pings_after(&mut self, silence: Duration) {
        self.ping = if silence.is_zero() {
            Duration::MAX / 4
        } else {
            silence.max(SHORTEST_PING)
        };
    }

    pub(super) fn next_ping(&mut self, now: Instant) -> Option<ClientMessage> {
        let silent = now.duration_since(self.heard) >= self.ping;
        (silent && !self.pinged).then(|| {
            self.pinged = true;
            ClientMessage::Ping
        })
    }

    /// Anything at all came: the line lives.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.pinged = false;
    }

    /// The visitor has looked away for a while: that was not the line's silence.
    pub(super) fn looked_away(&mut self, now: Instant) {
        self.heard(now);
        for request in [&mut self.say, &mut self.page, &mut self.nick] {
            if matches!(request, Request::Asked(_)) {
                *request = Request::Asked(now);
            }
        }
    }

    /// Whether the line must be dead, though nobody said so.
    pub(super) fn is_dead(&self, now: Instant) -> bool {
        self.dead_at().is_some_and(|at| now >= at)
    }

    fn dead_at(&self) -> Option<Instant> {
        let silence = self.pinged.then(|| self.heard + self.ping * 2);
        let joining = match self.stage {
            Stage::Joining(since) => Some(since),
            Stage::Outside | Stage::Inside => None,
        };
        let requests = [self.say, self.page, self.nick].map(Request::asked_at);
        let unanswered = requests.into_iter().chain([joining]).flatten().min();
        unanswered
            .map(|since| since + self.patience)
            .into_iter()
            .chain(silence)
            .min()
    }

    /// When to look again, if nothing is heard before.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        let ping = (!self.pinged).then(|| self.heard.checked_add(self.ping));
        let wakes = [
            self.say.due_at(),
            self.page.due_at(),
            self.join_at,
            self.dead_at(),
            ping.flatten(),
        ];
        wakes.into_iter().flatten().min()
    }
}
