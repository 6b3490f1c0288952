//! HTTP long-polling.

use std::net::Shutdown;

use socketio::engine::{Closed, Message};

use crate::http::{Client, Http};
use crate::server::{Event, Running, calm, posting, waiting};

const BAD_REQUEST: &str = r#"{"code":3,"message":"Bad request"}"#;

#[actix_web::test]
async fn messages_go_both_ways() {
    let mut running = Running::mounted(calm());
    let mut client = Client::open(&running, "&echo").await;
    let posted = client.post("4hello\u{1e}bAQID\u{1e}4").await;
    posted.is(200, "ok");
    assert_eq!(posted.header("content-type"), Some("text/html"));
    let answer = client.poll().await;
    answer.is(200, "4hello\u{1e}bAQID\u{1e}4");
    assert_eq!(
        answer.header("content-type"),
        Some("text/plain; charset=UTF-8")
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    running.opened().await;
    assert_eq!(running.text().await, "hello");
    match running.event().await {
        Event::Message(Message::Binary(data)) => assert_eq!(&data[..], [1, 2, 3]),
        event => panic!("{event:?}"),
    }
    assert_eq!(running.text().await, "");
}

#[actix_web::test]
async fn a_poll_waits_until_there_is_something() {
    let mut running = Running::mounted(calm());
    let mut client = Client::open(&running, "").await;
    let line = running.opened().await;
    client.begin_poll().await;
    waiting(&line).await;
    line.send(Message::Text("late".into()));
    client.polls.response().await.is(200, "4late");
}

#[actix_web::test]
async fn a_second_poll_ends_the_session() {
    let mut running = Running::mounted(calm());
    let mut client = Client::open(&running, "").await;
    let line = running.opened().await;
    client.begin_poll().await;
    waiting(&line).await;
    let mut other = Http::connect(running.address).await;
    other.get(&client.query).await.is(400, BAD_REQUEST);
    client.polls.response().await.is(200, "1");
    assert_eq!(running.closed().await, Closed::Transport);
    running.is_empty().await;
    client
        .poll()
        .await
        .is(400, r#"{"code":1,"message":"Session ID unknown"}"#);
}

#[actix_web::test]
async fn a_second_post_ends_the_session() {
    let mut running = Running::mounted(calm());
    let mut client = Client::open(&running, "").await;
    let line = running.opened().await;
    client.posts.begin_post(&client.query, 3, b"4").await;
    posting(&line).await;
    let mut other = Http::connect(running.address).await;
    other.post(&client.query, "4b").await.is(400, BAD_REQUEST);
    assert_eq!(running.closed().await, Closed::Transport);
    running.is_empty().await;
}

#[actix_web::test]
async fn a_client_that_closes_has_its_poll_answered_by_a_noop() {
    let mut running = Running::mounted(calm());
    let mut client = Client::open(&running, "").await;
    let line = running.opened().await;
    client.begin_poll().await;
    waiting(&line).await;
    client.post("4last\u{1e}1\u{1e}4never").await.is(200, "ok");
    client.polls.response().await.is(200, "6");
    assert_eq!(running.text().await, "last");
    assert_eq!(running.closed().await, Closed::ByClient);
    running.is_empty().await;
}

#[actix_web::test]
async fn a_session_that_the_application_closes_sends_what_was_queued_and_a_close_packet() {
    let mut running = Running::mounted(calm());
    let mut client = Client::open(&running, "").await;
    let line = running.opened().await;
    line.send(Message::Text("bye".into()));
    line.close();
    line.send(Message::Text("never".into()));
    assert_eq!(running.closed().await, Closed::ByServer);
    client.poll().await.is(200, "4bye\u{1e}1");
    running.is_empty().await;
}

#[actix_web::test]
async fn a_waiting_poll_is_told_that_the_application_closes() {
    let mut running = Running::mounted(calm());
    let mut client = Client::open(&running, "").await;
    let line = running.opened().await;
    client.begin_poll().await;
    waiting(&line).await;
    line.close();
    client.polls.response().await.is(200, "1");
    assert_eq!(running.closed().await, Closed::ByServer);
    running.is_empty().await;
}

#[actix_web::test]
async fn a_poll_that_is_given_up_ends_the_session() {
    for half in [false, true] {
        let mut running = Running::mounted(calm());
        let mut client = Client::open(&running, "").await;
        let line = running.opened().await;
        client.begin_poll().await;
        waiting(&line).await;
        let io = client.polls.io.into_std().unwrap();
        if half {
            io.shutdown(Shutdown::Write).unwrap();
            assert_eq!(running.closed().await, Closed::Transport);
        } else {
            drop(io);
            assert_eq!(running.closed().await, Closed::Transport);
        }
        running.is_empty().await;
    }
}

#[actix_web::test]
async fn a_post_that_is_given_up_ends_the_session() {
    let mut running = Running::mounted(calm());
    let client = Client::open(&running, "").await;
    let line = running.opened().await;
    let mut cut = Http::connect(running.address).await;
    cut.begin_post(&client.query, 100, b"4half").await;
    posting(&line).await;
    drop(cut);
    assert_eq!(running.closed().await, Closed::Transport);
    running.is_empty().await;
}

#[actix_web::test]
async fn what_cannot_be_read_ends_the_session() {
    let not_utf8 = [b'4', 0xff, 0xfe];
    for (body, headers) in [
        (&b""[..], ""),
        (b"abc", ""),
        (b"4fine\x1e", ""),
        (b"4fine\x1e9", ""),
        (b"bAQI*", ""),
        (b"bA", ""),
        (&not_utf8, ""),
        ("é".as_bytes(), ""),
        (b"4fine", "Content-Type: application/octet-stream\r\n"),
    ] {
        let mut running = Running::mounted(calm());
        let mut client = Client::open(&running, "").await;
        let line = running.opened().await;
        client.begin_poll().await;
        waiting(&line).await;
        client
            .posts
            .send("POST", &client.query, headers, body)
            .await;
        client.posts.response().await.is(400, BAD_REQUEST);
        client.polls.response().await.is(200, "1");
        assert_eq!(running.closed().await, Closed::Parse, "{body:?}");
        running.is_empty().await;
    }
}

#[actix_web::test]
async fn a_ping_by_the_client_ends_the_session() {
    let mut running = Running::mounted(calm());
    let mut client = Client::open(&running, "").await;
    running.opened().await;
    client.post("4a\u{1e}2\u{1e}4b").await;
    assert_eq!(running.text().await, "a");
    assert_eq!(running.closed().await, Closed::Parse);
    running.is_empty().await;
}

#[actix_web::test]
async fn packets_without_a_meaning_are_let_pass() {
    let mut running = Running::mounted(calm());
    let mut client = Client::open(&running, "").await;
    running.opened().await;
    client
        .post("6\u{1e}5\u{1e}0{}\u{1e}3\u{1e}4a")
        .await
        .is(200, "ok");
    assert_eq!(running.text().await, "a");
    assert_eq!(running.server.sessions(), 1);
}

#[actix_web::test]
async fn drained_is_told_when_the_client_polls_again() {
    let mut running = Running::mounted(calm());
    let mut client = Client::open(&running, "").await;
    let line = running.opened().await;
    line.tell_drained();
    assert!(matches!(running.event().await, Event::Drained));
    line.send(Message::Text("a".into()));
    assert_ne!(line.queued(), 0);
    line.tell_drained();
    client.poll().await.is(200, "4a");
    assert_eq!(line.queued(), 0);
    client.post("4b").await;
    // Had it been told before, it would come before.
    assert_eq!(running.text().await, "b");
    client.begin_poll().await;
    assert!(matches!(running.event().await, Event::Drained));
}
