//! Removing: nothing is left of it in the files, and it waits for nobody.

use std::collections::HashSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rusqlite::TransactionBehavior;
use shared::Seq;

use super::*;
use crate::history::Span;

/// Which of these texts `<n>` are anywhere in the database's files.
fn found(path: &Path, numbers: impl Iterator<Item = u32>) -> Vec<u32> {
    let read = |suffix| fs::read(format!("{}{suffix}", path.display())).unwrap_or_default();
    let bytes = [read(""), read("-wal")].concat();
    let text = String::from_utf8_lossy(&bytes);
    let there: HashSet<&str> = text
        .split('<')
        .filter_map(|rest| Some(rest.split_once('>')?.0))
        .collect();
    numbers
        .filter(|n| there.contains(n.to_string().as_str()))
        .collect()
}

fn words(history: &SqliteHistory, room: &RoomName, numbers: std::ops::Range<u32>) {
    let long = "-".repeat(300);
    let drafts: Vec<_> = numbers.map(|n| draft(n, &format!("{long}<{n}>"))).collect();
    wait(history.append(room, drafts)).unwrap();
}

#[test]
fn no_text_of_what_was_removed_is_left_in_the_files() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    // Two rooms that grow by turns split each other's pages.
    for start in (0..3_000).step_by(50) {
        words(&history, &lobby(), start..start + 50);
        words(&history, &room("other"), start + 10_000..start + 10_050);
    }
    let all = || (0..3_000).chain(10_000..13_000);
    assert_eq!(found(&path, all()).len(), 6_000, "it would be seen");
    trim(&history, latest(7));
    let left: Vec<_> = (2_993..3_000).chain(12_993..13_000).collect();
    assert_eq!(found(&path, all()), left);
}

#[test]
fn what_a_full_database_removes_makes_room() {
    let (_directory, path) = place();
    let mut database = Database::open(&path, Durability::Power).unwrap();
    let connection = database.connection().unwrap();
    let limit = "PRAGMA max_page_count = 60";
    let _: i64 = connection.query_row(limit, [], |row| row.get(0)).unwrap();
    let history = SqliteHistory::start(database, Clock::new(|| 1_700_000_000_000)).unwrap();

    let long = "x".repeat(4_000);
    let mut said = 0;
    let refused = loop {
        match wait(history.append(&lobby(), vec![draft(said + 1, &long)])) {
            Ok(_) => said += 1,
            Err(error) => break error,
        }
        assert!(said < 60, "the limit does not hold");
    };
    assert!(matches!(refused, HistoryError::Full(_)), "{refused}");
    let page = wait(history.read(&lobby(), Span::Until(Seq(99)), up_to(3))).unwrap();
    assert_eq!(page.entries.len(), 3, "reading goes on");
    assert_eq!(head(&history).seq, Seq(u64::from(said)));

    trim(&history, latest(5));
    let told = append(&history, &[draft(said + 1, &long)]);
    assert!(told[0].starts_with(&format!("stored {} ", said + 1)));
}

#[test]
fn a_hole_in_the_numbers_counts_for_no_entry() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    let drafts: Vec<_> = (1..=10).map(|n| draft(n, "text")).collect();
    append(&history, &drafts);
    meddle(&path, "DELETE FROM entries WHERE seq BETWEEN 4 AND 9");
    trim(&history, latest(4));
    let left = || seqs(&wait(history.read(&lobby(), Span::Until(Seq(99)), up_to(9))).unwrap());
    assert_eq!(left(), [1, 2, 3, 10]);
    append(&history, &[draft(11, "new")]);
    trim(&history, latest(4));
    assert_eq!(left(), [2, 3, 10, 11]);
}

#[test]
fn a_hole_behind_an_import_counts_for_no_entry() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    let drafts: Vec<_> = (1..=10).map(|n| draft(n, "text")).collect();
    append(&history, &drafts);
    drop(history);
    // As where older entries were put back: their room goes on behind its own last number.
    meddle(&path, "UPDATE rooms SET next_seq = 20");
    let history = open(&path).unwrap();
    trim(&history, latest(8));
    append(&history, &[draft(20, "new")]);
    trim(&history, latest(8));
    assert_eq!(all(&history), [4, 5, 6, 7, 8, 9, 10, 20]);
}

