//! A session that reads nothing for a while.

use socketio::engine::Closed;

use crate::http::{Client, Http, websocket};
use crate::server::{Running, calm, posting};
use crate::websocket::{HOSTINGS, next_text, send};

#[actix_web::test]
async fn a_post_is_answered_when_the_session_reads_on() {
    let mut running = Running::mounted(calm());
    let mut client = Client::open(&running, "").await;
    let line = running.opened().await;
    line.pause();
    client.posts.send("POST", &client.query, "", b"4a").await;
    // What was read in one go comes.
    assert_eq!(running.text().await, "a");
    posting(&line).await;
    // The client may still be sent to, and polls meanwhile.
    line.send(socketio::engine::Message::Text("b".into()));
    client.poll().await.is(200, "4b");
    posting(&line).await;
    line.resume();
    client.posts.response().await.is(200, "ok");
}

#[actix_web::test]
async fn a_post_that_waits_is_answered_at_the_end() {
    let mut running = Running::mounted(calm());
    let mut client = Client::open(&running, "").await;
    let line = running.opened().await;
    line.pause();
    client.posts.send("POST", &client.query, "", b"4a").await;
    assert_eq!(running.text().await, "a");
    line.close();
    assert_eq!(running.closed().await, Closed::ByServer);
    let mut polls = Http::connect(running.address).await;
    polls.get(&client.query).await.is(200, "1");
    client.posts.response().await.is(200, "ok");
}

#[actix_web::test]
async fn a_websocket_is_not_read_until_the_session_reads_on() {
    for hosting in HOSTINGS {
        let mut running = Running::start(hosting, calm());
        let mut socket = websocket(&running, "").await.unwrap();
        next_text(&mut socket).await;
        let line = running.opened().await;
        line.pause();
        // The first may have been waited for already, with what came along with it.
        send(&mut socket, "4first").await;
        assert_eq!(running.text().await, "first");
        send(&mut socket, "4second").await;
        line.send(socketio::engine::Message::Text("still sent".into()));
        assert_eq!(next_text(&mut socket).await, "4still sent");
        assert!(running.nothing(), "it was read");
        line.resume();
        assert_eq!(running.text().await, "second");
    }
}
