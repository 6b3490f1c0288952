//! Removing what is not to be kept: a small step at a time, each wholly or not at all, and from the
//! beginning of a log only, so that what is left has no gaps. Leaves the transaction to `writer`.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::database::empty_log;
use super::rows::from_sql;
use crate::history::{Keep, TRIM_ENTRIES, Trimmed};

pub(super) const ROOMS: &str = "SELECT id FROM rooms ORDER BY id";

pub(super) const OLDEST: &str = "
    SELECT seq, at FROM entries WHERE room = ?1 ORDER BY seq LIMIT ?2";

pub(super) const LATEST: &str = "
    SELECT seq FROM entries WHERE room = ?1 ORDER BY seq DESC LIMIT 1";

pub(super) const COUNT: &str = "SELECT count(*) FROM entries WHERE room = ?1";

pub(super) const COUNT_AFTER: &str = "SELECT count(*) FROM entries WHERE room = ?1 AND seq > ?2";

pub(super) const REMOVE: &str = "DELETE FROM entries WHERE room = ?1 AND seq <= ?2";

/// What is known from one step to the next.
#[derive(Default)]
pub(super) struct Trimmer {
    /// Rooms whose numbers did not tell how many entries they have.
    counted: HashMap<i64, Counted>,
    /// As SQLite had it then: another one where another program has changed the database.
    version: i64,
    /// Whether nothing that was removed is left in the write-ahead log.
    swept: bool,
}

/// A room's entries up to one of them.
struct Counted {
    entries: u64,
    last: i64,
}

impl Trimmer {
    /// A step failed, and nobody knows what of it is done.
    pub(super) fn forget(&mut self) {
        self.counted.clear();
    }

    /// Removes some thousand entries of all rooms at most.
    pub(super) fn step(&mut self, connection: &Connection, keep: Keep) -> Result<Trimmed> {
        let version = connection.pragma_query_value(None, "data_version", |row| row.get(0))?;
        if std::mem::replace(&mut self.version, version) != version {
            self.counted.clear();
        }
        let rooms: Vec<i64> = connection
            .prepare_cached(ROOMS)?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_>>()?;
        let mut removed = 0;
        for room in rooms {
            removed += self.trim(connection, room, keep, TRIM_ENTRIES - removed)?;
            if removed == TRIM_ENTRIES {
                break;
            }
        }
        if removed > 0 {
            self.swept = false;
        }
        Ok(Trimmed {
            removed,
            more: removed == TRIM_ENTRIES,
        })
    }

    fn trim(
        &mut self,
        connection: &Connection,
        room: i64,
        keep: Keep,
        limit: usize,
    ) -> Result<usize> {
        let mut beyond = self.beyond(connection, room, keep.entries)?;
        let since = i64::try_from(keep.since).unwrap_or(i64::MAX);
        let mut oldest = connection.prepare_cached(OLDEST)?;
        let mut rows = oldest.query(params![room, i64::try_from(limit).unwrap_or(i64::MAX)])?;
        let mut last = None;
        let mut removed = 0;
        while let Some(row) = rows.next()? {
            if beyond == 0 && row.get::<_, i64>("at")? >= since {
                break;
            }
            beyond = beyond.saturating_sub(1);
            last = Some(row.get::<_, i64>("seq")?);
            removed += 1;
        }
        drop(rows);
        if let Some(last) = last {
            connection
                .prepare_cached(REMOVE)?
                .execute(params![room, last])?;
            if let Some(counted) = self.counted.get_mut(&room) {
                counted.entries = counted.entries.saturating_sub(removed as u64);
            }
        }
        Ok(removed)
    }

    /// How many entries the room has beyond so many. Counts them only where their numbers do not
    /// tell, since an import may leave holes; and goes through all of them once, then through what
    /// is new.
    fn beyond(&mut self, connection: &Connection, room: i64, entries: u64) -> Result<u64> {
        let Some((first, last)) = ends(connection, room)? else {
            return Ok(0);
        };
        if u64::try_from(last - first).is_ok_and(|span| span < entries) {
            return Ok(0);
        }
        let number = |row: &Row<'_>| row.get(0).map(from_sql);
        let count = match self.counted.get(&room) {
            Some(counted) => {
                let mut after = connection.prepare_cached(COUNT_AFTER)?;
                counted.entries + after.query_row([room, counted.last], number)?
            }
            None => connection
                .prepare_cached(COUNT)?
                .query_row([room], number)?,
        };
        self.counted.insert(
            room,
            Counted {
                entries: count,
                last,
            },
        );
        Ok(count.saturating_sub(entries))
    }

    /// Empties the write-ahead log, where it may still hold what was removed; not while others
    /// read from it.
    pub(super) fn sweep(&mut self, connection: &Connection) -> Result<()> {
        if !self.swept {
            self.swept = empty_log(connection)?;
        }
        Ok(())
    }
}

/// The numbers of the room's first entry and of its last.
fn ends(connection: &Connection, room: i64) -> Result<Option<(i64, i64)>> {
    let mut oldest = connection.prepare_cached(OLDEST)?;
    let first = oldest
        .query_row([room, 1], |row| row.get("seq"))
        .optional()?;
    let Some(first) = first else { return Ok(None) };
    let mut latest = connection.prepare_cached(LATEST)?;
    let last = latest.query_row([room], |row| row.get("seq"))?;
    Ok(Some((first, last)))
}
