//! Pings, and sessions whose client is not there any more.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use socketio::engine::{Closed, Config, Message};
use tokio::io::AsyncWriteExt as _;

use crate::http::{Client, Http, websocket};
use crate::server::{Event, Running, hasty};
use crate::websocket::{HOSTINGS, closed, next_text, send};

/// Frequent pings, and time to answer them on a busy machine.
fn patient() -> Config {
    Config {
        ping_timeout: Duration::from_secs(10),
        ..hasty()
    }
}

#[actix_web::test]
async fn the_first_ping_comes_after_an_interval_and_each_next_one_after_the_pong() {
    let config = patient();
    let interval = config.ping_interval;
    let mut running = Running::mounted(config);
    let started = Instant::now();
    let mut client = Client::open(&running, "").await;
    for pings in 1..=4 {
        client.poll().await.is(200, "2");
        assert!(
            started.elapsed() >= interval * pings,
            "ping {pings} too early"
        );
        client.post("3").await.is(200, "ok");
    }
    running.opened().await;
    assert_eq!(running.server.sessions(), 1);
}

#[actix_web::test]
async fn a_websocket_is_pinged_likewise() {
    for hosting in HOSTINGS {
        let config = patient();
        let interval = config.ping_interval;
        let mut running = Running::start(hosting, config);
        let started = Instant::now();
        let mut socket = websocket(&running, "").await.unwrap();
        next_text(&mut socket).await;
        for pings in 1..=4 {
            assert_eq!(next_text(&mut socket).await, "2");
            assert!(
                started.elapsed() >= interval * pings,
                "ping {pings} too early"
            );
            send(&mut socket, "3").await;
        }
        running.opened().await;
        assert_eq!(running.server.sessions(), 1);
    }
}

#[actix_web::test]
async fn a_ping_without_a_pong_ends_the_session() {
    for hosting in HOSTINGS {
        let config = hasty();
        let least = config.ping_interval + config.ping_timeout;
        let mut running = Running::start(hosting, config);
        let started = Instant::now();
        let mut socket = websocket(&running, "").await.unwrap();
        running.opened().await;
        assert_eq!(running.closed().await, Closed::PingTimeout);
        assert!(started.elapsed() >= least);
        closed(&mut socket).await;
        running.is_empty().await;

        let mut client = Client::open(&running, "").await;
        running.opened().await;
        client.poll().await.is(200, "2");
        client.poll().await.is(200, "1");
        assert_eq!(running.closed().await, Closed::PingTimeout);
        running.is_empty().await;
    }
}

#[actix_web::test]
async fn a_websocket_that_takes_nothing_ends_by_its_pings() {
    for hosting in HOSTINGS {
        let mut running = Running::start(hosting, hasty());
        let _hangs = websocket(&running, "").await.unwrap();
        let line = running.opened().await;
        // More than the kernel's buffers, and as one item: so the write hangs, and the queue is not full.
        line.send(Message::Binary(vec![0; 32 << 20].into()));
        assert_eq!(running.closed().await, Closed::PingTimeout);
        running.is_empty().await;
    }
}

#[actix_web::test]
async fn a_post_that_never_comes_to_its_end_ends_with_its_session() {
    let mut running = Running::mounted(hasty());
    let mut client = Client::open(&running, "").await;
    running.opened().await;
    client.posts.begin_post(&client.query, 100, b"4half").await;
    assert_eq!(running.closed().await, Closed::PingTimeout);
    let unknown = r#"{"code":1,"message":"Session ID unknown"}"#;
    client.posts.response().await.is(400, unknown);
    running.is_empty().await;
}

#[actix_web::test]
async fn half_open_sessions_are_gone_after_their_deadline() {
    const EACH: usize = 334;
    // Both ends of each connection are this process's.
    rlimit::increase_nofile_limit(8_192).unwrap();
    let config = Config {
        ping_interval: Duration::from_secs(2),
        ping_timeout: Duration::from_secs(1),
        ..hasty()
    };
    let mut running = Running::mounted(config);
    let polling = join_all((0..EACH).map(|_| Client::open(&running, ""))).await;
    let upgrading = join_all((0..EACH).map(async |_| {
        let client = Client::open(&running, "").await;
        let mut socket = websocket(&running, &format!("&sid={}", client.sid))
            .await
            .unwrap();
        send(&mut socket, "2probe").await;
        (client, socket)
    }));
    let sockets = join_all((0..EACH).map(|_| websocket(&running, "")));
    let heads = join_all((0..EACH).map(async |_| {
        let mut http = Http::connect(running.address).await;
        let half = "GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nUpgrade: websocket\r\n";
        http.io.write_all(half.as_bytes()).await.unwrap();
        http
    }));
    let (upgrading, sockets, heads) = tokio::join!(upgrading, sockets, heads);
    let (mut opened, mut ended) = (0, 0);
    while ended < 3 * EACH {
        match running.event().await {
            Event::Opened(_) => opened += 1,
            Event::Closed(reason) => {
                assert_eq!(reason, Closed::PingTimeout);
                ended += 1;
            }
            event => panic!("{event:?}"),
        }
    }
    assert_eq!(opened, 3 * EACH);
    running.is_empty().await;
    drop((polling, upgrading, sockets, heads));
}
