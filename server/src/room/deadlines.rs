//! What is due when, for many at once.

use std::collections::{BTreeSet, HashMap};

use shared::AuthorId;

/// A moment for each of some authors, in milliseconds since the Unix epoch.
#[derive(Debug, Default)]
pub struct Deadlines {
    moments: HashMap<AuthorId, u64>,
    order: BTreeSet<(u64, AuthorId)>,
}

impl Deadlines {
    /// Sets an author's moment.
    pub fn set(&mut self, author: AuthorId, moment: u64) {
        self.remove(&author);
        self.order.insert((moment, author.clone()));
        self.moments.insert(author, moment);
    }

    /// Takes an author out; answers false where there was none.
    pub fn remove(&mut self, author: &AuthorId) -> bool {
        let Some((author, moment)) = self.moments.remove_entry(author) else {
            return false;
        };
        self.order.remove(&(moment, author))
    }

    /// The moment that comes first.
    #[must_use]
    pub fn soonest(&self) -> Option<u64> {
        self.order.first().map(|(moment, _)| *moment)
    }

    /// Takes out the one whose moment comes first, where it has come.
    pub fn pop_due(&mut self, now: u64) -> Option<AuthorId> {
        self.soonest().filter(|moment| *moment <= now)?;
        self.pop()
    }

    /// Takes out the one whose moment comes first.
    pub fn pop(&mut self) -> Option<AuthorId> {
        let (_, author) = self.order.pop_first()?;
        self.moments.remove(&author);
        Some(author)
    }

    /// All of them, in no order.
    pub fn authors(&self) -> impl Iterator<Item = &AuthorId> {
        self.moments.keys()
    }

    /// Whether an author is among them.
    #[must_use]
    pub fn contains(&self, author: &AuthorId) -> bool {
        self.moments.contains_key(author)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.moments.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.moments.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_comes_by_its_moment_and_once() {
        let author = |n: u64| AuthorId::new(format!("a{n}"));
        let mut deadlines = Deadlines::default();
        for n in [3, 1, 2, 4] {
            deadlines.set(author(n), 10 * n);
        }
        deadlines.set(author(1), 25);
        assert!(deadlines.remove(&author(4)) && !deadlines.remove(&author(4)));
        assert_eq!((deadlines.len(), deadlines.soonest()), (3, Some(20)));
        assert_eq!(deadlines.pop_due(19), None);
        assert_eq!(deadlines.pop_due(29), Some(author(2)));
        assert_eq!(deadlines.pop_due(29), Some(author(1)), "as set last");
        assert_eq!(deadlines.pop_due(29), None);
        assert_eq!(deadlines.authors().collect::<Vec<_>>(), [&author(3)]);
    }
}
