//! Which answer of the room's belongs to which request of a client's that waits for one.

use std::collections::{HashMap, VecDeque};

use shared::MessageId;
use socketio::Ack;

/// Requests that the room has been handed.
#[derive(Debug, Default)]
pub(super) struct Answers {
    says: HashMap<MessageId, VecDeque<Saying>>,
    pages: VecDeque<Option<Ack>>,
    nicks: VecDeque<Renaming>,
}

/// Something said, where its client waits for an answer.
#[derive(Debug)]
pub(super) struct Saying {
    pub(super) ack: Ack,
    /// Whether the client would say the same again if no answer came.
    pub(super) retries: bool,
}

/// A new nick that is wanted.
#[derive(Debug)]
pub(super) struct Renaming {
    pub(super) ack: Option<Ack>,
    /// Whether it was asked for as the chat example does, which is answered by `login`.
    pub(super) login: bool,
}

impl Answers {
    /// Something is said. Where nobody waits for the answer, none is kept.
    pub(super) fn say(&mut self, id: MessageId, saying: Option<Saying>) {
        if let Some(saying) = saying {
            self.says.entry(id).or_default().push_back(saying);
        }
    }

    /// It has been stored, or refused: one of them, where it was said more than once.
    pub(super) fn said(&mut self, id: &MessageId) -> Option<Saying> {
        let waiting = self.says.get_mut(id)?;
        let saying = waiting.pop_front();
        if waiting.is_empty() {
            self.says.remove(id);
        }
        saying
    }

    /// The same, by an id that is not known to be one.
    pub(super) fn refused(&mut self, id: Option<&str>) -> Option<Saying> {
        let id = MessageId::new(id?).ok()?;
        self.said(&id)
    }

    /// A page is asked for: they are answered in order.
    pub(super) fn page(&mut self, ack: Option<Ack>) {
        self.pages.push_back(ack);
    }

    pub(super) fn paged(&mut self) -> Option<Ack> {
        self.pages.pop_front().flatten()
    }

    /// Another nick is wanted: likewise.
    pub(super) fn rename(&mut self, renaming: Renaming) {
        self.nicks.push_back(renaming);
    }

    pub(super) fn renamed(&mut self) -> Option<Renaming> {
        self.nicks.pop_front()
    }
}
