//! Which rooms have an append under way: there the writer alone knows where the log is going to
//! stand.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::RoomName;

/// How many appends of each room have been asked for and not answered. Clones count together.
#[derive(Debug, Clone, Default)]
pub(super) struct UnderWay(Arc<Mutex<HashMap<RoomName, usize>>>);

impl UnderWay {
    /// Counts an append until what is returned is dropped.
    pub(super) fn begin(&self, room: &RoomName) -> OnItsWay {
        *self.rooms().entry(room.clone()).or_default() += 1;
        OnItsWay {
            room: room.clone(),
            all: self.clone(),
        }
    }

    /// Whether the room has one.
    pub(super) fn any(&self, room: &RoomName) -> bool {
        self.rooms().contains_key(room)
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<RoomName, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One append, on its way.
pub(super) struct OnItsWay {
    room: RoomName,
    all: UnderWay,
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        let mut rooms = self.all.rooms();
        if let Some(count) = rooms.get_mut(&self.room) {
            *count -= 1;
            if *count == 0 {
                rooms.remove(&self.room);
            }
        }
    }
}
