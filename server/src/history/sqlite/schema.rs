//! The tables, and how a database of an older version gets them. Leaves opening to `database`.

use rusqlite::{Connection, ErrorCode, Result, TransactionBehavior};

use crate::history::HistoryError;

/// "Rtid" in ASCII, in the file's header: tells a Realtid database from any other.
pub(super) const APPLICATION_ID: i32 = 0x5274_6964;

/// Each takes the schema one version further. Append only: a published one is never changed, and
/// `tests/fixtures` keeps a database of each version.
pub(super) const MIGRATIONS: [&str; 2] = [
    "
    CREATE TABLE rooms (
        id       INTEGER PRIMARY KEY,
        name     TEXT NOT NULL UNIQUE,
        epoch    TEXT NOT NULL,
        -- Stored, not the greatest seq + 1: a number is never given twice, even where the
        -- entries that had it are gone.
        next_seq INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE entries (
        room   INTEGER NOT NULL REFERENCES rooms (id),
        seq    INTEGER NOT NULL,
        at     INTEGER NOT NULL,
        kind   TEXT NOT NULL,
        id     TEXT NOT NULL,
        author TEXT NOT NULL,
        nick   TEXT NOT NULL,
        body   TEXT NOT NULL,
        PRIMARY KEY (room, seq),
        UNIQUE (room, id)
    ) STRICT, WITHOUT ROWID;

    -- One row: how the database was opened last, and whether it was closed in order.
    CREATE TABLE life (
        durability TEXT NOT NULL,
        clean      INTEGER NOT NULL
    ) STRICT;
    INSERT INTO life VALUES ('power', 1);
",
    "
    CREATE TABLE visitors (
        room       INTEGER NOT NULL REFERENCES rooms (id),
        author     TEXT NOT NULL,
        nick       TEXT NOT NULL,
        seen_at    INTEGER NOT NULL,
        -- Until when nobody else gets the nick: the greatest integer while its author is present,
        -- 0 where it is free.
        held_until INTEGER NOT NULL,
        PRIMARY KEY (room, author)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX visitors_by_claim ON visitors (room, held_until, seen_at);
    CREATE INDEX visitors_by_age ON visitors (seen_at) WHERE held_until < 9223372036854775807;

    -- Seen now: how long ago they were here last is not known, and nobody is to lose their author
    -- by an upgrade. From the last entry back, so that the first met of an author is the latest.
    INSERT INTO visitors (room, author, nick, seen_at, held_until)
    SELECT room, author, nick, unixepoch() * 1000, 0 FROM entries WHERE true
    ORDER BY room DESC, seq DESC ON CONFLICT (room, author) DO NOTHING;
",
];

/// Finds out which version of the schema the database has, 0 for an empty one, without changing
/// anything.
///
/// # Errors
/// `Newer`, and `Storage` for a file that is no Realtid database.
pub(super) fn identify(connection: &Connection) -> Result<u32, HistoryError> {
    let (application, version, empty) = read_identity(connection).map_err(|error| {
        if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) {
            foreign()
        } else {
            super::storage(error)
        }
    })?;
    let known = known();
    match u32::try_from(version) {
        Ok(0) if application == 0 && empty => Ok(0),
        Ok(found) if application == APPLICATION_ID && found > known => {
            Err(HistoryError::Newer { found, known })
        }
        Ok(found) if application == APPLICATION_ID && found > 0 => Ok(found),
        _ => Err(foreign()),
    }
}

fn read_identity(connection: &Connection) -> Result<(i32, i32, bool)> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let empty = "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)";
    Ok((
        number("application_id")?,
        number("user_version")?,
        connection.query_row(empty, [], |row| row.get(0))?,
    ))
}

fn foreign() -> HistoryError {
    HistoryError::Storage("this file is no Realtid database".to_owned())
}

/// The newest version that this program knows.
pub(super) fn known() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// Brings a database of version `from` up to the newest, each step wholly or not at all.
pub(super) fn migrate(connection: &mut Connection, from: u32) -> Result<()> {
    for (version, sql) in (1u32..).zip(MIGRATIONS).filter(|step| step.0 > from) {
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        step.execute_batch(sql)?;
        step.pragma_update(None, "application_id", APPLICATION_ID)?;
        step.pragma_update(None, "user_version", version)?;
        step.commit()?;
        tracing::info!(version, "the history's schema was brought up to date");
    }
    Ok(())
}
