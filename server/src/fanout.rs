//! Encoded frames to many sessions: serialised once, shared by all, bounded for each.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytestring::ByteString;
use serde::Serialize;
use tokio::sync::Notify;

/// Some messages as JSON, in order; cloning shares them.
#[derive(Debug, Clone)]
pub struct Frames {
    texts: Arc<[ByteString]>,
    bytes: usize,
}

/// What a frame costs a queue beside its text: a message in a mailbox. So that a flood of tiny
/// frames is bounded, too.
const FRAME_OVERHEAD: usize = 64;

impl Frames {
    /// Serialises messages, one frame each.
    pub fn encode<T: Serialize>(messages: &[T]) -> Self {
        let texts: Arc<[ByteString]> = messages.iter().map(encode).collect();
        let bytes = texts.iter().map(|t| t.len() + FRAME_OVERHEAD).sum();
        Self { texts, bytes }
    }

    /// No message at all.
    #[must_use]
    pub fn none() -> Self {
        Self {
            texts: Arc::new([]),
            bytes: FRAME_OVERHEAD,
        }
    }

    /// The frames' texts.
    pub fn texts(&self) -> impl Iterator<Item = &ByteString> {
        self.texts.iter()
    }

    /// What they cost a queue.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// One message as JSON.
pub fn encode<T: Serialize>(message: &T) -> ByteString {
    // The wire's types have string keys only, and no serialiser of their own that could fail.
    serde_json::to_string(message).unwrap_or_default().into()
}

/// What is queued to one session and not yet taken by it: shared by the room that fills it, the
/// session that empties it, and the watch that ends it. While a peer does not read, its session is
/// frozen; this is what the others still know of it.
#[derive(Debug)]
pub struct Outflow {
    queued: AtomicUsize,
    limit: usize,
    condemned: Notify,
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
            condemned: Notify::new(),
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

    /// The session took them.
    pub fn taken(&self, bytes: usize) {
        self.queued.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// The session is to end, by itself or by its watch.
    pub fn condemn(&self) {
        self.condemned.notify_one();
    }

    /// Resolves when the session is to end. One waiter.
    pub async fn condemned(&self) {
        self.condemned.notified().await;
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

    #[test]
    fn frames_are_shared_not_copied() {
        let frames = Frames::encode(&["a", "b"]);
        let copy = frames.clone();
        let same = frames
            .texts()
            .zip(copy.texts())
            .all(|(a, b)| a.as_ptr() == b.as_ptr());
        assert!(same);
    }
}
