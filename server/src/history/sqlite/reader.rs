//! The thread that looks things up, on a connection of its own that cannot write. While the writer
//! waits for a disk or for a lock, rooms are read from all the same: in WAL mode a reader waits
//! for no writer, and sees every transaction that was committed before it looks.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender};

use rusqlite::Connection;
use shared::RoomName;

use super::outage::Outage;
use super::rows::Room;
use super::writer::{Command, Reply};
use super::{database, storage};
use crate::history::{Bounds, Head, HistoryError, Page, Span};

/// What the thread is asked for.
pub(super) enum Look {
    Head {
        room: RoomName,
        reply: Reply<Head>,
    },
    Page {
        room: RoomName,
        span: Span,
        bounds: Bounds,
        reply: Reply<Page>,
    },
    /// To end, after what came before.
    Close,
}

pub(super) struct Reader {
    path: PathBuf,
    /// None after a failure, until it is needed again.
    connection: Option<Connection>,
    /// Makes the rooms that are not there.
    writer: Sender<Command>,
    outage: Outage,
}

impl Reader {
    /// Reads the database at `path`, which the writer has opened.
    pub(super) fn open(path: &Path, writer: Sender<Command>) -> Result<Self, HistoryError> {
        Ok(Self {
            path: path.to_owned(),
            connection: Some(database::read_only(path)?),
            writer,
            outage: Outage::new("reading the history"),
        })
    }

    /// Serves until it is told to close, or nobody is left to tell it.
    pub(super) fn run(mut self, inbox: &Receiver<Look>) {
        for look in inbox {
            match look {
                Look::Head { room, reply } => {
                    match self.look(|connection| Room::find(connection, &room)) {
                        Ok(Some(found)) => {
                            let _ = reply.send(Ok(found.head()));
                        }
                        Ok(None) => {
                            // Where that thread has ended the reply is dropped with the command.
                            let _ = self.writer.send(Command::Head { room, reply });
                        }
                        Err(error) => {
                            let _ = reply.send(Err(error));
                        }
                    }
                }
                Look::Page {
                    room,
                    span,
                    bounds,
                    reply,
                } => {
                    let page = self.look(|connection| match Room::find(connection, &room)? {
                        Some(room) => room.page(connection, span, bounds),
                        None => Ok(Page::default()),
                    });
                    let _ = reply.send(page);
                }
                Look::Close => break,
            }
        }
    }

    fn look<T>(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, HistoryError> {
        let answer = self
            .connection()
            .and_then(|connection| work(connection).map_err(storage));
        match &answer {
            Ok(_) => self.outage.over(),
            Err(error) => {
                self.outage.met(error);
                self.connection = None;
            }
        }
        answer
    }

    fn connection(&mut self) -> Result<&Connection, HistoryError> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => database::read_only(&self.path)?,
        };
        Ok(self.connection.insert(connection))
    }
}
