//! The history in SQLite: the handle that rooms hold, and the two threads behind it. What they do
//! is `writer`'s and `reader`'s, the file they share `database`'s.

use std::path::Path;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

use futures_util::future::BoxFuture;
use rusqlite::{ErrorCode, ffi};
use shared::RoomName;
use tokio::sync::oneshot;

use self::database::Database;
use self::reader::{Look, Reader};
use self::under_way::UnderWay;
use self::writer::{Append, Command, Reply, Writer};
use super::{Appended, Bounds, Draft, Head, History, HistoryError, Keep, Page, Span, Trimmed};
use crate::clock::Clock;

mod archive;
mod database;
mod errands;
mod life;
mod outage;
mod reader;
mod rows;
mod schema;
mod trim;
mod under_way;
mod visits;
mod writer;

#[cfg(test)]
mod tests;

pub use archive::{RawEntry, RawRoom, Restore, Snapshot};

/// What an acknowledged entry outlives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Durability {
    /// A power cut: every batch is flushed to the disk before anyone sees it.
    #[default]
    Power,
    /// The end of the process, however it comes: flushed to the disk now and then. Quicker on slow
    /// disks; after an unclean end every room's log begins a new life (epoch), since it may have
    /// lost its last entries.
    Process,
}

/// Keeps entries in one SQLite file. One thread writes, and commits for all rooms together, so that
/// they share the flush; another one reads, whatever the writer waits for.
#[derive(Debug)]
pub struct SqliteHistory {
    looks: mpsc::Sender<Look>,
    commands: mpsc::Sender<Command>,
    under_way: UnderWay,
    /// In the order in which they are to end.
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl SqliteHistory {
    /// Opens the database at `path`, or makes it, with its directory; entries get their time from
    /// `clock`.
    ///
    /// # Errors
    /// `Newer` for a database of a newer Realtid; `Storage` where the file cannot be used, is none
    /// of Realtid's, or is in use by another Realtid.
    pub fn open(path: &Path, durability: Durability, clock: Clock) -> Result<Self, HistoryError> {
        Self::start(Database::open(path, durability)?, clock)
    }

    fn start(database: Database, clock: Clock) -> Result<Self, HistoryError> {
        let (commands, command_inbox) = mpsc::channel();
        let (looks, look_inbox) = mpsc::channel();
        let reader = Reader::open(database.path(), commands.clone())?;
        let writer = Writer::new(database, clock);
        Ok(Self {
            looks,
            commands,
            under_way: UnderWay::default(),
            threads: Mutex::new(vec![
                spawn("realtid-reader", move || reader.run(&look_inbox))?,
                spawn("realtid-writer", move || writer.run(&command_inbox))?,
            ]),
        })
    }

    /// Asks the thread that writes.
    fn ask<T: Send + 'static>(
        &self,
        command: impl FnOnce(Reply<T>) -> Command,
    ) -> BoxFuture<'static, Result<T, HistoryError>> {
        send(&self.commands, command)
    }
}

/// Asks a thread. Where it has ended the reply is dropped, which the answer sees.
fn send<C, T: Send + 'static>(
    thread: &mpsc::Sender<C>,
    command: impl FnOnce(Reply<T>) -> C,
) -> BoxFuture<'static, Result<T, HistoryError>> {
    let (reply, answer) = oneshot::channel();
    let _ = thread.send(command(reply));
    Box::pin(async { answer.await.unwrap_or(Err(HistoryError::Closed)) })
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, HistoryError> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|error| HistoryError::Storage(format!("no thread for it: {error}")))
}

impl Drop for SqliteHistory {
    fn drop(&mut self) {
        self.close();
    }
}

impl History for SqliteHistory {
    fn head(&self, room: &RoomName) -> BoxFuture<'static, Result<Head, HistoryError>> {
        let name = room.clone();
        if self.under_way.any(room) {
            self.ask(|reply| Command::Head { room: name, reply })
        } else {
            send(&self.looks, |reply| Look::Head { room: name, reply })
        }
    }

    fn append(
        &self,
        room: &RoomName,
        drafts: Vec<Draft>,
    ) -> BoxFuture<'static, Result<Vec<Appended>, HistoryError>> {
        let append = |reply| {
            Command::Append(Append {
                room: room.clone(),
                drafts,
                reply,
                under_way: self.under_way.begin(room),
            })
        };
        self.ask(append)
    }

    fn read(
        &self,
        room: &RoomName,
        span: Span,
        bounds: Bounds,
    ) -> BoxFuture<'static, Result<Page, HistoryError>> {
        let room = room.clone();
        send(&self.looks, |reply| Look::Page {
            room,
            span,
            bounds,
            reply,
        })
    }

    fn trim(&self, keep: Keep) -> BoxFuture<'static, Result<Trimmed, HistoryError>> {
        self.ask(|reply| Command::Trim { keep, reply })
    }

    fn close(&self) {
        // The reader first: it may still ask the writer, whose connection is to be the last one.
        // Where they have ended already there is nobody to tell.
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.looks.send(Look::Close);
        for thread in threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the history had panicked");
            }
            let _ = self.commands.send(Command::Close);
        }
    }
}

/// The error as the trait names it.
fn storage(error: rusqlite::Error) -> HistoryError {
    let mut words = error.to_string();
    let Some(fault) = error.sqlite_error() else {
        return HistoryError::Storage(words);
    };
    if fault.code == ErrorCode::SystemIoFailure {
        // Its words are always the same.
        words = format!("{words} {}", fault.extended_code);
    }
    match (fault.code, fault.extended_code) {
        // Writing reaches the system's memory only: it fails for want of room, a quota's included,
        // where a bad disk fails to flush or to read.
        (ErrorCode::DiskFull, _) | (_, ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE) => {
            HistoryError::Full(words)
        }
        (ErrorCode::DatabaseBusy, _) => HistoryError::Locked,
        _ => HistoryError::Storage(words),
    }
}
