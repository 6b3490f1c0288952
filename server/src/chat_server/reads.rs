//! Reading the history for those who come in, or read a transcript: a storm of them wants the same
//! page, and waits for one read of it. Nothing is kept once it has been read, so that nobody is shown
//! what was removed.

use std::cell::Cell;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use shared::RoomName;

use crate::history::{Bounds, History, HistoryError, Page, Span};

type Read = BoxFuture<'static, Result<Page, HistoryError>>;

/// The history of one room, as it is read for its visitors.
pub struct Reads {
    history: Arc<dyn History>,
    room: RoomName,
    /// What was asked for last, for as long as somebody waits for it.
    last: Cell<Option<(Span, Bounds, WeakShared<Read>)>>,
}

impl Reads {
    /// Reads a room's history on one thread.
    pub fn new(history: Arc<dyn History>, room: RoomName) -> Self {
        Self {
            history,
            room,
            last: Cell::new(None),
        }
    }

    /// Reads a page, or waits for the read of it that is under way.
    ///
    /// # Errors
    /// Where the history cannot be read.
    pub async fn read(&self, span: Span, bounds: Bounds) -> Result<Page, HistoryError> {
        let read = self.under_way(span, bounds).unwrap_or_else(|| {
            let read = self.history.read(&self.room, span, bounds);
            read.shared()
        });
        let weak = read.downgrade();
        self.last.set(weak.map(|weak| (span, bounds, weak)));
        read.await
    }

    /// The last read, where it was the same and has not come back.
    fn under_way(&self, span: Span, bounds: Bounds) -> Option<Shared<Read>> {
        let (of, within, read) = self.last.take()?;
        let read = read.upgrade().filter(|read| read.peek().is_none())?;
        (of == span && within == bounds).then_some(read)
    }
}
