//! The pure parts that a message and a join pass through, one by one: read, checked, gathered,
//! written, and read by the client. What the sockets, the actors and the disk cost is others' to
//! measure.
#![allow(
    clippy::unwrap_used,
    reason = "a sample that breaks the rules is a mistake in this file"
)]

use std::time::Duration;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, Divan, black_box};
use realtid::fanout::Frames;
use realtid::room::batch::{Batch, BatchBounds};
use realtid::room::nick::NickRules;
use realtid::room::{Draft, SessionId, Speaker};
use shared::limits::{
    PAGE_ENTRIES, PRESENCE_NAMES, TEXT_BYTES, TEXT_CHARS, WELCOME_ENTRIES, WELCOME_MEMBERS,
};
use shared::{
    AuthorId, ClientMessage, Entry, Epoch, Limits, Member, MessageId, MessageText, Nick, PROTOCOL,
    Position, Presence, Refused, RoomName, Seq, ServerMessage, Token, Welcome,
};

/// Bytes in the text of a common message.
const COMMON: usize = 96;

/// Drafts in a large batch.
const DRAFTS: usize = 1_000;

/// Measured for at least so long, each: the medians of a busy machine agree then.
const LEAST: Duration = Duration::from_millis(300);

fn main() {
    Divan::default().min_time(LEAST).config_with_args().main();
}

/// By the server, from a client.
#[divan::bench(args = ["3 bytes", "96 bytes", "4,000 characters", "4,000 with CRLF"])]
fn parse_say(bencher: Bencher, size: &str) {
    let text = match size {
        "96 bytes" => "x".repeat(COMMON),
        "4,000 characters" => "å".repeat(TEXT_CHARS),
        "4,000 with CRLF" => format!("{}\r\n", "x".repeat(78)).repeat(50),
        _ => "hej".to_owned(),
    };
    let json = serde_json::json!({ "type": "say", "id": id(1), "text": text }).to_string();
    bencher
        .counter(BytesCount::of_str(&json))
        .bench(|| ClientMessage::parse(black_box(&json)).unwrap());
}

/// With the refusal that says why.
#[divan::bench(args = [
    r#"{"type":"say","#,
    r#"{"type":"say","id":7,"text":"hej"}"#,
    r#"{"type":"shout","text":"hej"}"#,
])]
fn parse_malformed(json: &str) -> Refused {
    ClientMessage::parse(black_box(json)).unwrap_err()
}

/// With what it is compared by: once for each join.
#[divan::bench(args = ["n0001", "Åsa Lindström", "Ａ\u{30a}sa 🌻", "Владимир"])]
fn check_nick(bencher: Bencher, nick: &str) {
    let (rules, nick) = (NickRules::default(), Nick::new(nick).unwrap());
    bencher.bench(|| rules.check(black_box(&nick)).unwrap());
}

/// What waits to be stored.
#[divan::bench]
fn add_and_take_1000(bencher: Bencher) {
    let speaker = |n| Speaker {
        author: author(n),
        session: SessionId(1),
    };
    bencher
        .counter(ItemsCount::new(DRAFTS))
        .with_inputs(|| {
            let drafts = (0..DRAFTS).map(|n| (speaker(n), draft(n)));
            drafts.collect::<Vec<_>>()
        })
        .bench_values(|drafts| {
            let mut batch = Batch::new(BatchBounds {
                entries: DRAFTS,
                bytes: DRAFTS * COMMON,
            });
            for (speaker, draft) in drafts {
                batch.add(speaker, draft).unwrap();
            }
            batch.take()
        });
}

/// By the server, once for everyone who gets it.
#[divan::bench(args = SAMPLES)]
fn encode(bencher: Bencher, which: &str) {
    let message = sample(which);
    bencher.bench(|| Frames::encode(std::slice::from_ref(black_box(&message))));
}

/// By each client.
#[divan::bench(args = SAMPLES)]
fn decode(bencher: Bencher, which: &str) {
    let json = serde_json::to_string(&sample(which)).unwrap();
    bencher
        .counter(BytesCount::of_str(&json))
        .bench(|| serde_json::from_str::<ServerMessage>(black_box(&json)).unwrap());
}

/// What a server sends most, and the largest that it sends.
const SAMPLES: [&str; 3] = ["said", "presence", "welcome"];

fn sample(which: &str) -> ServerMessage {
    match which {
        "said" => ServerMessage::Entry(entry(1)),
        "presence" => ServerMessage::Presence(Presence {
            joined: members(PRESENCE_NAMES),
            online: 5_000,
            ..Presence::default()
        }),
        _ => ServerMessage::Welcome(Box::new(welcome())),
    }
}

/// As full as it gets with common messages.
fn welcome() -> Welcome {
    Welcome {
        protocol: PROTOCOL,
        room: RoomName::default(),
        nick: nick(0),
        author: author(0),
        token: Token::from_random(7),
        position: Position {
            epoch: Epoch("kT3x9QvLmWc".into()),
            seq: Seq(u64::from(WELCOME_ENTRIES)),
        },
        recovered: false,
        entries: (1..=usize::from(WELCOME_ENTRIES)).map(entry).collect(),
        missed: 0,
        more: true,
        members: members(WELCOME_MEMBERS),
        online: 5_000,
        limits: Limits {
            text_chars: TEXT_CHARS,
            text_bytes: TEXT_BYTES,
            in_flight: 16,
            page_entries: PAGE_ENTRIES,
            ping_ms: 20_000,
        },
    }
}

fn entry(n: usize) -> Entry {
    draft(n).entry(Seq(n as u64), 1_763_800_000_000)
}

fn draft(n: usize) -> Draft {
    Draft {
        id: id(n),
        author: author(n),
        nick: nick(n),
        text: MessageText::new("x".repeat(COMMON)).unwrap(),
    }
}

fn members(count: usize) -> Vec<Member> {
    let member = |n| Member {
        author: author(n),
        nick: nick(n),
    };
    (0..count).map(member).collect()
}

/// As long as a ULID.
fn id(n: usize) -> MessageId {
    MessageId::new(format!("{n:026}")).unwrap()
}

/// As long as those that the server makes.
fn author(n: usize) -> AuthorId {
    AuthorId::new(format!("{n:016}"))
}

fn nick(n: usize) -> Nick {
    Nick::new(&format!("n{n:04}")).unwrap()
}
