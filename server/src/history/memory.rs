//! The history in memory: for tests, and for chats that should forget. Gone with the process.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::{self, BoxFuture};
use shared::{Entry, Epoch, MessageId, RoomName, Seq};

use super::paging::Filling;
use super::{
    Appended, Bounds, Draft, Head, History, HistoryError, Keep, Page, Span, TRIM_ENTRIES, Trimmed,
};
use crate::clock::Clock;
use crate::random;

/// Keeps entries for as long as it lives: as durable as the process.
#[derive(Debug)]
pub struct MemoryHistory {
    rooms: Mutex<HashMap<RoomName, Room>>,
    clock: Clock,
}

#[derive(Debug)]
struct Room {
    epoch: Epoch,
    /// The last number given.
    last: Seq,
    /// In order of `seq`, without gaps, up to `last`.
    entries: VecDeque<Entry>,
    /// The number of each id.
    numbers: HashMap<MessageId, Seq>,
}

impl MemoryHistory {
    /// An empty history; entries get their time from `clock`.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            rooms: Mutex::default(),
            clock,
        }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<RoomName, Room>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl History for MemoryHistory {
    fn head(&self, room: &RoomName) -> BoxFuture<'static, Result<Head, HistoryError>> {
        let mut rooms = self.rooms();
        ready(rooms.entry(room.clone()).or_insert_with(Room::new).head())
    }

    fn append(
        &self,
        room: &RoomName,
        drafts: Vec<Draft>,
    ) -> BoxFuture<'static, Result<Vec<Appended>, HistoryError>> {
        let at = self.clock.now_ms();
        let mut rooms = self.rooms();
        let room = rooms.entry(room.clone()).or_insert_with(Room::new);
        ready(drafts.iter().map(|draft| room.append(draft, at)).collect())
    }

    fn read(
        &self,
        room: &RoomName,
        span: Span,
        bounds: Bounds,
    ) -> BoxFuture<'static, Result<Page, HistoryError>> {
        let rooms = self.rooms();
        ready(
            rooms
                .get(room)
                .map(|room| room.read(span, bounds))
                .unwrap_or_default(),
        )
    }

    fn trim(&self, keep: Keep) -> BoxFuture<'static, Result<Trimmed, HistoryError>> {
        let mut removed = 0;
        for room in self.rooms().values_mut() {
            removed += room.trim(keep, TRIM_ENTRIES - removed);
        }
        ready(Trimmed {
            removed,
            more: removed == TRIM_ENTRIES,
        })
    }
}

impl Room {
    fn new() -> Self {
        Self {
            epoch: Epoch(random::base64url::<8>()),
            last: Seq::default(),
            entries: VecDeque::new(),
            numbers: HashMap::new(),
        }
    }

    fn head(&self) -> Head {
        Head {
            epoch: self.epoch.clone(),
            seq: self.last,
        }
    }

    fn append(&mut self, draft: &Draft, at: u64) -> Appended {
        let number = self.numbers.get(&draft.id);
        let stored = |number: &Seq| self.entries.get(self.up_to(*number).checked_sub(1)?);
        match number.and_then(stored) {
            Some(stored) if draft.repeats(stored) => Appended::Repeat(stored.clone()),
            Some(_) => Appended::Conflict,
            None => {
                self.last = self.last.next();
                let entry = draft.entry(self.last, at);
                self.numbers.insert(draft.id.clone(), self.last);
                self.entries.push_back(entry.clone());
                Appended::Stored(entry)
            }
        }
    }

    /// How many entries there are up to this one.
    fn up_to(&self, seq: Seq) -> usize {
        self.entries.partition_point(|entry| entry.seq <= seq)
    }

    /// Removes `limit` entries at most; answers how many.
    fn trim(&mut self, keep: Keep, limit: usize) -> usize {
        let mut removed = 0;
        while removed < limit
            && let Some(first) = self.entries.front()
            && (first.at < keep.since || self.entries.len() as u64 > keep.entries)
        {
            self.numbers.remove(&first.id);
            self.entries.pop_front();
            removed += 1;
        }
        removed
    }

    fn read(&self, span: Span, bounds: Bounds) -> Page {
        let (from, to, backwards) = match span {
            Span::Until(seq) => (0, self.up_to(seq), true),
            Span::Before(seq) => (
                0,
                self.entries.partition_point(|entry| entry.seq < seq),
                true,
            ),
            Span::After { seq, until } => (self.up_to(seq), self.up_to(until), false),
        };
        let entries = self.entries.range(from..to.max(from));
        let mut filling = Filling::new(bounds);
        if backwards {
            let _ = entries.rev().all(|entry| filling.take(entry.clone()));
            filling.backwards()
        } else {
            let _ = entries.cloned().all(|entry| filling.take(entry));
            filling.forwards()
        }
    }
}

fn ready<T: Send + 'static>(answer: T) -> BoxFuture<'static, Result<T, HistoryError>> {
    Box::pin(future::ready(Ok(answer)))
}
