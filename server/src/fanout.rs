//! Encoded frames to many sessions: serialised once, shared by all, bounded for each.
//!
//! A room speaks to one session by its [`Post`], and to all who follow it by its [`Audience`]. There
//! are two ways, and a room need not know which: a session that is mounted in somebody else's
//! application is handed every batch in its mailbox; one whose [`Socket`] is our own follows a log of
//! ready-made frames, one log for each room and worker thread, which that thread's [`Fanout`] writes
//! to all of them.

mod audience;
mod channel;
mod frames;
mod log;
mod outflow;
mod outgoing;
mod post;
mod socket;
mod worker;

#[cfg(test)]
mod tests;

pub use audience::{Audience, Following};
pub use frames::{Frames, encode};
pub use outflow::{Outflow, TooSlow};
pub use post::Post;
pub use socket::Socket;
pub use worker::{Hub, LineId};

/// What a room sends a session: frames to be written, and the rest, for the session itself.
pub trait Parcel: actix::Message<Result = ()> + Send + Sized + 'static {
    /// Takes the frames out; what is left is told to the session once they have been written.
    fn take_frames(&mut self) -> Frames;

    /// Some requests of the session have been answered, by frames that are on their way already.
    fn answered(requests: u32) -> Self;

    /// The session reads too slowly, and is to end.
    fn too_slow() -> Self;
}
