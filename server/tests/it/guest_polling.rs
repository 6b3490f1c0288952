//! Clients of socket.io that poll.

use std::time::Duration;

use serde_json::Value;
use shared::ServerMessage;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Client, LIMIT};
use crate::server::TestServer;

/// Asks by plain HTTP on a connection of its own; tells the body.
async fn http(server: &TestServer, method: &str, query: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = format!(
        "{method} /socket.io/?EIO=4&transport=polling{query} HTTP/1.1\r\nHost: x\r\n\
         Connection: close\r\nContent-Type: text/plain;charset=UTF-8\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(LIMIT, read).await.unwrap().unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[tokio::test]
async fn who_polls_is_a_guest_like_any_other() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let open = http(&server, "GET", "", "").await;
    let open: Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
    let sid = format!("&sid={}", open["sid"].as_str().unwrap());
    assert_eq!(http(&server, "POST", &sid, "40").await, "ok");
    assert!(http(&server, "GET", &sid, "").await.starts_with("40{"));
    assert_eq!(
        http(&server, "POST", &sid, "42[\"add user\",\"Bo\"]").await,
        "ok"
    );
    let mut polled = String::new();
    while !polled.contains("login") {
        polled += &http(&server, "GET", &sid, "").await;
    }
    asa.say(1, "hej").await;
    while !polled.contains(r#"42["new message",{"#) {
        polled += &http(&server, "GET", &sid, "").await;
    }
    assert_eq!(http(&server, "POST", &sid, "41").await, "ok");
    asa.find(|m| match m {
        ServerMessage::Presence(p) => (!p.left.is_empty()).then_some(()),
        _ => None,
    })
    .await;
}

#[tokio::test]
async fn what_one_guest_left_unheard_keeps_no_other_on_the_connection_from_being_heard() {
    let server = TestServer::start();
    let open = http(&server, "GET", "", "").await;
    let open: Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
    let sid = format!("&sid={}", open["sid"].as_str().unwrap());
    assert_eq!(http(&server, "POST", &sid, "40").await, "ok");
    assert!(http(&server, "GET", &sid, "").await.starts_with("40{"));
    // More than is heard before the first of it is stored, and the next guest behind it.
    let mut packets = vec!["42[\"chat message\",\"hej\"]"; 40];
    packets.extend(["41", "40"]);
    let packets = packets.join("\u{1e}");
    assert_eq!(http(&server, "POST", &sid, &packets).await, "ok");
    let mut polled = String::new();
    while !polled.contains("40{") {
        polled += &http(&server, "GET", &sid, "").await;
    }
    assert_eq!(http(&server, "POST", &sid, "421[\"ping\"]").await, "ok");
    while !polled.contains("431[") {
        polled += &http(&server, "GET", &sid, "").await;
    }
}

#[tokio::test]
async fn a_poll_that_is_given_up_ends_the_session() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let open = http(&server, "GET", "", "").await;
    let open: Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
    let sid = open["sid"].as_str().unwrap();
    let query = format!("&sid={sid}");
    http(&server, "POST", &query, "40{\"nick\":\"Bo\"}").await;
    let mut polled = String::new();
    while !polled.contains("40{") {
        polled += &http(&server, "GET", &query, "").await;
    }
    let mut hanging = TcpStream::connect(server.address).await.unwrap();
    let poll =
        format!("GET /socket.io/?EIO=4&transport=polling{query} HTTP/1.1\r\nHost: x\r\n\r\n");
    hanging.write_all(poll.as_bytes()).await.unwrap();
    drop(hanging);
    // Long before any ping is missed.
    let left = asa.find(|m| match m {
        ServerMessage::Presence(p) => p.left.first().cloned(),
        _ => None,
    });
    let left = tokio::time::timeout(Duration::from_secs(15), left).await;
    assert_eq!(left.expect("nobody noticed").nick.as_str(), "Bo");
}
