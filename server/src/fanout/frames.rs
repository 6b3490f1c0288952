//! Messages as text frames: serialised once, shared by all who are sent them.

use std::sync::Arc;

use actix_http::ws::{OpCode, Parser};
use bytes::BytesMut;
use bytestring::ByteString;
use serde::Serialize;

/// Some messages as JSON, in order; cloning shares them.
#[derive(Debug, Clone, Default)]
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

    /// No message, but a delivery all the same.
    #[must_use]
    pub fn none() -> Self {
        Self {
            bytes: FRAME_OVERHEAD,
            ..Self::default()
        }
    }

    /// The frames' texts.
    pub fn texts(&self) -> impl Iterator<Item = &ByteString> {
        self.texts.iter()
    }

    /// Writes them one after the other as they go over the wire, and tells after each how long it
    /// all is.
    pub(super) fn write(&self, bytes: &mut BytesMut, mut written: impl FnMut(usize)) {
        for text in self.texts() {
            Parser::write_message(bytes, text.as_bytes(), OpCode::Text, true, false);
            written(bytes.len());
        }
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

#[cfg(test)]
mod tests {
    use super::*;

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
