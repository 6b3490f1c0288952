//! What one visitor, one address, and all of them may take: refused beyond it, and nobody else
//! notices.

use std::time::{Duration, Instant};

use realtid::{LimitsConfig, Rate};
use serde_json::{Value, json};
use shared::{RefusalCode::*, Refused, ServerMessage, Welcome};

use crate::client::{Client, Got, LIMIT, id, said};
use crate::raw::{Frame, Raw, handshake};
use crate::server::{TestServer, in_memory, limited};

/// Nothing of it comes back for as long as a test takes.
fn once(burst: u32) -> Rate {
    format!("{burst}:0.02").parse().unwrap()
}

/// By default, but for what `change` does.
fn server(change: impl FnOnce(&mut LimitsConfig)) -> TestServer {
    let mut config = limited();
    change(&mut config.limits);
    TestServer::with(config)
}

fn join(nick: &str) -> Value {
    json!({ "type": "join", "nick": nick })
}

fn join_again(nick: &str, welcome: &Welcome) -> Value {
    json!({ "type": "join", "nick": nick, "token": welcome.token })
}

async fn join_from(ip: &str, server: &TestServer, nick: &str) -> Client {
    let mut client = Client::connect_from(ip, &server.ws()).await;
    client.send(join(nick)).await;
    client.welcome().await;
    client
}

/// Says something until that is refused; tells how often it was not, and the refusal.
async fn say_until_refused(client: &mut Client) -> (usize, Refused) {
    for number in 0..1_000 {
        client.say(number, "hej").await;
        let refused = client.find(|message| match message {
            ServerMessage::Entry(entry) => {
                assert_eq!(entry.id.as_str(), id(number));
                Some(None)
            }
            ServerMessage::Refused(refused) => Some(Some(refused)),
            _ => None,
        });
        if let Some(refused) = refused.await {
            assert_eq!(
                (refused.code, refused.of.as_deref()),
                (RateLimited, Some("say"))
            );
            assert_eq!(refused.id, Some(id(number)));
            return (number, refused);
        }
    }
    panic!("nothing was refused");
}

#[tokio::test]
async fn a_visitor_says_ten_messages_at_once_and_is_told_when_the_next() {
    let server = server(|_| {});
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let (mut bo, _) = Client::join(&server.ws(), "Bo").await;
    let (said_before, refused) = say_until_refused(&mut asa).await;
    assert!(said_before >= 10, "{said_before}");
    let wait = refused.retry_after_ms.unwrap();
    assert!((1..=1_000).contains(&wait), "{wait}");
    // The others hear what was not refused, and are heard.
    for number in 0..said_before {
        assert_eq!(bo.entry().await.id.as_str(), id(number));
    }
    bo.say(5_000, "Lugn!").await;
    for client in [&mut asa, &mut bo] {
        assert_eq!(said(&client.entry().await), ("Bo", "Lugn!"));
    }
}

#[tokio::test]
async fn refused_messages_take_no_credit() {
    let server = server(|limits| {
        limits.limit_in_flight = 2;
        limits.rate_messages = once(1);
    });
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    asa.say(0, "hej").await;
    asa.entry().await;
    for _ in 0..10 {
        asa.say(1, "hej").await;
        asa.refused_with(RateLimited).await;
    }
    asa.send(json!({ "type": "page", "before": 2 })).await;
    asa.find(|m| matches!(m, ServerMessage::Page { .. }).then_some(()))
        .await;
}

#[tokio::test]
async fn coming_back_refills_nothing() {
    let server = server(|limits| limits.rate_messages = once(3));
    let (mut asa, welcome) = Client::join(&server.ws(), "Åsa").await;
    assert_eq!(say_until_refused(&mut asa).await.0, 3);
    drop(asa);
    let (mut asa, _) = Client::join_with(&server.ws(), join_again("Åsa", &welcome)).await;
    assert_eq!(say_until_refused(&mut asa).await.0, 0);
    let (mut bo, _) = Client::join(&server.ws(), "Bo").await;
    assert_eq!(say_until_refused(&mut bo).await.0, 3);
}

