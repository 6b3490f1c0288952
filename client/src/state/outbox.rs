//! What this visitor has written and the room has not confirmed yet, in order. One is on its
//! way at a time, and one that must wait holds those behind it, so that the order is kept.

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use shared::{MessageId, MessageText, RefusalCode};

use super::Millis;
use super::session::OVERDUE_MS;

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DraftState {
    /// Waits for its turn, or for the line.
    #[default]
    Queued,
    /// On its way.
    Sent { since: Millis },
    /// The server cannot take it now.
    Held { until: Millis },
    /// The server will not take it.
    Failed(RefusalCode),
}

/// A message that is not in the log yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub id: MessageId,
    pub text: MessageText,
    /// When it was written.
    pub at: Millis,
    /// Not kept over a reload: after one, everything is to be sent.
    #[serde(skip)]
    pub state: DraftState,
}

/// The messages of this visitor that are not settled.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outbox {
    drafts: Vec<Rc<Draft>>,
}

impl Outbox {
    /// Takes up what an earlier page left behind.
    pub fn restore(drafts: Vec<Draft>) -> Self {
        Self {
            drafts: drafts.into_iter().map(Rc::new).collect(),
        }
    }

    pub fn push(&mut self, id: MessageId, text: MessageText, now: Millis) {
        self.drafts.push(Rc::new(Draft {
            id,
            text,
            at: now,
            state: DraftState::Queued,
        }));
    }

    /// The next to be sent, if it is time for one.
    pub fn next(&mut self, now: Millis) -> Option<(MessageId, MessageText)> {
        let draft = self
            .drafts
            .iter_mut()
            .find(|draft| !matches!(draft.state, DraftState::Failed(_)))?;
        let due = match draft.state {
            DraftState::Queued => true,
            DraftState::Held { until } => now >= until,
            DraftState::Sent { .. } | DraftState::Failed(_) => false,
        };
        due.then(|| {
            let draft = Rc::make_mut(draft);
            draft.state = DraftState::Sent { since: now };
            (draft.id.clone(), draft.text.clone())
        })
    }

    /// The log has it.
    pub fn settle(&mut self, id: &MessageId) {
        self.drafts.retain(|draft| draft.id != *id);
    }

    /// The server refused the one named, or, where it named none, the one on its way.
    pub fn refuse(&mut self, id: Option<&str>, code: RefusalCode, retry_at: Option<Millis>) {
        let refused = self.drafts.iter_mut().find(|draft| match id {
            Some(id) => draft.id.as_str() == id,
            None => matches!(draft.state, DraftState::Sent { .. }),
        });
        if let Some(draft) = refused {
            Rc::make_mut(draft).state = match retry_at {
                Some(until) => DraftState::Held { until },
                None => DraftState::Failed(code),
            };
        }
    }

    /// The line broke: what was on its way may or may not have arrived, so it is sent again.
    pub fn disconnected(&mut self) {
        for draft in &mut self.drafts {
            if matches!(
                draft.state,
                DraftState::Sent { .. } | DraftState::Held { .. }
            ) {
                Rc::make_mut(draft).state = DraftState::Queued;
            }
        }
    }

    /// The visitor wants a failed one tried again. An id that another message has is replaced.
    pub fn retry(&mut self, id: &MessageId, fresh: MessageId) {
        if let Some(draft) = self.drafts.iter_mut().find(|draft| draft.id == *id) {
            let draft = Rc::make_mut(draft);
            if draft.state == DraftState::Failed(RefusalCode::IdConflict) {
                draft.id = fresh;
            }
            draft.state = DraftState::Queued;
        }
    }

    /// When to look again at the one that [`Outbox::next`] looks at: it may be sent, or its answer
    /// is overdue.
    pub fn wake_at(&self) -> Option<Millis> {
        let mut states = self.drafts.iter().map(|draft| draft.state);
        match states.find(|state| !matches!(state, DraftState::Failed(_)))? {
            DraftState::Held { until } => Some(until),
            DraftState::Sent { since } => Some(since.saturating_add(OVERDUE_MS)),
            DraftState::Queued | DraftState::Failed(_) => None,
        }
    }

