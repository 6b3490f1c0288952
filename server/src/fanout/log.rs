//! The WebSocket frames of one room on one worker: one run of bytes in which every reader has a
//! position of its own, from the oldest byte that somebody has not been sent to the newest.

use std::collections::VecDeque;

use bytes::{Buf as _, BytesMut};

use super::Frames;

/// An empty log gives back memory above this, in bytes.
const KEPT: usize = 64 * 1024;

/// Encoded frames, addressed by their distance in bytes from the first one ever.
#[derive(Debug)]
pub(super) struct Log {
    base: u64,
    bytes: BytesMut,
    /// Where frames end; the first at or before `base`, where one does there.
    ends: VecDeque<u64>,
}

impl Log {
    pub(super) fn new() -> Self {
        Self {
            base: 0,
            bytes: BytesMut::new(),
            ends: VecDeque::from([0]),
        }
    }

    /// Encodes frames at the end.
    pub(super) fn append(&mut self, frames: &Frames) {
        let (base, ends) = (self.base, &mut self.ends);
        frames.write(&mut self.bytes, |length| {
            ends.push_back(base + length as u64)
        });
    }

    /// The position behind all there is.
    pub(super) fn end(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }

    /// The bytes between two positions; what has been trimmed is not among them.
    pub(super) fn between(&self, from: u64, until: u64) -> &[u8] {
        let index = |position: u64| {
            let offset = position.saturating_sub(self.base);
            usize::try_from(offset).map_or(self.bytes.len(), |at| at.min(self.bytes.len()))
        };
        self.bytes.get(index(from)..index(until)).unwrap_or(&[])
    }

    /// The first position, from this one on, at which no frame is under way.
    pub(super) fn frame_end(&self, position: u64) -> u64 {
        let at = self.ends.partition_point(|end| *end < position);
        self.ends.get(at).copied().unwrap_or(position)
    }

    /// Forgets what lies before a position.
    pub(super) fn trim(&mut self, position: u64) {
        let offset = position.min(self.end()).saturating_sub(self.base);
        self.base += offset;
        self.bytes.advance(usize::try_from(offset).unwrap_or(0));
        while self.ends.front().is_some_and(|end| *end < self.base) {
            self.ends.pop_front();
        }
        if self.bytes.is_empty() && self.bytes.capacity() > KEPT {
            self.bytes = BytesMut::new();
            self.ends.shrink_to(16);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_stand_one_after_the_other_as_they_go_over_the_wire() {
        let mut log = Log::new();
        log.append(&Frames::encode(&["a", "bc"]));
        assert_eq!(log.between(0, log.end()), b"\x81\x03\"a\"\x81\x04\"bc\"");
        assert_eq!(log.between(5, 7), b"\x81\x04");
    }

    #[test]
    fn positions_outlive_what_is_forgotten() {
        let mut log = Log::new();
        log.append(&Frames::encode(&["a", "bc"]));
        log.trim(7);
        assert_eq!((log.end(), log.between(7, 11)), (11, &b"\"bc\""[..]));
        log.trim(11);
        log.append(&Frames::encode(&["d"]));
        assert_eq!(log.between(11, log.end()), b"\x81\x03\"d\"");
    }

    #[test]
    fn a_frame_under_way_ends_where_the_next_begins() {
        let mut log = Log::new();
        log.append(&Frames::encode(&["a", "bc"]));
        let ends = |log: &Log| [0, 1, 4, 5, 6, 11].map(|at| log.frame_end(at));
        assert_eq!(ends(&log), [0, 5, 5, 5, 11, 11]);
        log.trim(5);
        assert_eq!(log.frame_end(5), 5, "still known at the border");
        log.trim(6);
        assert_eq!(log.frame_end(6), 11);
    }

    #[test]
    fn a_log_that_was_long_gives_its_memory_back() {
        let mut log = Log::new();
        log.append(&Frames::encode(&["*".repeat(10 * KEPT)]));
        log.trim(log.end());
        assert_eq!(log.bytes.capacity(), 0);
    }
}
