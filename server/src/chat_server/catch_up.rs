//! What a visitor has to read on coming in: what was missed, or else the latest page.

use std::sync::Arc;

use shared::limits::{PAGE_BYTES, WELCOME_ENTRIES};
use shared::{Position, RoomName};

use crate::history::{Bounds, Head, History, HistoryError, Page, Span};

/// Entries that a visitor may have missed to be given just those; beyond, the latest page serves
/// a reader better.
const MISSED_ENTRIES: usize = 500;

/// The entries of a `welcome`.
pub(super) struct CaughtUp {
    /// The last entry before all that comes live.
    pub(super) position: Position,
    /// Whether they are exactly what was missed.
    pub(super) recovered: bool,
    /// Where they are: how many.
    pub(super) missed: u64,
    /// The entries.
    pub(super) page: Page,
}

/// Reads up to `head`, and nothing beyond: that comes live.
pub(super) async fn catch_up(
    history: Arc<dyn History>,
    room: RoomName,
    after: Option<Position>,
    head: Head,
) -> Result<CaughtUp, HistoryError> {
    let position = Position {
        epoch: head.epoch,
        seq: head.seq,
    };
    // A position of another life of the log, or ahead of its end, says nothing about this one.
    let after = after.filter(|p| p.epoch == position.epoch && p.seq <= position.seq);
    if let Some(after) = after {
        let span = Span::After {
            seq: after.seq,
            until: position.seq,
        };
        let bounds = Bounds {
            entries: MISSED_ENTRIES,
            bytes: PAGE_BYTES,
        };
        let missed = history.read(&room, span, bounds).await?;
        if !missed.more {
            let page = Page {
                entries: missed.entries,
                more: after.seq.0 > 0,
            };
            return Ok(CaughtUp {
                position,
                recovered: true,
                missed: page.entries.len() as u64,
                page,
            });
        }
    }
    let bounds = Bounds {
        entries: usize::from(WELCOME_ENTRIES),
        bytes: PAGE_BYTES,
    };
    let page = history
        .read(&room, Span::Until(position.seq), bounds)
        .await?;
    Ok(CaughtUp {
        position,
        recovered: false,
        missed: 0,
        page,
    })
}
