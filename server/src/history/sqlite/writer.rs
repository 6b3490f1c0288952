//! The thread that writes: takes what all rooms ask for, commits it together, and answers. Leaves
//! statements to `rows`, other work to `errands`, opening to `database`, and looking things up to `reader`.

use std::collections::HashMap;
use std::iter;
use std::sync::mpsc::Receiver;

use rusqlite::{Connection, TransactionBehavior};
use shared::{RoomName, Seq};
use tokio::sync::oneshot;

use super::database::{Database, empty_log};
use super::errands::{Errand, Errands};
use super::outage::Outage;
use super::rows::Room;
use super::storage;
use super::trim::Trimmer;
use super::under_way::OnItsWay;
use crate::clock::Clock;
use crate::history::{Appended, Draft, Head, HistoryError, Keep, Trimmed};

/// Commands taken at once: what comes first must not wait long for what comes later.
const TAKEN: usize = 256;

/// Where an answer goes. Its receiver may be gone, which is no fault.
pub(super) type Reply<T> = oneshot::Sender<Result<T, HistoryError>>;

/// What the thread is asked for.
pub(super) enum Command {
    Append(Append),
    /// Where a room's log stands, once what came before is done; makes the room.
    Head {
        room: RoomName,
        reply: Reply<Head>,
    },
    Errand(Box<dyn Errand>),
    Trim {
        keep: Keep,
        reply: Reply<Trimmed>,
    },
    /// To end, after what came before.
    Close,
}

/// Drafts of one room.
pub(super) struct Append {
    pub(super) room: RoomName,
    pub(super) drafts: Vec<Draft>,
    pub(super) reply: Reply<Vec<Appended>>,
    /// Counted until it is answered.
    pub(super) under_way: OnItsWay,
}

impl Append {
    fn answer(self, outcome: Result<Vec<Appended>, HistoryError>) {
        // Before anyone knows of the outcome, and asks where the log stands now.
        drop(self.under_way);
        let _ = self.reply.send(outcome);
    }
}

/// What became of each room's drafts, or why they are not stored.
type Outcomes = Vec<Result<Vec<Appended>, HistoryError>>;

pub(super) struct Writer {
    pub(super) database: Database,
    clock: Clock,
    /// For each room, the first seq that no append has answered as stored. Entries from there on
    /// are of appends that failed after all was written: nobody has been told of them.
    untold: HashMap<RoomName, Seq>,
    /// What else is to be done in the next commit, with appends or without any.
    pub(super) errands: Errands,
    outage: Outage,
    trimmer: Trimmer,
    trim_outage: Outage,
}

impl Writer {
    pub(super) fn new(database: Database, clock: Clock) -> Self {
        Self {
            database,
            clock,
            untold: HashMap::new(),
            errands: Errands::default(),
            outage: Outage::new("storing messages"),
            trimmer: Trimmer::default(),
            trim_outage: Outage::new("removing old messages"),
        }
    }

    /// Serves until it is told to close, or nobody is left to tell it.
    pub(super) fn run(mut self, inbox: &Receiver<Command>) {
        let mut open = true;
        while open && let Ok(first) = inbox.recv() {
            let mut appends = Vec::new();
            let mut heads = Vec::new();
            let mut trims = Vec::new();
            for command in iter::once(first).chain(inbox.try_iter()).take(TAKEN) {
                match command {
                    Command::Append(append) => appends.push(append),
                    Command::Head { room, reply } => heads.push((room, reply)),
                    Command::Errand(errand) => self.errands.push(errand),
                    Command::Trim { keep, reply } => trims.push((keep, reply)),
                    Command::Close => {
                        open = false;
                        break;
                    }
                }
            }
            self.append(appends);
            for (room, reply) in heads {
                self.reply(reply, |connection| {
                    Room::find_or_make(connection, &room).map(|room| room.head())
                });
            }
            for (keep, reply) in trims {
                let _ = reply.send(self.trim(keep));
            }
        }
        if let Err(error) = self.database.close() {
            tracing::error!(%error, "the history could not be closed in order");
        }
    }

    /// Stores and answers, trying twice where that may help. After most failures nobody knows what
    /// was stored, but the ids tell the second try.
    pub(super) fn append(&mut self, appends: Vec<Append>) {
        if appends.is_empty() && self.errands.is_empty() {
            return;
        }
        let mut failed = self.try_append(appends);
        if self.settle(&failed) || self.makes_room(&failed) {
            for (append, error) in &failed {
                tracing::debug!(room = %append.room, %error, "not stored, trying again");
            }
            failed = self.try_append(failed.into_iter().map(|(append, _)| append).collect());
            self.settle(&failed);
        }
        let errors = failed.iter().map(|(_, error)| error);
        match errors.chain(self.errands.errors()).next() {
            Some(error) => self.outage.met(error),
            None => self.outage.over(),
        }
        self.read_alone();
        self.errands.give_up();
        for (append, error) in failed {
            append.answer(Err(error));
        }
    }

