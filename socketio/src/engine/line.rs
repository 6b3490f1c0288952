//! The way to one session's client.

use super::Message;

/// The way to one session's client, from any thread. Cloning gives another handle to the same.
#[derive(Debug, Clone)]
pub struct Line {}

impl Line {
    /// Queues a message. After the end nothing happens.
    pub fn send(&self, _message: Message) {
        todo!()
    }

    /// Queues several, so that nothing comes in between: a text and its attachments.
    pub fn send_all(&self, _messages: Vec<Message>) {
        todo!()
    }

    /// Ends the session; what was queued before still goes out where it can.
    pub fn close(&self) {
        todo!()
    }

    /// Reads nothing more from the client until [`Self::resume`]: what was read in one go still comes.
    pub fn pause(&self) {
        todo!()
    }

    /// Reads on.
    pub fn resume(&self) {
        todo!()
    }

    /// Bytes queued and not yet handed to a connection.
    #[must_use]
    pub fn queued(&self) -> usize {
        todo!()
    }

    /// Has `Session::drained` called once, when nothing is queued any more (at once, if so already).
    pub fn tell_drained(&self) {
        todo!()
    }
}
