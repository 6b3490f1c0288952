//! A database that others lock: what goes on meanwhile, what is told, and that it passes.

use std::time::Duration;

use futures_util::FutureExt as _;
use rusqlite::TransactionBehavior;
use shared::Seq;

use super::*;
use crate::history::Span;

/// Opens a history that waits so long for a lock.
fn patient_for(path: &Path, time: Duration) -> SqliteHistory {
    let mut database = Database::open(path, Durability::Power).unwrap();
    let connection = database.connection().unwrap();
    connection.busy_timeout(time).unwrap();
    SqliteHistory::start(database, Clock::new(|| 1_700_000_000_000)).unwrap()
}

/// Another program's connection.
fn other_program(path: &Path) -> Connection {
    Connection::open(path).unwrap()
}

fn latest(history: &SqliteHistory) -> Vec<u64> {
    seqs(&wait(history.read(&lobby(), Span::Until(Seq(99)), up_to(9))).unwrap())
}

#[test]
fn reading_goes_on_while_an_append_waits_for_a_lock() {
    let (_directory, path) = place();
    let history = patient_for(&path, Duration::from_secs(60));
    append(&history, &[draft(1, "a")]);
    wait(history.append(&room("other"), vec![draft(1, "b")])).unwrap();

    let mut other = other_program(&path);
    let lock = other
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .unwrap();
    let mut append = history.append(&lobby(), vec![draft(2, "c")]);
    let mut head_after_it = history.head(&lobby());
    assert_eq!(latest(&history), [1]);
    assert_eq!(wait(history.head(&room("other"))).unwrap().seq, Seq(1));
    assert!((&mut append).now_or_never().is_none(), "it waits");
    assert!((&mut head_after_it).now_or_never().is_none(), "for that");

    drop(lock);
    assert_eq!(outcomes(&wait(append).unwrap()), ["stored 2 c"]);
    assert_eq!(wait(head_after_it).unwrap().seq, Seq(2));
    assert_eq!(latest(&history), [1, 2]);
}

#[test]
fn a_lock_that_lasts_is_told_and_nothing_is_lost_or_doubled_by_it() {
    let (_directory, path) = place();
    let history = patient_for(&path, Duration::ZERO);
    append(&history, &[draft(1, "a")]);
    let mut other = other_program(&path);
    let lock = other
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .unwrap();
    for _ in 0..3 {
        let refused = wait(history.append(&lobby(), vec![draft(2, "b")]));
        assert!(matches!(refused, Err(HistoryError::Locked)), "{refused:?}");
        let no_room = wait(history.head(&room("fresh")));
        assert!(matches!(no_room, Err(HistoryError::Locked)), "{no_room:?}");
        assert_eq!(latest(&history), [1]);
    }
    drop(lock);
    assert_eq!(
        append(&history, &[draft(2, "b"), draft(2, "b"), draft(3, "c")]),
        ["stored 2 b", "repeat 2 b", "stored 3 c"]
    );
}

#[test]
fn an_append_goes_on_while_others_read_a_long_time() {
    let (_directory, path) = place();
    let history = patient_for(&path, Duration::ZERO);
    append(&history, &[draft(1, "a")]);
    let mut other = other_program(&path);
    let backup = other.transaction().unwrap();
    let count = |backup: &Connection| -> i64 {
        let sql = "SELECT count(*) FROM entries";
        backup.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(&backup), 1);
    assert_eq!(append(&history, &[draft(2, "b")]), ["stored 2 b"]);
    assert_eq!(count(&backup), 1, "its own moment");
    assert_eq!(latest(&history), [1, 2]);
}

#[test]
fn a_reader_goes_on_after_a_failure_of_its_own() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    append(&history, &[draft(1, "a")]);
    meddle(&path, "ALTER TABLE entries RENAME TO hidden");
    assert!(wait(history.read(&lobby(), Span::Until(Seq(1)), up_to(1))).is_err());
    meddle(&path, "ALTER TABLE hidden RENAME TO entries");
    assert_eq!(latest(&history), [1]);
}
