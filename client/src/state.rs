//! What the chat knows, as plain reducers: no browser, no socket, the clock passed in.
//! [`Session`] is the whole; the other files are its parts, and [`rows`] is how it reads.

pub mod attention;
pub mod completion;
pub mod connection;
pub mod event;
pub mod lead;
pub mod outbox;
pub mod pages;
pub mod pulse;
pub mod recall;
pub mod rename;
pub mod roster;
pub mod rows;
pub mod session;
pub mod sorted;
pub mod timeline;
pub mod typing;
pub mod unread;

pub use connection::Connection;
pub use event::{Effect, Event, Heard, Me, Problem, Remembered, Stage};
pub use lead::Lead;
pub use outbox::{Draft, DraftState, Outbox};
pub use pages::Pages;
pub use pulse::Pulse;
pub use rename::Rename;
pub use roster::Roster;
pub use session::Session;
pub use timeline::{Note, Timeline};
pub use unread::Unread;

/// Milliseconds since the Unix epoch.
pub type Millis = u64;

#[cfg(test)]
pub mod fixtures;
