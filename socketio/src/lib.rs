//! Engine.IO 4 and Socket.IO 5 for any actix-web application: what stock `socket.io` clients of
//! version 4 speak, over HTTP long-polling and over WebSocket.
//!
//! [`engine`] is Engine.IO: sessions, whichever connection carries them. Above it is Socket.IO:
//! namespaces, events, acknowledgements. An application implements [`Application`] and [`Guest`].

pub mod engine;
mod id;
pub mod packet;
mod protocol;
mod socket;

pub use packet::Args;
pub use protocol::{Application, Connect, Connected, Event, Guest, Protocol};
pub use socket::{Ack, Emission, Socket};
