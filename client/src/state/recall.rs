//! Going back to what one has said, in an empty composer.

use shared::{AuthorId, EntryBody};

use super::{Outbox, Timeline};

/// What `own` has said and what waits to go out, in order; the same twice in a row is one.
pub fn own_texts(timeline: &Timeline, outbox: &Outbox, own: Option<&AuthorId>) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in timeline.entries() {
        if let EntryBody::Said { text, .. } = &entry.body
            && Some(&entry.author) == own
        {
            texts.push(text.as_str().to_owned());
        }
    }
    for draft in outbox.drafts() {
        texts.push(draft.text.as_str().to_owned());
    }
    texts.dedup();
    texts
}

/// Where one stands among one's own texts.
#[derive(Default)]
pub struct Recall {
    /// Which from the end; none while the composer is the writer's own.
    back: usize,
    /// What was put there. Once it is anything else, it is the writer's own again.
    shown: String,
}

impl Recall {
    /// What to show for Up (`earlier`) or Down, where `field` is shown with the caret at its end;
    /// none where the key means what it always means.
    pub fn step(&mut self, earlier: bool, field: &str, texts: &[String]) -> Option<&str> {
        if self.back == 0 || field != self.shown {
            if !earlier || !field.is_empty() {
                return None;
            }
            self.back = 0;
        }
        self.back = if earlier {
            (self.back + 1).min(texts.len())
        } else {
            self.back - 1
        };
        let at = texts.len().checked_sub(self.back);
        self.shown = at.and_then(|at| texts.get(at).cloned()).unwrap_or_default();
        Some(&self.shown)
    }

    /// Whether `field` shows what was recalled, which ends.
    pub fn end(&mut self, field: &str) -> bool {
        std::mem::take(&mut self.back) > 0 && field == self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::fixtures::{author, id, said, text};
    use crate::state::session::tests::welcome;

    #[test]
    fn ones_own_texts_are_those_said_and_those_that_wait() {
        let mut timeline = Timeline::default();
        let entries = vec![said(1, "Åsa"), said(2, "Bo"), said(3, "Åsa")];
        timeline.welcome(&welcome(entries, 3, false));
        let mut outbox = Outbox::default();
        outbox.push(id(4), text("text 3"), 0);
        outbox.push(id(5), text("väntar"), 0);
        let texts = own_texts(&timeline, &outbox, Some(&author("Åsa")));
        assert_eq!(texts, ["text 1", "text 3", "väntar"]);
    }

    #[test]
    fn up_goes_back_and_down_forward_to_the_empty_field() {
        let texts = ["ett", "två\nrader"].map(String::from);
        let mut recall = Recall::default();
        assert_eq!(recall.step(false, "", &texts), None, "nothing is later");
        assert_eq!(recall.step(true, "", &texts), Some("två\nrader"));
        assert_eq!(recall.step(true, "två\nrader", &texts), Some("ett"));
        assert_eq!(recall.step(true, "ett", &texts), Some("ett"), "the first");
        assert_eq!(recall.step(false, "ett", &texts), Some("två\nrader"));
        assert_eq!(recall.step(false, "två\nrader", &texts), Some(""));
        assert_eq!(recall.step(false, "", &texts), None);
    }

    #[test]
    fn what_is_edited_is_the_writers_own() {
        let texts = ["ett", "två"].map(String::from);
        let mut recall = Recall::default();
        assert_eq!(recall.step(true, "påbörjat", &texts), None);
        recall.step(true, "", &texts);
        assert_eq!(recall.step(true, "två!", &texts), None);
        assert!(!recall.end("två!"));
        // Emptied, it begins anew.
        assert_eq!(recall.step(true, "", &texts), Some("två"));
        assert!(recall.end("två"));
        assert_eq!(recall.step(true, "två", &texts), None);
    }

    #[test]
    fn who_has_said_nothing_recalls_nothing() {
        assert_eq!(Recall::default().step(true, "", &[]), Some(""));
    }
}
