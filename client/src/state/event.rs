//! What goes into a [`Session`](super::Session) and what comes out of it, and the plain things
//! in both.

use serde::Serialize;
use serde_json::Value;
use shared::{
    AuthorId, ClientMessage, MessageId, MessageText, Nick, RefusalCode, Seq, ServerMessage, Token,
};

use super::{Draft, Millis};

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The visitor gave a nick.
    Join(Nick),
    /// The visitor changes what the form holds.
    Edited,
    /// Goes on with the visit of before: at the start, on 'try now', 'use here'.
    Connect,
    /// The network is back, or the page in view.
    Wake,
    /// The page is put away, perhaps for good.
    Hide,
    /// The page is there again.
    Show,
    /// This tab leads from now on. What other tabs have kept of the visit comes along.
    Led {
        remembered: Option<Remembered>,
        drafts: Vec<Draft>,
    },
    /// Another tab leads.
    LedElsewhere,
    /// Another tab has taken the lead from this one.
    Lost,
    Say {
        id: MessageId,
        text: MessageText,
    },
    /// A key was pressed in the composer.
    Typed,
    /// The reader is near the top.
    Older,
    /// The reader is at the end of a log that has grown long.
    Trim,
    Retry {
        id: MessageId,
        fresh: MessageId,
    },
    Discard(MessageId),
    /// The visitor wants to be called something else: opens the form.
    EditNick,
    /// The form's new nick.
    Rename(Nick),
    CancelRename,
    Leave,
    /// A time that [`Session::wake_at`](super::Session::wake_at) named has come.
    Tick,
    Server(ServerMessage),
    /// Something that this client cannot read: a sign of life.
    Unread,
    /// The connection ended; whoever holds the dice decides when to come back, if at all.
    Closed {
        code: u16,
        come_back_ms: Option<u64>,
    },
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask for the lead among the visitor's tabs; `take` it, whoever has it.
    /// [`Event::Led`] or [`Event::LedElsewhere`] follows.
    Lead {
        take: bool,
    },
    /// Give the lead up, or the question for it.
    Yield,
    /// Open a new connection, in place of any other.
    Open,
    Send(ClientMessage),
    /// Close after what was sent.
    Close,
    /// Drop the connection, with all that was not sent.
    HangUp,
    /// Close, and come back no sooner than the server said: [`Event::Closed`] follows.
    ComeBack {
        at_least_ms: u64,
    },
    /// The connection is dead: drop it, as if it broke.
    GiveUp,
    /// Keep this for the next visit.
    Remember(Remembered),
    /// The visitor is in, or has left: the keyboard belongs there.
    FocusComposer,
    FocusNick,
    /// The form for a new nick is open, or closed again.
    FocusRename,
    FocusName,
}

/// What is kept of a visit, per server and room.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Remembered {
    pub nick: Nick,
    pub token: Option<Token>,
    /// Whether the next page load joins by itself.
    pub rejoin: bool,
}

impl Remembered {
    /// What the browser has kept; nothing where that makes no sense.
    pub fn read(kept: &Value) -> Option<Self> {
        let token = kept.get("token").and_then(Value::as_str);
        Some(Self {
            nick: Nick::new(kept.get("nick")?.as_str()?).ok()?,
            token: token.and_then(|token| Token::new(token).ok()),
            rejoin: kept.get("rejoin")?.as_bool()?,
        })
    }
}

/// What the visitor sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Form,
    Room,
}

/// Why a form is shown again.
#[derive(Debug, Clone, PartialEq)]
pub enum Problem {
    /// The nick will not do.
    Nick {
        nick: Nick,
        code: RefusalCode,
        suggestion: Option<Nick>,
    },
    /// The room will not do.
    Room(RefusalCode),
    /// It may be tried again later.
    Later { code: RefusalCode, until: Millis },
    /// There was no line, or it broke before the answer.
    Offline,
}

/// Who the visitor is in this room.
#[derive(Debug, Clone, PartialEq)]
pub struct Me {
    pub author: AuthorId,
    pub nick: Nick,
}

/// A message that came live from somebody else: what a screen reader says.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    pub seq: Seq,
    pub nick: Nick,
    pub text: MessageText,
}
