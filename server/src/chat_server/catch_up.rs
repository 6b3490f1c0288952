//! What a visitor has to read on coming in: what was missed, page by page, or else the latest page.

use std::rc::Rc;

use shared::limits::{PAGE_BYTES, WELCOME_ENTRIES};
use shared::{Position, Seq};

use super::reads::Reads;
use crate::history::{Bounds, Head, HistoryError, Page, Span};

/// Entries that a visitor may have missed to be given just those; beyond, the latest page serves
/// a reader better.
const MISSED_ENTRIES: u64 = 500;

/// The entries of a `welcome`.
pub(super) struct CaughtUp {
    /// The last entry before all that follows.
    pub(super) position: Position,
    /// Whether they are the first of what was missed, and the rest of it follows.
    pub(super) recovered: bool,
    /// Where they are: how many in all.
    pub(super) missed: u64,
    /// The entries.
    pub(super) page: Page,
    /// Whether there are more up to where the log stood.
    pub(super) behind: bool,
}

/// Reads up to `head`, and nothing beyond: that follows.
pub(super) async fn catch_up(
    reads: Rc<Reads>,
    after: Option<Position>,
    head: Head,
) -> Result<CaughtUp, HistoryError> {
    // A position of another life of the log, or ahead of its end, says nothing about this one.
    let missed = after
        .filter(|after| after.epoch == head.epoch)
        .and_then(|after| Some((after.seq, head.seq.0.checked_sub(after.seq.0)?)))
        .filter(|(_, missed)| *missed <= MISSED_ENTRIES);
    if let Some((after, missed)) = missed {
        let page = read_on(&reads, after, head.seq).await?;
        // Where some of them have been removed, a reader had better know.
        let whole = page.entries.first().map_or(0, |entry| entry.seq.0) == after.0 + 1;
        if whole || missed == 0 {
            let last = page.entries.last().map(|entry| entry.seq);
            return Ok(CaughtUp {
                position: Position {
                    epoch: head.epoch,
                    seq: last.filter(|_| page.more).unwrap_or(head.seq),
                },
                recovered: true,
                missed,
                behind: page.more,
                page: Page {
                    entries: page.entries,
                    more: after.0 > 0,
                },
            });
        }
    }
    let bounds = Bounds {
        entries: usize::from(WELCOME_ENTRIES),
        bytes: PAGE_BYTES,
    };
    let page = reads.read(Span::Until(head.seq), bounds).await?;
    Ok(CaughtUp {
        position: Position {
            epoch: head.epoch,
            seq: head.seq,
        },
        recovered: false,
        missed: 0,
        page,
        behind: false,
    })
}

/// The next page after an entry, for who is behind.
pub(super) async fn read_on(reads: &Reads, seq: Seq, until: Seq) -> Result<Page, HistoryError> {
    let bounds = Bounds {
        entries: usize::MAX,
        bytes: PAGE_BYTES,
    };
    reads.read(Span::After { seq, until }, bounds).await
}
