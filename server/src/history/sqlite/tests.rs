//! What SQLite promises beyond the contract: files, failures, plans.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::history::contract::{draft, latest, lobby, outcomes, room, seqs, text, up_to, wait};

mod failing;
mod opening;
mod reading;
mod removing;
mod visiting;
mod waiting;

/// A directory, and where the database goes in it.
fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("realtid.db");
    (directory, path)
}

fn open(path: &Path) -> Result<SqliteHistory, HistoryError> {
    open_with(path, Durability::Power)
}

fn open_with(path: &Path, durability: Durability) -> Result<SqliteHistory, HistoryError> {
    SqliteHistory::open(path, durability, Clock::new(|| 1_700_000_000_000))
}

fn append(history: &SqliteHistory, drafts: &[Draft]) -> Vec<String> {
    outcomes(&wait(history.append(&lobby(), drafts.to_vec())).unwrap())
}

fn head(history: &SqliteHistory) -> Head {
    wait(history.head(&lobby())).unwrap()
}

/// Counts the writer's commits from now on.
fn count_commits(writer: &mut Writer) -> Arc<AtomicUsize> {
    let commits = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&commits);
    let connection = writer.database.connection().unwrap();
    let hook = move || {
        counted.fetch_add(1, Ordering::SeqCst);
        false
    };
    connection.commit_hook(Some(hook)).unwrap();
    commits
}

/// Trims to the end.
fn trim(history: &SqliteHistory, keep: Keep) {
    while wait(history.trim(keep)).unwrap().more {}
}

/// What another program does to the database meanwhile.
fn meddle(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}
