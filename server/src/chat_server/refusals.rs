//! The words in which a room refuses.

use shared::{Fault, MessageId, Nick, RefusalCode, Refused, ServerMessage};

use crate::history::HistoryError;
use crate::room::claims::Clash;
use crate::room::nick::{Name, NickRules};

/// What a refused writer is told to wait: several batches' time.
const BUSY_RETRY_MS: u64 = 250;

/// What is to be waited where the storage failed: it seldom heals at once.
const UNAVAILABLE_RETRY_MS: u64 = 1_000;

/// What is to be waited where the disk is full: somebody has to make room.
const FULL_RETRY_MS: u64 = 5_000;

/// What is to be waited for somebody to leave.
const ROOM_FULL_RETRY_MS: u64 = 10_000;

/// Why a nick cannot be had.
pub(super) fn clash(nick: &Nick, clash: Clash) -> Fault {
    let (code, why) = match clash {
        Clash::Taken => (RefusalCode::NickTaken, "is somebody else's here"),
        Clash::Lookalike => (
            RefusalCode::NickLookalike,
            "looks like somebody else's here",
        ),
    };
    Fault::new(code, format!("'{nick}' {why}"))
}

/// A refusal of a nick, with another one that could be had where that would help.
pub(crate) fn nick(
    of: &str,
    nick: &Nick,
    fault: Fault,
    rules: &NickRules,
    taken: impl Fn(&Name) -> bool,
) -> Refused {
    let suggestion = match fault.code {
        RefusalCode::NickTaken | RefusalCode::NickLookalike | RefusalCode::NickReserved => {
            rules.suggest(nick, taken)
        }
        _ => None,
    };
    Refused {
        suggestion,
        ..Refused::new(of, fault)
    }
}

pub(super) fn room_full() -> ServerMessage {
    let words = "the room has as many members as it may have, try again later";
    ServerMessage::Refused(Refused {
        retry_after_ms: Some(ROOM_FULL_RETRY_MS),
        ..Refused::new("join", Fault::new(RefusalCode::RoomFull, words))
    })
}

pub(super) fn busy(id: &MessageId) -> ServerMessage {
    let words = "the room has too much to store, try again soon";
    ServerMessage::Refused(Refused {
        retry_after_ms: Some(BUSY_RETRY_MS),
        ..say(id, Fault::new(RefusalCode::Busy, words))
    })
}

pub(super) fn id_conflict(id: &MessageId) -> ServerMessage {
    let words = "that id is another message's";
    ServerMessage::Refused(say(id, Fault::new(RefusalCode::IdConflict, words)))
}

/// `id` is that of the `say`, where it is one that is refused.
pub(super) fn unavailable(of: &str, id: Option<&MessageId>) -> ServerMessage {
    let words = "the history cannot be reached, try again";
    ServerMessage::Refused(Refused {
        id: id.map(|id| id.as_str().to_owned()),
        retry_after_ms: Some(UNAVAILABLE_RETRY_MS),
        ..Refused::new(of, Fault::new(RefusalCode::Unavailable, words))
    })
}

/// A `say` that the history could not store.
pub(super) fn not_stored(id: &MessageId, why: &HistoryError) -> ServerMessage {
    let HistoryError::Full(_) = why else {
        return unavailable("say", Some(id));
    };
    let words = "the server's disk is full, try again when there is room";
    ServerMessage::Refused(Refused {
        retry_after_ms: Some(FULL_RETRY_MS),
        ..say(id, Fault::new(RefusalCode::StorageFull, words))
    })
}

fn say(id: &MessageId, fault: Fault) -> Refused {
    Refused {
        id: Some(id.as_str().to_owned()),
        ..Refused::new("say", fault)
    }
}
