//! What is too much, and what it leads to.

use futures_util::future::join_all;
use socketio::engine::{Closed, Config, Message};

use crate::http::{Client, Http, websocket};
use crate::server::{Running, calm, waiting};
use crate::websocket::{HOSTINGS, closed, next_text, send};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

fn small() -> Config {
    Config {
        max_payload: 100,
        max_packets: 3,
        ..calm()
    }
}

#[actix_web::test]
async fn a_body_of_as_much_as_may_be_is_taken_and_no_more() {
    let mut running = Running::mounted(small());
    let mut client = Client::open(&running, "").await;
    running.opened().await;
    let most = "a".repeat(99);
    client.post(format!("4{most}")).await.is(200, "ok");
    assert_eq!(running.text().await, most);
    let refused = client.post(format!("4a{most}")).await;
    refused.is(413, r#"{"code":3,"message":"Payload too large"}"#);
    // Nothing of it was taken, and the session goes on, as with Node.
    let mut posts = Http::connect(running.address).await;
    posts.post(&client.query, "4b").await.is(200, "ok");
    assert_eq!(running.text().await, "b");
}

/// More than any buffer holds, so that the answer comes while the client still writes.
#[actix_web::test]
async fn a_body_that_is_far_too_large_is_refused() {
    use tokio::io::AsyncWriteExt as _;

    let mut running = Running::mounted(small());
    let mut client = Client::open(&running, "").await;
    running.opened().await;
    let length = 32 << 20;
    client.posts.begin_post(&client.query, length, b"").await;
    let (read, mut write) = client.posts.io.split();
    let writing = async {
        // Fails where the server has hung up.
        let _ = write.write_all(&vec![b'4'; length]).await;
    };
    let reading = async {
        let mut status = [0; 12];
        let mut read = read;
        tokio::io::AsyncReadExt::read_exact(&mut read, &mut status)
            .await
            .unwrap();
        assert_eq!(&status[9..], b"413");
    };
    tokio::join!(writing, reading);
}

#[actix_web::test]
async fn a_body_in_chunks_is_counted_as_it_comes() {
    let mut running = Running::mounted(small());
    let mut client = Client::open(&running, "").await;
    running.opened().await;
    let head = format!(
        "POST /engine.io/?{} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
        client.query
    );
    let chunk = format!("3c\r\n{}\r\n", "4".repeat(60));
    use tokio::io::AsyncWriteExt as _;
    client.posts.io.write_all(head.as_bytes()).await.unwrap();
    client.posts.io.write_all(chunk.as_bytes()).await.unwrap();
    client.posts.io.write_all(chunk.as_bytes()).await.unwrap();
    assert_eq!(client.posts.response().await.status, 413);
}

#[actix_web::test]
async fn too_many_packets_in_a_post_end_the_session() {
    let mut running = Running::mounted(small());
    let mut client = Client::open(&running, "").await;
    running.opened().await;
    client.post("41\u{1e}42\u{1e}43").await.is(200, "ok");
    for text in ["1", "2", "3"] {
        assert_eq!(running.text().await, text);
    }
    let refused = client.post("41\u{1e}42\u{1e}43\u{1e}44").await;
    refused.is(400, r#"{"code":3,"message":"Bad request"}"#);
    assert_eq!(running.closed().await, Closed::Parse);
    running.is_empty().await;
}

#[actix_web::test]
async fn a_frame_of_as_much_as_may_be_is_taken_and_no_more() {
    for hosting in HOSTINGS {
        let mut running = Running::start(hosting, small());
        let mut socket = websocket(&running, "").await.unwrap();
        next_text(&mut socket).await;
        running.opened().await;
        let most = "a".repeat(99);
        send(&mut socket, &format!("4{most}")).await;
        assert_eq!(running.text().await, most);
        send(&mut socket, &format!("4a{most}")).await;
        assert_eq!(closed(&mut socket).await, Some(CloseCode::Size));
        assert_eq!(running.closed().await, Closed::Parse);
        running.is_empty().await;
    }
}

#[actix_web::test]
async fn polls_are_answered_in_pieces() {
    let mut running = Running::mounted(small());
    let mut client = Client::open(&running, "").await;
    let line = running.opened().await;
    for letter in ["a", "b", "c"] {
        line.send(Message::Text(letter.repeat(40).into()));
    }
    line.send(Message::Text("d".repeat(500).into()));
    line.send(Message::Text("e".into()));
    let (a, b) = ("a".repeat(40), "b".repeat(40));
    client.poll().await.is(200, &format!("4{a}\u{1e}4{b}"));
    client.poll().await.is(200, &format!("4{}", "c".repeat(40)));
    // Larger than an answer may be: alone, since it would never go otherwise.
    client
        .poll()
        .await
        .is(200, &format!("4{}", "d".repeat(500)));
    client.poll().await.is(200, "4e");
}

#[actix_web::test]
async fn who_has_too_much_queued_is_too_slow() {
    let config = Config {
        max_queued: 1_000,
        ..calm()
    };
    let mut running = Running::mounted(config);
    let mut client = Client::open(&running, "").await;
    let line = running.opened().await;
    // Larger than the bound, but the first.
    line.send(Message::Text("a".repeat(5_000).into()));
    assert!(line.is_open());
    client.poll().await;
    line.send(Message::Text("a".repeat(500).into()));
    assert!(line.is_open());
    line.send(Message::Text("a".repeat(500).into()));
    assert!(!line.is_open());
    assert_eq!(line.queued(), 0);
    assert_eq!(running.closed().await, Closed::TooSlow);
    running.is_empty().await;
}

#[actix_web::test]
async fn empty_messages_are_not_for_nothing() {
    let config = Config {
        max_queued: 10_000,
        ..calm()
    };
    let mut running = Running::mounted(config);
    let _client = Client::open(&running, "").await;
    let line = running.opened().await;
    for _ in 0..1_000 {
        line.send(Message::Text("".into()));
    }
    assert_eq!(running.closed().await, Closed::TooSlow);
}

#[actix_web::test]
async fn several_messages_go_or_do_not_go_together() {
    let mut running = Running::mounted(calm());
    let mut client = Client::open(&running, "").await;
    let line = running.opened().await;
    client.begin_poll().await;
    waiting(&line).await;
    let texts = ["a", "b", "c"].map(|text| Message::Text(text.into()));
    line.send_all(texts.to_vec());
    client.polls.response().await.is(200, "4a\u{1e}4b\u{1e}4c");
}

#[actix_web::test]
async fn there_are_no_more_sessions_than_may_be() {
    for hosting in HOSTINGS {
        let config = Config {
            max_sessions: 5,
            ..calm()
        };
        let mut running = Running::start(hosting, config);
        let mut clients = join_all((0..5).map(|_| Client::open(&running, ""))).await;
        let mut http = Http::connect(running.address).await;
        let refused = http.get("EIO=4&transport=polling").await;
        refused.is(503, r#"{"code":4,"message":"Too many sessions"}"#);
        assert_eq!(refused.header("retry-after"), Some("5"));
        assert_eq!(websocket(&running, "").await.unwrap_err(), 503);
        clients[0].post("1").await.is(200, "ok");
        for _ in 0..5 {
            running.opened().await;
        }
        assert_eq!(running.closed().await, Closed::ByClient);
        crate::server::until(|| running.server.sessions() == 4).await;
        assert!(websocket(&running, "").await.is_ok());
    }
}
