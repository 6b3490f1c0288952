//! What sessions and their room send each other.

use actix::{Addr, Message};
use shared::{
    AuthorId, CloseCode, Join, MessageId, MessageText, Nick, PageRequest, Position, RoomName, Token,
};

use super::{ChatServer, Seat};
use crate::fanout::{Frames, Parcel};
use crate::room::{SessionId, Speaker};

/// A visitor wants to be in the room. Answered by `Deliver::Joined` or `Deliver::TurnedAway`.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Enter {
    /// What the visitor sent.
    pub join: Join,
    /// The token of a first visit, where its visitor has been told it already.
    pub fresh: Option<Token>,
    /// Where the visitor is reached.
    pub seat: Seat,
}

/// Somebody wants to read what is said without being in the room: nobody is told, and nick and
/// presence are for members. Ends when the same session enters. Answered by `Deliver::Looking` or
/// `Deliver::TurnedAway`.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Look {
    /// Which room.
    pub room: RoomName,
    /// Of somebody who may have been here before.
    pub token: Option<Token>,
    /// The last entry that was seen, where what has come since is wanted.
    pub after: Option<Position>,
    /// Where the onlooker is reached.
    pub seat: Seat,
}

/// An onlooker looks no more. Not answered.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct LookAway(pub SessionId);

/// A member says something. Answered by its entry, or refused.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Say {
    /// Who.
    pub from: Speaker,
    /// The message's id.
    pub id: MessageId,
    /// What.
    pub text: MessageText,
}

/// A member asks for a page. Answered by it, or refused.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct ReadPage {
    /// Who.
    pub from: Speaker,
    /// Which.
    pub request: PageRequest,
}

/// Somebody has taken all that they were sent of what they missed, and want the next of it. Answered
/// by `Deliver::Missed`, or by `Deliver::Frames` where that is the last of it.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct ReadOn(pub Reader);

/// Who is shown what is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reader {
    /// A member.
    Member(Speaker),
    /// An onlooker, by that connection.
    Onlooker(SessionId),
}

/// A member wants another nick. Refused, or told to the member and to all.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Rename {
    /// Who.
    pub from: Speaker,
    /// What they want to be called.
    pub nick: Nick,
}

/// A member is writing. Not answered.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Typing(pub Speaker);

/// The `welcome` of a first visit has reached its visitor. Not answered.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Arrived(pub Speaker);

/// A member who had nothing to come back by has it now. Not answered.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Stay(pub Speaker);

/// A member goes, on purpose. Not answered.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Leave(pub Speaker);

/// A member's connection ended: the member may come back. Not answered.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Lost(pub Speaker);

/// A connection ended while its visitor was being let in. Not answered.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Abandon {
    /// The room that the visitor wanted to be in.
    pub room: RoomName,
    /// The connection.
    pub session: SessionId,
}

/// From the room to itself: somebody may have been away for too long.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Expire;

/// The server is going down. Resolves when all that was accepted is stored and every session has
/// been told to come back later.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Drain;

/// From the room to one session. In order.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub enum Deliver {
    /// In the room now.
    Joined {
        /// The `welcome`.
        frames: Frames,
        /// Where to send what the visitor says.
        room: Addr<ChatServer>,
        /// Who the visitor is there.
        author: AuthorId,
        /// Whether there is more of what the visitor missed: to be asked for by `ReadOn`.
        behind: bool,
        /// Whether the visitor's token was made just now: `Arrived` is to tell when it is there.
        first_visit: bool,
    },
    /// Looks into the room now.
    Looking {
        /// The entries of the first page.
        frames: Frames,
        /// The last entry before all that follows.
        position: Position,
        /// Whether all after the position that was named comes, beginning with `frames`.
        recovered: bool,
        /// As for a member.
        behind: bool,
        /// Where to ask for the rest.
        room: Addr<ChatServer>,
        /// Whether the token is somebody's here.
        known: bool,
        /// What they were called last, where that can be told.
        nick: Option<Nick>,
    },
    /// Not in the room, and why.
    TurnedAway(Frames),
    /// Frames for the visitor.
    Frames {
        /// The frames.
        frames: Frames,
        /// How many of the session's requests are answered by this.
        answered: u32,
    },
    /// A part of what the visitor missed; the next is to be asked for by `ReadOn`.
    Missed(Frames),
    /// The session is to end.
    Close(CloseCode),
}

impl Parcel for Deliver {
    fn take_frames(&mut self) -> Frames {
        match self {
            Self::Joined { frames, .. }
            | Self::Looking { frames, .. }
            | Self::TurnedAway(frames)
            | Self::Frames { frames, .. }
            | Self::Missed(frames) => std::mem::take(frames),
            Self::Close(_) => Frames::default(),
        }
    }

    fn answered(requests: u32) -> Self {
        Self::Frames {
            frames: Frames::default(),
            answered: requests,
        }
    }

    fn too_slow() -> Self {
        Self::Close(CloseCode::TooSlow)
    }
}
