//! The visitors in the history's database, written by its thread in its commits.

use futures_util::future::BoxFuture;
use shared::{AuthorId, Nick, RoomName};

use super::{OPEN, PRUNED, Visit, Visitors};
use crate::history::{HistoryError, SqliteHistory};

impl Visitors for SqliteHistory {
    fn record(
        &self,
        room: &RoomName,
        visit: Visit,
    ) -> BoxFuture<'static, Result<(), HistoryError>> {
        self.record_visit(room, visit)
    }

    fn known(
        &self,
        room: &RoomName,
        author: &AuthorId,
        since: u64,
    ) -> BoxFuture<'static, Result<Option<Nick>, HistoryError>> {
        self.known_visitor(room, author, since)
    }

    fn open(
        &self,
        room: &RoomName,
        now: u64,
    ) -> BoxFuture<'static, Result<Vec<Visit>, HistoryError>> {
        self.open_visits(room, now, OPEN)
    }

    fn prune(&self, before: u64) -> BoxFuture<'static, Result<usize, HistoryError>> {
        self.prune_visits(before, PRUNED)
    }
}
