//! Rooms as `tokio::sync::broadcast` channels: one ring of messages for all members, who each read
//! from it at their own pace. One who falls further behind than the ring is long misses the oldest.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast;

use crate::{QUEUE, ToClient, new_author, now};

/// All rooms; `M` is a message as the library sends it, cheap to clone.
pub struct Rooms<M>(Mutex<HashMap<String, Arc<Room<M>>>>);

struct Room<M> {
    state: Mutex<State>,
    said: broadcast::Sender<M>,
}

#[derive(Default)]
struct State {
    nicks: HashSet<String>,
    seq: u64,
}

/// Somebody in a room; dropped, the nick is free again.
pub struct Seat<M> {
    room: Arc<Room<M>>,
    nick: String,
    author: String,
}

/// A seat, and all that is said from then on.
pub type Seated<M> = (Seat<M>, broadcast::Receiver<M>);

impl<M> Default for Rooms<M> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<M: Clone + From<String>> Rooms<M> {
    /// The answer; and a seat, where the nick is free.
    pub fn join(&self, nick: String, name: String) -> (String, Option<Seated<M>>) {
        let room = Arc::clone(lock(&self.0).entry(name.clone()).or_insert_with(|| {
            Arc::new(Room {
                state: Mutex::default(),
                said: broadcast::Sender::new(QUEUE),
            })
        }));
        let online = {
            let nicks = &mut lock(&room.state).nicks;
            if !nicks.insert(nick.clone()) {
                return (ToClient::NICK_TAKEN.json(), None);
            }
            nicks.len()
        };
        let welcome = ToClient::Welcome {
            nick: &nick,
            room: &name,
            online,
        }
        .json();
        let said = room.said.subscribe();
        let seat = Seat {
            room,
            nick,
            author: new_author(),
        };
        (welcome, Some((seat, said)))
    }
}

impl<M: Clone + From<String>> Seat<M> {
    /// Says something to all members, the writer included.
    pub fn say(&self, id: &str, text: &str) {
        let mut state = lock(&self.room.state);
        state.seq += 1;
        let said = ToClient::Said {
            nick: &self.nick,
            text,
            seq: state.seq,
            at: now(),
            id,
            author: &self.author,
        };
        // Fails where nobody listens any more, the writer neither.
        let _ = self.room.said.send(said.json().into());
    }
}

impl<M> Drop for Seat<M> {
    fn drop(&mut self) {
        lock(&self.room.state).nicks.remove(&self.nick);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
