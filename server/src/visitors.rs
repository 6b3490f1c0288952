//! The visitors of each room: what outlives their connections and the server. Owns the trait and
//! its promises; where it is kept is each implementation's own, how long it counts the rooms'.

use futures_util::future::BoxFuture;
use shared::{AuthorId, Nick, RoomName};

use crate::history::HistoryError;
pub use crate::room::visit::{Claim, Visit};

mod memory;
mod sqlite;

#[cfg(test)]
mod contract;

pub use memory::MemoryVisitors;

/// Visitors that one call of [`Visitors::prune`] takes out at most: a moment's work, since others
/// wait for it.
pub const PRUNED: usize = 1_000;

/// Visits that one call of [`Visitors::open`] brings at most: more than a room lets in, unless it is
/// set up otherwise, and holds nicks for.
pub const OPEN: usize = 20_000;

/// Remembers the visitors of every room, by author; never a token.
///
/// **Order.** Calls for one room take effect in the order of the calls: what is asked after a
/// `record` sees it, what was asked before does not.
///
/// **When.** The call begins the work, not the first poll; dropping the future does not undo it.
///
/// **Durability.** `record` resolves when what it says is as durable as an entry of the history
/// would be. Where it fails, what was there before is still there, or the new.
pub trait Visitors: Send + Sync + 'static {
    /// Remembers a visit, in place of what was known of that author in that room.
    fn record(&self, room: &RoomName, visit: Visit)
    -> BoxFuture<'static, Result<(), HistoryError>>;

    /// What an author of a room was called last, where they have been seen `since` then or are
    /// present; `None` for anyone else, whom the room does not know.
    fn known(
        &self,
        room: &RoomName,
        author: &AuthorId,
        since: u64,
    ) -> BoxFuture<'static, Result<Option<Nick>, HistoryError>>;

    /// The visits of a room with a nick that is not free at `now`, [`OPEN`] at most: first those
    /// present, then those held, the longest first; of equals, who was seen last. Where two have one
    /// nick, the first has it.
    fn open(
        &self,
        room: &RoomName,
        now: u64,
    ) -> BoxFuture<'static, Result<Vec<Visit>, HistoryError>>;

    /// Forgets visitors of any room who have not been seen since `before` and are not present, the
    /// oldest first, and tells how many: at most [`PRUNED`].
    fn prune(&self, before: u64) -> BoxFuture<'static, Result<usize, HistoryError>>;
}
