//! The visitors in memory: gone with the process.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::{self, BoxFuture};
use shared::{AuthorId, Nick, RoomName};

use super::{Claim, OPEN, PRUNED, Visit, Visitors};
use crate::history::HistoryError;

/// Remembers visitors for as long as it lives.
#[derive(Debug, Default)]
pub struct MemoryVisitors {
    rooms: Mutex<HashMap<RoomName, HashMap<AuthorId, Visit>>>,
}

impl MemoryVisitors {
    fn rooms(&self) -> MutexGuard<'_, HashMap<RoomName, HashMap<AuthorId, Visit>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Visitors for MemoryVisitors {
    fn record(
        &self,
        room: &RoomName,
        visit: Visit,
    ) -> BoxFuture<'static, Result<(), HistoryError>> {
        let mut rooms = self.rooms();
        let visits = rooms.entry(room.clone()).or_default();
        visits.insert(visit.author.clone(), visit);
        ready(())
    }

    fn known(
        &self,
        room: &RoomName,
        author: &AuthorId,
        since: u64,
    ) -> BoxFuture<'static, Result<Option<Nick>, HistoryError>> {
        let rooms = self.rooms();
        let visit = rooms.get(room).and_then(|visits| visits.get(author));
        let known = visit.filter(|v| v.seen_at >= since || v.claim == Claim::Present);
        ready(known.map(|visit| visit.nick.clone()))
    }

    fn open(
        &self,
        room: &RoomName,
        now: u64,
    ) -> BoxFuture<'static, Result<Vec<Visit>, HistoryError>> {
        let rooms = self.rooms();
        let visits = rooms.get(room).into_iter().flat_map(HashMap::values);
        let mut open: Vec<_> = visits.filter(|v| until(v) > now).cloned().collect();
        open.sort_by_key(|visit| Reverse((until(visit), visit.seen_at)));
        open.truncate(OPEN);
        ready(open)
    }

    fn prune(&self, before: u64) -> BoxFuture<'static, Result<usize, HistoryError>> {
        let mut rooms = self.rooms();
        let mut old: Vec<_> = rooms
            .iter()
            .flat_map(|(room, visits)| visits.values().map(move |visit| (room, visit)))
            .filter(|(_, visit)| visit.seen_at < before && visit.claim != Claim::Present)
            .map(|(room, visit)| (visit.seen_at, room.clone(), visit.author.clone()))
            .collect();
        old.sort_unstable();
        old.truncate(PRUNED);
        for (_, room, author) in &old {
            if let Some(visits) = rooms.get_mut(room) {
                visits.remove(author);
            }
        }
        rooms.retain(|_, visits| !visits.is_empty());
        ready(old.len())
    }
}

/// Until when nobody else gets the nick.
fn until(visit: &Visit) -> u64 {
    match visit.claim {
        Claim::Present => u64::MAX,
        Claim::Held { until } => until.min(u64::MAX - 1),
        Claim::Free => 0,
    }
}

fn ready<T: Send + 'static>(answer: T) -> BoxFuture<'static, Result<T, HistoryError>> {
    Box::pin(future::ready(Ok(answer)))
}
