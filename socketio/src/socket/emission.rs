//! Packets as messages of the engine's: written with the engine's type already, so that one text
//! serves any number of sessions.

use bytestring::ByteString;

use crate::engine::Message;
use crate::engine::packet::Packet;
use crate::packet::{Args, is_reserved, write_event};

/// The engine's type of a message.
const MESSAGE: char = '4';

/// An event as it is written, to be sent to many in one namespace. Cloning, and sending, copies no
/// text.
#[derive(Debug, Clone)]
pub struct Emission {
    namespace: ByteString,
    packets: Vec<Packet>,
}

impl Emission {
    /// Writes an event for those in `namespace`. One with a reserved name is sent to nobody: clients
    /// end the session over it.
    #[must_use]
    pub fn new(namespace: &str, name: &str, args: &Args) -> Self {
        let packets = match is_reserved(name) {
            true => Vec::new(),
            false => packets(args, |to| write_event(to, namespace, None, name, args)),
        };
        Self {
            namespace: namespace.into(),
            packets,
        }
    }

    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    pub(super) fn packets(&self) -> &[Packet] {
        &self.packets
    }
}

/// A text and the attachments that follow it.
pub(super) fn packets(args: &Args, write: impl FnOnce(&mut String)) -> Vec<Packet> {
    let attachments = args.attachments().iter().cloned();
    let attachments = attachments.map(|data| Packet::Message(Message::Binary(data)));
    [encoded(write)].into_iter().chain(attachments).collect()
}

/// A text message.
pub(super) fn encoded(write: impl FnOnce(&mut String)) -> Packet {
    let mut text = String::from(MESSAGE);
    write(&mut text);
    Packet::Encoded(text.into())
}
