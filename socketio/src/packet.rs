//! Socket.IO packets, as they are written. Pure.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The arguments of an event or acknowledgement: a JSON array as it was written, and the binary
/// attachments that its placeholders (`{"_placeholder":true,"num":0}`) stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Args {}

impl Args {
    /// From values, without attachments. A tuple or `Vec` of them, an array at the JSON level.
    pub fn new<T: Serialize>(_values: &T) -> Self {
        todo!()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        todo!()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The argument at a place, as JSON.
    #[must_use]
    pub fn json(&self, _at: usize) -> Option<&str> {
        todo!()
    }

    /// The argument at a place, read.
    #[must_use]
    pub fn get<T: DeserializeOwned>(&self, _at: usize) -> Option<T> {
        todo!()
    }

    /// The attachments.
    #[must_use]
    pub fn attachments(&self) -> &[Bytes] {
        todo!()
    }
}
