//! The engine from outside: real sockets, each test with a server of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod backpressure;
mod ends;
mod handshake;
mod http;
mod limits;
mod opening;
mod polling;
mod server;
mod upgrade;
mod websocket;