#[test]
fn what_another_program_removes_counts_no_more() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    let drafts: Vec<_> = (1..=10).map(|n| draft(n, "text")).collect();
    append(&history, &drafts);
    trim(&history, latest(8));
    meddle(&path, "DELETE FROM entries WHERE seq = 5");
    append(&history, &[draft(11, "new")]);
    trim(&history, latest(8));
    assert_eq!(all(&history), [3, 4, 6, 7, 8, 9, 10, 11]);
}

#[test]
fn entries_are_counted_once() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    let drafts: Vec<_> = (1..=1_000).map(|n| draft(n, "text")).collect();
    append(&history, &drafts);
    drop(history);
    meddle(&path, "DELETE FROM entries WHERE seq = 500");
    let mut database = Database::open(&path, Durability::Power).unwrap();
    let connection = database.connection().unwrap();
    let steps = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&steps);
    let count = move || {
        counted.fetch_add(1, Ordering::SeqCst);
        false
    };
    connection.progress_handler(1, Some(count)).unwrap();
    let mut trimmer = trim::Trimmer::default();
    let mut pass = || {
        steps.store(0, Ordering::SeqCst);
        let trimmed = trimmer.step(connection, latest(999)).unwrap();
        assert_eq!(trimmed.removed, 0);
        steps.load(Ordering::SeqCst)
    };
    assert!(pass() > 999, "each entry is a step");
    assert!(pass() < 500);
}

#[test]
fn a_removal_that_failed_counts_for_none() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    let drafts: Vec<_> = (1..=10).map(|n| draft(n, "text")).collect();
    append(&history, &drafts);
    drop(history);
    let database = Database::open(&path, Durability::Power).unwrap();
    let mut writer = Writer::new(database, Clock::new(|| 1_700_000_000_000));
    let connection = writer.database.connection().unwrap();
    connection.commit_hook(Some(|| true)).unwrap();
    assert!(writer.trim(latest(8)).is_err());
    assert_eq!(writer.trim(latest(8)).unwrap().removed, 2);
}

fn all(history: &SqliteHistory) -> Vec<u64> {
    seqs(&wait(history.read(&lobby(), Span::Until(Seq(99)), up_to(99))).unwrap())
}

#[test]
fn an_emptied_room_counts_on_after_reopening() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    append(&history, &[draft(1, "a"), draft(2, "b")]);
    let before = head(&history);
    trim(&history, latest(0));
    drop(history);
    let history = open(&path).unwrap();
    assert_eq!(head(&history), before);
    assert_eq!(append(&history, &[draft(3, "c")]), ["stored 3 c"]);
}

#[test]
fn a_backup_holds_up_only_the_sweep() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    words(&history, &lobby(), 0..9);
    let mut other = Connection::open(&path).unwrap();
    let backup = other.transaction().unwrap();
    let count = |backup: &Connection| -> i64 {
        let sql = "SELECT count(*) FROM entries";
        backup.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(&backup), 9);
    trim(&history, latest(2));
    assert_eq!(count(&backup), 9, "its own moment");
    assert_eq!(found(&path, 0..9).len(), 9, "it is still being read");
    drop(backup);
    trim(&history, latest(2));
    assert_eq!(found(&path, 0..9), [7, 8]);
}

#[test]
fn a_lock_is_told_and_the_next_pass_removes() {
    let (_directory, path) = place();
    let mut database = Database::open(&path, Durability::Power).unwrap();
    let wait_for_nobody = std::time::Duration::ZERO;
    let connection = database.connection().unwrap();
    connection.busy_timeout(wait_for_nobody).unwrap();
    let history = SqliteHistory::start(database, Clock::new(|| 1_700_000_000_000)).unwrap();
    append(&history, &[draft(1, "a"), draft(2, "b")]);
    let mut other = Connection::open(&path).unwrap();
    let lock = other
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .unwrap();
    let refused = wait(history.trim(latest(1)));
    assert!(matches!(refused, Err(HistoryError::Locked)), "{refused:?}");
    drop(lock);
    trim(&history, latest(1));
    let page = wait(history.read(&lobby(), Span::Until(Seq(9)), up_to(9))).unwrap();
    assert_eq!(seqs(&page), [2]);
}
