//! Ids: of messages, authors, and places in a room's log.

use std::fmt;

use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use crate::limits::MESSAGE_ID_CHARS;
use crate::refusal::{Fault, RefusalCode};

/// An entry's number in its room: gapless from 1, never reused within one [`Epoch`].
/// Stays below 2^53, so that JavaScript holds it exactly.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// The number after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names one life of a room's log; a new one is made when the log is wiped, restored or imported.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub String);

/// A place in a room's log: the last entry that a client has seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The life of the log that `seq` counts in.
    pub epoch: Epoch,
    /// The last entry seen; 0 before the first.
    pub seq: Seq,
}

/// A message's id, made by the client that writes it: the key to recognise a repeat by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(String);

impl MessageId {
    /// Accepts 20-40 characters of `[A-Za-z0-9_-]`.
    ///
    /// # Errors
    /// `invalid_id` for anything else.
    pub fn new(id: impl Into<String>) -> Result<Self, Fault> {
        let id = id.into();
        if MESSAGE_ID_CHARS.contains(&id.len()) && is_url_safe(&id) {
            Ok(Self(id))
        } else {
            Err(Fault::new(
                RefusalCode::InvalidId,
                "an id has 20 to 40 characters of A-Z, a-z, 0-9, _ and -",
            ))
        }
    }

    /// The id as sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As the other side sent it, whose business the rules are.
    pub(crate) fn taken_over(id: String) -> Self {
        Self(id)
    }
}

/// A visitor's public id in one room, made by the server: stays the same when the visitor comes
/// back or changes nick, and tells nothing of the token. Copied wherever something is somebody's, so
/// it is kept in place: a server's have 16 characters, up to 23 need no memory of their own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AuthorId(SmolStr);

impl AuthorId {
    /// Takes any text: which ones there are is the server's business.
    pub fn new(author: impl AsRef<str>) -> Self {
        Self(SmolStr::new(author))
    }

    /// The id as sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AuthorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The secret that proves that a visitor is the one of before: 128 random bits as 22 characters
/// of base64url (RFC 4648, section 5). Never in an address, never in a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    /// Characters of a token.
    pub const CHARS: usize = 22;

    /// # Errors
    /// `invalid_token` for anything that no server hands out.
    pub fn new(token: impl Into<String>) -> Result<Self, Fault> {
        let token = token.into();
        if token.len() == Self::CHARS && is_url_safe(&token) {
            Ok(Self(token))
        } else {
            Err(Fault::new(
                RefusalCode::InvalidToken,
                "that is no token; join without one to get one",
            ))
        }
    }

    /// The token of 128 random bits.
    #[must_use]
    pub fn from_random(bits: u128) -> Self {
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let digit = |n: usize| ALPHABET.get((bits >> (6 * n)) as usize & 63);
        Self(
            (0..Self::CHARS)
                .filter_map(digit)
                .map(|&b| char::from(b))
                .collect(),
        )
    }

    /// The secret itself: to be hashed or stored by its owner, never shown.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// As the other side sent it, whose business the rules are.
    pub(crate) fn taken_over(token: String) -> Self {
        Self(token)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

fn is_url_safe(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ulids_and_uuids_are_message_ids() {
        for id in [
            "01JD8Z3Q4M7W6V5T2R1P0N9K8J",
            "67e55044-10b1-426f-9247-bb680e5fe0c8",
            "abcdefghij_KLMNO-123",
        ] {
            assert!(MessageId::new(id).is_ok(), "{id}");
        }
    }

    #[test]
    fn other_message_ids_are_refused() {
        for id in [
            "",
            "short",
            &"x".repeat(41),
            "has space in it 0000",
            "åäöåäöåäöåäöåäöåäöåäö",
        ] {
            let fault = MessageId::new(id).unwrap_err();
            assert_eq!(fault.code, RefusalCode::InvalidId, "{id}");
        }
    }

    #[test]
    fn a_token_never_shows_itself() {
        let token = Token::new("0123456789abcdefghijkl").unwrap();
        assert_eq!(format!("{token:?}"), "Token(..)");
        assert!(Token::new("0123456789").is_err());
    }

    #[test]
    fn every_random_number_is_a_token_of_its_own() {
        let tokens = [0, 1, u128::MAX, u128::MAX - 1, 1 << 127].map(Token::from_random);
        for (n, token) in tokens.iter().enumerate() {
            assert_eq!(Token::new(token.secret()).as_ref(), Ok(token));
            assert!(!tokens[n + 1..].contains(token));
        }
    }
}
