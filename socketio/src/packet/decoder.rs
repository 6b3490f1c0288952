//! Messages to whole packets: a text, and as many attachments as it announces.

use bytes::Bytes;
use bytestring::ByteString;

use super::parse::{Header, parse};
use super::{Body, Malformed, Packet};

/// Puts the packets of one session together, in the order in which their parts come. After an error
/// it is of no use any more.
#[derive(Debug)]
pub struct Decoder {
    max_attachments: usize,
    max_bytes: usize,
    begun: Option<Begun>,
}

/// A packet whose attachments have not all come.
#[derive(Debug)]
struct Begun {
    packet: Packet,
    awaited: usize,
    attachments: Vec<Bytes>,
    bytes: usize,
}

impl Decoder {
    /// Packets of at most so many attachments, and of so many bytes all together.
    #[must_use]
    pub fn new(max_attachments: usize, max_bytes: usize) -> Self {
        Self {
            max_attachments,
            max_bytes,
            begun: None,
        }
    }

    /// A text message came. Returns the packet, if that is all of it.
    ///
    /// # Errors
    /// Where it is no packet, or the one before is not whole.
    pub fn text(&mut self, text: &ByteString) -> Result<Option<Packet>, Malformed> {
        if self.begun.is_some() {
            return Err(Malformed::UnexpectedText);
        }
        if text.len() > self.max_bytes {
            return Err(Malformed::TooLarge);
        }
        let Header {
            packet,
            attachments,
        } = parse(text, self.max_attachments)?;
        if attachments == 0 {
            return Ok(Some(packet));
        }
        self.begun = Some(Begun {
            packet,
            awaited: attachments,
            attachments: Vec::new(),
            bytes: text.len(),
        });
        Ok(None)
    }

    /// A binary message came. Returns the packet, if that was the last attachment.
    ///
    /// # Errors
    /// Where no packet announced it, or it makes the packet too large.
    pub fn binary(&mut self, data: Bytes) -> Result<Option<Packet>, Malformed> {
        let mut begun = self.begun.take().ok_or(Malformed::UnexpectedBinary)?;
        begun.bytes = begun.bytes.saturating_add(data.len());
        if begun.bytes > self.max_bytes {
            return Err(Malformed::TooLarge);
        }
        begun.attachments.push(data);
        if begun.attachments.len() < begun.awaited {
            self.begun = Some(begun);
            return Ok(None);
        }
        let mut packet = begun.packet;
        if let Body::Event { args, .. } | Body::Ack { args, .. } = &mut packet.body {
            args.attach(begun.attachments);
        }
        Ok(Some(packet))
    }
}
