//! The file: who may open it, how its connection is set up, and opening it anew after a failure.
//! Leaves what is written to `writer`.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{Durability, life, schema, storage};
use crate::history::HistoryError;

/// How long to wait for others that have the file open: they lock it for moments only. All rooms
/// wait so long for one that does not, before they are told to try again; and a server that is
/// told to end has no more than that to spare.
const BUSY: Duration = Duration::from_secs(2);

/// How long to wait for readers where the rooms wait with it, and it can be tried again later.
const BRIEFLY: Duration = Duration::from_millis(50);

/// The database, for as long as this process has it.
pub(super) struct Database {
    path: PathBuf,
    durability: Durability,
    /// None after a failure, until it is needed again.
    connection: Option<Connection>,
    /// Freed after the connection is closed.
    _lock: File,
}

impl Database {
    /// Opens or makes it, and begins a life of it.
    pub(super) fn open(path: &Path, durability: Durability) -> Result<Self, HistoryError> {
        let named = |error| match error {
            HistoryError::Storage(why) => {
                HistoryError::Storage(format!("{}: {why}", path.display()))
            }
            other => other,
        };
        let lock = lock(path)?;
        let connection = connect(path, durability, Visit::First).map_err(named)?;
        Ok(Self {
            path: path.to_owned(),
            durability,
            connection: Some(connection),
            _lock: lock,
        })
    }

    /// The connection; opened anew where it was given up.
    pub(super) fn connection(&mut self) -> Result<&mut Connection, HistoryError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(&self.path, self.durability, Visit::Again)?,
        };
        Ok(self.connection.insert(connection))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Does with the connection what these failures on it call for. Answers whether the same may
    /// go well at once on another one.
    pub(super) fn settle<'a>(
        &mut self,
        errors: impl IntoIterator<Item = &'a HistoryError>,
    ) -> bool {
        // A disk without room and a lock leave the connection as it is, and nothing in doubt.
        let harmless =
            |error: &HistoryError| matches!(error, HistoryError::Full(_) | HistoryError::Locked);
        let doubtful = errors.into_iter().any(|error| !harmless(error));
        let stuck = |connection: &Connection| !connection.is_autocommit();
        let opened = self.connection.as_ref();
        let give_up = opened.is_some_and(|connection| doubtful || stuck(connection));
        if give_up {
            self.give_up();
        }
        give_up && doubtful
    }

    /// Gives up a connection that has failed: what it believes of the file may be wrong.
    pub(super) fn give_up(&mut self) {
        self.connection = None;
    }

    /// Ends its life in order.
    pub(super) fn close(mut self) -> Result<(), HistoryError> {
        let connection = self.connection()?;
        // Not before all that came earlier is on the disk, too.
        flush_every_commit(connection)
            .and_then(|()| life::end(connection))
            .map_err(storage)
    }
}

/// A connection that can only look, beside the writer's or without one.
///
/// # Errors
/// `Newer`, and `Storage` where there is no database, or one that is none of Realtid's.
pub(super) fn read_only(path: &Path) -> Result<Connection, HistoryError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(storage)?;
    connection.busy_timeout(BUSY).map_err(storage)?;
    schema::identify(&connection)?;
    Ok(connection)
}

/// Which opening of the file by this process.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    First,
    /// After a failure.
    Again,
}

fn connect(path: &Path, durability: Durability, visit: Visit) -> Result<Connection, HistoryError> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // A file that vanished meanwhile is an error, not an empty history.
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, visit == Visit::First);
    let mut connection = Connection::open_with_flags(path, flags).map_err(storage)?;
    connection.busy_timeout(BUSY).map_err(storage)?;
    let version = schema::identify(&connection)?;
    keep_log(&connection)?;
    flush_every_commit(&connection).map_err(storage)?;
    connection
        .pragma_update(None, "foreign_keys", true)
        .map_err(storage)?;
    // Savepoints keep what they may have to undo. Not in a file, which would go to a directory other
    // than the data's: that one may be all there is to write in.
    connection
        .pragma_update(None, "temp_store", "MEMORY")
        .map_err(storage)?;
    // What is removed leaves no text behind in the file.
    connection
        .pragma_update(None, "secure_delete", true)
        .map_err(storage)?;
    match visit {
        Visit::First => schema::migrate(&mut connection, version)
            .and_then(|()| life::begin(&mut connection, durability))
            .map_err(storage)?,
        Visit::Again => rewrite(&connection)?,
    }
    if durability == Durability::Process {
        connection
            .pragma_update(None, "synchronous", "NORMAL")
            .map_err(storage)?;
    }
    Ok(connection)
}

/// Readers and the writer do not wait for each other, and a commit is one flush.
fn keep_log(connection: &Connection) -> Result<(), HistoryError> {
    let mode: String = connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))
        .map_err(storage)?;
    if mode == "wal" {
        Ok(())
    } else {
        Err(HistoryError::Storage(format!(
            "no write-ahead log can be kept here (journal_mode is '{mode}'): is it a network file system?"
        )))
    }
}

fn flush_every_commit(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    // macOS flushes to the disk's own cache only, unless told so; elsewhere this does nothing.
    connection.pragma_update(None, "fullfsync", true)
}

/// Writes what is in the log into the database proper. A flush that fails once may succeed when
/// it is repeated without having written anything: after a failure only what is written anew is
/// known to be on the disk.
fn rewrite(connection: &Connection) -> Result<(), HistoryError> {
    if checkpoint(connection).map_err(storage)? {
        Ok(())
    } else {
        Err(HistoryError::Storage(
            "another program keeps the database from being repaired".to_owned(),
        ))
    }
}

/// Writes what is in the log into the database proper and empties the log, unless somebody reads
/// from it for long. Answers whether it is empty.
pub(super) fn empty_log(connection: &Connection) -> rusqlite::Result<bool> {
    connection.busy_timeout(BRIEFLY)?;
    let empty = checkpoint(connection);
    connection.busy_timeout(BUSY)?;
    empty
}

fn checkpoint(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
        row.get(0).map(|busy: bool| !busy)
    })
}

/// Keeps a second Realtid from the file. In a file of its own: SQLite's locks on the database are
/// lost when anyone in the process closes it, and backups may read it meanwhile.
fn lock(path: &Path) -> Result<File, HistoryError> {
    let failed = |error| HistoryError::Storage(format!("{}: {error}", path.display()));
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).map_err(failed)?;
    }
    let mut name = OsString::from(path);
    name.push(".lock");
    let file = File::create(name).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(HistoryError::Storage(format!(
            "{} is in use by another realtid: stop that one first",
            path.display()
        ))),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
