//! The form in which a visitor changes their nick, in the room.

use shared::{Nick, RefusalCode};

use super::session::OVERDUE_MS;
use super::{Millis, Problem};

/// How far a change of nick has come.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Rename {
    /// Nobody wants one.
    #[default]
    Closed,
    /// The form is open.
    Open { problem: Option<Problem> },
    /// The server has been asked. The nick is changed when it says so, and not before.
    Asked { nick: Nick, since: Millis },
}

impl Rename {
    pub fn is_open(&self) -> bool {
        *self != Self::Closed
    }

    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Open { problem } => problem.as_ref(),
            _ => None,
        }
    }

    /// Since when an answer is awaited.
    pub fn asked_at(&self) -> Option<Millis> {
        match self {
            Self::Asked { since, .. } => Some(*since),
            _ => None,
        }
    }

    /// When the answer is overdue.
    pub fn wake_at(&self) -> Option<Millis> {
        self.asked_at().map(|since| since + OVERDUE_MS)
    }

    /// The server will not, or not now.
    pub fn refused(
        &mut self,
        code: RefusalCode,
        suggestion: Option<Nick>,
        retry_at: Option<Millis>,
    ) {
        if let Self::Asked { nick, .. } = self {
            let problem = match retry_at {
                Some(until) => Problem::Later { code, until },
                None => Problem::Nick {
                    nick: nick.clone(),
                    code,
                    suggestion,
                },
            };
            *self = Self::Open {
                problem: Some(problem),
            };
        }
    }

    /// The line broke. Whether the server had heard the question nobody knows, and the next `join`
    /// carries the nick of before: so the change is given up, with a word.
    pub fn disconnected(&mut self) {
        if matches!(self, Self::Asked { .. }) {
            *self = Self::Open {
                problem: Some(Problem::Offline),
            };
        }
    }
}
