//! What has been said and waits to be stored. While one batch is on its way to the disk, the next
//! one gathers here: an idle room adds no delay, a busy one shares its flushes.

use super::{Draft, Speaker};

/// Drafts in order of arrival, each with who is to be answered; bounded.
#[derive(Debug)]
pub struct Batch {
    drafts: Vec<Draft>,
    speakers: Vec<Speaker>,
    bytes: usize,
    bounds: BatchBounds,
}

/// How much may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchBounds {
    /// Drafts.
    pub entries: usize,
    /// Bytes of their texts.
    pub bytes: usize,
}

/// There is no room for this draft now.
#[derive(Debug, PartialEq, Eq)]
pub struct BatchFull;

impl Batch {
    /// An empty one.
    #[must_use]
    pub fn new(bounds: BatchBounds) -> Self {
        Self {
            drafts: Vec::new(),
            speakers: Vec::new(),
            bytes: 0,
            bounds,
        }
    }

    /// Adds a draft at the end.
    ///
    /// # Errors
    /// Where it would exceed the bounds.
    pub fn add(&mut self, speaker: Speaker, draft: Draft) -> Result<(), BatchFull> {
        let bytes = self.bytes + draft.text.as_str().len();
        if self.drafts.len() >= self.bounds.entries || bytes > self.bounds.bytes {
            return Err(BatchFull);
        }
        self.bytes = bytes;
        self.drafts.push(draft);
        self.speakers.push(speaker);
        Ok(())
    }

    /// Takes all that waits: the drafts, and who is to be answered for each; `None` for nothing.
    pub fn take(&mut self) -> Option<(Vec<Draft>, Vec<Speaker>)> {
        if self.drafts.is_empty() {
            return None;
        }
        self.bytes = 0;
        Some((
            std::mem::take(&mut self.drafts),
            std::mem::take(&mut self.speakers),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::SessionId;
    use shared::{AuthorId, MessageId, MessageText, Nick};

    fn draft(n: usize, text: &str) -> (Speaker, Draft) {
        let author = AuthorId::new("a");
        let speaker = Speaker {
            author: author.clone(),
            session: SessionId(1),
        };
        let draft = Draft {
            id: MessageId::new(format!("{n:020}")).unwrap(),
            author,
            nick: Nick::new("Åsa").unwrap(),
            text: MessageText::new(text).unwrap(),
        };
        (speaker, draft)
    }

    fn add(batch: &mut Batch, n: usize, text: &str) -> Result<(), BatchFull> {
        let (speaker, draft) = draft(n, text);
        batch.add(speaker, draft)
    }

    #[test]
    fn drafts_keep_their_order() {
        let mut batch = Batch::new(BatchBounds {
            entries: 8,
            bytes: 1024,
        });
        for n in 0..3 {
            add(&mut batch, n, "hej").unwrap();
        }
        let (drafts, speakers) = batch.take().unwrap();
        let ids: Vec<_> = drafts.iter().map(|d| d.id.as_str().to_owned()).collect();
        assert_eq!(
            ids,
            [
                format!("{:020}", 0),
                format!("{:020}", 1),
                format!("{:020}", 2)
            ]
        );
        assert_eq!(speakers.len(), 3);
        assert!(batch.take().is_none());
    }

    #[test]
    fn both_bounds_hold_and_taking_makes_room() {
        let mut batch = Batch::new(BatchBounds {
            entries: 2,
            bytes: 10,
        });
        add(&mut batch, 0, "12345").unwrap();
        assert_eq!(add(&mut batch, 1, "123456"), Err(BatchFull), "bytes");
        add(&mut batch, 2, "12345").unwrap();
        assert!(batch.take().is_some());
        add(&mut batch, 3, "1").unwrap();
        add(&mut batch, 4, "2").unwrap();
        assert_eq!(add(&mut batch, 5, "3"), Err(BatchFull), "entries");
    }
}
