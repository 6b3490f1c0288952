//! The wire of Realtid, protocol 1: what a client and a server say to each other.
//!
//! Owns the messages, the names and ids in them, the error and close codes, and the cheap
//! validation that both sides use. Leaves to others how messages travel, what a room does with
//! them, and the Unicode work on nicks. Compiles for hosts and for wasm32.
//!
//! The protocol in prose is `docs/protocol.md`.

pub mod close;
pub mod ids;
pub mod limits;
pub mod message;
pub mod names;
pub mod refusal;
pub mod text;

pub use close::CloseCode;
pub use ids::{AuthorId, Epoch, MessageId, Position, Seq, Token};
pub use message::{
    Anchor, ClientMessage, Entry, EntryBody, Join, Limits, Member, PageRequest, Presence, Refused,
    Renamed, ServerMessage, Welcome,
};
pub use names::{Nick, RoomName};
pub use refusal::{Fault, RefusalCode};
pub use text::MessageText;

/// The version that `welcome` carries.
pub const PROTOCOL: u8 = 1;

/// The WebSocket subprotocol (RFC 6455, section 1.9) of this version.
pub const SUBPROTOCOL: &str = "realtid.v1";
