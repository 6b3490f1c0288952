//! The messages: one JSON object in one text frame, tagged by `type`.
//!
//! What a client sends is checked by [`ClientMessage::parse`]; what a server sends is taken as it
//! comes, so that an older client is not stopped by a newer server's wider rules. Fields and types
//! may be added within protocol 1: both sides ignore what they do not know.

mod read;

use serde::{Deserialize, Serialize};

use crate::ids::{AuthorId, MessageId, Position, Seq, Token};
use crate::limits::{PAGE_ENTRIES, WELCOME_ENTRIES};
use crate::names::{Nick, RoomName};
use crate::refusal::{Fault, RefusalCode};
use crate::text::MessageText;

/// What a client says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// Wants to be in a room, under a nick. The first message of a connection.
    Join(Join),
    /// Says something to everyone.
    Say {
        /// Made by the client; sent again with the same id, a message still counts once.
        id: MessageId,
        /// What is said.
        text: MessageText,
    },
    /// Asks for a page of the room's history.
    Page(PageRequest),
    /// Wants to be called something else from now on.
    Nick {
        /// The new nick.
        nick: Nick,
    },
    /// Is writing just now.
    Typing,
    /// Asks for a sign of life: a browser's page sees no WebSocket pings.
    Ping,
    /// Goes, on purpose: the nick is free at once.
    Leave,
}

/// The first message of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Join {
    /// The name to stand beside what this visitor says.
    pub nick: Nick,
    /// `lobby` where absent.
    pub room: RoomName,
    /// From an earlier `welcome` of this room: proves to be the same visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
    /// Where the client left off: it wants what came since, not the latest page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Position>,
}

/// A request for a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PageRequest {
    /// Which entries.
    #[serde(flatten)]
    pub anchor: Anchor,
    /// How many at most, 1-100; fewer come where they would be over 256 KiB.
    pub limit: u16,
}

/// Which side of which entry a page lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Anchor {
    /// The entries right before this one.
    Before(Seq),
    /// The entries right after this one.
    After(Seq),
}

/// What a server says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The answer to `join`: in the room now.
    Welcome(Box<Welcome>),
    /// Who came, went, or is called something else; gathered for a moment, in a crowd for longer.
    Presence(Presence),
    /// Who is writing just now, in the rooms small enough for it.
    Typing {
        /// At most five.
        nicks: Vec<Nick>,
    },
    /// The answer to `page`.
    Page {
        /// In order of `seq`.
        entries: Vec<Entry>,
        /// Whether there is more on the side that was asked for.
        more: bool,
    },
    /// A request was not done.
    Refused(Refused),
    /// The answer to `ping`.
    Pong,
    /// An entry of the log, live: any other type that has the fields of an entry.
    #[serde(untagged)]
    Entry(Entry),
}

/// The answer to `join`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Welcome {
    /// 1.
    pub protocol: u8,
    /// The room joined.
    pub room: RoomName,
    /// The nick as the room shows it.
    pub nick: Nick,
    /// This visitor's public id in this room.
    pub author: AuthorId,
    /// Keep it, and join with it the next time.
    pub token: Token,
    /// The last entry before all that comes live.
    pub position: Position,
    /// Whether all after the position that `join` named comes, beginning with `entries`.
    pub recovered: bool,
    /// The latest entries, or the first of those missed, in order of `seq`.
    pub entries: Vec<Entry>,
    /// Where `recovered`: how many were missed in all, these included. The others follow, one by
    /// one, before anything new.
    pub missed: u64,
    /// Whether there are entries before these.
    pub more: bool,
    /// Who is here, this visitor included; at most 200.
    pub members: Vec<Member>,
    /// How many are here.
    pub online: u32,
    /// What this server allows.
    pub limits: Limits,
}

/// Somebody in the room.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Member {
    /// The key to know them by: a nick may change hands.
    pub author: AuthorId,
    /// What they are called.
    pub nick: Nick,
}

/// What this server allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Unicode scalar values in a text.
    pub text_chars: usize,
    /// UTF-8 bytes in a text.
    pub text_bytes: usize,
    /// Unanswered requests per connection; the server reads on when one is answered.
    pub in_flight: usize,
    /// Entries in a page.
    pub page_entries: u16,
    /// Milliseconds of silence after which a client should send a `ping`; 0 for never.
    pub ping_ms: u64,
}

/// One entry of a room's log. Everything in the log, live or in a page, has this form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// What kind of entry, and what is its own.
    #[serde(flatten)]
    pub body: EntryBody,
    /// Its place in the room.
    pub seq: Seq,
    /// When the room accepted it: milliseconds since the Unix epoch, UTC.
    pub at: u64,
    /// The id that its writer gave it.
    pub id: MessageId,
    /// Who wrote it.
    pub author: AuthorId,
}

/// The kinds of entries, and what each has of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EntryBody {
    /// Somebody said something.
    Said {
        /// What the writer was called then.
        nick: Nick,
        /// What was said.
        text: MessageText,
    },
    /// A kind of a newer server: it keeps its place in the log and shows nothing. Never sent.
    Unknown,
}

/// Who came, went, or is called something else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Presence {
    /// A sample of at most 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<Member>,
    /// A sample of at most 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Member>,
    /// A sample of at most 50.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub renamed: Vec<Renamed>,
    /// How many are here now, exactly.
    pub online: u32,
}

/// Somebody is called something else now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Renamed {
    /// Who.
    pub author: AuthorId,
    /// The nick of before.
    pub from: Nick,
    /// The nick of now.
    pub to: Nick,
}

