//! A history, and visitors, that the test holds back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use shared::{AuthorId, Nick, RoomName};
use tokio::sync::watch;

use super::LIMIT;
use crate::clock::Clock;
use crate::history::{
    Appended, Bounds, Draft, Head, History, HistoryError, Keep, MemoryHistory, Page, Span, Trimmed,
};
use crate::visitors::{MemoryVisitors, Visit, Visitors};

/// A history whose appends, and reads, wait until the test lets them go, or fail.
pub(super) struct HeldHistory {
    memory: MemoryHistory,
    batches: Mutex<VecDeque<usize>>,
    asked: watch::Sender<usize>,
    pub(super) gate: watch::Sender<Gate>,
    pub(super) reads: watch::Sender<Gate>,
    /// Reads asked for.
    pub(super) read: watch::Sender<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    Shut,
    Open,
    Failing,
    Panicking,
}

impl HeldHistory {
    pub(super) fn new(gate: Gate) -> Arc<Self> {
        Arc::new(Self {
            memory: MemoryHistory::new(Clock::system()),
            batches: Mutex::default(),
            asked: watch::Sender::new(0),
            gate: watch::Sender::new(gate),
            reads: watch::Sender::new(Gate::Open),
            read: watch::Sender::default(),
        })
    }

    /// Waits until `appends` appends have been asked for in all.
    pub(super) async fn asked(&self, appends: usize) {
        let mut asked = self.asked.subscribe();
        let enough = asked.wait_for(|&n| n >= appends);
        tokio::time::timeout(LIMIT, enough)
            .await
            .expect("no append in time")
            .unwrap();
    }

    /// The sizes of the batches so far.
    pub(super) fn batches(&self) -> Vec<usize> {
        self.batches.lock().unwrap().iter().copied().collect()
    }
}

impl History for HeldHistory {
    fn head(&self, room: &RoomName) -> BoxFuture<'static, Result<Head, HistoryError>> {
        self.memory.head(room)
    }

    fn append(
        &self,
        room: &RoomName,
        drafts: Vec<Draft>,
    ) -> BoxFuture<'static, Result<Vec<Appended>, HistoryError>> {
        self.batches
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(drafts.len());
        self.asked.send_modify(|n| *n += 1);
        let mut gate = self.gate.subscribe();
        let append = self.memory.append(room, drafts);
        Box::pin(async move {
            let gate = *gate.wait_for(|gate| *gate != Gate::Shut).await.unwrap();
            match gate {
                Gate::Failing => Err(HistoryError::Storage("the disk is full".into())),
                Gate::Panicking => panic!("a fault of the room's own"),
                _ => append.await,
            }
        })
    }

    fn read(
        &self,
        room: &RoomName,
        span: Span,
        bounds: Bounds,
    ) -> BoxFuture<'static, Result<Page, HistoryError>> {
        self.read.send_modify(|reads| *reads += 1);
        let mut reads = self.reads.subscribe();
        let read = self.memory.read(room, span, bounds);
        Box::pin(async move {
            let gate = *reads.wait_for(|gate| *gate != Gate::Shut).await.unwrap();
            match gate {
                Gate::Failing => Err(HistoryError::Storage("a bad sector".into())),
                _ => read.await,
            }
        })
    }

    fn trim(&self, keep: Keep) -> BoxFuture<'static, Result<Trimmed, HistoryError>> {
        self.memory.trim(keep)
    }
}

/// Visitors whose look-ups, and records, wait until the test lets them go, or fail.
pub(super) struct HeldVisitors {
    memory: MemoryVisitors,
    pub(super) look_ups: watch::Sender<Gate>,
    pub(super) records: watch::Sender<Gate>,
    /// What each pruning took out.
    pub(super) prunings: watch::Sender<Vec<usize>>,
}

impl HeldVisitors {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            memory: MemoryVisitors::default(),
            look_ups: watch::Sender::new(Gate::Open),
            records: watch::Sender::new(Gate::Open),
            prunings: watch::Sender::default(),
        })
    }
}

/// What `work` answers once the gate is open.
fn gated<T: 'static>(
    gate: &watch::Sender<Gate>,
    work: BoxFuture<'static, Result<T, HistoryError>>,
) -> BoxFuture<'static, Result<T, HistoryError>> {
    let mut gate = gate.subscribe();
    Box::pin(async move {
        let gate = *gate.wait_for(|gate| *gate != Gate::Shut).await.unwrap();
        match gate {
            Gate::Open => work.await,
            _ => Err(HistoryError::Storage("the disk is full".into())),
        }
    })
}

impl Visitors for HeldVisitors {
    fn record(
        &self,
        room: &RoomName,
        visit: Visit,
    ) -> BoxFuture<'static, Result<(), HistoryError>> {
        let stored = match *self.records.borrow() {
            Gate::Failing => Box::pin(std::future::ready(Ok(()))),
            _ => self.memory.record(room, visit),
        };
        gated(&self.records, stored)
    }

    fn known(
        &self,
        room: &RoomName,
        author: &AuthorId,
        since: u64,
    ) -> BoxFuture<'static, Result<Option<Nick>, HistoryError>> {
        gated(&self.look_ups, self.memory.known(room, author, since))
    }

    fn open(
        &self,
        room: &RoomName,
        now: u64,
    ) -> BoxFuture<'static, Result<Vec<Visit>, HistoryError>> {
        gated(&self.look_ups, self.memory.open(room, now))
    }

    fn prune(&self, before: u64) -> BoxFuture<'static, Result<usize, HistoryError>> {
        let pruned = self.memory.prune(before).now_or_never().unwrap();
        self.prunings
            .send_modify(|all| all.extend(pruned.iter().copied()));
        Box::pin(std::future::ready(pruned))
    }
}
