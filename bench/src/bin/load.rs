//! Drives one server with thousands of WebSocket clients, and prints what came of it as a line of
//! JSON. `compare` runs it for each server in turn.
#![allow(
    clippy::print_stdout,
    reason = "the result is what this program is for"
)]

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::{Parser, ValueEnum};
use realtid_bench::load::{Drive, Load, Protocol, Report};

/// Drives a chat server with many WebSocket clients and prints the result as one line of JSON. Ends
/// with 1 where the run is not valid: a connection ended, or a delivery is missing.
#[derive(Parser)]
#[command(max_term_width = 100)]
struct Arguments {
    /// What to do
    #[arg(value_enum)]
    mode: Mode,

    /// The server's address and port
    #[arg(long, default_value = "127.0.0.1:8080")]
    to: SocketAddr,

    /// How the server is spoken to
    #[arg(long, value_enum, default_value_t = Protocol::Plain)]
    protocol: Protocol,

    /// Clients
    #[arg(long, default_value_t = 500)]
    clients: usize,

    /// Rooms that the clients spread over
    #[arg(long, default_value_t = 1)]
    rooms: usize,

    /// Clients that send; they spread over the rooms, too
    #[arg(long, default_value_t = 10)]
    senders: u16,

    /// Closed loop: messages of one sender that are under way
    #[arg(long, default_value_t = 1)]
    in_flight: u16,

    /// Open loop: messages a second, of all senders together
    #[arg(long, default_value_t = 20.0, value_parser = rate)]
    rate: f64,

    /// Bytes of a message's text
    #[arg(long, default_value_t = 96, value_parser = clap::value_parser!(u16).range(16..=4000))]
    text_bytes: u16,

    /// Seconds of sending before it counts
    #[arg(long, default_value = "1", value_parser = seconds)]
    warm_up: Duration,

    /// Seconds of sending that count
    #[arg(long, default_value = "5", value_parser = seconds)]
    seconds: Duration,

    /// The server's process, to read its CPU time and memory of
    #[arg(long)]
    server_pid: Option<u32>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    /// Each sender sends the next message when its own comes back
    Closed,
    /// Senders send at a steady rate, whatever comes back
    Open,
    /// All clients join at once
    Storm,
    /// All join and stay until the standard input ends
    Idle,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    // Two descriptors a client would be plenty; what the system allows is all that can be had.
    rlimit::increase_nofile_limit(u64::MAX)?;
    let load = Load {
        to: arguments.to,
        protocol: arguments.protocol,
        clients: arguments.clients,
        rooms: arguments.rooms,
        senders: arguments.senders,
        text_bytes: arguments.text_bytes.into(),
        warm_up: arguments.warm_up,
        window: arguments.seconds,
        server: arguments.server_pid,
    };
    let report = match arguments.mode {
        Mode::Closed => load.say(Drive::Closed(arguments.in_flight))?,
        Mode::Open => load.say(Drive::Open(arguments.rate))?,
        Mode::Storm => load.storm()?,
        Mode::Idle => {
            let ended = end_of_input();
            load.idle(tell, || !ended.load(Ordering::Relaxed))?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    tell(&report)?;
    if report.valid {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("NOT VALID: {}", report.problems.join("; "));
    Ok(ExitCode::FAILURE)
}

fn tell(report: &Report) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(report)?);
    Ok(std::io::stdout().flush()?)
}

/// Becomes true when the standard input ends.
fn end_of_input() -> Arc<AtomicBool> {
    let ended = Arc::new(AtomicBool::new(false));
    let end = Arc::clone(&ended);
    std::thread::spawn(move || {
        // An error is an end, too.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        end.store(true, Ordering::Relaxed);
    });
    ended
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds")?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if rate > 0.0 && rate <= 1e6 => Ok(rate),
        _ => Err("a number above 0, 1,000,000 at most".to_owned()),
    }
}
