//! The history in SQLite: the handle that rooms hold, and the thread behind it. What that thread
//! does is `writer`'s, the file it owns `database`'s.

use std::path::Path;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

use futures_util::future::BoxFuture;
use shared::RoomName;
use tokio::sync::oneshot;

use self::database::Database;
use self::writer::{Append, Command, Look, Reply, Writer};
use super::{Appended, Bounds, Draft, Head, History, HistoryError, Page, Span};
use crate::clock::Clock;

mod database;
mod life;
mod rows;
mod schema;
mod writer;

#[cfg(test)]
mod tests;

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

/// Keeps entries in one SQLite file. One thread owns the connection and commits for all rooms
/// together, so that they share the flush.
#[derive(Debug)]
pub struct SqliteHistory {
    commands: mpsc::Sender<Command>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl SqliteHistory {
    /// Opens the database at `path`, or makes it, with its directory; entries get their time from
    /// `clock`.
    ///
    /// # Errors
    /// `Newer` for a database of a newer Realtid; `Storage` where the file cannot be used, is none
    /// of Realtid's, or is in use by another Realtid.
    pub fn open(path: &Path, durability: Durability, clock: Clock) -> Result<Self, HistoryError> {
        let database = Database::open(path, durability)?;
        let (commands, inbox) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("realtid-history".to_owned())
            .spawn(move || Writer::new(database, clock).run(&inbox))
            .map_err(|error| HistoryError::Storage(format!("no thread for it: {error}")))?;
        Ok(Self {
            commands,
            thread: Mutex::new(Some(thread)),
        })
    }

    fn ask<T: Send + 'static>(
        &self,
        command: impl FnOnce(Reply<T>) -> Command,
    ) -> BoxFuture<'static, Result<T, HistoryError>> {
        let (reply, answer) = oneshot::channel();
        // Where the thread has ended the reply is dropped, which `answer` sees.
        let _ = self.commands.send(command(reply));
        Box::pin(async { answer.await.unwrap_or(Err(HistoryError::Closed)) })
    }
}

impl Drop for SqliteHistory {
    fn drop(&mut self) {
        self.close();
    }
}

impl History for SqliteHistory {
    fn head(&self, room: &RoomName) -> BoxFuture<'static, Result<Head, HistoryError>> {
        let room = room.clone();
        self.ask(|reply| Command::Look(Look::Head { room, reply }))
    }

    fn append(
        &self,
        room: &RoomName,
        drafts: Vec<Draft>,
    ) -> BoxFuture<'static, Result<Vec<Appended>, HistoryError>> {
        let room = room.clone();
        self.ask(|reply| {
            Command::Append(Append {
                room,
                drafts,
                reply,
            })
        })
    }

    fn read(
        &self,
        room: &RoomName,
        span: Span,
        bounds: Bounds,
    ) -> BoxFuture<'static, Result<Page, HistoryError>> {
        let room = room.clone();
        self.ask(|reply| {
            Command::Look(Look::Page {
                room,
                span,
                bounds,
                reply,
            })
        })
    }

    fn close(&self) {
        // Where the thread has ended already there is nobody to tell.
        let _ = self.commands.send(Command::Close);
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the history's thread had panicked");
        }
    }
}

/// The error as the trait names it.
fn storage(error: rusqlite::Error) -> HistoryError {
    HistoryError::Storage(error.to_string())
}
