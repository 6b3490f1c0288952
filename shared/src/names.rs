//! The names that people type: nicks and rooms. Only the checks cheap enough for a browser.

use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::limits::{NICK_BYTES, ROOM_CHARS};
use crate::refusal::{Fault, RefusalCode};

/// What a visitor is called, as shown. The finer rules, and which nicks count as the same, are the
/// server's business: they take large tables. Kept in place up to 23 bytes, and never copied beyond.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nick(SmolStr);

impl Nick {
    /// Trims, folds runs of white space into one space, and checks: something visible, at most 128
    /// bytes, no control and no bidirectional formatting characters.
    ///
    /// # Errors
    /// `invalid_nick` or `nick_too_long`, with the rule that was broken.
    pub fn new(nick: &str) -> Result<Self, Fault> {
        let fault = |code, why| Err(Fault::new(code, why));
        if nick.chars().any(|c| c.is_control() || is_bidi_control(c)) {
            let why = "a nick has no control characters";
            return fault(RefusalCode::InvalidNick, why);
        }
        let nick = nick.split_whitespace().collect::<Vec<_>>().join(" ");
        if nick.is_empty() {
            let why = "a nick has at least one character";
            return fault(RefusalCode::InvalidNick, why);
        }
        if nick.len() > NICK_BYTES {
            let why = "a nick has at most 32 characters and 128 bytes";
            return fault(RefusalCode::NickTooLong, why);
        }
        Ok(Self(nick.into()))
    }

    /// The nick as shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As the other side sent it, whose business the rules are.
    pub(crate) fn taken_over(nick: String) -> Self {
        Self(nick.into())
    }
}

impl fmt::Display for Nick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Marks, embeddings, overrides and isolates of the Unicode bidirectional algorithm (UAX 9):
/// they would let one nick rearrange the text around it.
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// A room's name: also a part of addresses and file names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RoomName(String);

impl RoomName {
    /// Accepts 1-32 characters of `[a-z0-9_-]`, the first a letter or digit.
    ///
    /// # Errors
    /// `invalid_room`.
    pub fn new(name: impl Into<String>) -> Result<Self, Fault> {
        let name = name.into();
        let head = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        let rest = name
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'));
        if head && rest && name.len() <= ROOM_CHARS {
            Ok(Self(name))
        } else {
            Err(Fault::new(
                RefusalCode::InvalidRoom,
                "a room's name has 1 to 32 characters of a-z, 0-9, _ and -, and begins with a letter or digit",
            ))
        }
    }

    /// The name as sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As the other side sent it, whose business the rules are.
    pub(crate) fn taken_over(name: String) -> Self {
        Self(name)
    }
}

impl Default for RoomName {
    /// The room of a `join` that names none.
    fn default() -> Self {
        Self("lobby".to_owned())
    }
}

impl std::str::FromStr for RoomName {
    type Err = Fault;
    fn from_str(name: &str) -> Result<Self, Fault> {
        Self::new(name)
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nick_is_trimmed_and_its_spaces_folded() {
        assert_eq!(
            Nick::new("  Åsa \u{a0} Lind ").unwrap().as_str(),
            "Åsa Lind"
        );
    }

    #[test]
    fn nicks_of_any_script_up_to_128_bytes() {
        for nick in [
            "x",
            "花子",
            "Élodie 花子",
            &"x".repeat(128),
            &"😀".repeat(32),
        ] {
            assert!(Nick::new(nick).is_ok(), "{nick}");
        }
        for nick in [
            "",
            " ",
            "\u{2003}",
            "a\nb",
            "a\u{0}",
            "a\u{9b}",
            "a\u{202e}b",
        ] {
            assert_eq!(
                Nick::new(nick).unwrap_err().code,
                RefusalCode::InvalidNick,
                "{nick:?}"
            );
        }
        for nick in ["x".repeat(129), "ж".repeat(65)] {
            assert_eq!(
                Nick::new(&nick).unwrap_err().code,
                RefusalCode::NickTooLong,
                "{nick}"
            );
        }
    }

    #[test]
    fn room_names_stand_in_addresses() {
        for name in ["lobby", "0", "a_b-c", &"x".repeat(32)] {
            assert!(RoomName::new(name).is_ok(), "{name}");
        }
        for name in ["", "Lobby", "-x", "../x", "a b", "å", &"x".repeat(33)] {
            assert_eq!(
                RoomName::new(name).unwrap_err().code,
                RefusalCode::InvalidRoom,
                "{name}"
            );
        }
    }
}
