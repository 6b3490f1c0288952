//! Readers that do not read: nobody waits for them, and they cost no memory.

use std::time::Duration;

use serde_json::json;
use shared::{Seq, ServerMessage};

use crate::client::{Client, id};
use crate::process::Process;
use crate::raw::{Frame, Raw};
use crate::server::{TestServer, in_memory};

const SLOW: usize = 50;

/// Sent in all: 20 MB, in messages as large as they may be.
const MESSAGES: usize = 1_250;
const TEXT_BYTES: usize = 16_000;

/// Above what the server uses with everyone joined: 50 queues of 1 MiB each at their fullest, the
/// same again on the way to the sockets, and what the allocator keeps. Unbounded, 20 MB to each
/// would be 1 GB.
const MEMORY: usize = 200 * 1024 * 1024;

/// Of 16 KB each: twice what the kernel buffers for a line.
const FROZEN_MESSAGES: usize = 800;

/// Joins, and reads only `welcome`.
fn slow_reader(server: &Process, number: usize) -> Raw {
    let mut line = Raw::open(server.address, "/ws");
    let join = json!({ "type": "join", "nick": format!("trög {number}") });
    line.frame(0x81, join.to_string().as_bytes());
    assert!(matches!(line.read(), Frame::Text(text) if text.contains("welcome")));
    line
}

#[tokio::test]
async fn slow_readers_delay_nobody_and_cost_no_memory() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path());
    let slow: Vec<_> = (0..SLOW).map(|n| slow_reader(&server, n)).collect();
    let (mut fast, welcome) = Client::join(&server.ws(), "Snabb").await;
    assert_eq!(welcome.online as usize, SLOW + 1);
    let before = server.memory();
    let mut most = before;

    let text = "😀".repeat(TEXT_BYTES / 4);
    let mut sent = 0;
    for n in 0..MESSAGES {
        while sent < MESSAGES && sent < n + 8 {
            fast.say(sent, &text).await;
            sent += 1;
        }
        let entry = fast.entry().await;
        assert_eq!(
            (entry.seq, entry.id.as_str()),
            (Seq(n as u64 + 1), id(n).as_str())
        );
        most = most.max(server.memory());
    }
    let grown = most - before;
    println!("memory grew by {} KiB at most", grown / 1024);
    assert!(grown < MEMORY, "{grown} bytes");

    // All of them were sent away, and the room goes on without them.
    let (_, welcome) = Client::join(&server.ws(), "Ny").await;
    assert_eq!(welcome.online, 2);
    drop(slow);
}

#[tokio::test]
async fn a_slow_reader_is_told_to_come_back_once_it_reads() {
    let mut config = in_memory();
    config.limits.limit_queue_bytes = 64 * 1024;
    config.limits.close_timeout = Duration::from_secs(60);
    let server = TestServer::with(config);
    let mut slow = Raw::open(server.address, "/ws");
    slow.frame(0x81, br#"{"type":"join","nick":"slow"}"#);
    let (mut fast, _) = Client::join(&server.ws(), "Snabb").await;
    let text = "😀".repeat(4_000);
    // Until the room tells that it has lost it.
    let mut sent = 0;
    'room: loop {
        fast.say(sent, &text).await;
        sent += 1;
        loop {
            match fast.message().await {
                ServerMessage::Entry(_) => break,
                ServerMessage::Presence(p) if p.left.iter().any(|m| m.nick.as_str() == "slow") => {
                    break 'room;
                }
                _ => {}
            }
        }
    }
    let end = std::iter::repeat_with(|| slow.read())
        .find(|f| !matches!(f, Frame::Text(_) | Frame::Ping(_)));
    assert_eq!(end, Some(Frame::Close(Some(4000))));
}

#[tokio::test]
async fn a_frozen_line_is_cut_even_so() {
    let mut config = in_memory();
    config.limits.limit_queue_bytes = 64 * 1024;
    config.limits.silence_timeout = Duration::from_millis(300);
    config.limits.ping_interval = Duration::from_millis(100);
    config.limits.close_timeout = Duration::from_millis(100);
    let server = TestServer::with(config);
    // Joins, reads nothing, answers no ping: its session is frozen in the middle of a write.
    let mut frozen = Raw::open(server.address, "/ws");
    frozen.frame(0x81, br#"{"type":"join","nick":"frozen"}"#);
    let (mut fast, _) = Client::join(&server.ws(), "Snabb").await;
    let text = "😀".repeat(4_000);
    for n in 0..FROZEN_MESSAGES {
        fast.say(n, &text).await;
        fast.entry().await;
    }
    // The line ends: what was under way comes, and then no more, long before all that was said.
    let came = std::iter::repeat_with(|| frozen.read())
        .take_while(|f| *f != Frame::End)
        .count();
    assert!(came < FROZEN_MESSAGES, "{came}");
}

#[tokio::test]
async fn a_peer_that_answers_no_ping_is_sent_away() {
    let mut config = in_memory();
    config.limits.ping_interval = Duration::from_millis(50);
    config.limits.silence_timeout = Duration::from_millis(200);
    let server = TestServer::with(config);
    let mut silent = Raw::open(server.address, "/ws");
    silent.frame(0x81, br#"{"type":"join","nick":"silent"}"#);
    let mut pings = 0;
    let end = loop {
        match silent.read() {
            Frame::Ping(_) => pings += 1,
            Frame::Text(_) => {}
            end => break end,
        }
    };
    assert_eq!(end, Frame::Close(Some(4001)));
    assert!(pings >= 2, "{pings}");
}
