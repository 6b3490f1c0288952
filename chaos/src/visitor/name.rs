//! What a visitor is called: by the server's word, and by its own wish.

use shared::{AuthorId, Nick, Presence, Renamed};

/// How many nicks a visitor has to itself: few, so that it comes back to those it has given up.
const NICKS: u32 = 4;

/// A visitor's nick, over all its connections.
#[derive(Debug)]
pub(super) struct Name {
    first: Nick,
    /// The last one that the server has confirmed.
    confirmed: Nick,
    /// The one wished for.
    wanted: Option<Nick>,
    /// Asked for on this connection, and not answered.
    asked: Option<Nick>,
    /// The connection ended before that was answered: the server may call the visitor either.
    doubtful: bool,
    changes: u32,
}

impl Name {
    pub(super) fn new(first: Nick) -> Self {
        Self {
            confirmed: first.clone(),
            first,
            wanted: None,
            asked: None,
            doubtful: false,
            changes: 0,
        }
    }

    /// What the run knows the visitor by.
    pub(super) fn first(&self) -> &Nick {
        &self.first
    }

    pub(super) fn confirmed(&self) -> &Nick {
        &self.confirmed
    }

    /// What the server calls the visitor once it has heard all that was sent on this connection.
    pub(super) fn sent(&self) -> &Nick {
        self.asked.as_ref().unwrap_or(&self.confirmed)
    }

    /// Whether the server calls the visitor by the confirmed nick, and goes on to.
    pub(super) fn is_certain(&self) -> bool {
        !self.doubtful && self.wanted.is_none() && self.asked.is_none()
    }

    /// Wishes for the next of its nicks.
    pub(super) fn wants_another(&mut self) {
        if self.is_certain() {
            self.changes += 1;
            let nick = match self.changes % NICKS {
                0 => Ok(self.first.clone()),
                number => Nick::new(&format!("{}.{number}", self.first)),
            };
            self.wanted = nick.ok();
        }
    }

    pub(super) fn asks(&mut self) -> Option<Nick> {
        self.asked = self.wanted.take();
        self.asked.clone()
    }

    /// The connection has ended. `join` names the nick that was confirmed: whatever was asked for,
    /// that is the one to be had again.
    pub(super) fn unanswered(&mut self) {
        self.doubtful |= self.asked.take().is_some();
    }

    /// A `join` was done: under the confirmed nick.
    pub(super) fn welcomed(&mut self) {
        self.doubtful = false;
    }

    /// Takes in what may be the answer: the first `presence` that tells of the nick asked for, since
    /// it comes before the one that tells everyone. `None` where it is not; else whether it is right.
    pub(super) fn answered(&mut self, presence: &Presence, me: &AuthorId) -> Option<bool> {
        let asked = self.asked.as_ref()?;
        let renamed = |renamed: &&Renamed| renamed.author == *me && renamed.to == *asked;
        let renamed = presence.renamed.iter().find(renamed)?;
        let alone = presence.renamed.len() == 1;
        let others = presence.joined.len() + presence.left.len();
        let right = alone && others == 0 && renamed.from == self.confirmed;
        if let Some(nick) = self.asked.take() {
            self.confirmed = nick;
        }
        Some(right)
    }
}
