//! Readers that do not read: nobody waits for them, and they cost no memory.

use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use realtid::{LimitsConfig, Transport};
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
    // Who is sent away has left, so that it shows.
    let server = Process::start_with(data.path(), &["--no-rate-limits", "--grace-time", "0"]);
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
    config.grace_time = Duration::ZERO;
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

/// The server's end of a line, as the kernel has it (proc_pid_net(5)): whether it is open, and the
/// bytes in it that the peer has not taken. Seen from outside: to read, or to write, would wake up
/// what is to be found frozen.
fn server_end(line: &Raw) -> Option<u64> {
    const ESTABLISHED: &str = "01";
    let hex = |address: SocketAddr| match address.ip() {
        IpAddr::V4(ip) => format!("{:08X}:{:04X}", u32::from(ip).swap_bytes(), address.port()),
        IpAddr::V6(_) => unreachable!("tests use IPv4"),
    };
    let (server, client) = (line.0.peer_addr().ok()?, line.0.local_addr().ok()?);
    let ends = format!("{} {} ", hex(server), hex(client));
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let (_, socket) = table.lines().find_map(|socket| socket.split_once(&ends))?;
    let mut fields = socket.split([' ', ':']);
    let open = fields.next() == Some(ESTABLISHED);
    open.then(|| u64::from_str_radix(fields.next().unwrap(), 16).unwrap())
}

/// Bytes that the kernel takes at least for a line (its limit is 4 MiB, as tcp(7) has it).
const FULL: u64 = 512 * 1024;

/// Messages that must leave the kernel's buffer as it is before it counts as full.
const STILL: usize = 10;

/// A line that reads nothing, in a room where somebody else speaks until the kernel takes no more
/// for it.
struct Stalled {
    _server: TestServer,
    line: Raw,
    fast: Client,
    text: String,
    said: usize,
}

impl Stalled {
    async fn start(text_bytes: usize, change: impl FnOnce(&mut LimitsConfig)) -> Self {
        let mut config = in_memory();
        config.limits.close_timeout = Duration::from_millis(100);
        config.limits.ping_interval = Duration::from_millis(50);
        config.limits.silence_timeout = Duration::ZERO;
        change(&mut config.limits);
        let server = TestServer::with(config);
        let mut line = Raw::open(server.address, "/ws");
        line.frame(0x81, br#"{"type":"join","nick":"stalled"}"#);
        let (fast, _) = Client::join(&server.ws(), "Snabb").await;
        let mut stalled = Self {
            _server: server,
            line,
            fast,
            text: "😀".repeat(text_bytes / 4),
            said: 0,
        };
        let (mut full, mut same) = (0, 0);
        while same < STILL {
            stalled.say(1).await;
            let now = server_end(&stalled.line).expect("the line ended too early");
            same = if now > FULL && now == full {
                same + 1
            } else {
                0
            };
            full = now;
            assert!(stalled.said < 10_000, "the kernel takes all");
        }
        stalled
    }

    async fn say(&mut self, messages: usize) {
        for _ in 0..messages {
            // It lives, and is heard, as long as its session is not frozen.
            self.line.frame(0x8A, b"");
            self.fast.say(self.said, &self.text).await;
            self.fast.entry().await;
            self.said += 1;
        }
    }

    async fn wait_until_cut(&mut self) {
        let began = Instant::now();
        // The server's pings to the other one are the clock.
        while server_end(&self.line).is_some() {
            assert!(began.elapsed() < LIMIT, "the line is still there");
            self.fast.pinged().await;
        }
    }
}

#[tokio::test]
async fn a_frozen_line_is_cut_once_its_queue_is_full() {
    let mut stalled = Stalled::start(16_000, |_| {}).await;
    // More than may be queued to it, and then some.
    stalled.say(300).await;
    stalled.wait_until_cut().await;
}

#[tokio::test]
async fn a_frozen_line_is_cut_once_it_has_been_silent() {
    let mut stalled = Stalled::start(16_000, |limits| {
        limits.limit_queue_bytes = 0;
        limits.silence_timeout = Duration::from_secs(3);
    })
    .await;
    // More than the server's own buffer holds: from here on the session is not polled.
    stalled.say(40).await;
    stalled.wait_until_cut().await;
}

#[tokio::test]
async fn a_line_that_leaves_and_takes_no_more_is_cut() {
    // The session is not frozen: it goes, and its line would stay. Mounted, messages must be so small
    // that what the kernel does not take stays in the server's own buffer (32 KiB).
    let text_bytes = match crate::TRANSPORT {
        Transport::Direct => 16_000,
        Transport::Mounted => 2_000,
    };
    let mut stalled = Stalled::start(text_bytes, |limits| {
        limits.silence_timeout = Duration::from_secs(10);
    })
    .await;
    stalled.line.frame(0x81, br#"{"type":"leave"}"#);
    stalled.wait_until_cut().await;
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

#[test]
fn answers_that_nobody_reads_cost_no_memory_and_end_the_line() {
    /// Far more than the kernel takes for a line that is not read from.
    const FLOOD: usize = 500 * 1024 * 1024;
    const MEMORY: usize = 16 * 1024 * 1024;
    let data = tempfile::tempdir().unwrap();
    let settings = [
        ["--limit-connections", "1"],
        ["--limit-malformed", "0"],
        ["--ping-interval", "0.3"],
        ["--silence-timeout", "1"],
        ["--close-timeout", "0.2"],
    ];
    let settings = [&["--no-rate-limits"][..], settings.as_flattened()].concat();
    let server = Process::start_with(data.path(), &settings);
    for (what, first, payload) in [
        ("a ping", 0x89, ""),
        ("'ping'", 0x81, r#"{"type":"ping"}"#),
        ("an unknown type", 0x81, r#"{"type":"x"}"#),
        ("a malformed message", 0x81, ""),
        (
            "a join that fails",
            0x81,
            r#"{"type":"join","nick":"x","room":"x"}"#,
        ),
    ] {
        let began = Instant::now();
        // The one before was cut, and counts no more.
        let mut line = loop {
            match Raw::try_open(server.address, "/ws") {
                Some(line) => break line,
                None => assert!(began.elapsed() < LIMIT, "{what}"),
            }
        };
        let before = server.memory();
        let mut most = before;
        let flood = std::thread::spawn(move || {
            let some = frame(first, payload.as_bytes()).repeat(1_000);
            let mut sent = 0;
            while sent < FLOOD && line.0.write_all(&some).is_ok() {
                sent += some.len();
            }
            sent
        });
        while !flood.is_finished() {
            most = most.max(server.memory());
            std::thread::yield_now();
        }
        let sent = flood.join().unwrap();
        println!(
            "{what}: {} KiB sent, grew by {} KiB",
            sent / 1024,
            (most - before) / 1024
        );
        assert!(sent < FLOOD, "{what}: its answers are read by nobody");
        assert!(most - before < MEMORY, "{what}: {} bytes", most - before);
    }
}
