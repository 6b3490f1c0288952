//! Why a request was not done: the table of error codes.

use serde::Serialize;

/// The code of a `refused`. Clients choose their own words by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// Not a JSON object with a `type`, or a field is missing or of the wrong kind.
    Malformed,
    /// The server does not know this `type`. No fault: a newer client may try it.
    UnknownType,
    /// Anything but `join` before having joined.
    NotJoined,
    /// A second `join` on one connection.
    AlreadyJoined,
    /// The nick breaks a rule; `message` says which.
    InvalidNick,
    /// The nick has more than 32 grapheme clusters, or 128 bytes.
    NickTooLong,
    /// Nobody may have this nick here; `suggestion` is a free one.
    NickReserved,
    /// Somebody else in the room has this nick; `suggestion` is a free one.
    NickTaken,
    /// The nick looks too much like somebody else's; `suggestion` is a free one.
    NickLookalike,
    /// The room's name breaks a rule.
    InvalidRoom,
    /// There is no such room here.
    UnknownRoom,
    /// The room is full; try again after `retry_after_ms`.
    RoomFull,
    /// There are as many rooms as there may be; try again after `retry_after_ms`.
    TooManyRooms,
    /// The message id breaks a rule.
    InvalidId,
    /// The id was used for another text by another author.
    IdConflict,
    /// The token is none that a server hands out.
    InvalidToken,
    /// Nothing but white space.
    EmptyText,
    /// Over 4,000 characters or 16 KiB.
    TextTooLong,
    /// A control character in the text.
    InvalidText,
    /// Not exactly one of `before` and `after`, or a `limit` outside 1-100.
    InvalidPage,
    /// Too much in too short a time; try again after `retry_after_ms`.
    RateLimited,
    /// The room has more to write than it may hold; try again after `retry_after_ms`.
    Busy,
    /// The server's disk is full; try again after `retry_after_ms`.
    StorageFull,
    /// The history cannot be read or written now; try again after `retry_after_ms`.
    Unavailable,
    /// A code of a newer server. Never sent.
    Other,
}

impl RefusalCode {
    /// The code of that name on the wire.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "malformed" => Self::Malformed,
            "unknown_type" => Self::UnknownType,
            "not_joined" => Self::NotJoined,
            "already_joined" => Self::AlreadyJoined,
            "invalid_nick" => Self::InvalidNick,
            "nick_too_long" => Self::NickTooLong,
            "nick_reserved" => Self::NickReserved,
            "nick_taken" => Self::NickTaken,
            "nick_lookalike" => Self::NickLookalike,
            "invalid_room" => Self::InvalidRoom,
            "unknown_room" => Self::UnknownRoom,
            "room_full" => Self::RoomFull,
            "too_many_rooms" => Self::TooManyRooms,
            "invalid_id" => Self::InvalidId,
            "id_conflict" => Self::IdConflict,
            "invalid_token" => Self::InvalidToken,
            "empty_text" => Self::EmptyText,
            "text_too_long" => Self::TextTooLong,
            "invalid_text" => Self::InvalidText,
            "invalid_page" => Self::InvalidPage,
            "rate_limited" => Self::RateLimited,
            "busy" => Self::Busy,
            "storage_full" => Self::StorageFull,
            "unavailable" => Self::Unavailable,
            _ => Self::Other,
        }
    }
}

/// What is wrong with one thing that somebody sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// For programs.
    pub code: RefusalCode,
    /// For people, in English: says what would be right.
    pub message: String,
}

impl Fault {
    /// A fault with its words.
    pub fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}
