//! What client and server say to each other: the handshake, joining, saying, and which kind of frame
//! has come, told by its first bytes. Realtid's own protocol and the same in socket.io's frames.

use std::sync::LazyLock;

use clap::ValueEnum;
use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};

/// The key and the answer to it that RFC 6455, section 1.3, shows: one that is known spares the hash.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

static ID: LazyLock<Finder> = LazyLock::new(|| Finder::new(r#""id":""#));
static TEXT: LazyLock<Finder> = LazyLock::new(|| Finder::new(r#""text":""#));

/// How messages are framed within WebSocket messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// One JSON object in a text frame
    Plain,
    /// Events of Socket.IO 5 over Engine.IO 4
    Socketio,
}

/// What a text frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A message: what is counted.
    Said,
    /// The answer to `join`.
    Welcome,
    /// Who came and went.
    Presence,
    /// A request that was not granted.
    Refused,
    /// Engine.IO's own greeting.
    EngineOpen,
    /// Engine.IO's ping, which is no WebSocket ping.
    EnginePing,
    /// Socket.IO's own greeting.
    NamespaceOpen,
    /// Anything else.
    Other,
}

impl Kind {
    /// Every kind that a room sends: the others belong to the transport.
    pub const ROOM: [Self; 5] = [
        Self::Said,
        Self::Welcome,
        Self::Presence,
        Self::Refused,
        Self::Other,
    ];

    /// The kind's name in a report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Said => "said",
            Self::Welcome => "welcome",
            Self::Presence => "presence",
            Self::Refused => "refused",
            Self::EngineOpen => "engine_open",
            Self::EnginePing => "engine_ping",
            Self::NamespaceOpen => "namespace_open",
            Self::Other => "other",
        }
    }
}

impl Protocol {
    /// The request that opens a WebSocket.
    #[must_use]
    pub fn handshake(self, host: &str) -> String {
        let path = match self {
            Self::Plain => "/ws",
            Self::Socketio => "/socket.io/?EIO=4&transport=websocket",
        };
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
    }

    /// Which kind of frame this is.
    #[must_use]
    pub fn kind(self, payload: &[u8]) -> Kind {
        match self {
            Self::Plain => match payload {
                [
                    b'{',
                    b'"',
                    b't',
                    b'y',
                    b'p',
                    b'e',
                    b'"',
                    b':',
                    b'"',
                    name @ ..,
                ] => named(name),
                _ => Kind::Other,
            },
            Self::Socketio => match payload {
                [b'4', b'2', b'[', b'"', name @ ..] => named(name),
                [b'4', b'0', ..] => Kind::NamespaceOpen,
                [b'0', ..] => Kind::EngineOpen,
                [b'2'] => Kind::EnginePing,
                _ => Kind::Other,
            },
        }
    }

