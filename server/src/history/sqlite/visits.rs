//! The visitors: their statements, and how the thread does what is asked about them, in its order
//! and in the same commit as the entries. Leaves transactions to `writer`.

use futures_util::future::BoxFuture;
use rusqlite::{Connection, OptionalExtension as _, Result, Row, Transaction, params};
use shared::{AuthorId, RoomName};

use super::rows::{Room, as_stored, from_sql, to_sql};
use super::writer::{Command, Reply};
use super::{SqliteHistory, storage};
use crate::history::HistoryError;
use crate::room::visit::{Claim, Visit};

const RECORD: &str = "
    INSERT INTO visitors (room, author, nick, seen_at, held_until) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (room, author) DO UPDATE SET
        nick = excluded.nick, seen_at = excluded.seen_at, held_until = excluded.held_until";

pub(super) const BY_AUTHOR: &str =
    "SELECT seen_at, held_until FROM visitors WHERE room = ?1 AND author = ?2";

pub(super) const OPEN: &str = "
    SELECT author, nick, seen_at, held_until FROM visitors
    WHERE room = ?1 AND held_until > ?2 ORDER BY held_until DESC";

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
    pub(crate) fn knows_visitor(
        &self,
        room: &RoomName,
        author: &AuthorId,
        since: u64,
    ) -> BoxFuture<'static, Result<bool, HistoryError>> {
        let (room, author) = (room.clone(), author.clone());
        self.read_in_order(move |connection| known(connection, &room, &author, since))
    }

    /// See `Visitors::open`.
    pub(crate) fn open_visits(
        &self,
        room: &RoomName,
        now: u64,
    ) -> BoxFuture<'static, Result<Vec<Visit>, HistoryError>> {
        let room = room.clone();
        self.read_in_order(move |connection| open(connection, &room, now))
    }

    /// See `Visitors::prune`.
    pub(crate) fn prune_visits(
        &self,
        before: u64,
        limit: usize,
    ) -> BoxFuture<'static, Result<usize, HistoryError>> {
        self.write(move |connection| prune(connection, before, limit))
    }

    fn read_in_order<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, HistoryError>> {
        self.run(true, work)
    }

    fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, HistoryError>> {
        self.run(false, work)
    }

    fn run<T: Send + 'static>(
        &self,
        only_reads: bool,
        work: impl Fn(&Connection) -> Result<T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, HistoryError>> {
        self.ask(|reply| {
            Command::Errand(Box::new(Job {
                only_reads,
                work,
                result: None,
                reply,
            }))
        })
    }
}

/// Something to do within a commit, and to be answered after it.
pub(super) trait Errand: Send {
    /// Whether it changes nothing.
    fn only_reads(&self) -> bool;

    /// Does it; once more where that, or the commit, failed.
    fn run(&mut self, connection: &Connection) -> Result<()>;

    /// Answers with what came of it, or with why not.
    fn answer(self: Box<Self>, failed: Option<HistoryError>);
}

struct Job<T, W> {
    only_reads: bool,
    work: W,
    result: Option<T>,
    reply: Reply<T>,
}

impl<T: Send, W: Fn(&Connection) -> Result<T> + Send> Errand for Job<T, W> {
    fn only_reads(&self) -> bool {
        self.only_reads
    }

    fn run(&mut self, connection: &Connection) -> Result<()> {
        self.result = Some((self.work)(connection)?);
        Ok(())
    }

    fn answer(self: Box<Self>, failed: Option<HistoryError>) {
        let answer = match (failed, self.result) {
            (None, Some(result)) => Ok(result),
            (failed, _) => Err(failed.unwrap_or(HistoryError::Closed)),
        };
        let _ = self.reply.send(answer);
    }
}

/// What waits for the next commit, in order, each with why the last try failed.
#[derive(Default)]
pub(super) struct Errands(Vec<(Box<dyn Errand>, Option<HistoryError>)>);

impl Errands {
    pub(super) fn push(&mut self, errand: Box<dyn Errand>) {
        self.0.push((errand, None));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Why the last try failed, of those that did.
    pub(super) fn errors(&self) -> impl Iterator<Item = &HistoryError> {
        self.0.iter().filter_map(|(_, failed)| failed.as_ref())
    }

    pub(super) fn only_read(&self) -> bool {
        self.0.iter().all(|(errand, _)| errand.only_reads())
    }

    /// Does all, a savepoint each, so that one's failure is its own.
    pub(super) fn run(&mut self, transaction: &mut Transaction<'_>) -> Result<(), HistoryError> {
        for (errand, failed) in &mut self.0 {
            let savepoint = transaction.savepoint().map_err(storage)?;
            *failed = errand.run(&savepoint).map_err(storage).err();
            // A full disk may have ended the whole transaction.
            if let Some(error) = failed
                && savepoint.is_autocommit()
            {
                return Err(error.clone());
            }
            // Where a failure ended the whole transaction, this fails too.
            match failed {
                None => savepoint.commit(),
                Some(_) => savepoint.finish(),
            }
            .map_err(storage)?;
        }
        Ok(())
    }

    /// The commit is done: answers all that was, and keeps the rest.
    pub(super) fn committed(&mut self) {
        for (errand, failed) in std::mem::take(&mut self.0) {
            match failed {
                None => errand.answer(None),
                Some(_) => self.0.push((errand, failed)),
            }
        }
    }

    /// The commit failed, and all with it.
    pub(super) fn failed(&mut self, error: &HistoryError) {
        for (_, failed) in &mut self.0 {
            failed.get_or_insert_with(|| error.clone());
        }
    }

    /// Tries no more.
    pub(super) fn give_up(&mut self) {
        for (errand, failed) in self.0.drain(..) {
            errand.answer(failed);
        }
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
        visit.author.0,
        visit.nick.as_str(),
        to_sql(visit.seen_at),
        held_until,
    ])?;
    Ok(())
}

fn known(connection: &Connection, room: &RoomName, author: &AuthorId, since: u64) -> Result<bool> {
    let Some(room) = Room::find(connection, room)? else {
        return Ok(false);
    };
    let known = connection
        .prepare_cached(BY_AUTHOR)?
        .query_row(params![room.id, author.0], |row| {
            let (seen_at, held_until): (i64, i64) = (row.get(0)?, row.get(1)?);
            Ok(seen_at >= to_sql(since) || held_until == PRESENT)
        })
        .optional()?;
    Ok(known == Some(true))
}

fn open(connection: &Connection, room: &RoomName, now: u64) -> Result<Vec<Visit>> {
    let Some(room) = Room::find(connection, room)? else {
        return Ok(Vec::new());
    };
    let mut statement = connection.prepare_cached(OPEN)?;
    let visits = statement.query_map(params![room.id, to_sql(now)], visit)?;
    visits.collect()
}

fn visit(row: &Row<'_>) -> Result<Visit> {
    Ok(Visit {
        author: AuthorId(row.get("author")?),
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
