//! The thread that owns the database: takes what all rooms ask for, commits it together, and
//! answers. Leaves statements to `rows`, and opening to `database`.

use std::collections::HashMap;
use std::iter;
use std::sync::mpsc::Receiver;

use rusqlite::{Connection, TransactionBehavior};
use shared::{RoomName, Seq};
use tokio::sync::oneshot;

use super::database::Database;
use super::rows::Room;
use super::storage;
use crate::clock::Clock;
use crate::history::{Appended, Bounds, Draft, Head, HistoryError, Page, Span};

/// Commands taken at once: what is read must not keep what is written waiting for long.
const TAKEN: usize = 256;

/// Where an answer goes. Its receiver may be gone, which is no fault.
pub(super) type Reply<T> = oneshot::Sender<Result<T, HistoryError>>;

/// What the thread is asked for.
pub(super) enum Command {
    Append(Append),
    Look(Look),
    /// To end, after what came before.
    Close,
}

/// Drafts of one room.
pub(super) struct Append {
    pub(super) room: RoomName,
    pub(super) drafts: Vec<Draft>,
    pub(super) reply: Reply<Vec<Appended>>,
}

/// Something to look up.
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
}

/// What became of each room's drafts, or why they are not stored.
type Outcomes = Vec<Result<Vec<Appended>, HistoryError>>;

pub(super) struct Writer {
    pub(super) database: Database,
    clock: Clock,
    /// For each room, the first seq that no append has answered as stored. Entries from there on
    /// are of appends that failed after all was written: nobody has been told of them.
    untold: HashMap<RoomName, Seq>,
}

impl Writer {
    pub(super) fn new(database: Database, clock: Clock) -> Self {
        Self {
            database,
            clock,
            untold: HashMap::new(),
        }
    }

    /// Serves until it is told to close, or nobody is left to tell it.
    pub(super) fn run(mut self, inbox: &Receiver<Command>) {
        let mut open = true;
        while open && let Ok(first) = inbox.recv() {
            let mut appends = Vec::new();
            let mut looks = Vec::new();
            for command in iter::once(first).chain(inbox.try_iter()).take(TAKEN) {
                match command {
                    Command::Append(append) => appends.push(append),
                    Command::Look(look) => looks.push(look),
                    Command::Close => {
                        open = false;
                        break;
                    }
                }
            }
            self.append(appends);
            for look in looks {
                self.look(look);
            }
        }
        if let Err(error) = self.database.close() {
            tracing::error!(%error, "the history could not be closed in order");
        }
    }

    /// Stores and answers, trying twice: after a failure nobody knows what was stored, but the
    /// ids tell the second try.
    pub(super) fn append(&mut self, appends: Vec<Append>) {
        let failed = self.try_append(appends);
        if failed.is_empty() {
            return;
        }
        for (append, error) in &failed {
            tracing::warn!(room = %append.room, %error, "not stored, trying again");
        }
        self.database.give_up();
        let failed = self.try_append(failed.into_iter().map(|(append, _)| append).collect());
        if failed.is_empty() {
            return;
        }
        self.database.give_up();
        for (append, error) in failed {
            tracing::error!(room = %append.room, %error, "not stored");
            let _ = append.reply.send(Err(error));
        }
    }

    /// Answers what is stored, and returns the rest.
    fn try_append(&mut self, appends: Vec<Append>) -> Vec<(Append, HistoryError)> {
        if appends.is_empty() {
            return Vec::new();
        }
        let mut failed = Vec::new();
        match self.commit(&appends) {
            Ok(outcomes) => {
                for (append, outcome) in appends.into_iter().zip(outcomes) {
                    match outcome {
                        Ok(appended) => {
                            let _ = append.reply.send(Ok(appended));
                        }
                        Err(error) => failed.push((append, error)),
                    }
                }
            }
            Err(error) => failed.extend(appends.into_iter().map(|append| (append, error.clone()))),
        }
        failed
    }

    /// One transaction for all rooms, so that they share its flush; in it a savepoint for each, so
    /// that one room's failure is its own.
    fn commit(&mut self, appends: &[Append]) -> Result<Outcomes, HistoryError> {
        let at = self.clock.now_ms();
        let mut told = HashMap::new();
        let mut outcomes = Vec::with_capacity(appends.len());
        let mut transaction = self
            .database
            .connection()?
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(storage)?;
        for append in appends {
            let savepoint = transaction.savepoint().map_err(storage)?;
            let room = Room::find_or_make(&savepoint, &append.room);
            let stored = room.and_then(|room| {
                let untold = *self
                    .untold
                    .entry(append.room.clone())
                    .or_insert(room.next_seq);
                let mut untold = *told.get(&append.room).unwrap_or(&untold);
                let appended = store(&savepoint, &room, &append.drafts, at, &mut untold)?;
                Ok((appended, untold))
            });
            outcomes.push(match stored {
                Ok((appended, untold)) => {
                    savepoint.commit().map_err(storage)?;
                    told.insert(append.room.clone(), untold);
                    Ok(appended)
                }
                Err(error) => {
                    // Where the failure ended the whole transaction, this fails too.
                    savepoint.finish().map_err(storage)?;
                    Err(storage(error))
                }
            });
        }
        transaction.commit().map_err(storage)?;
        self.untold.extend(told);
        Ok(outcomes)
    }

    fn look(&mut self, look: Look) {
        match look {
            Look::Head { room, reply } => self.reply(reply, |connection| {
                Room::find_or_make(connection, &room).map(|room| room.head())
            }),
            Look::Page {
                room,
                span,
                bounds,
                reply,
            } => self.reply(reply, |connection| match Room::find(connection, &room)? {
                Some(room) => room.page(connection, span, bounds),
                None => Ok(Page::default()),
            }),
        }
    }

    fn reply<T>(&mut self, reply: Reply<T>, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) {
        let answer = self
            .database
            .connection()
            .and_then(|connection| work(connection).map_err(storage));
        if let Err(error) = &answer {
            tracing::error!(%error, "not read");
            self.database.give_up();
        }
        let _ = reply.send(answer);
    }
}

/// Stores drafts in a room, and moves `untold` behind what is answered as stored.
fn store(
    connection: &Connection,
    room: &Room,
    drafts: &[Draft],
    at: u64,
    untold: &mut Seq,
) -> rusqlite::Result<Vec<Appended>> {
    let mut next = room.next_seq;
    let mut appended = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let entry = if room.insert(connection, draft, next, at)? {
            let seq = next;
            next = seq.next();
            draft.entry(seq, at)
        } else {
            room.by_id(connection, &draft.id)?
        };
        appended.push(if !draft.repeats(&entry) {
            Appended::Conflict
        } else if entry.seq < *untold {
            Appended::Repeat(entry)
        } else {
            *untold = entry.seq.next();
            Appended::Stored(entry)
        });
    }
    if next != room.next_seq {
        room.advance(connection, next)?;
    }
    Ok(appended)
}
