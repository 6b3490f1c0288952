//! Which sessions there are, for all threads: how to reach each, and how many there may be.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix::Recipient;

use super::line::{Goodbye, Line};
use super::refusal::Refusal;
use super::session::Received;
use crate::id;

/// Seconds until a client that is turned away for want of room may try again.
const RETRY_AFTER: u64 = 5;

/// Where a session is reached.
#[derive(Clone)]
pub(super) struct Entry {
    /// Takes what its client sends.
    pub(super) session: Recipient<Received>,
    /// What goes to its client.
    pub(super) line: Line,
}

/// The sessions of one server.
pub(super) struct Registry {
    max_sessions: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    sessions: HashMap<String, Entry>,
    /// Sessions, and those about to be.
    taken: usize,
    closed: bool,
}

/// Room for one session. It is forgotten when this is dropped.
pub(super) struct Slot {
    registry: Arc<Registry>,
    sid: String,
}

impl Registry {
    pub(super) fn new(max_sessions: usize) -> Arc<Self> {
        Arc::new(Self {
            max_sessions,
            inner: Mutex::default(),
        })
    }

    /// Makes room for a session.
    ///
    /// # Errors
    /// Where there is none, or the server is closed.
    pub(super) fn reserve(self: &Arc<Self>) -> Result<Slot, Refusal> {
        // It is all that it takes to be the session's client.
        let sid = id::random().ok_or_else(|| Refusal::unavailable("No randomness", RETRY_AFTER))?;
        let mut inner = self.lock();
        if inner.closed {
            return Err(Refusal::unavailable("Server is closing", RETRY_AFTER));
        }
        if inner.taken >= self.max_sessions {
            return Err(Refusal::unavailable("Too many sessions", RETRY_AFTER));
        }
        inner.taken += 1;
        drop(inner);
        Ok(Slot {
            registry: self.clone(),
            sid,
        })
    }

    /// Makes a session known.
    pub(super) fn register(&self, sid: String, entry: Entry) {
        let mut inner = self.lock();
        let late = inner.closed.then(|| entry.line.clone());
        inner.sessions.insert(sid, entry);
        drop(inner);
        // It had its room when the server closed.
        if let Some(line) = late {
            line.say_goodbye(Goodbye::Away);
        }
    }

    pub(super) fn find(&self, sid: &str) -> Option<Entry> {
        self.lock().sessions.get(sid).cloned()
    }

    pub(super) fn len(&self) -> usize {
        self.lock().sessions.len()
    }

    /// Ends all, and lets no other in.
    pub(super) fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        let entries: Vec<_> = inner.sessions.values().cloned().collect();
        drop(inner);
        for entry in entries {
            entry.line.say_goodbye(Goodbye::Away);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    pub(super) fn sid(&self) -> &str {
        &self.sid
    }

    pub(super) fn registry(&self) -> Arc<Registry> {
        self.registry.clone()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut inner = self.registry.lock();
        inner.taken -= 1;
        let entry = inner.sessions.remove(&self.sid);
        drop(inner);
        drop(entry);
    }
}
