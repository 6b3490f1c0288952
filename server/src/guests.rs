//! Guests: whoever comes by socket.io. They are visitors like all others, of the same rooms; what is
//! theirs is the words in which they talk of it, which are translated here, and nothing else.
//! `docs/socketio.md` has those words.

mod answers;
mod events;
mod guest;
mod place;
mod reception;
mod said;
mod session;
mod typists;
mod vocabulary;

use std::sync::Arc;

use actix::Addr;
use shared::RoomName;

use crate::quota::Allowance;
use crate::room::SessionId;
use crate::rooms::Rooms;
use crate::session::Manners;

pub use guest::Guest;
pub use reception::{Door, Reception, Sockets, foreign};

/// The one namespace: one socket is one member of one room.
pub const NAMESPACE: &str = "/";

/// What somebody who connects is given by the chat.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The connection, in this process.
    pub id: SessionId,
    /// Where rooms are found.
    pub rooms: Addr<Rooms>,
    /// The room of those who name none.
    pub room: RoomName,
    /// What they keep to.
    pub manners: Manners,
    /// Whose quota they use up.
    pub allowance: Arc<Allowance>,
    /// Bytes queued to them by rooms.
    pub queue_bytes: usize,
}
