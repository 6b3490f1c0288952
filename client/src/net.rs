//! The line to a server: where it is, when to come back, and the socket itself.
//! Knows no user interface and no room.

pub mod endpoint;
pub mod reconnect;
pub mod socket;
