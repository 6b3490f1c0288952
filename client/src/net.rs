//! The line to a server: where it is, when to come back, the socket itself, and which of a
//! visitor's tabs has it. Knows no user interface and no room.

pub mod endpoint;
pub mod reconnect;
pub mod socket;
pub mod tabs;
