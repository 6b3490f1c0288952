//! What this visitor has written and the room has not confirmed yet, in order. One is on its
//! way at a time, and one that must wait holds those behind it, so that the order is kept.
//! The browser keeps it too, for whichever tab leads next.

use std::rc::Rc;

use serde::Serialize;
use serde_json::Value;
use shared::{MessageId, MessageText, RefusalCode};

use super::Millis;
use super::session::OVERDUE_MS;

/// How many messages the browser keeps, and how many bytes of their texts: a storage is a few
/// megabytes for all that a site keeps. What is beyond stays in the tab until there is room.
const KEPT_DRAFTS: usize = 200;
const KEPT_BYTES: usize = 256 * 1024;

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DraftState {
    /// Waits for its turn, or for the line.
    #[default]
    Queued,
    /// On its way.
    Sent { since: Millis },
    /// The server cannot take it now.
    Held { until: Millis, code: RefusalCode },
    /// The server will not take it.
    Failed(RefusalCode),
}

/// A message that is not in the log yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Draft {
    pub id: MessageId,
    pub text: MessageText,
    /// When it was written.
    pub at: Millis,
    /// Not kept over a reload: after one, everything is to be sent.
    #[serde(skip)]
    pub state: DraftState,
    /// Whether the browser keeps it.
    #[serde(skip)]
    kept: bool,
}

impl Draft {
    /// What the browser has kept of one; nothing where that makes no sense.
    fn read(kept: &Value) -> Option<Self> {
        Some(Self {
            id: MessageId::new(kept.get("id")?.as_str()?).ok()?,
            text: MessageText::new(kept.get("text")?.as_str()?).ok()?,
            at: kept.get("at")?.as_u64()?,
            state: DraftState::Queued,
            kept: false,
        })
    }

    /// All that the browser has kept.
    pub fn read_all(kept: &Value) -> Vec<Self> {
        let drafts = kept.as_array().map(Vec::as_slice).unwrap_or_default();
        drafts.iter().filter_map(Self::read).collect()
    }
}

/// The messages of this visitor that are not settled.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outbox {
    drafts: Vec<Rc<Draft>>,
}

impl Outbox {
    /// Takes up what the browser has kept, by whichever tab; what this one alone knows comes after.
    pub fn adopt(&mut self, drafts: Vec<Draft>) {
        self.hand_over();
        let own = std::mem::take(&mut self.drafts);
        let kept = drafts.into_iter().map(|draft| Draft {
            kept: true,
            ..draft
        });
        self.drafts = kept.map(Rc::new).chain(own).collect();
    }

    /// Another tab may lead now: what the browser keeps is that one's.
    pub fn hand_over(&mut self) {
        self.drafts.retain(|draft| !draft.kept);
    }

    /// What the browser is to keep: the first ones, as far as its room goes.
    pub fn to_keep(&self) -> Vec<&Draft> {
        let mut bytes = 0;
        let fits = |draft: &&Draft| {
            bytes += draft.text.as_str().len();
            bytes <= KEPT_BYTES
        };
        let drafts = self.drafts.iter().map(AsRef::as_ref);
        drafts.take(KEPT_DRAFTS).take_while(fits).collect()
    }

    /// The browser has kept what [`Outbox::to_keep`] named.
    pub fn kept(&mut self) {
        let count = self.to_keep().len();
        for (n, draft) in self.drafts.iter_mut().enumerate() {
            if draft.kept != (n < count) {
                Rc::make_mut(draft).kept = n < count;
            }
        }
    }

    pub fn push(&mut self, id: MessageId, text: MessageText, now: Millis) {
        self.drafts.push(Rc::new(Draft {
            id,
            text,
            at: now,
            state: DraftState::Queued,
            kept: false,
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
            DraftState::Held { until, .. } => now >= until,
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
                Some(until) => DraftState::Held { until, code },
                None => DraftState::Failed(code),
            };
        }
    }

    /// The line broke: what was on its way may or may not have arrived, so it is sent again. What
    /// the server asked to wait with waits on: a new line is no new allowance.
    pub fn disconnected(&mut self) {
        for draft in &mut self.drafts {
            if matches!(draft.state, DraftState::Sent { .. }) {
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
            DraftState::Held { until, .. } => Some(until),
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
    fn a_new_line_is_no_new_allowance() {
        let mut outbox = of_three();
        next(&mut outbox, 0);
        outbox.refuse(None, RefusalCode::RateLimited, Some(3_000));
        outbox.disconnected();
        assert_eq!(next(&mut outbox, 2_999), None);
        assert_eq!(next(&mut outbox, 3_000), Some(id(1)));
    }

    /// What another tab would read, had this one written it.
    fn read_back(outbox: &Outbox) -> Vec<Draft> {
        Draft::read_all(&serde_json::to_value(outbox.to_keep()).unwrap())
    }

    fn ids(outbox: &Outbox) -> Vec<MessageId> {
        let drafts = outbox.drafts().iter();
        drafts.map(|draft| draft.id.clone()).collect()
    }

    #[test]
    fn a_reload_keeps_ids_texts_and_order() {
        let mut before = of_three();
        next(&mut before, 0);
        let mut after = Outbox::default();
        after.adopt(read_back(&before));
        assert_eq!(ids(&after), [id(1), id(2), id(3)]);
        assert_eq!(after.drafts()[0].text, text("hej"));
        assert_eq!(next(&mut after, 0), Some(id(1)));
    }

    #[test]
    fn what_another_tab_has_settled_or_discarded_does_not_come_back() {
        let mut first = of_three();
        first.kept();
        let mut second = Outbox::default();
        second.adopt(read_back(&first));
        first.hand_over();
        assert_eq!(ids(&first), [], "they are the other tab's");
        second.settle(&id(1));
        second.push(id(4), text("hej"), 1);
        first.adopt(read_back(&second));
        assert_eq!(ids(&first), [id(2), id(3), id(4)]);
    }

    #[test]
    fn what_the_browser_did_not_keep_stays_in_the_tab() {
        let mut outbox = of_three();
        outbox.kept();
        outbox.push(id(4), text("hej"), 1);
        outbox.hand_over();
        assert_eq!(ids(&outbox), [id(4)]);
        outbox.adopt(read_back(&of_three()));
        assert_eq!(ids(&outbox), [id(1), id(2), id(3), id(4)]);
    }

    #[test]
    fn the_browser_is_given_no_more_than_it_has_room_for() {
        let mut outbox = Outbox::default();
        let long = "x".repeat(4_000);
        for n in 1..=70 {
            outbox.push(id(n), text(&long), 0);
        }
        assert_eq!(outbox.to_keep().len(), KEPT_BYTES / 4_000);
        outbox.kept();
        outbox.hand_over();
        assert_eq!(ids(&outbox)[0], id(66), "the rest stays in the tab");

        let mut short = Outbox::default();
        for n in 1..=300 {
            short.push(id(n), text("hej"), 0);
        }
        assert_eq!(short.to_keep().len(), KEPT_DRAFTS);
    }
}
