//! The history: what was said in each room, in order. Owns the trait and its promises; where the
//! entries are kept is each implementation's own.

use futures_util::future::{self, BoxFuture};
use shared::{Entry, Epoch, RoomName, Seq};

pub use crate::room::Draft;

mod memory;
mod paging;
mod sqlite;

#[cfg(test)]
mod contract;

pub use memory::MemoryHistory;
pub use sqlite::{Durability, RawEntry, RawRoom, Restore, Snapshot, SqliteHistory};

/// Keeps the entries of every room.
///
/// **Order.** `append` gives each new entry the next [`Seq`] of its room: gapless from 1, never
/// reused within an [`Epoch`]. Drafts of one call keep their order. A room has at most one
/// `append` under way; its caller sees to that. The [`Appended::Stored`] of a room rise strictly
/// in `seq`, from one `append` to the next, too.
///
/// **When.** The call begins the work, not the first poll; dropping the future does not undo it.
///
/// **Durability.** `append` resolves when its entries are as durable as the implementation
/// promises; nothing may be shown to anyone before. Where it fails, none of its drafts is stored,
/// or the next `append` of the same id finds it: trying again is always safe. An entry so found,
/// which no `append` of this process has answered yet, is `Stored`.
///
/// **Once.** A room stores an id once. A draft whose id is there already resolves to the stored
/// entry ([`Appended::Repeat`]) where its author or its text is the same, to
/// [`Appended::Conflict`] where both differ, and never fails its batch. The same holds for two
/// drafts of one batch.
///
/// **Reading.** `read` sees every entry whose `append` has resolved, `head` every one whose `append`
/// was asked for before it. In a room that does not exist `read` finds nothing, and makes no room.
/// Both go on while nothing can be stored.
///
/// **Removing.** `trim` takes entries from the beginning of a log only, so what is left is gapless,
/// and touches neither the epoch nor what the next entry's number will be. An id that was removed
/// is forgotten: stored again, it is a new entry. Text that was removed is overwritten where it was.
pub trait History: Send + Sync + 'static {
    /// Where the room's log stands; makes the room where there is none yet.
    fn head(&self, room: &RoomName) -> BoxFuture<'static, Result<Head, HistoryError>>;

    /// Stores drafts, and answers each, in their order.
    fn append(
        &self,
        room: &RoomName,
        drafts: Vec<Draft>,
    ) -> BoxFuture<'static, Result<Vec<Appended>, HistoryError>>;

    /// Reads a page, in order of `seq`.
    fn read(
        &self,
        room: &RoomName,
        span: Span,
        bounds: Bounds,
    ) -> BoxFuture<'static, Result<Page, HistoryError>>;

    /// Removes what is not to be kept in any room: at most [`TRIM_ENTRIES`] a call, so that what is
    /// said meanwhile does not wait long. Call it again while there is more.
    fn trim(&self, keep: Keep) -> BoxFuture<'static, Result<Trimmed, HistoryError>> {
        let _ = keep;
        let cannot = HistoryError::Storage("this kind of history removes nothing".to_owned());
        Box::pin(future::ready(Err(cannot)))
    }

    /// Finishes what was asked for, and leaves all in good order; blocks until that is done. What
    /// is asked for afterwards may be answered with [`HistoryError::Closed`].
    fn close(&self) {}
}

/// Where a room's log stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// This life of the log.
    pub epoch: Epoch,
    /// The last entry; 0 where there is none.
    pub seq: Seq,
}

/// What became of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// Stored now, or by an `append` that failed: everyone is to see it.
    Stored(Entry),
    /// Was there before: its sender is to see it.
    Repeat(Entry),
    /// Its id belongs to something else.
    Conflict,
}

/// Which entries of a room a page is taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// The latest ones up to and including this one.
    Until(Seq),
    /// The latest ones before this one.
    Before(Seq),
    /// The first ones after `seq`, none beyond `until`.
    After {
        /// The last one not wanted.
        seq: Seq,
        /// The last one wanted.
        until: Seq,
    },
}

/// How much a page may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Entries.
    pub entries: usize,
    /// Bytes of the entries as JSON; a page holds one entry even where that is larger.
    pub bytes: usize,
}

/// Some entries in a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// In order of `seq`.
    pub entries: Vec<Entry>,
    /// Whether the span holds more than fitted: before these for `Until` and `Before`, after
    /// these for `After`.
    pub more: bool,
}

/// The most entries that one call of [`History::trim`] removes.
pub const TRIM_ENTRIES: usize = 1_000;

/// What is to be kept of each room's log. The first entries that break either rule go; an entry
/// within both keeps all that follow it, whatever their times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Entries of this time and later, in milliseconds since the Unix epoch.
    pub since: u64,
    /// So many, the latest.
    pub entries: u64,
}

/// What a call of [`History::trim`] has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// Entries removed.
    pub removed: usize,
    /// Whether there may be more to remove.
    pub more: bool,
}

/// Why the history could not be opened, written or read. Names no type of an implementation.
#[derive(Debug, Clone, thiserror::Error)]
pub enum HistoryError {
    /// The database was made by a newer version of Realtid.
    #[error(
        "the database is of schema version {found}, newer than this version's {known}: use a newer realtid, or another --data-dir"
    )]
    Newer {
        /// Its version.
        found: u32,
        /// The newest version that this program knows.
        known: u32,
    },
    /// There is no room on the disk to store in: nothing new can be stored until there is.
    #[error("the disk is full: {0}")]
    Full(String),
    /// Another program keeps the database from being written to.
    #[error("the database is locked by another program")]
    Locked,
    /// The storage failed.
    #[error("history: {0}")]
    Storage(String),
    /// The history has been shut down.
    #[error("the history is closed")]
    Closed,
}
