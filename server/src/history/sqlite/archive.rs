//! Rooms as a whole, for export and import: one moment of the database read row by row, and rows put
//! back. Leaves files and their format to `crate::archive`.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use shared::{RoomName, Seq};

use super::database::{self, Database};
use super::rows::{self, Room, from_sql, to_sql};
use super::{Durability, storage, trim};
use crate::history::HistoryError;

pub(super) const ROOMS: &str = "SELECT id, name, next_seq FROM rooms ORDER BY name";

pub(super) const ENTRIES: &str = "
    SELECT seq, at, kind, id, author, nick, body FROM entries WHERE room = ?1 ORDER BY seq";

pub(super) const CLEAR: &str = "DELETE FROM entries WHERE room = ?1";

/// Whoever wrote here is known by their token again, as they were called last: from the last entry
/// back, who is met again is known already. Grouping would sort.
pub(super) const AUTHORS: &str = "
    INSERT INTO visitors (room, author, nick, seen_at, held_until)
    SELECT room, author, nick, unixepoch() * 1000, 0 FROM entries WHERE room = ?1
    ORDER BY seq DESC ON CONFLICT (room, author) DO NOTHING";

pub(super) const RENEW: &str = "UPDATE rooms SET epoch = ?2 WHERE id = ?1";

const INSERT: &str = "
    INSERT INTO entries (room, seq, at, kind, id, author, nick, body)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

/// An entry as it is stored, of whatever kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // As in `shared::Entry`; `kind` says what `nick` and `body` mean.
pub struct RawEntry {
    pub seq: u64,
    pub at: u64,
    pub kind: String,
    pub id: String,
    pub author: String,
    pub nick: String,
    pub body: String,
}

/// A room of one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRoom {
    key: i64,
    /// As visitors know it.
    pub name: String,
    /// The number that its next entry gets.
    pub next_seq: u64,
}

/// One moment of a database, which may be in use.
#[derive(Debug)]
pub struct Snapshot {
    connection: Connection,
}

impl Snapshot {
    /// The moment of now.
    ///
    /// # Errors
    /// `Newer`, and `Storage` where there is no database that can be read.
    pub fn take(path: &Path) -> Result<Self, HistoryError> {
        let connection = database::read_only(path)?;
        // The first look fixes the moment; it passes with the connection.
        connection.execute_batch("BEGIN").map_err(storage)?;
        Ok(Self { connection })
    }

    /// Its rooms, by name.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub fn rooms(&self) -> Result<Vec<RawRoom>, HistoryError> {
        let read = || {
            let mut statement = self.connection.prepare(ROOMS)?;
            let rooms = statement.query_map([], |row| {
                Ok(RawRoom {
                    key: row.get("id")?,
                    name: row.get("name")?,
                    next_seq: from_sql(row.get("next_seq")?),
                })
            })?;
            rooms.collect::<rusqlite::Result<_>>()
        };
        read().map_err(storage)
    }

    /// Gives each of a room's entries to `take`, by rising number, until that fails.
    ///
    /// # Errors
    /// Those of `take`, and where an entry cannot be read.
    pub fn entries<E: From<HistoryError>>(
        &self,
        room: &RawRoom,
        mut take: impl FnMut(RawEntry) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self.connection.prepare(ENTRIES).map_err(storage)?;
        let entries = statement.query_map([room.key], entry).map_err(storage)?;
        for entry in entries {
            take(entry.map_err(storage)?)?;
        }
        Ok(())
    }
}

/// A database that rows are put back into: all of them, or none where it is dropped before.
pub struct Restore {
    database: Database,
    /// The rooms that are written to.
    rooms: Vec<i64>,
}

impl Restore {
    /// Opens the database, or makes it, and keeps it from everyone else meanwhile.
    ///
    /// # Errors
    /// As [`SqliteHistory::open`](super::SqliteHistory::open).
    pub fn begin(path: &Path) -> Result<Self, HistoryError> {
        let mut database = Database::open(path, Durability::Power)?;
        let connection = database.connection()?;
        connection
            .execute_batch("BEGIN IMMEDIATE")
            .map_err(storage)?;
        let rooms = Vec::new();
        Ok(Self { database, rooms })
    }

    /// Begins a new life of a room's log, whose next entry gets `next_seq`, or a higher number where
    /// the room has given that one already. `None` where there are entries, and not to be replaced.
    ///
    /// # Errors
    /// Where that cannot be written.
    pub fn room(
        &mut self,
        name: &RoomName,
        next_seq: u64,
        replace: bool,
    ) -> Result<Option<RawRoom>, HistoryError> {
        let connection = self.database.connection()?;
        let write = || {
            let room = Room::find_or_make(connection, name)?;
            let mut latest = connection.prepare_cached(trim::LATEST)?;
            let entry = latest.query_row([room.id], |_| Ok(())).optional()?;
            if entry.is_some() && !replace {
                return Ok(None);
            }
            connection.execute(CLEAR, [room.id])?;
            connection.execute(RENEW, params![room.id, rows::new_epoch().0])?;
            let next_seq = room.next_seq.0.max(next_seq);
            room.advance(connection, Seq(next_seq))?;
            Ok(Some(RawRoom {
                key: room.id,
                name: name.as_str().to_owned(),
                next_seq,
            }))
        };
        let room = write().map_err(storage)?;
        self.rooms.extend(room.as_ref().map(|room| room.key));
        Ok(room)
    }

    /// Puts an entry back. Answers false where the room has its number or its id already.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn entry(&mut self, room: &RawRoom, entry: &RawEntry) -> Result<bool, HistoryError> {
        let connection = self.database.connection()?;
        let mut insert = connection.prepare_cached(INSERT).map_err(storage)?;
        let inserted = insert.execute(params![
            room.key,
            to_sql(entry.seq),
            to_sql(entry.at),
            entry.kind,
            entry.id,
            entry.author,
            entry.nick,
            entry.body,
        ]);
        match inserted {
            Ok(_) => Ok(true),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                Ok(false)
            }
            Err(error) => Err(storage(error)),
        }
    }

    /// Makes it all last.
    ///
    /// # Errors
    /// Where that cannot be written: then nothing has changed.
    pub fn commit(mut self) -> Result<(), HistoryError> {
        let connection = self.database.connection()?;
        for room in &self.rooms {
            connection.execute(AUTHORS, [room]).map_err(storage)?;
        }
        connection.execute_batch("COMMIT").map_err(storage)?;
        self.database.close()
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<RawEntry> {
    Ok(RawEntry {
        seq: from_sql(row.get("seq")?),
        at: from_sql(row.get("at")?),
        kind: row.get("kind")?,
        id: row.get("id")?,
        author: row.get("author")?,
        nick: row.get("nick")?,
        body: row.get("body")?,
    })
}
