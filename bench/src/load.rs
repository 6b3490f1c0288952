//! The load generator: thousands of WebSocket clients on one thread, cheaper than the servers that
//! it drives. Frames are told apart by their first bytes and counted, never parsed.

mod client;
mod fleet;
mod frames;
mod pace;
mod protocol;
mod report;
mod run;
mod tally;

pub use protocol::Protocol;
pub use report::{Latency, Report};
pub use run::{Drive, Load};
