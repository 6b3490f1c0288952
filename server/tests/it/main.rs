//! The server from outside: real sockets, each test with a server of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod bad_input;
mod chat;
mod client;
mod drain;
mod durability;
mod process;
mod raw;
mod server;
mod site;
