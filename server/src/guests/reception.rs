//! Where guests arrive: whether there is room for them, and what each of them is given. Whose they
//! are, and where they come from, a [`Door`] knows.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use actix::Addr;
use actix_http::RequestHead;
use actix_web::http::header::HeaderValue;
use shared::RoomName;
use socketio::engine::{self, Refusal};
use socketio::{Application, Connect, Protocol};

use super::{Arrival, Guest, NAMESPACE};
use crate::quota::{Allowance, Quotas, TooMany};
use crate::room::SessionId;
use crate::rooms::Rooms;
use crate::session::Manners;

/// Engine.IO's code of what a server says that does not want to.
const FORBIDDEN: u8 = 4;

/// The server of socket.io, for all threads.
pub type Sockets = engine::Server<Protocol<Reception>>;

/// What is known of requests where they come in.
pub trait Door: Send + Sync + 'static {
    /// Whom a request counts for.
    fn address(&self, head: &RequestHead) -> Option<IpAddr>;

    /// See [`engine::Service::origin`].
    ///
    /// # Errors
    /// Where its page may not use the chat.
    fn origin(&self, head: &RequestHead) -> Result<Option<HeaderValue>, Refusal>;
}

/// Receives guests.
pub struct Reception {
    /// Where requests come in.
    pub door: Arc<dyn Door>,
    /// Where rooms are found.
    pub rooms: Addr<Rooms>,
    /// The room of those who name none.
    pub room: RoomName,
    /// What guests keep to.
    pub manners: Manners,
    /// What is left to everyone.
    pub quotas: Arc<Quotas>,
    /// Numbers connections, of whatever kind.
    pub sessions: Arc<AtomicU64>,
    /// Bytes queued to one guest by rooms.
    pub queue_bytes: usize,
}

impl Application for Reception {
    type Client = Arc<Allowance>;
    type Guest = Guest;

    fn open(&self, head: &RequestHead) -> Result<Self::Client, Refusal> {
        let allowance = self.quotas.connect(self.door.address(head));
        allowance.map(Arc::new).map_err(refuse)
    }

    fn origin(&self, head: &RequestHead) -> Result<Option<HeaderValue>, Refusal> {
        self.door.origin(head)
    }

    fn has(&self, namespace: &str) -> bool {
        namespace == NAMESPACE
    }

    fn connect(&self, allowance: &mut Self::Client, connect: Connect) -> Guest {
        let arrival = Arrival {
            id: SessionId(self.sessions.fetch_add(1, Ordering::Relaxed)),
            rooms: self.rooms.clone(),
            room: self.room.clone(),
            manners: self.manners,
            allowance: allowance.clone(),
            queue_bytes: self.queue_bytes,
        };
        Guest::new(arrival, connect)
    }
}

fn refuse(too_many: TooMany) -> Refusal {
    let (status, message) = match too_many {
        TooMany::TooFast(_) => (
            429,
            "too many connections from this address in too short a time",
        ),
        TooMany::OfAddress => (429, "this address has as many connections as it may have"),
        TooMany::InAll => (503, "the server has as many connections as it may have"),
    };
    Refusal {
        status,
        code: FORBIDDEN,
        message: message.to_owned(),
        retry_after: Some(too_many.wait().seconds()),
    }
}

/// Refuses pages of another origin.
#[must_use]
pub fn foreign(why: impl ToString) -> Refusal {
    Refusal {
        status: 403,
        code: FORBIDDEN,
        message: why.to_string(),
        retry_after: None,
    }
}
