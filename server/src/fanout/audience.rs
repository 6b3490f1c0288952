//! Those who follow a room's log, as the room sees them: on which workers they are, and how far those
//! have come with what was said.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix::Addr;
use tokio::sync::Notify;

use super::worker::{Fanout, LineId, Order};
use super::{Frames, Parcel};

/// Bytes cast and not yet offered to every follower, beyond which a room stores nothing more for the
/// moment: a worker that has much to write would else send away followers who read well enough.
/// A quarter of what one of them may have queued by default.
pub(super) const BEHIND: usize = 256 * 1024;

/// The followers of one room.
pub struct Audience<P: Parcel> {
    workers: Mutex<Vec<Part<P>>>,
    behind: AtomicUsize,
    caught_up: Notify,
}

/// Those of them on one worker.
struct Part<P: Parcel> {
    worker: Arc<Addr<Fanout<P>>>,
    followers: usize,
}

impl<P: Parcel> Default for Audience<P> {
    fn default() -> Self {
        Self {
            workers: Mutex::default(),
            behind: AtomicUsize::new(0),
            caught_up: Notify::new(),
        }
    }
}

impl<P: Parcel> fmt::Debug for Audience<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Audience")
            .field("behind", &self.behind)
            .finish_non_exhaustive()
    }
}

impl<P: Parcel> Audience<P> {
    /// How many there are.
    pub fn followers(&self) -> usize {
        self.parts().iter().map(|part| part.followers).sum()
    }

    /// Sends frames to every follower. `answers` are followers whose requests they answer, and how
    /// many.
    pub fn cast(self: &Arc<Self>, frames: &Frames, answers: &[(&Following<P>, u32)]) {
        let load = Arc::new(Load::new(self.clone(), frames.bytes()));
        for part in self.parts().iter() {
            let here = |following: &Following<P>| Arc::ptr_eq(&following.worker, &part.worker);
            part.worker.do_send(Order::Cast {
                audience: self.clone(),
                frames: frames.clone(),
                answers: answers
                    .iter()
                    .filter(|(following, _)| here(following))
                    .map(|(following, requests)| (following.line, *requests))
                    .collect(),
                load: load.clone(),
            });
        }
    }

    /// Whether some worker is far behind with what was cast.
    pub fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Acquire) > BEHIND
    }

    /// Resolves when none is. One waiter.
    pub async fn caught_up(&self) {
        while self.is_behind() {
            self.caught_up.notified().await;
        }
    }

    fn parts(&self) -> MutexGuard<'_, Vec<Part<P>>> {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Bytes on their way to followers, until every worker that has a share of it drops it.
#[derive(Debug)]
pub(super) struct Load<P: Parcel> {
    audience: Arc<Audience<P>>,
    bytes: usize,
}

impl<P: Parcel> Load<P> {
    pub(super) fn new(audience: Arc<Audience<P>>, bytes: usize) -> Self {
        audience.behind.fetch_add(bytes, Ordering::AcqRel);
        Self { audience, bytes }
    }
}

impl<P: Parcel> Drop for Load<P> {
    fn drop(&mut self) {
        let before = self.audience.behind.fetch_sub(self.bytes, Ordering::AcqRel);
        if before > BEHIND && !self.audience.is_behind() {
            self.audience.caught_up.notify_one();
        }
    }
}

/// A session that follows a room; it does so until this is dropped.
pub struct Following<P: Parcel> {
    audience: Arc<Audience<P>>,
    worker: Arc<Addr<Fanout<P>>>,
    line: LineId,
}

impl<P: Parcel> fmt::Debug for Following<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Following").field(&self.line).finish()
    }
}

impl<P: Parcel> Following<P> {
    pub(super) fn new(
        audience: &Arc<Audience<P>>,
        worker: &Arc<Addr<Fanout<P>>>,
        line: LineId,
    ) -> Self {
        let mut parts = audience.parts();
        match parts.iter_mut().find(|p| Arc::ptr_eq(&p.worker, worker)) {
            Some(part) => part.followers += 1,
            None => parts.push(Part {
                worker: worker.clone(),
                followers: 1,
            }),
        }
        drop(parts);
        worker.do_send(Order::Follow {
            line,
            audience: audience.clone(),
        });
        Self {
            audience: audience.clone(),
            worker: worker.clone(),
            line,
        }
    }
}

impl<P: Parcel> Drop for Following<P> {
    fn drop(&mut self) {
        let mut parts = self.audience.parts();
        if let Some(at) = parts
            .iter()
            .position(|part| Arc::ptr_eq(&part.worker, &self.worker))
            && let Some(part) = parts.get_mut(at)
        {
            part.followers -= 1;
            if part.followers == 0 {
                parts.swap_remove(at);
            }
        }
        drop(parts);
        self.worker.do_send(Order::Unfollow { line: self.line });
    }
}
