//! Readers that do not read: nobody waits for them, and they cost no memory.

use std::io::{ErrorKind, Write as _};
use std::time::{Duration, Instant};

use serde_json::json;
use shared::{Member, Seq, ServerMessage};

use crate::client::{Client, LIMIT, id};
use crate::process::Process;
use crate::raw::{Frame, Raw, frame};
use crate::server::{TestServer, in_memory};

const SLOW: usize = 50;

/// Sent in all: 20 MB, in messages as large as they may be.
const MESSAGES: usize = 1_250;
const TEXT_BYTES: usize = 16_000;

/// Above what the server uses with everyone joined: 50 queues of 1 MiB each at their fullest, the
/// same again on the way to the sockets, and what the allocator keeps. Unbounded, 20 MB to each
/// would be 1 GB.
const MEMORY: usize = 200 * 1024 * 1024;

/// Of 16 KB each: more than the kernel takes for a line that is not read from.
const STALLING_MESSAGES: usize = 800;

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
    let began = Instant::now();
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
    assert!(began.elapsed() < 2 * LIMIT, "{:?}", began.elapsed());
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
    let (mut fast, _) = Client::join(&server.ws(), "Snabb").await;
    let mut slow = Raw::open(server.address, "/ws");
    slow.frame(0x81, br#"{"type":"join","nick":"slow"}"#);
    let named = |list: &[Member]| list.iter().any(|m| m.nick.as_str() == "slow");
    fast.find(|m| matches!(m, ServerMessage::Presence(p) if named(&p.joined)).then_some(()))
        .await;

    let text = "😀".repeat(4_000);
    let mut lost = false;
    for n in 0..STALLING_MESSAGES {
        fast.say(n, &text).await;
        // Until the room tells that it has lost it.
        lost = fast
            .find(|message| match message {
                ServerMessage::Entry(_) => Some(false),
                ServerMessage::Presence(p) => named(&p.left).then_some(true),
                _ => None,
            })
            .await;
        if lost {
            break;
        }
    }
    assert!(lost, "the room keeps a reader that does not read");
    let end = std::iter::repeat_with(|| slow.read())
        .find(|f| !matches!(f, Frame::Text(_) | Frame::Ping(_)));
    assert_eq!(end, Some(Frame::Close(Some(4000))));
}

/// A server that loses patience soon, and a line to it that was joined and then never read from,
/// until all that the kernel takes for it is full.
async fn stalled_line() -> (TestServer, Raw) {
    let mut config = in_memory();
    config.limits.limit_queue_bytes = 64 * 1024;
    config.limits.silence_timeout = Duration::from_millis(300);
    config.limits.ping_interval = Duration::from_millis(100);
    config.limits.close_timeout = Duration::from_millis(100);
    let server = TestServer::with(config);
    let mut line = Raw::open(server.address, "/ws");
    line.frame(0x81, br#"{"type":"join","nick":"stalled"}"#);
    let (mut fast, _) = Client::join(&server.ws(), "Snabb").await;
    let text = "😀".repeat(4_000);
    for n in 0..STALLING_MESSAGES {
        fast.say(n, &text).await;
        fast.entry().await;
    }
    (server, line)
}

/// Writes, and reads nothing, until the server has ended the line.
fn write_until_cut(line: &mut Raw) {
    let began = Instant::now();
    line.0
        .set_write_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    let ping = frame(0x89, b"");
    loop {
        match line.0.write(&ping) {
            Ok(_) => {}
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => return,
        }
        assert!(began.elapsed() < LIMIT, "the line is still there");
    }
}

#[tokio::test]
async fn a_frozen_line_is_cut_though_it_reads_nothing() {
    let (_server, mut line) = stalled_line().await;
    write_until_cut(&mut line);
}

#[tokio::test]
async fn a_line_that_leaves_and_reads_nothing_is_cut() {
    let (_server, mut line) = stalled_line().await;
    line.frame(0x81, br#"{"type":"leave"}"#);
    write_until_cut(&mut line);
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
