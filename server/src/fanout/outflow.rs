//! The bound of what is queued to one session.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What is queued to one session and not yet taken by it: shared by the room that fills it, the
/// session that empties it, and the watch that ends it. While a peer does not read, its session is
/// frozen; this is what the others still know of it.
#[derive(Debug)]
pub struct Outflow {
    queued: AtomicUsize,
    limit: usize,
    condemned: AtomicBool,
}

/// The session reads more slowly than its room speaks.
#[derive(Debug, PartialEq, Eq)]
pub struct TooSlow;

impl Outflow {
    /// An empty queue of at most `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            queued: AtomicUsize::new(0),
            limit,
            condemned: AtomicBool::new(false),
        }
    }

    /// Makes room in the queue. One frame larger than the limit still goes into an empty one.
    ///
    /// # Errors
    /// Where it would exceed the limit.
    pub fn reserve(&self, bytes: usize) -> Result<(), TooSlow> {
        let before = self.queued.fetch_add(bytes, Ordering::Relaxed);
        if before > 0 && before.saturating_add(bytes) > self.limit {
            self.queued.fetch_sub(bytes, Ordering::Relaxed);
            return Err(TooSlow);
        }
        Ok(())
    }

    /// Its limit in bytes.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The session took them.
    pub fn taken(&self, bytes: usize) {
        self.queued.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// The session is to end, by itself or by its watch.
    pub fn condemn(&self) {
        self.condemned.store(true, Ordering::Relaxed);
    }

    /// Whether the session is to end.
    #[must_use]
    pub fn is_condemned(&self) -> bool {
        self.condemned.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_bounded_by_bytes() {
        let outflow = Outflow::new(100);
        assert_eq!(outflow.reserve(60), Ok(()));
        assert_eq!(outflow.reserve(60), Err(TooSlow));
        assert_eq!(outflow.reserve(40), Ok(()), "a refusal takes no room");
        outflow.taken(100);
        assert_eq!(
            outflow.reserve(500),
            Ok(()),
            "one large frame into an empty queue"
        );
    }
}
