//! Removing what is not to be kept: a small step at a time, each wholly or not at all, and from the
//! beginning of a log only, so that what is left has no gaps. Leaves the transaction to `writer`.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension, Result, params};

use super::database::empty_log;
use crate::history::{Keep, TRIM_ENTRIES, Trimmed};

pub(super) const ROOMS: &str = "SELECT id FROM rooms ORDER BY id";

pub(super) const OLDEST: &str = "
    SELECT seq, at FROM entries WHERE room = ?1 ORDER BY seq LIMIT ?2";

pub(super) const LATEST: &str = "
    SELECT seq FROM entries WHERE room = ?1 ORDER BY seq DESC LIMIT 1";

pub(super) const COUNT: &str = "SELECT count(*) FROM entries WHERE room = ?1";

pub(super) const REMOVE: &str = "DELETE FROM entries WHERE room = ?1 AND seq <= ?2";

/// What is known from one step to the next.
#[derive(Default)]
pub(super) struct Trimmer {
    /// Rooms whose log was seen to have no hole, and so gets none. An import may leave one, behind
    /// its last entry.
    dense: HashSet<i64>,
    /// Whether nothing that was removed is left in the write-ahead log.
    swept: bool,
}

impl Trimmer {
    /// Removes some thousand entries of all rooms at most.
    pub(super) fn step(&mut self, connection: &Connection, keep: Keep) -> Result<Trimmed> {
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
        }
        Ok(removed)
    }

    /// How many entries the room has beyond so many. Counts them only where their numbers do not
    /// tell: a count goes through all of them.
    fn beyond(&mut self, connection: &Connection, room: i64, entries: u64) -> Result<u64> {
        let Some(span) = span(connection, room)?.filter(|span| *span > entries) else {
            return Ok(0);
        };
        let mut count = span;
        if !self.dense.contains(&room) {
            let rows: i64 = connection
                .prepare_cached(COUNT)?
                .query_row([room], |row| row.get(0))?;
            count = u64::try_from(rows).unwrap_or(0);
            if count == span {
                self.dense.insert(room);
            }
        }
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

/// How many numbers lie from the room's first entry to its last.
fn span(connection: &Connection, room: i64) -> Result<Option<u64>> {
    let mut oldest = connection.prepare_cached(OLDEST)?;
    let first: Option<i64> = oldest
        .query_row([room, 1], |row| row.get("seq"))
        .optional()?;
    let Some(first) = first else { return Ok(None) };
    let mut latest = connection.prepare_cached(LATEST)?;
    let last: i64 = latest.query_row([room], |row| row.get("seq"))?;
    Ok(u64::try_from(last - first + 1).ok())
}