    /// Since when the one on its way has been there.
    pub fn sent_at(&self) -> Option<Millis> {
        self.drafts.iter().find_map(|draft| match draft.state {
            DraftState::Sent { since } => Some(since),
            _ => None,
        })
    }

    pub fn drafts(&self) -> &[Rc<Draft>] {
        &self.drafts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixtures::{id, text};

    fn of_three() -> Outbox {
        let mut outbox = Outbox::default();
        for n in 1..=3 {
            outbox.push(id(n), text("hej"), 0);
        }
        outbox
    }

    fn next(outbox: &mut Outbox, now: Millis) -> Option<MessageId> {
        outbox.next(now).map(|(id, _)| id)
    }

    #[test]
    fn one_is_on_its_way_at_a_time_and_in_order() {
        let mut outbox = of_three();
        assert_eq!(next(&mut outbox, 0), Some(id(1)));
        assert_eq!(next(&mut outbox, 0), None);
        outbox.settle(&id(1));
        assert_eq!(next(&mut outbox, 0), Some(id(2)));
    }

    #[test]
    fn after_a_break_all_go_again_with_the_same_ids() {
        let mut outbox = of_three();
        next(&mut outbox, 0);
        outbox.disconnected();
        assert_eq!(next(&mut outbox, 1), Some(id(1)));
    }

    #[test]
    fn a_busy_server_holds_the_rest() {
        let mut outbox = of_three();
        next(&mut outbox, 0);
        outbox.refuse(Some(id(1).as_str()), RefusalCode::Busy, Some(500));
        assert_eq!(next(&mut outbox, 499), None);
        assert_eq!(outbox.wake_at(), Some(500));
        assert_eq!(next(&mut outbox, 500), Some(id(1)));
    }

    #[test]
    fn one_held_behind_another_wakes_nobody() {
        let mut outbox = of_three();
        next(&mut outbox, 0);
        outbox.refuse(None, RefusalCode::IdConflict, None);
        next(&mut outbox, 0);
        outbox.refuse(None, RefusalCode::Busy, Some(500));
        outbox.retry(&id(1), id(9));
        assert_eq!(next(&mut outbox, 100), Some(id(9)));
        assert_eq!(outbox.wake_at(), Some(100 + OVERDUE_MS));
    }

    #[test]
    fn a_failed_one_lets_the_others_pass_and_keeps_its_text() {
        let mut outbox = of_three();
        next(&mut outbox, 0);
        outbox.refuse(None, RefusalCode::InvalidText, None);
        assert_eq!(next(&mut outbox, 0), Some(id(2)));
        assert_eq!(
            outbox.drafts()[0].state,
            DraftState::Failed(RefusalCode::InvalidText)
        );
        outbox.settle(&id(2));
        outbox.retry(&id(1), id(9));
        assert_eq!(next(&mut outbox, 0), Some(id(1)), "with the same id");
    }

    #[test]
    fn an_id_that_is_taken_is_replaced_on_retry() {
        let mut outbox = of_three();
        next(&mut outbox, 0);
        outbox.refuse(Some(id(1).as_str()), RefusalCode::IdConflict, None);
        outbox.retry(&id(1), id(9));
        assert_eq!(next(&mut outbox, 0), Some(id(9)));
    }

    #[test]
    fn a_reload_keeps_ids_and_texts() {
        let mut outbox = of_three();
        next(&mut outbox, 0);
        let json = serde_json::to_string(outbox.drafts().first().unwrap().as_ref()).unwrap();
        let draft: Draft = serde_json::from_str(&json).unwrap();
        assert_eq!(next(&mut Outbox::restore(vec![draft]), 0), Some(id(1)));
    }
}
