//! Clients of socket.io keep to what all others keep to.

use std::time::Duration;

use realtid::Rate;
use serde_json::json;
use shared::ServerMessage;

use crate::client::{Client, LIMIT, said};
use crate::guest::{Guest, Packet};
use crate::process::Process;
use crate::raw::handshake;
use crate::server::{TestServer, in_memory, limited};
use crate::site::header;

/// Where a WebSocket begins a session.
const WEBSOCKET: &str = "/socket.io/?EIO=4&transport=websocket";

#[tokio::test]
async fn what_is_refused_for_good_is_answered_and_what_is_not_stays_open_to_be_said_again() {
    let mut config = limited();
    config.limits.rate_messages = "2:0.02".parse::<Rate>().unwrap();
    let server = TestServer::with(config);
    let mut guest = Guest::connect(server.address, json!({})).await;
    let empty = guest
        .ask("chat message", json!([" ", "o-0"]))
        .await
        .remove(0);
    assert_eq!(empty["error"]["code"], "empty_text");
    let long = "x".repeat(4_001);
    guest.emit("chat message", json!([long])).await;
    assert_eq!(guest.event("refused").await[0]["code"], "text_too_long");
    for number in 1..=2 {
        guest
            .ask("chat message", json!(["hej", format!("o-{number}")]))
            .await;
    }
    let open = guest
        .begin_to_ask("chat message", json!(["hej", "o-3"]))
        .await;
    let refused = guest.event("refused").await.remove(0);
    assert_eq!(refused["code"], "rate_limited");
    assert!(refused["retry_after_ms"].is_u64());
    // Who tells it by nothing would not say it again.
    let answer = guest.ask("chat message", json!(["hej"])).await.remove(0);
    assert_eq!(answer["error"]["code"], "rate_limited");
    assert!(!guest.has_answer(open));
}

#[tokio::test]
async fn nonsense_ends_the_connection_as_it_does_for_all() {
    let server = TestServer::start();
    let mut guest = Guest::connect(server.address, json!({})).await;
    for _ in 0..10 {
        guest.emit("chat message", json!([{}])).await;
    }
    for _ in 0..10 {
        assert_eq!(guest.event("refused").await[0]["code"], "malformed");
    }
    assert_eq!(guest.event("closed").await[0]["code"], 4104);
    assert_eq!(guest.packet_after_events().await, Packet::Out);
}

#[tokio::test]
async fn a_flood_waits_and_is_all_said() {
    let mut config = in_memory();
    config.limits.limit_in_flight = 2;
    let server = TestServer::with(config);
    let mut guest = Guest::connect(server.address, json!({"nick": "Åsa"})).await;
    for number in 0..300 {
        guest
            .emit("chat message", json!([number.to_string()]))
            .await;
    }
    for number in 0..300 {
        let told = guest.event("chat message").await;
        assert_eq!(told[3], number.to_string());
    }
}

#[tokio::test]
async fn a_flood_of_bytes_is_read_no_faster_than_its_rate_and_nothing_of_it_is_lost() {
    let mut config = limited();
    config.limits.rate_messages = Rate::OFF;
    config.limits.rate_messages_per_address = Rate::OFF;
    config.limits.rate_bytes = "4000:40000".parse().unwrap();
    let server = TestServer::with(config);
    let mut guest = Guest::connect(server.address, json!({"nick": "Åsa"})).await;
    let long = "x".repeat(1_000);
    let began = std::time::Instant::now();
    for number in 0..30 {
        guest
            .emit("chat message", json!([format!("{number} {long}")]))
            .await;
    }
    for number in 0..30 {
        let told = guest.event("chat message").await.remove(3);
        let first = told.as_str().unwrap().split(' ').next();
        assert_eq!(first, Some(number.to_string().as_str()));
    }
    // What is over the burst has to be paid for.
    assert!(began.elapsed() > Duration::from_millis(500));
}

#[tokio::test]
async fn connections_count_as_those_of_the_websocket_do() {
    let mut config = limited();
    config.limits.limit_connections_per_address = 2;
    let server = TestServer::with(config);
    let _asa = Client::connect(&server.ws()).await;
    let guest = Guest::connect(server.address, json!({})).await;
    let (status, answer) = handshake(server.address, WEBSOCKET, &[]);
    assert_eq!(status, 429);
    assert!(
        answer.to_lowercase().contains("retry-after: 10"),
        "{answer}"
    );
    assert_eq!(handshake(server.address, "/ws", &[]).0, 429);
    drop(guest);
    // When the server knows that it has gone.
    let gone = async {
        while handshake(server.address, WEBSOCKET, &[]).0 != 101 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, gone)
        .await
        .expect("still counted");
}

#[tokio::test]
async fn pages_of_other_origins_are_refused() {
    let server = TestServer::start();
    let foreign = [("Origin", "https://evil.example")];
    assert_eq!(handshake(server.address, WEBSOCKET, &foreign).0, 403);
    let own = format!("http://{}", server.address);
    assert_eq!(
        handshake(server.address, WEBSOCKET, &[("Origin", &own)]).0,
        101
    );
}

#[tokio::test]
async fn a_chat_may_do_without_them() {
    let mut config = in_memory();
    config.no_socketio = true;
    let server = TestServer::with(config);
    assert_eq!(handshake(server.address, WEBSOCKET, &[]).0, 404);
    Client::join(&server.ws(), "Åsa").await;
}

#[tokio::test]
async fn a_guest_who_does_not_read_is_sent_away_and_nobody_else_notices() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let mut frozen = Guest::login(server.address, "Bo").await;
    frozen.emit("new message", json!(["jag läser inte"])).await;
    let long = "x".repeat(4_000);
    let flood = async {
        for number in 0.. {
            asa.say(number, &long).await;
            let gone = asa.find(|m| match m {
                ServerMessage::Presence(p) => (!p.left.is_empty()).then_some(true),
                ServerMessage::Entry(entry) => (said(&entry).0 == "Åsa").then_some(false),
                _ => None,
            });
            if gone.await {
                return;
            }
        }
    };
    let flood = tokio::time::timeout(4 * LIMIT, flood).await;
    flood.expect("it was never sent away");
    drop(frozen);
}

#[tokio::test]
async fn nothing_of_who_a_guest_is_is_logged() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start_with(data.path(), &["--log", "trace"]);
    let auth = json!({"nick": "Åsa"});
    let mut guest = Guest::connect(server.address, auth).await;
    guest
        .ask("chat message", json!(["en hemlighet", "o-0"]))
        .await;
    let auth = json!({"pid": guest.pid});
    Guest::connect(server.address, auth).await;
    let log = server.log();
    for secret in [guest.pid.as_str(), "en hemlighet"] {
        let telling: Vec<_> = log.iter().filter(|line| line.contains(secret)).collect();
        assert!(telling.is_empty(), "{telling:?}");
    }
}

#[tokio::test]
async fn a_subprotocol_that_is_offered_is_agreed_on() {
    let server = TestServer::start();
    let offered = [("Sec-WebSocket-Protocol", "chat, other")];
    let (status, answer) = handshake(server.address, WEBSOCKET, &offered);
    assert_eq!(status, 101, "{answer}");
    assert_eq!(header(&answer, "Sec-WebSocket-Protocol"), Some("chat"));
}
