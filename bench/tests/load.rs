//! The load generator against the real server: what it counts is what was sent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers are not marked as tests"
)]

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use clap::Parser;
use realtid::{Chat, ServeConfig, Server};
use realtid_bench::load::{Drive, Load, Protocol, Report};
use tokio::sync::oneshot;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    serve: ServeConfig,
}

/// A server that lives as long as its owner.
struct Running {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn start() -> Self {
        Self::with("")
    }

    /// With these flags, too.
    fn with(flags: &'static str) -> Self {
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            actix::System::new().block_on(async move {
                let all = "realtid --listen 127.0.0.1:0 --workers 1 --history memory \
                    --assets none --no-rate-limits --limit-connections-per-address 0 --open-rooms";
                let flags = all.split_whitespace().chain(flags.split_whitespace());
                let config = Cli::parse_from(flags).serve;
                let chat = Chat::start(config.chat.clone()).unwrap();
                let server = Server::bind(chat, &config).unwrap();
                tell.send(server.address()).unwrap();
                server.run(async { drop(stopped.await) }).await.unwrap();
            });
        });
        Self {
            address: told.recv().expect("the server did not start"),
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    fn load(&self, clients: usize, rooms: usize, senders: u16) -> Load {
        Load {
            to: self.address,
            protocol: Protocol::Plain,
            clients,
            rooms,
            senders,
            text_bytes: 96,
            warm_up: Duration::ZERO,
            window: Duration::from_millis(200),
            server: Some(std::process::id()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn said(report: &Report) -> u64 {
    report.frames.get("said").copied().unwrap_or_default()
}

#[test]
fn every_member_of_a_room_gets_every_message_once() {
    let server = Running::start();
    let report = server.load(20, 1, 5).say(Drive::Closed(2)).unwrap();
    assert_eq!(report.problems, [""; 0]);
    assert!(report.valid);
    assert!(report.sent >= 10);
    assert_eq!(said(&report), report.sent * 20);
    assert!(report.deliveries > 0 && report.deliveries <= said(&report));
    let latency = report.latency.unwrap();
    assert!(latency.samples > 0 && latency.samples <= said(&report));
    assert!(latency.p50 <= latency.p99 && latency.p99 <= latency.max);
}

#[test]
fn clients_of_socketio_get_every_message_once() {
    let server = Running::start();
    let load = Load {
        protocol: Protocol::Socketio,
        ..server.load(20, 2, 4)
    };
    let report = load.say(Drive::Closed(2)).unwrap();
    assert!(report.valid, "{:?}", report.problems);
    assert!(report.sent >= 8);
    assert_eq!(said(&report), report.sent * 10);
}

#[test]
fn messages_stay_in_their_rooms() {
    let server = Running::start();
    let report = server.load(20, 4, 4).say(Drive::Closed(1)).unwrap();
    assert!(report.valid, "{:?}", report.problems);
    assert_eq!(said(&report), report.sent * 5);
}

#[test]
fn an_open_loop_sends_as_many_as_are_due() {
    let server = Running::start();
    let report = server.load(10, 1, 2).say(Drive::Open(100.0)).unwrap();
    assert!(report.valid, "{:?}", report.problems);
    // The first one is due at once, the last one before 200 ms.
    assert_eq!(report.sent, 20);
    assert_eq!(said(&report), 200);
}

#[test]
fn a_storm_counts_a_welcome_for_everyone() {
    let server = Running::start();
    let report = server.load(50, 1, 1).storm().unwrap();
    assert!(report.valid, "{:?}", report.problems);
    assert_eq!(report.frames.get("welcome"), Some(&50));
    assert!(
        report
            .frames
            .get("presence")
            .is_some_and(|count| *count >= 50)
    );
}

#[test]
fn a_run_that_not_all_can_join_is_not_valid() {
    let server = Running::with("--limit-members 3");
    let report = server.load(5, 1, 1).storm().unwrap();
    assert!(!report.valid);
    assert_eq!(report.frames.get("refused"), Some(&2));
    let refused = server.load(5, 1, 1).say(Drive::Closed(1)).unwrap_err();
    assert!(refused.to_string().contains("room_full"), "{refused}");
}
