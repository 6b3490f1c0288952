//! The chaos test: the real server, killed at random, behind a proxy that mistreats its lines, and
//! visitors who talk through it all. In the end nothing may be missing, doubled or out of order.
//!
//! [`proxy`] knows TCP and nothing of what it carries; [`visitor`] is a client by the book
//! (`docs/protocol.md`); [`run`] brings them together; [`verdict`] says what came of it. Everything
//! random comes from a seed, but what the operating system makes of it is its own.

pub mod counts;
pub mod journal;
pub mod proxy;
pub mod run;
pub mod server;
pub mod verdict;
pub mod visitor;
