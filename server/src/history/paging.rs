//! Filling a page up to its bounds: the same for every history. Where the entries come from, and
//! in which order, is the caller's.

use shared::Entry;

use super::{Bounds, Page};

/// A page on its way to being full.
pub(super) struct Filling {
    page: Page,
    left: Bounds,
}

impl Filling {
    /// An empty page.
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            page: Page::default(),
            left: bounds,
        }
    }

    /// Takes the next entry, or answers false, and then wants no other.
    pub(super) fn take(&mut self, entry: Entry) -> bool {
        let entries = &mut self.page.entries;
        let fits = self.left.entries > entries.len() && {
            let bytes = json_bytes(&entry);
            let fits = entries.is_empty() || bytes <= self.left.bytes;
            self.left.bytes = self.left.bytes.saturating_sub(bytes);
            fits
        };
        if fits {
            entries.push(entry);
        } else {
            self.page.more = true;
        }
        fits
    }

    /// The page, of entries that were taken in order.
    pub(super) fn forwards(self) -> Page {
        self.page
    }

    /// The page, of entries that were taken from the last one on.
    pub(super) fn backwards(mut self) -> Page {
        self.page.entries.reverse();
        self.page
    }
}

fn json_bytes(entry: &Entry) -> usize {
    serde_json::to_string(entry).map_or(usize::MAX, |json| json.len())
}
