//! The visitors: their statements, and rows as visits and back. Leaves to `errands` when they are run.

use futures_util::future::BoxFuture;
use rusqlite::{Connection, OptionalExtension as _, Result, Row, params};
use shared::{AuthorId, Nick, RoomName};

use super::SqliteHistory;
use super::rows::{Room, as_stored, from_sql, to_sql};
use crate::history::HistoryError;
use crate::room::visit::{Claim, Visit};

const RECORD: &str = "
    INSERT INTO visitors (room, author, nick, seen_at, held_until) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (room, author) DO UPDATE SET
        nick = excluded.nick, seen_at = excluded.seen_at, held_until = excluded.held_until";

pub(super) const BY_AUTHOR: &str =
    "SELECT nick, seen_at, held_until FROM visitors WHERE room = ?1 AND author = ?2";

pub(super) const OPEN: &str = "
    SELECT author, nick, seen_at, held_until FROM visitors
    WHERE room = ?1 AND held_until > ?2 ORDER BY held_until DESC, seen_at DESC LIMIT ?3";

pub(super) const OLDEST: &str = "
    SELECT room, author FROM visitors
    WHERE held_until < 9223372036854775807 AND seen_at < ?1 ORDER BY seen_at LIMIT ?2";

const FORGET: &str = "DELETE FROM visitors WHERE room = ?1 AND author = ?2";

/// `held_until` of who is present, as the schema has it.
const PRESENT: i64 = i64::MAX;

/// `held_until` of a nick that is free.
const FREE: i64 = 0;

impl SqliteHistory {
    /// See `Visitors::record`.
    pub(crate) fn record_visit(
        &self,
        room: &RoomName,
        visit: Visit,
    ) -> BoxFuture<'static, Result<(), HistoryError>> {
        let room = room.clone();
        self.write(move |connection| record(connection, &room, &visit))
    }

    /// See `Visitors::known`.
    pub(crate) fn known_visitor(
        &self,
        room: &RoomName,
        author: &AuthorId,
        since: u64,
    ) -> BoxFuture<'static, Result<Option<Nick>, HistoryError>> {
        let (room, author) = (room.clone(), author.clone());
        self.read_in_order(move |connection| known(connection, &room, &author, since))
    }

    /// See `Visitors::open`.
    pub(crate) fn open_visits(
        &self,
        room: &RoomName,
        now: u64,
        limit: usize,
    ) -> BoxFuture<'static, Result<Vec<Visit>, HistoryError>> {
        let room = room.clone();
        self.read_in_order(move |connection| open(connection, &room, now, limit))
    }

    /// See `Visitors::prune`.
    pub(crate) fn prune_visits(
        &self,
        before: u64,
        limit: usize,
    ) -> BoxFuture<'static, Result<usize, HistoryError>> {
        self.write(move |connection| prune(connection, before, limit))
    }
}

fn record(connection: &Connection, room: &RoomName, visit: &Visit) -> Result<()> {
    let room = Room::find_or_make(connection, room)?;
    let held_until = match visit.claim {
        Claim::Present => PRESENT,
        Claim::Held { until } => to_sql(until).min(PRESENT - 1),
        Claim::Free => FREE,
    };
    connection.prepare_cached(RECORD)?.execute(params![
        room.id,
        visit.author.as_str(),
        visit.nick.as_str(),
        to_sql(visit.seen_at),
        held_until,
    ])?;
    Ok(())
}

fn known(
    connection: &Connection,
    room: &RoomName,
    author: &AuthorId,
    since: u64,
) -> Result<Option<Nick>> {
    let Some(room) = Room::find(connection, room)? else {
        return Ok(None);
    };
    let known = connection
        .prepare_cached(BY_AUTHOR)?
        .query_row(params![room.id, author.as_str()], |row| {
            let (seen_at, held_until): (i64, i64) = (row.get("seen_at")?, row.get("held_until")?);
            let known = seen_at >= to_sql(since) || held_until == PRESENT;
            known.then(|| as_stored(row, "nick")).transpose()
        })
        .optional()?;
    Ok(known.flatten())
}

fn open(connection: &Connection, room: &RoomName, now: u64, limit: usize) -> Result<Vec<Visit>> {
    let Some(room) = Room::find(connection, room)? else {
        return Ok(Vec::new());
    };
    let mut statement = connection.prepare_cached(OPEN)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let visits = statement.query_map(params![room.id, to_sql(now), limit], visit)?;
    visits.collect()
}

fn visit(row: &Row<'_>) -> Result<Visit> {
    Ok(Visit {
        author: AuthorId::new(row.get_ref("author")?.as_str()?),
        nick: as_stored(row, "nick")?,
        seen_at: from_sql(row.get("seen_at")?),
        claim: match row.get("held_until")? {
            PRESENT => Claim::Present,
            FREE => Claim::Free,
            until => Claim::Held {
                until: from_sql(until),
            },
        },
    })
}

fn prune(connection: &Connection, before: u64, limit: usize) -> Result<usize> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let oldest: Vec<(i64, String)> = connection
        .prepare_cached(OLDEST)?
        .query_map(params![to_sql(before), limit], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<Result<_>>()?;
    let mut forget = connection.prepare_cached(FORGET)?;
    for (room, author) in &oldest {
        forget.execute(params![room, author])?;
    }
    Ok(oldest.len())
}