/// A request was not done. The connection goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The `type` of what is refused, where it had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// Why, for programs.
    pub code: RefusalCode,
    /// Why, for people, in English.
    pub message: String,
    /// The `id` of the `say` that is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// When it may be tried again, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
    /// A nick that is free.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<Nick>,
}

impl Refused {
    /// Refuses a request of type `of` for `fault`.
    pub fn new(of: impl Into<String>, fault: Fault) -> Self {
        Self {
            of: Some(of.into()),
            code: fault.code,
            message: fault.message,
            id: None,
            retry_after_ms: None,
            suggestion: None,
        }
    }
}

/// [`ClientMessage`] before its fields are checked.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Unchecked {
    Join {
        nick: String,
        room: Option<String>,
        token: Option<String>,
        after: Option<Position>,
    },
    Say {
        id: String,
        text: String,
    },
    Page {
        before: Option<Seq>,
        after: Option<Seq>,
        limit: Option<u64>,
    },
    Nick {
        nick: String,
    },
    Typing,
    Ping,
    Leave,
}

impl ClientMessage {
    /// Reads and checks one message.
    ///
    /// # Errors
    /// What is wrong with it, ready to be sent back.
    pub fn parse(json: &str) -> Result<Self, Refused> {
        // A message is an object; derived code would read an array of its fields, too.
        let object = json.trim_start().starts_with('{');
        match serde_json::from_str::<Unchecked>(json) {
            Ok(_) if !object => Err(not_an_object()),
            Ok(unchecked) => unchecked.check(),
            Err(error) => Err(explain(json, &error)),
        }
    }

    /// The `type` on the wire.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Join(_) => "join",
            Self::Say { .. } => "say",
            Self::Page(_) => "page",
            Self::Nick { .. } => "nick",
            Self::Typing => "typing",
            Self::Ping => "ping",
            Self::Leave => "leave",
        }
    }
}

impl Unchecked {
    fn check(self) -> Result<ClientMessage, Refused> {
        match self {
            Self::Join {
                nick,
                room,
                token,
                after,
            } => check_join(&nick, room, token, after)
                .map(ClientMessage::Join)
                .map_err(|fault| Refused::new("join", fault)),
            Self::Say { id, text } => check_say(&id, text).map_err(|fault| Refused {
                id: Some(id),
                ..Refused::new("say", fault)
            }),
            Self::Page {
                before,
                after,
                limit,
            } => check_page(before, after, limit)
                .map(ClientMessage::Page)
                .map_err(|fault| Refused::new("page", fault)),
            Self::Nick { nick } => Nick::new(&nick)
                .map(|nick| ClientMessage::Nick { nick })
                .map_err(|fault| Refused::new("nick", fault)),
            Self::Typing => Ok(ClientMessage::Typing),
            Self::Ping => Ok(ClientMessage::Ping),
            Self::Leave => Ok(ClientMessage::Leave),
        }
    }
}

fn check_join(
    nick: &str,
    room: Option<String>,
    token: Option<String>,
    after: Option<Position>,
) -> Result<Join, Fault> {
    Ok(Join {
        nick: Nick::new(nick)?,
        room: room.map_or_else(|| Ok(RoomName::default()), RoomName::new)?,
        token: token.map(Token::new).transpose()?,
        after,
    })
}

fn check_say(id: &str, text: String) -> Result<ClientMessage, Fault> {
    Ok(ClientMessage::Say {
        id: MessageId::new(id)?,
        text: MessageText::new(text)?,
    })
}

fn check_page(
    before: Option<Seq>,
    after: Option<Seq>,
    limit: Option<u64>,
) -> Result<PageRequest, Fault> {
    let fault = |why| Err(Fault::new(RefusalCode::InvalidPage, why));
    let anchor = match (before, after) {
        (Some(seq), None) => Anchor::Before(seq),
        (None, Some(seq)) => Anchor::After(seq),
        _ => return fault("a page names either 'before' or 'after'"),
    };
    match limit.map_or(Ok(WELCOME_ENTRIES), u16::try_from) {
        Ok(limit) if (1..=PAGE_ENTRIES).contains(&limit) => Ok(PageRequest { anchor, limit }),
        _ => fault("a page's 'limit' is 1 to 100"),
    }
}

/// Finds out why a message could not be read. Only on the way of errors, so it may read twice.
fn explain(json: &str, error: &serde_json::Error) -> Refused {
    #[derive(Deserialize)]
    struct Head {
        r#type: String,
    }
    let refused = |of: Option<String>, code, message: String| Refused {
        of,
        ..Refused::new("", Fault::new(code, message))
    };
    match serde_json::from_str::<Head>(json) {
        Err(_) => not_an_object(),
        Ok(head) if !KINDS.contains(&head.r#type.as_str()) => refused(
            Some(head.r#type.chars().take(32).collect()),
            RefusalCode::UnknownType,
            format!("known types: {}", KINDS.join(", ")),
        ),
        Ok(head) => refused(Some(head.r#type), RefusalCode::Malformed, error.to_string()),
    }
}

fn not_an_object() -> Refused {
    let words = "a message is one JSON object with a 'type'";
    Refused {
        of: None,
        ..Refused::new("", Fault::new(RefusalCode::Malformed, words))
    }
}

/// The types that a client may send.
const KINDS: [&str; 7] = ["join", "say", "page", "nick", "typing", "ping", "leave"];