    /// Asks for a place in a room.
    #[must_use]
    pub fn join(self, nick: &str, room: &str) -> String {
        match self {
            Self::Plain => format!(r#"{{"type":"join","nick":"{nick}","room":"{room}"}}"#),
            Self::Socketio => format!(r#"42["join",{{"nick":"{nick}","room":"{room}"}}]"#),
        }
    }

    /// Says something.
    #[must_use]
    pub fn say(self, id: &str, text: &str) -> String {
        match self {
            Self::Plain => format!(r#"{{"type":"say","id":"{id}","text":"{text}"}}"#),
            Self::Socketio => format!(r#"42["say",{{"id":"{id}","text":"{text}"}}]"#),
        }
    }
}

fn named(name: &[u8]) -> Kind {
    if name.starts_with(b"said\"") {
        Kind::Said
    } else if name.starts_with(b"welcome\"") {
        Kind::Welcome
    } else if name.starts_with(b"presence\"") {
        Kind::Presence
    } else if name.starts_with(b"refused\"") {
        Kind::Refused
    } else {
        Kind::Other
    }
}

/// Whether the whole head of an HTTP response says that the WebSocket is open.
///
/// # Errors
/// What the server answered instead.
pub fn upgraded(head: &[u8]) -> Result<(), String> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    if !status.starts_with("HTTP/1.1 101") {
        return Err(format!("the handshake was answered with '{status}'"));
    }
    let accepted = lines
        .filter_map(|line| line.split_once(':'))
        .any(|(name, value)| {
            name.eq_ignore_ascii_case("sec-websocket-accept") && value.trim() == ACCEPT
        });
    if accepted {
        Ok(())
    } else {
        Err("the handshake's answer has not the right Sec-WebSocket-Accept".to_owned())
    }
}

/// The id of a message: of 24 characters, and told apart from those of other runs on the same
/// history by `run`.
#[must_use]
pub fn message_id(run: u32, sender: u16, message: u64) -> String {
    format!("{run:08x}{sender:04x}{message:012x}")
}

/// Who sent the message of this frame, where it is of this run.
#[must_use]
pub fn sender_of(frame: &[u8], run: u32) -> Option<u16> {
    let at = ID.find(frame)? + ID.needle().len();
    let id = frame.get(at..at + 12)?;
    let (of, sender) = id.split_at(8);
    (hex(of)? == u64::from(run))
        .then(|| hex(sender).and_then(|sender| u16::try_from(sender).ok()))?
}

/// A text of so many bytes that begins with when it is sent.
#[must_use]
pub fn text_of(sent: u64, bytes: usize) -> String {
    const FILLING: &str = " the quick brown fox jumps over the lazy dog";
    let mut text = format!("{sent:016x}");
    text.extend(FILLING.chars().cycle().take(bytes.saturating_sub(16)));
    text
}

/// When the message of this frame was sent.
#[must_use]
pub fn sent_at(frame: &[u8]) -> Option<u64> {
    let at = TEXT.find(frame)? + TEXT.needle().len();
    hex(frame.get(at..at + 16)?)
}

fn hex(digits: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(digits).ok()?;
    u64::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REALTID: &str = r#"{"type":"said","nick":"n0001","text":"00000000075bcd15 the","seq":1,"at":1700000000000,"id":"deadbeef000a000000000007","author":"Ic9-vPeCSqwkeyRq"}"#;
    const SOCKETIO: &str = r#"42["said",{"seq":1,"at":1700000000000,"id":"deadbeef000a000000000007","author":"Ic9-vPeCSqwkeyRq","nick":"n0001","text":"00000000075bcd15 the"}]"#;

    #[test]
    fn frames_tell_their_kind_sender_and_time_in_either_order() {
        for (protocol, frame) in [(Protocol::Plain, REALTID), (Protocol::Socketio, SOCKETIO)] {
            let frame = frame.as_bytes();
            assert_eq!(protocol.kind(frame), Kind::Said);
            assert_eq!(sender_of(frame, 0xdead_beef), Some(10));
            assert_eq!(sender_of(frame, 1), None);
            assert_eq!(sent_at(frame), Some(123_456_789));
        }
    }

    #[test]
    fn kinds_are_told_by_the_first_bytes() {
        for (protocol, frame, kind) in [
            (
                Protocol::Plain,
                r#"{"type":"welcome","a":1}"#,
                Kind::Welcome,
            ),
            (Protocol::Plain, r#"{"type":"presence"}"#, Kind::Presence),
            (Protocol::Plain, r#"{"type":"refused"}"#, Kind::Refused),
            (Protocol::Plain, r#"{"type":"saidx"}"#, Kind::Other),
            (Protocol::Plain, "2", Kind::Other),
            (Protocol::Socketio, r#"0{"sid":"x"}"#, Kind::EngineOpen),
            (Protocol::Socketio, r#"40{"sid":"x"}"#, Kind::NamespaceOpen),
            (Protocol::Socketio, "2", Kind::EnginePing),
            (Protocol::Socketio, r#"42["welcome",{}]"#, Kind::Welcome),
            (Protocol::Socketio, r#"42["refused",{}]"#, Kind::Refused),
        ] {
            assert_eq!(protocol.kind(frame.as_bytes()), kind, "{frame}");
        }
    }

    #[test]
    fn ids_and_texts_have_their_length_and_come_back() {
        let id = message_id(7, 499, 3);
        assert!((20..=40).contains(&id.len()));
        assert_eq!(text_of(99, 96).len(), 96);
        let said = Protocol::Plain.say(&id, &text_of(99, 96));
        assert_eq!(sender_of(said.as_bytes(), 7), Some(499));
        assert_eq!(sent_at(said.as_bytes()), Some(99));
    }

    #[test]
    fn only_the_right_answer_opens_a_websocket() {
        let good =
            format!("HTTP/1.1 101 Switching Protocols\r\nsec-websocket-accept: {ACCEPT}\r\n\r\n");
        assert_eq!(upgraded(good.as_bytes()), Ok(()));
        assert!(upgraded(b"HTTP/1.1 429 Too Many Requests\r\n\r\n").is_err());
        assert!(upgraded(b"HTTP/1.1 101 Switching Protocols\r\n\r\n").is_err());
    }
}