    /// Where others write, or the disk is full: that need be nothing to who only reads.
    fn read_alone(&mut self) {
        let passing =
            |error: &HistoryError| matches!(error, HistoryError::Full(_) | HistoryError::Locked);
        if self.errands.errors().any(passing)
            && let Ok(connection) = self.database.connection()
        {
            self.errands.read(connection);
        }
    }

    /// Does what the failures call for, and answers whether to try again at once.
    fn settle(&mut self, failed: &[(Append, HistoryError)]) -> bool {
        let errors = failed.iter().map(|(_, error)| error);
        self.database.settle(errors.chain(self.errands.errors()))
    }

    /// Where the disk has just filled up: whether there is room now. What is in the log may fit into
    /// pages of the database that are free, and the log then begins anew. Tried once an outage.
    fn makes_room(&mut self, failed: &[(Append, HistoryError)]) -> bool {
        let errors = failed.iter().map(|(_, error)| error);
        let mut errors = errors.chain(self.errands.errors());
        if self.outage.lasts() || !errors.any(|error| matches!(error, HistoryError::Full(_))) {
            return false;
        }
        let connection = self.database.connection();
        connection.is_ok_and(|connection| empty_log(connection).unwrap_or(false))
    }

    /// Answers what is stored, and returns the rest.
    fn try_append(&mut self, appends: Vec<Append>) -> Vec<(Append, HistoryError)> {
        let mut failed = Vec::new();
        match self.commit(&appends) {
            Ok(outcomes) => {
                self.errands.committed();
                for (append, outcome) in appends.into_iter().zip(outcomes) {
                    match outcome {
                        Ok(appended) => append.answer(Ok(appended)),
                        Err(error) => failed.push((append, error)),
                    }
                }
            }
            Err(error) => {
                self.errands.failed(&error);
                failed.extend(appends.into_iter().map(|append| (append, error.clone())));
            }
        }
        failed
    }

    /// One transaction for all rooms, so that they share its flush; in it a savepoint for each, so
    /// that one room's failure is its own.
    fn commit(&mut self, appends: &[Append]) -> Result<Outcomes, HistoryError> {
        let at = self.clock.now_ms();
        let mut told = HashMap::new();
        let mut outcomes = Vec::with_capacity(appends.len());
        // Who only reads need not wait for others that write.
        let behavior = match appends.is_empty() && self.errands.only_read() {
            true => TransactionBehavior::Deferred,
            false => TransactionBehavior::Immediate,
        };
        let mut transaction = self
            .database
            .connection()?
            .transaction_with_behavior(behavior)
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
                    // A full disk may have ended the whole transaction.
                    if savepoint.is_autocommit() {
                        return Err(storage(error));
                    }
                    savepoint.finish().map_err(storage)?;
                    Err(storage(error))
                }
            });
        }
        self.errands.run(&mut transaction)?;
        transaction.commit().map_err(storage)?;
        self.untold.extend(told);
        Ok(outcomes)
    }

    /// One step, and after the last one the sweep.
    pub(super) fn trim(&mut self, keep: Keep) -> Result<Trimmed, HistoryError> {
        let trimmed = self.try_trim(keep);
        match &trimmed {
            Ok(_) => self.trim_outage.over(),
            Err(error) => {
                self.trim_outage.met(error);
                self.trimmer.forget();
                self.database.settle([error]);
            }
        }
        trimmed
    }

    fn try_trim(&mut self, keep: Keep) -> Result<Trimmed, HistoryError> {
        let connection = self.database.connection()?;
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(storage)?;
        let trimmed = self.trimmer.step(&transaction, keep).map_err(storage)?;
        transaction.commit().map_err(storage)?;
        if !trimmed.more {
            self.trimmer.sweep(connection).map_err(storage)?;
        }
        Ok(trimmed)
    }

    fn reply<T>(&mut self, reply: Reply<T>, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) {
        let answer = self
            .database
            .connection()
            .and_then(|connection| work(connection).map_err(storage));
        if let Err(error) = &answer {
            self.outage.met(error);
            self.database.settle([error]);
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
