//! What the Rust peers share: what they accept and what they send, who is in which room, and how
//! they listen. How a message reaches the members is each one's own.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use socket2::{Domain, Socket, Type};

mod broadcast;
pub mod frames;

pub use broadcast::{Rooms, Seat, Seated};

/// Connections that wait to be accepted: thousands come at once.
const BACKLOG: i32 = 8192;

/// Messages that may wait for one member; one who is further behind misses some.
pub const QUEUE: usize = 1024;

/// What clients send.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromClient {
    /// The first message of a connection.
    Join {
        /// What to be called.
        nick: String,
        /// Where.
        room: String,
    },
    /// Something for all members.
    Say {
        /// The client's own id of it.
        id: String,
        /// What is said.
        text: String,
    },
}

impl FromClient {
    /// `None` where it is not of these, or a length is wrong.
    #[must_use]
    pub fn parse(json: &str) -> Option<Self> {
        let message = serde_json::from_str(json).ok()?;
        let valid = match &message {
            Self::Join { nick, room } => {
                (1..=32).contains(&nick.chars().count()) && (1..=32).contains(&room.len())
            }
            Self::Say { id, text } => {
                (20..=40).contains(&id.len()) && (1..=4000).contains(&text.chars().count())
            }
        };
        valid.then_some(message)
    }
}

/// What the servers send.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToClient<'a> {
    #[expect(missing_docs, reason = "the contract's names")]
    Welcome {
        nick: &'a str,
        room: &'a str,
        online: usize,
    },
    #[expect(missing_docs, reason = "the contract's names")]
    Refused {
        of: &'static str,
        code: &'static str,
        message: &'static str,
    },
    #[expect(missing_docs, reason = "the contract's names")]
    Said {
        nick: &'a str,
        text: &'a str,
        seq: u64,
        at: u64,
        id: &'a str,
        author: &'a str,
    },
}

impl ToClient<'static> {
    /// The answer to a `join` with a nick that somebody has.
    pub const NICK_TAKEN: Self = Self::Refused {
        of: "join",
        code: "nick_taken",
        message: "somebody in this room has this nick",
    };
}

impl ToClient<'_> {
    /// The text of the frame.
    #[must_use]
    pub fn json(&self) -> String {
        // Strings and numbers: nothing in them can fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// 16 characters that no other member has.
#[must_use]
pub fn new_author() -> String {
    static LAST: AtomicU64 = AtomicU64::new(0);
    format!("{:016}", LAST.fetch_add(1, Ordering::Relaxed))
}

/// Milliseconds since the Unix epoch.
#[must_use]
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}

/// Listens on 127.0.0.1, without blocking, and says so. Who connects from now on waits.
///
/// # Errors
/// Where the port cannot be had.
pub fn listen(port: u16) -> anyhow::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket
        .bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())
        .with_context(|| format!("cannot listen on port {port}"))?;
    socket.listen(BACKLOG)?;
    let listener = TcpListener::from(socket);
    eprintln!("listening on {}", listener.local_addr()?.port());
    Ok(listener)
}
