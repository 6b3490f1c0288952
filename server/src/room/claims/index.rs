//! Finding rows of a table by one of their texts.

use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;
use slab::Slab;

/// Where in a table the row of a text is. Keeps no text, but asks the table: in a map that has the
/// texts as its keys the empty slots, which may be half of all, would be ten times as large.
#[derive(Debug)]
pub struct Index<R> {
    text: fn(&R) -> &str,
    places: HashTable<u32>,
    hasher: RandomState,
}

impl<R> Index<R> {
    /// An empty one, by that text of a row.
    pub fn by(text: fn(&R) -> &str) -> Self {
        Self {
            text,
            places: HashTable::new(),
            hasher: RandomState::new(),
        }
    }

    /// Where the row is whose text this is.
    pub fn find(&self, rows: &Slab<R>, text: &str) -> Option<usize> {
        let is_it = |place: &u32| rows.get(*place as usize).map(self.text) == Some(text);
        let place = self.places.find(self.hasher.hash_one(text), is_it)?;
        Some(*place as usize)
    }

    /// Takes in the row at `place`, whose text no other row has.
    pub fn insert(&mut self, rows: &Slab<R>, place: usize) {
        let text = |place: &u32| rows.get(*place as usize).map_or("", self.text);
        let hash = |place: &u32| self.hasher.hash_one(text(place));
        // No room has more members than a u32 counts.
        if let Ok(place) = u32::try_from(place) {
            self.places.insert_unique(hash(&place), place, hash);
        }
    }

    /// Forgets the row that was at `place`.
    pub fn remove(&mut self, row: &R, place: usize) {
        let hash = self.hasher.hash_one((self.text)(row));
        let found = self.places.find_entry(hash, |at| *at as usize == place);
        if let Ok(entry) = found {
            entry.remove();
        }
    }
}
