//! Which answer of the room's belongs to which request of a client's that waits for one.

use std::collections::{HashMap, VecDeque};

use shared::MessageId;
use socketio::Ack;

/// Messages whose answers are waited for at once. Who has not read what was missed is not held to
/// the credit: the room has stored theirs, and they are shown them later.
const SAYS: usize = 1_024;

/// Requests that the room has been handed.
#[derive(Debug)]
pub(super) struct Answers<A = Ack> {
    says: HashMap<MessageId, VecDeque<Saying<A>>>,
    /// How many there are in all.
    saying: usize,
    pages: VecDeque<Option<A>>,
    nicks: VecDeque<Renaming<A>>,
}

/// Something said, where its client waits for an answer.
#[derive(Debug)]
pub(super) struct Saying<A = Ack> {
    pub(super) ack: A,
    /// Whether the client would say the same again if no answer came.
    pub(super) retries: bool,
}

/// A new nick that is wanted.
#[derive(Debug)]
pub(super) struct Renaming<A = Ack> {
    pub(super) ack: Option<A>,
    /// Whether it was asked for as the chat example does, which is answered by `login`.
    pub(super) login: bool,
}

impl<A> Default for Answers<A> {
    fn default() -> Self {
        Self {
            says: HashMap::new(),
            saying: 0,
            pages: VecDeque::new(),
            nicks: VecDeque::new(),
        }
    }
}

impl<A> Answers<A> {
    /// Something is said. Where nobody waits for the answer, none is kept; nor where too many do: a
    /// client that has to know says it again.
    pub(super) fn say(&mut self, id: MessageId, saying: Option<Saying<A>>) {
        if let Some(saying) = saying.filter(|_| self.saying < SAYS) {
            self.saying += 1;
            self.says.entry(id).or_default().push_back(saying);
        }
    }

    /// It has been stored, or refused: one of them, where it was said more than once.
    pub(super) fn said(&mut self, id: &MessageId) -> Option<Saying<A>> {
        let waiting = self.says.get_mut(id)?;
        let saying = waiting.pop_front();
        self.saying -= usize::from(saying.is_some());
        if waiting.is_empty() {
            self.says.remove(id);
        }
        saying
    }

    /// The same, by an id that is not known to be one.
    pub(super) fn refused(&mut self, id: Option<&str>) -> Option<Saying<A>> {
        let id = MessageId::new(id?).ok()?;
        self.said(&id)
    }

    /// A page is asked for: they are answered in order.
    pub(super) fn page(&mut self, ack: Option<A>) {
        self.pages.push_back(ack);
    }

    pub(super) fn paged(&mut self) -> Option<A> {
        self.pages.pop_front().flatten()
    }

    /// Another nick is wanted: likewise.
    pub(super) fn rename(&mut self, renaming: Renaming<A>) {
        self.nicks.push_back(renaming);
    }

    pub(super) fn renamed(&mut self) -> Option<Renaming<A>> {
        self.nicks.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> MessageId {
        MessageId::new(format!("{number:020}")).unwrap()
    }

    fn saying(ack: usize) -> Option<Saying<usize>> {
        let retries = false;
        Some(Saying { ack, retries })
    }

    #[test]
    fn what_is_said_twice_is_answered_twice_and_in_order() {
        let mut answers = Answers::default();
        answers.say(id(1), saying(1));
        answers.say(id(2), None);
        answers.say(id(1), saying(2));
        let mut answered = |number| answers.said(&id(number)).map(|saying| saying.ack);
        assert_eq!(
            [answered(1), answered(1), answered(1)],
            [Some(1), Some(2), None]
        );
        assert_eq!(answered(2), None);
    }

    #[test]
    fn those_that_wait_are_bounded_and_make_room_when_they_are_answered() {
        let mut answers = Answers::default();
        for number in 0..=SAYS {
            answers.say(id(number), saying(number));
        }
        assert!(answers.said(&id(SAYS)).is_none());
        assert!(answers.refused(Some(id(0).as_str())).is_some());
        answers.say(id(SAYS), saying(SAYS));
        assert!(answers.said(&id(SAYS)).is_some());
    }
}
