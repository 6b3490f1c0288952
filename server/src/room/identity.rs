//! Who a visitor is: the public author id that follows from a secret token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use shared::{AuthorId, RoomName, Token};

/// Bytes of the hash that make an author id: 96 bits, 16 characters; no two visitors of a room
/// collide by chance.
const AUTHOR_BYTES: usize = 12;

/// The author that a token stands for in a room.
///
/// Derived by SHA-256 rather than stored, so a token keeps its author over any restart, and the
/// server holds nothing that could leak. The room is part of it: nobody can follow a visitor from
/// room to room.
#[must_use]
pub fn author(room: &RoomName, token: &Token) -> AuthorId {
    let hash = Sha256::new()
        .chain_update(b"realtid author\0")
        .chain_update(room.as_str())
        .chain_update(b"\0")
        .chain_update(token.secret())
        .finalize();
    AuthorId::new(URL_SAFE_NO_PAD.encode(hash.get(..AUTHOR_BYTES).unwrap_or(&hash)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(c: char) -> Token {
        Token::new(c.to_string().repeat(Token::CHARS)).unwrap()
    }

    #[test]
    fn a_token_is_one_author_in_one_room() {
        let (lobby, other) = (RoomName::default(), RoomName::new("other").unwrap());
        assert_eq!(author(&lobby, &token('a')), author(&lobby, &token('a')));
        assert_ne!(author(&lobby, &token('a')), author(&lobby, &token('b')));
        assert_ne!(author(&lobby, &token('a')), author(&other, &token('a')));
    }

    #[test]
    fn an_author_id_is_pinned() {
        // A change here would make every visitor a stranger to their own messages.
        assert_eq!(
            author(&RoomName::default(), &token('a')).as_str(),
            "zymodlj8MvZwZzK8"
        );
    }
}
