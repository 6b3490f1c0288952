//! The server from outside: real sockets, each test with a server of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod archive;
mod assets;
mod bad_input;
mod chat;
mod client;
mod credit;
mod deployment_doc;
mod drain;
mod durability;
mod guest;
mod guest_limits;
mod guest_polling;
mod guest_return;
mod guest_words;
mod house;
mod limits;
mod me_api;
mod presence;
mod privacy_doc;
mod process;
mod proxies;
mod raw;
mod rfc6455;
mod server;
mod site;
mod slow_readers;
mod storage;
mod transcript;

/// How the servers under test serve their sockets.
const TRANSPORT: realtid::Transport = realtid::Transport::Direct;
