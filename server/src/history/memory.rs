//! The history in memory: for tests, and for chats that should forget. Gone with the process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::{self, BoxFuture};
use shared::{Entry, Epoch, MessageId, RoomName, Seq};

use super::paging::Filling;
use super::{Appended, Bounds, Draft, Head, History, HistoryError, Page, Span};
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
    /// In order of `seq`.
    entries: Vec<Entry>,
    /// Where in `entries` each id is.
    places: HashMap<MessageId, usize>,
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
}

impl Room {
    fn new() -> Self {
        Self {
            epoch: Epoch(random::base64url::<8>()),
            entries: Vec::new(),
            places: HashMap::new(),
        }
    }

    fn head(&self) -> Head {
        Head {
            epoch: self.epoch.clone(),
            seq: self
                .entries
                .last()
                .map_or(Seq::default(), |entry| entry.seq),
        }
    }

    fn append(&mut self, draft: &Draft, at: u64) -> Appended {
        let place = self.places.get(&draft.id);
        match place.and_then(|place| self.entries.get(*place)) {
            Some(stored) if draft.repeats(stored) => Appended::Repeat(stored.clone()),
            Some(_) => Appended::Conflict,
            None => {
                let entry = draft.entry(self.head().seq.next(), at);
                self.places.insert(draft.id.clone(), self.entries.len());
                self.entries.push(entry.clone());
                Appended::Stored(entry)
            }
        }
    }

    fn read(&self, span: Span, bounds: Bounds) -> Page {
        let up_to = |seq| self.entries.partition_point(|entry| entry.seq <= seq);
        let (from, to, backwards) = match span {
            Span::Until(seq) => (0, up_to(seq), true),
            Span::Before(seq) => (
                0,
                self.entries.partition_point(|entry| entry.seq < seq),
                true,
            ),
            Span::After { seq, until } => (up_to(seq), up_to(until), false),
        };
        let entries = self.entries.get(from..to).unwrap_or_default();
        let mut filling = Filling::new(bounds);
        if backwards {
            let _ = entries
                .iter()
                .rev()
                .all(|entry| filling.take(entry.clone()));
            filling.backwards()
        } else {
            let _ = entries.iter().all(|entry| filling.take(entry.clone()));
            filling.forwards()
        }
    }
}

fn ready<T: Send + 'static>(answer: T) -> BoxFuture<'static, Result<T, HistoryError>> {
    Box::pin(future::ready(Ok(answer)))
}
