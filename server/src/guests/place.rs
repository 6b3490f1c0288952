//! Places in a room's log, and ids of messages, as clients of socket.io carry them: a position is one
//! opaque string, a message is told by its client's own offset. Pure.

use serde_json::Value;
use shared::{AuthorId, Fault, MessageId, Position, Seq, Token};
use uuid::Uuid;

/// Bytes of a position as a string: an epoch's are some 20.
const POSITION_BYTES: usize = 128;

/// The namespace (RFC 9562, section 5.5) of the ids that are derived here: no other's.
const MESSAGES: Uuid = Uuid::from_u128(0x8d4a_61c2_5b0f_4e9b_a3d7_27f6_c1e8_905a);

/// A position as a string, such as `kT3x9QvLmWc:42`.
#[must_use]
pub fn write(position: &Position) -> String {
    format!("{}:{}", position.epoch.0, position.seq)
}

/// A position as [`write`] made it.
#[must_use]
pub fn read(text: &str) -> Option<Position> {
    let (epoch, seq) = text.rsplit_once(':')?;
    let seq = seq.parse().ok().filter(|_| text.len() <= POSITION_BYTES)?;
    Some(Position {
        epoch: shared::Epoch(epoch.to_owned()),
        seq: Seq(seq),
    })
}

/// The id of a message that its writer tells by an offset: the same for the same offset, and nobody
/// else's, since another author's offset may be the same.
///
/// # Errors
/// Never: a UUID is an id.
pub fn message_id(author: &AuthorId, offset: &str) -> Result<MessageId, Fault> {
    let name = format!("{author}\0{offset}");
    MessageId::new(Uuid::new_v5(&MESSAGES, name.as_bytes()).to_string())
}

/// What a client tells of itself when it connects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Auth {
    /// The room, where it names one.
    pub room: Option<String>,
    /// From an earlier connection: given by the page, or by the client's own `pid`.
    pub token: Option<Token>,
    /// Whether the page itself has kept it.
    pub kept: bool,
    /// What to be called: then it wants to be in the room at once.
    pub nick: Option<String>,
    /// The last entry that it has seen.
    pub after: Option<Position>,
}

impl Auth {
    /// Takes what there is, and passes by what is not understood: the same object may be meant for
    /// others, too.
    #[must_use]
    pub fn read(json: &str) -> Self {
        let fields: Value = serde_json::from_str(json).unwrap_or_default();
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let token = |name: &str| text(name).and_then(|token| Token::new(token).ok());
        let place = |name: &str| text(name).and_then(read);
        Self {
            room: text("room").map(str::to_owned),
            token: token("token").or_else(|| token("pid")),
            kept: token("token").is_some(),
            nick: text("nick").map(str::to_owned),
            after: place("serverOffset").or_else(|| place("offset")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Epoch;

    fn position(epoch: &str, seq: u64) -> Position {
        Position {
            epoch: Epoch(epoch.to_owned()),
            seq: Seq(seq),
        }
    }

    #[test]
    fn a_position_is_read_as_it_was_written() {
        for position in [position("kT3x9QvLmWc", 42), position("a:b", u64::MAX)] {
            assert_eq!(read(&write(&position)), Some(position));
        }
        let long = format!("{}:1", "x".repeat(POSITION_BYTES));
        for text in ["", "42", "kT3x9QvLmWc:", "kT3x9QvLmWc:-1", "kT:4 2", &long] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn an_offset_is_one_message_of_one_author() {
        let id = |author: &str, offset: &str| {
            let id = message_id(&AuthorId::new(author), offset).unwrap();
            id.as_str().to_owned()
        };
        assert_eq!(
            id("Ic9-vPeCSqwkeyRq", "pA7-0"),
            id("Ic9-vPeCSqwkeyRq", "pA7-0")
        );
        assert_ne!(
            id("Ic9-vPeCSqwkeyRq", "pA7-0"),
            id("Ic9-vPeCSqwkeyRq", "pA7-1")
        );
        assert_ne!(
            id("Ic9-vPeCSqwkeyRq", "pA7-0"),
            id("dKsxttVnDeeM6LUv", "pA7-0")
        );
        // RFC 9562, section 5.5: version 5.
        assert_eq!(id("a", "b").as_bytes()[14], b'5');
    }

    #[test]
    fn an_offsets_id_is_pinned() {
        // A change here would double what is said again over an update of the server.
        let id = message_id(&AuthorId::new("Ic9-vPeCSqwkeyRq"), "pA7-0").unwrap();
        assert_eq!(id.as_str(), "7f59f065-46bc-5429-a665-4b72a8896286");
    }

    #[test]
    fn what_a_client_tells_of_itself_is_taken_as_far_as_it_is_understood() {
        let secret = "mZ2vT0c9LkqXw7hB4eR5sC";
        let all = format!(
            r#"{{"room":"kurs","nick":"Åsa","pid":"{secret}","offset":"e:7","serverOffset":"e:9"}}"#
        );
        assert_eq!(
            Auth::read(&all),
            Auth {
                room: Some("kurs".to_owned()),
                token: Token::new(secret).ok(),
                kept: false,
                nick: Some("Åsa".to_owned()),
                after: Some(position("e", 9)),
            }
        );
        let recovering = Auth::read(r#"{"serverOffset":0,"offset":"e:7"}"#);
        assert_eq!(recovering.after, Some(position("e", 7)));
        for nothing in [
            "{}",
            "",
            "[]",
            "7",
            r#"{"pid":"short","serverOffset":7,"nick":7,"room":{}}"#,
        ] {
            assert_eq!(Auth::read(nothing), Auth::default(), "{nothing}");
        }
        let (other, page) = ("A".repeat(22), "B".repeat(22));
        let both = format!(r#"{{"pid":"{other}","token":"{page}"}}"#);
        let auth = Auth::read(&both);
        assert_eq!(auth.token, Token::new(page).ok(), "the page's own counts");
        assert!(auth.kept);
    }
}
