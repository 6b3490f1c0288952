//! What nobody should send: each gets the error or close code of docs/protocol.md, and nobody else
//! notices.

use std::time::Duration;

use serde_json::{Value, json};
use shared::RefusalCode::{self, *};
use tokio_tungstenite::tungstenite::protocol::Message;

use crate::client::{Client, said};
use crate::raw::{Frame, Raw, frame};
use crate::server::{TestServer, in_memory};

/// Somebody well behaved, who is to notice nothing.
async fn bystander(server: &TestServer) -> Client {
    Client::join(&server.ws(), "Vittne").await.0
}

async fn unharmed(mut bystander: Client) {
    bystander.say(999, "allt väl").await;
    while said(&bystander.entry().await) != ("Vittne", "allt väl") {}
}

fn say(text: &str) -> String {
    json!({ "type": "say", "id": "bad-input-0000000000", "text": text }).to_string()
}

/// Takes no end of malformed messages.
fn patient() -> TestServer {
    let mut config = in_memory();
    config.limits.limit_malformed = 0;
    TestServer::with(config)
}

#[tokio::test]
async fn refusals_leave_the_connection_usable() {
    let server = patient();
    let witness = bystander(&server).await;
    let long = "x".repeat(4_001);
    let outside: &[(&str, RefusalCode)] = &[
        ("", Malformed),
        ("hej", Malformed),
        ("{\"type\":\"join\"", Malformed),
        ("[1,2]", Malformed),
        ("null", Malformed),
        (r#"{"type":null}"#, Malformed),
        (r#"{"type":"dance"}"#, UnknownType),
        (r#"{"type":"join"}"#, Malformed),
        (r#"{"type":"join","nick":["Bo"]}"#, Malformed),
        (r#"{"type":"join","nick":""}"#, InvalidNick),
        (r#"{"type":"join","nick":"a\u0007b"}"#, InvalidNick),
        (
            r#"{"type":"join","nick":"012345678901234567890123456789012"}"#,
            NickTooLong,
        ),
        (r#"{"type":"join","nick":"a\u202eb"}"#, InvalidNick),
        (r#"{"type":"join","nick":"vittne"}"#, NickTaken),
        (r#"{"type":"join","nick":"v\u0456ttne"}"#, NickLookalike),
        (r#"{"type":"join","nick":"a\u200db"}"#, InvalidNick),
        (r#"{"type":"join","nick":"\u0301"}"#, InvalidNick),
        (r#"{"type":"ping","nick":}"#, Malformed),
        (r#"["ping"]"#, Malformed),
        (
            r#"{"type":"join","nick":"Bo","room":"../etc"}"#,
            InvalidRoom,
        ),
        (
            r#"{"type":"join","nick":"Bo","room":"nowhere"}"#,
            UnknownRoom,
        ),
        (
            r#"{"type":"join","nick":"Bo","token":"guess"}"#,
            InvalidToken,
        ),
        (r#"{"type":"join","nick":"Bo","after":7}"#, Malformed),
        (r#"{"type":"typing"}"#, NotJoined),
        (r#"{"type":"page","before":1}"#, NotJoined),
        (r#"{"type":"nick","nick":"Bo"}"#, NotJoined),
    ];
    let inside: &[(&str, RefusalCode)] = &[
        (r#"{"type":"join","nick":"Bo"}"#, AlreadyJoined),
        ("{", Malformed),
        (r#"{"type":"shout","text":"x"}"#, UnknownType),
        (r#"{"type":"say","text":"x"}"#, Malformed),
        (r#"{"type":"say","id":7,"text":"x"}"#, Malformed),
        (r#"{"type":"say","id":"short","text":"x"}"#, InvalidId),
        (&say(""), EmptyText),
        (&say(" \n\t"), EmptyText),
        (&say("\u{0}"), InvalidText),
        (&say("\u{1b}[2J"), InvalidText),
        (&say(&long), TextTooLong),
        (r#"{"type":"page"}"#, InvalidPage),
        (r#"{"type":"page","before":1,"after":2}"#, InvalidPage),
        (r#"{"type":"page","before":1,"limit":101}"#, InvalidPage),
        (r#"{"type":"page","before":-1}"#, Malformed),
        (r#"{"type":"page","before":1.5}"#, Malformed),
        (r#"{"type":"nick","nick":""}"#, InvalidNick),
        (r#"{"type":"nick","nick":"VITTNE"}"#, NickTaken),
        (r#"{"type":"nick","nick":"v\u0456ttne"}"#, NickLookalike),
        (r#"{"type":"nick","nick":"a\u200db"}"#, InvalidNick),
        (r#"{"type":"nick"}"#, Malformed),
    ];

    let mut client = Client::connect(&server.ws()).await;
    client.send_text(say("före")).await;
    let refused = client.refused_with(NotJoined).await;
    assert_eq!(refused.of.as_deref(), Some("say"));
    for (text, code) in outside {
        client.send_text((*text).to_owned()).await;
        let refused = client.refused().await;
        assert_eq!(refused.code, *code, "{text}");
        assert!(!refused.message.is_empty());
    }
    client.send(json!({ "type": "join", "nick": "Bo" })).await;
    client.welcome().await;
    for (text, code) in inside {
        client.send_text((*text).to_owned()).await;
        assert_eq!(client.refused().await.code, *code, "{text}");
    }
    client.say(1, "efter allt").await;
    assert_eq!(said(&client.entry().await), ("Bo", "efter allt"));
    unharmed(witness).await;
}

#[tokio::test]
async fn an_odd_text_is_still_text() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    for (number, text) in [
        "<script>alert(1)</script>",
        "\u{202e}baklänges",
        "a\u{0301}\u{0301}\u{0301}",
        "'; DROP TABLE entries; --",
        "\\u0000 \" \\",
        "👩‍👩‍👧‍👦",
    ]
    .iter()
    .enumerate()
    {
        asa.say(number, text).await;
        assert_eq!(said(&asa.entry().await).1, *text);
    }
}

#[tokio::test]
async fn deep_json_is_refused_and_harms_nobody() {
    let server = TestServer::start();
    let witness = bystander(&server).await;
    let mut client = Client::connect(&server.ws()).await;
    client.send_text("[".repeat(60_000)).await;
    client.refused_with(Malformed).await;
    client
        .send_text(format!(
            r#"{{"type":"typing","x":{}1{}}}"#,
            "[".repeat(20_000),
            "]".repeat(20_000)
        ))
        .await;
    client.refused().await;
    unharmed(witness).await;
}

#[tokio::test]
async fn what_is_no_text_or_too_much_ends_the_connection() {
    let server = TestServer::start();
    let witness = bystander(&server).await;
    let header = |length: u64| [&[0x81, 0xFF][..], &length.to_be_bytes(), &[0; 4]].concat();
    let fragments = |count: usize, bytes: usize| {
        let part = vec![b'x'; bytes];
        let rest = (1..count).flat_map(|_| frame(0x00, &part));
        frame(0x01, &part).into_iter().chain(rest).collect()
    };
    let cases: Vec<(&str, Vec<u8>, u16)> = vec![
        ("binary", frame(0x82, b"x"), 1003),
        ("no UTF-8", frame(0x81, &[0xFF]), 1007),
        // The header alone: what it announces is not waited for.
        ("a byte too many", header(65_537), 1009),
        ("10 MB", header(10_000_000), 1009),
        ("endless", header(u64::MAX >> 1), 1009),
        ("endless empty fragments", fragments(1_025, 0), 1009),
        ("endless fragments", fragments(3, 30_000), 1009),
    ];
    for (name, bytes, code) in cases {
        let mut line = Raw::open(server.address, "/ws");
        line.bytes(&bytes);
        assert_eq!(line.read(), Frame::Close(Some(code)), "{name}");
        assert_eq!(line.read(), Frame::End, "{name}");
    }
    unharmed(witness).await;
}

#[tokio::test]
async fn ten_megabytes_in_one_frame_harm_nobody() {
    let server = TestServer::start();
    let witness = bystander(&server).await;
    let mut client = Client::connect(&server.ws()).await;
    // It may meet the server's end while it is still being sent.
    let _ = client.try_send(Message::text("x".repeat(10_000_000))).await;
    let closed = client.closed().await;
    assert!(matches!(closed, 1009 | 1006), "{closed}");
    unharmed(witness).await;
}

#[tokio::test]
async fn who_never_joins_is_sent_away() {
    let mut config = in_memory();
    config.limits.join_timeout = Duration::from_millis(100);
    let server = TestServer::with(config);
    let witness = bystander(&server).await;
    let mut client = Client::connect(&server.ws()).await;
    client.send(json!({ "type": "typing" })).await;
    assert_eq!(client.closed().await, 4103);
    unharmed(witness).await;
}

#[tokio::test]
async fn a_foreign_origin_is_refused_before_the_upgrade() {
    let server = TestServer::start();
    let cases: [(&[(&str, &str)], u16); 9] = [
        (&[("Origin", "https://evil.example")], 403),
        (&[("Sec-WebSocket-Protocol", "graphql-ws")], 400),
        (&[("Sec-WebSocket-Version", "8")], 426),
        (&[("Sec-WebSocket-Key", "short")], 400),
        (&[("Upgrade", "h2c")], 426),
        (&[("Upgrade", "websocket, h2c")], 426),
        (&[("Transfer-Encoding", "chunked")], 426),
        (&[("Connection", "close")], 426),
        (&[("Sec-WebSocket-Protocol", "chat, realtid.v1")], 101),
    ];
    for (headers, status) in cases {
        assert_eq!(
            crate::raw::handshake(server.address, "/ws", headers).0,
            status,
            "{headers:?}"
        );
    }
    let second = &[(
        "Sec-WebSocket-Protocol",
        "chat\r\nSec-WebSocket-Protocol: realtid.v1",
    )];
    let (status, head) = crate::raw::handshake(server.address, "/ws", second);
    assert_eq!(status, 101);
    assert!(
        head.to_lowercase()
            .contains("sec-websocket-protocol: realtid.v1"),
        "{head}"
    );
    assert_eq!(
        crate::raw::handshake(server.address, "/elsewhere", &[]).0,
        404
    );
    let own = format!("http://{}", server.address);
    assert_eq!(
        crate::raw::handshake(server.address, "/ws", &[("Origin", &own)]).0,
        101
    );
    let (_, body) =
        crate::raw::handshake(server.address, "/ws", &[("Origin", "https://evil.example")]);
    assert!(body.contains("--allow-origin"), "{body}");
}

#[tokio::test]
async fn any_value_of_any_field_is_survived() {
    let server = patient();
    let (mut client, _) = Client::join(&server.ws(), "Åsa").await;
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("x".repeat(30_000)),
        json!([]),
        json!({}),
        json!({ "epoch": "e", "seq": u64::MAX }),
    ];
    let fields = [
        "nick", "room", "token", "after", "id", "text", "before", "limit",
    ];
    let mut sent = 0;
    for kind in ["join", "say", "page", "nick"] {
        for field in fields {
            for value in &values {
                let mut message = json!({ "type": kind, "nick": "Åsa", "id": crate::client::id(sent), "text": "x" });
                message[field] = Value::clone(value);
                client.send(message).await;
                sent += 1;
            }
        }
    }
    client.say(100_000, "kvar").await;
    while said(&client.entry().await).1 != "kvar" {}
}

#[tokio::test]
async fn who_sends_nothing_but_malformed_messages_is_sent_away() {
    let server = TestServer::start();
    let witness = bystander(&server).await;
    let mut client = Client::connect(&server.ws()).await;
    for _ in 0..9 {
        client.send_text("hej".to_owned()).await;
        client.refused_with(Malformed).await;
    }
    // What a newer client tries, and what its user mistypes, is no fault.
    for (text, code) in [
        (r#"{"type":"dance"}"#, UnknownType),
        (r#"{"type":"join","nick":""}"#, InvalidNick),
        (
            r#"{"type":"join","nick":"Bo","room":"../etc"}"#,
            InvalidRoom,
        ),
        (r#"{"type":"typing"}"#, NotJoined),
    ] {
        for _ in 0..20 {
            client.send_text(text.to_owned()).await;
            client.refused_with(code).await;
        }
    }
    client.send(json!({ "type": "join", "nick": "Bo" })).await;
    client.welcome().await;
    for (text, code) in [(say(""), EmptyText), (say("\u{0}"), InvalidText)] {
        for _ in 0..20 {
            client.send_text(text.clone()).await;
            client.refused_with(code).await;
        }
    }
    client.send_text("{".to_owned()).await;
    client.refused_with(Malformed).await;
    assert_eq!(client.closed().await, 4104);
    unharmed(witness).await;
}