#[tokio::test]
async fn new_visitors_of_one_address_share_its_rate_and_others_do_not() {
    let server = server(|limits| {
        limits.rate_messages = once(3);
        limits.rate_messages_per_address = once(4);
    });
    let mut told = Vec::new();
    for nick in ["Åsa", "Bo", "Cy"] {
        let mut client = join_from("127.0.0.1", &server, nick).await;
        told.push(say_until_refused(&mut client).await.0);
    }
    assert_eq!(told, [3, 1, 0]);
    let mut elsewhere = join_from("127.0.0.2", &server, "Di").await;
    assert_eq!(say_until_refused(&mut elsewhere).await.0, 3);
}

#[tokio::test]
async fn a_refused_join_may_be_tried_again_on_the_same_connection() {
    let server = server(|limits| {
        limits.rate_joins_per_address = "1:20".parse().unwrap();
    });
    let _asa = join_from("127.0.0.1", &server, "Åsa").await;
    let mut bo = Client::connect(&server.ws()).await;
    loop {
        bo.send(join("Bo")).await;
        match bo.message().await {
            ServerMessage::Welcome(_) => break,
            ServerMessage::Refused(refused) => {
                assert_eq!(
                    (refused.code, refused.of.as_deref()),
                    (RateLimited, Some("join"))
                );
                assert!((1..=50).contains(&refused.retry_after_ms.unwrap()));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn joins_are_limited_by_address_and_by_visitor() {
    let by_address = server(|limits| limits.rate_joins_per_address = once(2));
    for nick in ["Åsa", "Bo"] {
        join_from("127.0.0.1", &by_address, nick).await;
    }
    let mut cy = Client::connect(&by_address.ws()).await;
    cy.send(join("Cy")).await;
    cy.refused_with(RateLimited).await;
    cy.send(json!({ "type": "typing" })).await;
    cy.refused_with(NotJoined).await;
    join_from("127.0.0.2", &by_address, "Cy").await;

    let by_visitor = server(|limits| limits.rate_joins = once(1));
    let (_asa, welcome) = Client::join(&by_visitor.ws(), "Åsa").await;
    let (_asa, _) = Client::join_with(&by_visitor.ws(), join_again("Åsa", &welcome)).await;
    let mut again = Client::connect_from("127.0.0.2", &by_visitor.ws()).await;
    again.send(join_again("Åsa", &welcome)).await;
    again.refused_with(RateLimited).await;
    join_from("127.0.0.2", &by_visitor, "Bo").await;
}

#[tokio::test]
async fn a_visitor_turns_thirty_pages_at_once_and_is_told_when_the_next() {
    let server = server(|_| {});
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    asa.say(1, "hej").await;
    asa.entry().await;
    for turned in 0.. {
        asa.send(json!({ "type": "page", "before": 2 })).await;
        let refused = asa.find(|message| match message {
            ServerMessage::Page { .. } => Some(None),
            ServerMessage::Refused(refused) => Some(Some(refused)),
            _ => None,
        });
        if let Some(refused) = refused.await {
            assert!(turned >= 30, "{turned}");
            assert_eq!(
                (refused.code, refused.of.as_deref()),
                (RateLimited, Some("page"))
            );
            assert!((1..=334).contains(&refused.retry_after_ms.unwrap()));
            break;
        }
        assert!(turned < 500, "nothing was refused");
    }
    // What she may say is another matter.
    asa.say(2, "hej").await;
    assert_eq!(asa.entry().await.id.as_str(), id(2));
}

#[tokio::test]
async fn changes_of_nick_are_limited_by_visitor() {
    let server = server(|limits| limits.rate_nicks = once(2));
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    for nick in ["Åsa L", "Åsa Lind", "Åsa Lindh"] {
        asa.send(json!({ "type": "nick", "nick": nick })).await;
    }
    let refused = asa.refused_with(RateLimited).await;
    assert_eq!(refused.of.as_deref(), Some("nick"));
    assert!(refused.retry_after_ms.is_some());
    asa.say(1, "hej").await;
    assert_eq!(said(&asa.entry().await).0, "Åsa Lind");
}

#[tokio::test]
async fn an_address_that_opens_connections_too_quickly_is_told_so_before_the_upgrade() {
    let server = server(|limits| limits.rate_connections = once(2));
    // What is no handshake, or of a foreign page, is turned away as ever, and costs nothing.
    for _ in 0..5 {
        let foreign = [("Origin", "https://evil.example")];
        assert_eq!(handshake(server.address, "/ws", &foreign).0, 403);
    }
    for _ in 0..2 {
        assert_eq!(handshake(server.address, "/ws", &[]).0, 101);
    }
    let (status, text) = handshake(server.address, "/ws", &[]);
    assert_eq!(status, 429, "{text}");
    let text = text.to_lowercase();
    let wait = text.split_once("retry-after: ").unwrap().1;
    let wait: u64 = wait.split_once("\r\n").unwrap().0.parse().unwrap();
    assert!((1..=50).contains(&wait), "{wait}");
    assert!(
        text.contains("text/plain") && text.contains("too many connections"),
        "{text}"
    );
    join_from("127.0.0.2", &server, "Åsa").await;
}

#[tokio::test]
async fn connections_are_counted_by_address_and_in_all() {
    let server = server(|limits| {
        limits.limit_connections = 3;
        limits.limit_connections_per_address = 2;
    });
    let mut asa = join_from("127.0.0.1", &server, "Åsa").await;
    let _second = Client::connect(&server.ws()).await;
    let (status, text) = handshake(server.address, "/ws", &[]);
    assert!(status == 429 && text.contains("this address"), "{text}");
    let _elsewhere = Client::connect_from("127.0.0.2", &server.ws()).await;
    let (status, text) = handshake(server.address, "/ws", &[]);
    assert!(status == 503 && text.contains("the server"), "{text}");
    assert!(text.to_lowercase().contains("retry-after: "), "{text}");
    asa.say(1, "hej").await;
    asa.entry().await;
}

/// The only connection that there may be, once the one before is counted no more.
fn let_in(server: &TestServer, after: &str) -> Raw {
    let began = Instant::now();
    loop {
        match Raw::try_open(server.address, "/ws") {
            Some(line) => return line,
            None => assert!(began.elapsed() < LIMIT, "still counted after {after}"),
        }
    }
}

/// Lets one connection in at a time.
fn one_by_one(change: impl FnOnce(&mut LimitsConfig)) -> TestServer {
    let mut config = in_memory();
    config.limits.limit_connections = 1;
    change(&mut config.limits);
    TestServer::with(config)
}

const JOIN: (u8, &[u8]) = (0x81, br#"{"type":"join","nick":"Bo"}"#);

#[test]
fn a_connection_that_the_server_ended_counts_no_more() {
    let malformed = [(0x81, &b"hej"[..]); 10];
    type Sent<'a> = &'a [(u8, &'a [u8])];
    let ends: [(Sent, u16); 7] = [
        (&malformed, 4104),
        (&[JOIN, (0x81, br#"{"type":"leave"}"#)], 1000),
        (&[JOIN, (0x88, &[0x03, 0xE9])], 1001),
        (&[JOIN, (0x82, b"x")], 1003),
        (&[JOIN, (0x83, b"x")], 1002),
        (&[JOIN, (0x81, &[0xFF])], 1007),
        (&[JOIN, (0x00, b"x")], 1002),
    ];
    let server = one_by_one(|_| {});
    let mut before = "the start".to_owned();
    for (frames, code) in ends {
        let mut line = let_in(&server, &before);
        assert_eq!(handshake(server.address, "/ws", &[]).0, 503);
        for (first, payload) in frames {
            line.frame(*first, payload);
        }
        let end = std::iter::repeat_with(|| line.read())
            .find(|f| !matches!(f, Frame::Text(_) | Frame::Ping(_)));
        assert_eq!(end, Some(Frame::Close(Some(code))));
        before = code.to_string();
    }
    let_in(&server, &before);

    let server = one_by_one(|limits| limits.join_timeout = Duration::from_millis(100));
    let mut line = let_in(&server, "the start");
    assert_eq!(line.read(), Frame::Close(Some(4103)));
    let_in(&server, "4103");
}

#[test]
fn a_connection_that_broke_or_never_was_counts_no_more() {
    let server = one_by_one(|_| {});
    let ends: [&[(u8, &[u8])]; 3] = [&[], &[JOIN], &[JOIN, (0x01, b"half a message")]];
    for frames in ends {
        let mut line = let_in(&server, "another");
        for (first, payload) in frames {
            line.frame(*first, payload);
        }
    }
    for headers in [
        ("Origin", "https://evil.example"),
        ("Sec-WebSocket-Key", "short"),
        ("Sec-WebSocket-Protocol", "graphql-ws"),
    ] {
        let_in(&server, "another");
        assert_ne!(handshake(server.address, "/ws", &[headers]).0, 101);
    }
    let_in(&server, "a handshake that failed");
}

#[tokio::test]
async fn a_full_room_lets_its_own_back_in_and_others_when_somebody_has_left() {
    let server = server(|limits| limits.limit_members = 1);
    let (mut first, welcome) = Client::join(&server.ws(), "Åsa").await;
    let mut bo = Client::connect(&server.ws()).await;
    bo.send(join("Bo")).await;
    let refused = bo.refused_with(RoomFull).await;
    assert_eq!(refused.of.as_deref(), Some("join"));
    assert!(refused.retry_after_ms.unwrap() > 0);
    let (mut asa, _) = Client::join_with(&server.ws(), join_again("Åsa", &welcome)).await;
    assert_eq!(first.closed().await, 4100);
    asa.send(json!({ "type": "leave" })).await;
    assert_eq!(asa.closed().await, 1000);
    bo.send(join("Bo")).await;
    assert_eq!(bo.welcome().await.online, 1);
}

fn join_room(nick: &str, room: &str) -> Value {
    json!({ "type": "join", "nick": nick, "room": room })
}

#[tokio::test]
async fn visitors_open_rooms_where_they_may_until_there_are_too_many() {
    let mut config = limited();
    config.open_rooms = true;
    config.limits.limit_rooms = 3;
    let server = TestServer::with(config);
    let mut members = Vec::new();
    for room in ["course", "kitchen"] {
        let (mut asa, welcome) = Client::join_with(&server.ws(), join_room("Åsa", room)).await;
        assert_eq!((welcome.room.as_str(), welcome.online), (room, 1));
        asa.say(1, room).await;
        assert_eq!(said(&asa.entry().await).1, room);
        members.push(asa);
    }
    let mut bo = Client::connect(&server.ws()).await;
    bo.send(join_room("Bo", "attic")).await;
    let refused = bo.refused_with(TooManyRooms).await;
    assert!(refused.retry_after_ms.unwrap() > 0);
    // The server's own room has its place, and so have those that are open.
    for room in ["lobby", "course"] {
        Client::join_with(&server.ws(), join_room("Cy", room)).await;
    }
    bo.send(join_room("Bo", "kitchen")).await;
    assert_eq!(bo.welcome().await.online, 2);
}

#[tokio::test]
async fn a_flood_is_read_no_faster_than_it_may_be_and_delays_nobody_else() {
    const PINGS: usize = 20_000;
    let mut server = server(|limits| limits.rate_bytes = once(1_000));
    let mut flood = Client::connect(&server.ws()).await;
    for _ in 0..PINGS {
        flood.send(json!({ "type": "ping" })).await;
    }
    let mut asa = join_from("127.0.0.2", &server, "Åsa").await;
    asa.say(1, "hej").await;
    asa.entry().await;
    server.stop();
    let mut pongs = 0;
    let end = loop {
        match flood.got().await {
            Got::Message(ServerMessage::Pong) => pongs += 1,
            end => break end,
        }
    };
    // What came in one go was dealt with; the rest waits.
    assert!(pongs > 0 && pongs < PINGS, "{pongs}");
    assert!(matches!(end, Got::Closed(1001)), "{end:?}");
}

#[tokio::test]
async fn what_comes_too_fast_comes_later_and_in_order() {
    let server = server(|limits| {
        limits.rate_messages = Rate::OFF;
        limits.rate_messages_per_address = Rate::OFF;
        limits.rate_bytes = "4096:200000".parse().unwrap();
    });
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let text = "x".repeat(2_000);
    let writing = tokio::spawn(async move {
        for number in 0..100 {
            asa.say(number, &text).await;
        }
        asa
    });
    let mut asa = writing.await.unwrap();
    for number in 0..100 {
        assert_eq!(asa.entry().await.id.as_str(), id(number));
    }
}
