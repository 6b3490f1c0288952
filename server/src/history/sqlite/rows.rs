//! The statements, and rows as entries and back. Knows neither transactions nor threads.

use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use serde::Deserialize;
use serde::de::value::{Error as ValueError, StringDeserializer};
use shared::{AuthorId, Entry, EntryBody, Epoch, MessageId, RoomName, Seq};

use crate::history::paging::Filling;
use crate::history::{Bounds, Draft, Head, Page, Span};
use crate::random;

pub(super) const ROOM: &str = "SELECT id, epoch, next_seq FROM rooms WHERE name = ?1";

const NEW_ROOM: &str = "INSERT INTO rooms (name, epoch, next_seq) VALUES (?1, ?2, 1)";

pub(super) const ADVANCE: &str = "UPDATE rooms SET next_seq = ?2 WHERE id = ?1";

const INSERT: &str = "
    INSERT INTO entries (room, seq, at, kind, id, author, nick, body)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (room, id) DO NOTHING";

pub(super) const BY_ID: &str = "
    SELECT seq, at, kind, id, author, nick, body FROM entries WHERE room = ?1 AND id = ?2";

pub(super) const BELOW: &str = "
    SELECT seq, at, kind, id, author, nick, body FROM entries
    WHERE room = ?1 AND seq < ?2 ORDER BY seq DESC";

pub(super) const BETWEEN: &str = "
    SELECT seq, at, kind, id, author, nick, body FROM entries
    WHERE room = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq";

/// The `kind` of [`EntryBody::Said`].
const SAID: &str = "said";

/// A room as stored.
pub(super) struct Room {
    pub(super) id: i64,
    epoch: Epoch,
    pub(super) next_seq: Seq,
}

impl Room {
    pub(super) fn find(connection: &Connection, name: &RoomName) -> Result<Option<Self>> {
        connection
            .prepare_cached(ROOM)?
            .query_row([name.as_str()], |row| {
                Ok(Self {
                    id: row.get(0)?,
                    epoch: Epoch(row.get(1)?),
                    next_seq: Seq(from_sql(row.get(2)?)),
                })
            })
            .optional()
    }

    pub(super) fn find_or_make(connection: &Connection, name: &RoomName) -> Result<Self> {
        if let Some(room) = Self::find(connection, name)? {
            return Ok(room);
        }
        let epoch = new_epoch();
        connection
            .prepare_cached(NEW_ROOM)?
            .execute(params![name.as_str(), epoch.0])?;
        Ok(Self {
            id: connection.last_insert_rowid(),
            epoch,
            next_seq: Seq(1),
        })
    }

    pub(super) fn head(&self) -> Head {
        Head {
            epoch: self.epoch.clone(),
            seq: Seq(self.next_seq.0.saturating_sub(1)),
        }
    }

    pub(super) fn advance(&self, connection: &Connection, next_seq: Seq) -> Result<()> {
        connection
            .prepare_cached(ADVANCE)?
            .execute(params![self.id, to_sql(next_seq.0)])?;
        Ok(())
    }

    /// Stores the draft as entry `seq`; answers false where its id is there already.
    pub(super) fn insert(
        &self,
        connection: &Connection,
        draft: &Draft,
        seq: Seq,
        at: u64,
    ) -> Result<bool> {
        let rows = connection.prepare_cached(INSERT)?.execute(params![
            self.id,
            to_sql(seq.0),
            to_sql(at),
            SAID,
            draft.id.as_str(),
            draft.author.as_str(),
            draft.nick.as_str(),
            draft.text.as_str(),
        ])?;
        Ok(rows == 1)
    }

    pub(super) fn by_id(&self, connection: &Connection, id: &MessageId) -> Result<Entry> {
        connection
            .prepare_cached(BY_ID)?
            .query_row(params![self.id, id.as_str()], entry)
    }

    /// Steps through no more rows than fit, and one to know that there are more.
    pub(super) fn page(&self, connection: &Connection, span: Span, bounds: Bounds) -> Result<Page> {
        let below = |seq| -> Result<Page> {
            let mut statement = connection.prepare_cached(BELOW)?;
            let rows = statement.query_map(params![self.id, seq], entry)?;
            Ok(fill(rows, bounds)?.backwards())
        };
        match span {
            Span::Until(seq) => below(to_sql(seq.next().0)),
            Span::Before(seq) => below(to_sql(seq.0)),
            Span::After { seq, until } => {
                let mut statement = connection.prepare_cached(BETWEEN)?;
                let rows =
                    statement.query_map(params![self.id, to_sql(seq.0), to_sql(until.0)], entry)?;
                Ok(fill(rows, bounds)?.forwards())
            }
        }
    }
}

/// Begins a new life of every room's log; answers how many rooms there are.
pub(super) fn renew_epochs(connection: &Connection) -> Result<usize> {
    let rooms: Vec<i64> = connection
        .prepare("SELECT id FROM rooms")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_>>()?;
    let mut renew = connection.prepare("UPDATE rooms SET epoch = ?2 WHERE id = ?1")?;
    for room in &rooms {
        renew.execute(params![room, new_epoch().0])?;
    }
    Ok(rooms.len())
}

/// 64 random bits: a client never meets the same one twice by chance.
pub(super) fn new_epoch() -> Epoch {
    Epoch(random::base64url::<8>())
}

fn fill(rows: impl Iterator<Item = Result<Entry>>, bounds: Bounds) -> Result<Filling> {
    let mut filling = Filling::new(bounds);
    for entry in rows {
        if !filling.take(entry?) {
            break;
        }
    }
    Ok(filling)
}

fn entry(row: &Row<'_>) -> Result<Entry> {
    let body = match row.get_ref("kind")?.as_str()? {
        SAID => EntryBody::Said {
            nick: as_stored(row, "nick")?,
            text: as_stored(row, "body")?,
        },
        _ => EntryBody::Unknown,
    };
    Ok(Entry {
        body,
        seq: Seq(from_sql(row.get("seq")?)),
        at: from_sql(row.get("at")?),
        id: as_stored(row, "id")?,
        author: AuthorId::new(row.get_ref("author")?.as_str()?),
    })
}

/// Takes a text as it comes: the rules of today must not make entries of yesterday unreadable.
pub(super) fn as_stored<T: for<'de> Deserialize<'de>>(row: &Row<'_>, column: &str) -> Result<T> {
    let text = StringDeserializer::<ValueError>::new(row.get(column)?);
    T::deserialize(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, error.into())
    })
}

/// SQLite's integers are signed. Real ones stay far below 2^63; what a client asks for may not.
pub(super) fn to_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn from_sql(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
