//! Engine.IO packets and payloads, as they are written: the Engine.IO protocol document, version 4,
//! "Packet encoding". Pure. In what order they may come is the session's business.

#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use bytestring::ByteString;

use super::Message;

/// What stands between the packets of a payload, U+001E. A text message that contains it cannot be
/// sent by polling: the client takes it for two packets. JSON cannot, since it is escaped there.
pub const SEPARATOR: char = '\u{1e}';

/// What a binary message begins with where only text can be sent.
const BASE64: char = 'b';

/// One packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// `0`, server: the session has begun. JSON.
    Open(ByteString),
    /// `1`: the session is to end.
    Close,
    /// `2`: is anybody there? With `probe`, client: does this connection carry a session?
    Ping(ByteString),
    /// `3`: the answer, with the same.
    Pong(ByteString),
    /// `4`, or a binary frame: a message.
    Message(Message),
    /// `5`, client: from now on by this connection.
    Upgrade,
    /// `6`: nothing; it answers a poll.
    Noop,
    /// A text packet that is written already, with its type: written once, sent to many. Never
    /// parsed; the same on the wire as what it was written from.
    Encoded(ByteString),
}

/// Why something is no packet, or no payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// There is nothing at all.
    #[error("empty packet")]
    Empty,
    /// There is no such type.
    #[error("unknown packet type")]
    Type,
    /// RFC 4648, section 4, with its padding, was to be there.
    #[error("invalid base64")]
    Base64,
    /// More than were to be taken at once.
    #[error("too many packets")]
    TooMany,
}

impl Packet {
    /// Reads one text frame, or one packet of a payload. Texts are slices of it, not copies. What
    /// follows the type of a packet that carries nothing is ignored, as Node does.
    ///
    /// # Errors
    /// Where it is no packet.
    pub fn parse_text(text: ByteString) -> Result<Self, Malformed> {
        let mut rest = text.chars();
        let kind = rest.next().ok_or(Malformed::Empty)?;
        let data = || text.slice_ref(rest.as_str());
        Ok(match kind {
            '0' => Self::Open(data()),
            '1' => Self::Close,
            '2' => Self::Ping(data()),
            '3' => Self::Pong(data()),
            '4' => Self::Message(Message::Text(data())),
            '5' => Self::Upgrade,
            '6' => Self::Noop,
            BASE64 => {
                let data = STANDARD.decode(rest.as_str());
                let data = data.map_err(|_| Malformed::Base64)?;
                Self::Message(Message::Binary(data.into()))
            }
            _ => return Err(Malformed::Type),
        })
    }

    /// Reads one binary frame. There is no wrong one.
    #[must_use]
    pub fn parse_binary(data: Bytes) -> Self {
        Self::Message(Message::Binary(data))
    }

    /// As one text frame; `None` for a binary message, whose frame is its bytes.
    #[must_use]
    pub fn text(&self) -> Option<ByteString> {
        Some(match self {
            Self::Close => ByteString::from_static("1"),
            Self::Upgrade => ByteString::from_static("5"),
            Self::Noop => ByteString::from_static("6"),
            Self::Encoded(text) => text.clone(),
            Self::Message(Message::Binary(_)) => return None,
            _ => {
                let mut text = String::with_capacity(self.payload_len());
                self.write(&mut text);
                text.into()
            }
        })
    }

    /// Bytes that it takes in a payload, without a separator.
    #[must_use]
    pub fn payload_len(&self) -> usize {
        match self {
            Self::Open(data) | Self::Ping(data) | Self::Pong(data) => 1 + data.len(),
            Self::Message(Message::Text(text)) => 1 + text.len(),
            Self::Message(Message::Binary(data)) => 1 + data.len().div_ceil(3) * 4,
            Self::Close | Self::Upgrade | Self::Noop => 1,
            Self::Encoded(text) => text.len(),
        }
    }

    /// Appends it as it is in a payload.
    fn write(&self, to: &mut String) {
        let (kind, data) = match self {
            Self::Open(data) => ('0', data.as_ref()),
            Self::Close => ('1', ""),
            Self::Ping(data) => ('2', data.as_ref()),
            Self::Pong(data) => ('3', data.as_ref()),
            Self::Message(Message::Text(text)) => ('4', text.as_ref()),
            Self::Upgrade => ('5', ""),
            Self::Noop => ('6', ""),
            Self::Message(Message::Binary(data)) => {
                to.push(BASE64);
                return STANDARD.encode_string(data, to);
            }
            Self::Encoded(text) => return to.push_str(text),
        };
        to.push(kind);
        to.push_str(data);
    }
}

/// Reads the body of a POST: packets with a [`SEPARATOR`] between each two.
///
/// # Errors
/// Where one is no packet, or there are more than `max_packets`.
pub fn parse_payload(payload: &ByteString, max_packets: usize) -> Result<Vec<Packet>, Malformed> {
    let mut packets = Vec::new();
    for text in payload.split(SEPARATOR) {
        if packets.len() == max_packets {
            return Err(Malformed::TooMany);
        }
        packets.push(Packet::parse_text(payload.slice_ref(text))?);
    }
    Ok(packets)
}

/// Packets that are to answer a poll.
#[derive(Debug)]
pub struct Payload {
    limit: usize,
    written: String,
}

impl Payload {
    /// An empty one, for about `limit` bytes.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            written: String::new(),
        }
    }

    /// Whether there is room for one more. For the first there always is: it would never go out.
    #[must_use]
    pub fn fits(&self, packet: &Packet) -> bool {
        self.is_empty() || self.written.len() + 1 + packet.payload_len() <= self.limit
    }

    /// Appends one, whether there is room or not.
    pub fn push(&mut self, packet: &Packet) {
        if !self.is_empty() {
            self.written.push(SEPARATOR);
        }
        packet.write(&mut self.written);
    }

    /// Whether nothing has been appended yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    /// Bytes so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.written.len()
    }

    /// The body of the answer. An empty one is no payload.
    #[must_use]
    pub fn finish(self) -> ByteString {
        self.written.into()
    }
}
