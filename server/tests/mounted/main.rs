//! The tests of `it` that a transport could break, once more: with sockets as they are where the
//! chat is mounted in somebody else's application.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]
#![allow(dead_code, reason = "not every test is here that its helpers serve")]

#[path = "../it/bad_input.rs"]
mod bad_input;
#[path = "../it/chat.rs"]
mod chat;
#[path = "../it/client.rs"]
mod client;
#[path = "../it/credit.rs"]
mod credit;
#[path = "../it/drain.rs"]
mod drain;
#[path = "../it/guest.rs"]
mod guest;
#[path = "../it/guest_limits.rs"]
mod guest_limits;
#[path = "../it/guest_polling.rs"]
mod guest_polling;
#[path = "../it/guest_return.rs"]
mod guest_return;
#[path = "../it/guest_words.rs"]
mod guest_words;
#[path = "../it/limits.rs"]
mod limits;
#[path = "../it/presence.rs"]
mod presence;
#[path = "../it/process.rs"]
mod process;
#[path = "../it/proxies.rs"]
mod proxies;
#[path = "../it/raw.rs"]
mod raw;
#[path = "../it/rfc6455.rs"]
mod rfc6455;
#[path = "../it/server.rs"]
mod server;
#[path = "../it/site.rs"]
mod site;
#[path = "../it/slow_readers.rs"]
mod slow_readers;

/// How the servers under test serve their sockets.
const TRANSPORT: realtid::Transport = realtid::Transport::Mounted;
