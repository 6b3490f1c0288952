//! Errands: work that the thread does in its order and in the same commit as the entries, whatever it
//! is about. Leaves transactions to `writer`.

use futures_util::future::BoxFuture;
use rusqlite::{Connection, Result, Transaction};

use super::writer::{Command, Reply};
use super::{SqliteHistory, storage};
use crate::history::HistoryError;

impl SqliteHistory {
    /// Has something read, in its order among what is written.
    pub(super) fn read_in_order<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, HistoryError>> {
        self.run(true, work)
    }

    /// Has something written with the next commit.
    pub(super) fn write<T: Send + 'static>(
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

    /// Does all; where one fails, each anew by itself.
    pub(super) fn run(&mut self, transaction: &mut Transaction<'_>) -> Result<(), HistoryError> {
        if self.is_empty() || self.run_together(transaction)? {
            return Ok(());
        }
        self.run_apart(transaction)
    }

    /// Does all in one savepoint: one each would be two statements more for SQLite to parse, in a
    /// storm of visitors thousands of them. Answers false where one failed, and all is undone.
    fn run_together(&mut self, transaction: &mut Transaction<'_>) -> Result<bool, HistoryError> {
        let savepoint = transaction.savepoint().map_err(storage)?;
        for (errand, failed) in &mut self.0 {
            *failed = errand.run(&savepoint).map_err(storage).err();
            let Some(error) = failed else { continue };
            // A full disk may have ended the whole transaction.
            if savepoint.is_autocommit() {
                return Err(error.clone());
            }
            savepoint.finish().map_err(storage)?;
            return Ok(false);
        }
        savepoint.commit().map_err(storage)?;
        Ok(true)
    }

    /// Does all, a savepoint each, so that one's failure is its own.
    fn run_apart(&mut self, transaction: &mut Transaction<'_>) -> Result<(), HistoryError> {
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

    /// Does what only reads without a commit, and answers what could be.
    pub(super) fn read(&mut self, connection: &Connection) {
        for (errand, failed) in &mut self.0 {
            if errand.only_reads() {
                *failed = errand.run(connection).map_err(storage).err();
            }
        }
        self.committed();
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
