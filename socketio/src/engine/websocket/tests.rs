//! What takes too long for a test with real time.

use actix_web::rt;
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message as Frame;

use super::*;
use crate::engine::registry::Registry;
use crate::engine::{Message, session};

const HOUR: Duration = Duration::from_secs(3_600);

pub(super) struct Silent;

impl Session for Silent {
    fn message(&mut self, _message: Message, _line: &Line) {}
}

pub(super) fn config() -> Config {
    Config {
        ping_interval: HOUR,
        ping_timeout: HOUR,
        max_payload: 1_000,
        max_packets: 10,
        max_queued: 10_000,
        max_sessions: 1,
    }
}

#[actix_web::test]
async fn an_upgrade_that_is_not_completed_is_given_up_and_the_session_is_not() {
    tokio::time::pause();
    for probes in [false, true] {
        let registry = Registry::new(1);
        let slot = registry.reserve().unwrap();
        let begun = session::begin(Silent, slot, Carrier::Polling, &config());
        let line = begun.entry.line.clone();
        let (ours, theirs) = tokio::io::duplex(1_000);
        let started = Instant::now();
        let upgrade = Upgrade::<Silent>::join(begun.entry, config());
        let running = rt::spawn(upgrade.run(ours, Vec::new()));
        let mut client = WebSocketStream::from_raw_socket(theirs, Role::Client, None).await;
        if probes {
            client.send(Frame::text("2probe")).await.unwrap();
            assert_eq!(client.next().await.unwrap().unwrap(), Frame::text("3probe"));
        }
        let end = client.next().await.unwrap().unwrap();
        assert!(matches!(end, Frame::Close(_)), "{end:?}");
        assert!(started.elapsed() >= UPGRADE_TIMEOUT);
        drop(client);
        running.await.unwrap();
        assert!(line.is_open());
        assert!(line.probe().is_some(), "it may try again");
    }
}

#[actix_web::test]
async fn who_does_not_close_is_cut_off() {
    tokio::time::pause();
    let registry = Registry::new(1);
    let slot = registry.reserve().unwrap();
    let (ours, theirs) = tokio::io::duplex(1_000);
    let running = rt::spawn(Upgrade::begin(Silent, slot, config()).run(ours, Vec::new()));
    let mut client = WebSocketStream::from_raw_socket(theirs, Role::Client, None).await;
    client.next().await.unwrap().unwrap();
    let started = Instant::now();
    registry.close();
    running.await.unwrap();
    assert!(started.elapsed() >= LAST_WORDS);
    assert!(started.elapsed() < HOUR);
}

/// Keeps what it gets.
struct Keeper(UnboundedSender<Bytes>);

impl Session for Keeper {
    fn message(&mut self, message: Message, _line: &Line) {
        if let Message::Binary(data) = message {
            let _ = self.0.send(data);
        }
    }
}

#[actix_web::test]
async fn a_small_message_holds_nothing_of_what_came_with_it() {
    const LARGE: usize = 100_000;
    let registry = Registry::new(1);
    let slot = registry.reserve().unwrap();
    let (kept, mut keeps) = unbounded_channel();
    let (ours, theirs) = tokio::io::duplex(2 * LARGE);
    let config = Config {
        max_payload: LARGE,
        ..config()
    };
    let running = rt::spawn(Upgrade::begin(Keeper(kept), slot, config).run(ours, Vec::new()));
    let mut client = WebSocketStream::from_raw_socket(theirs, Role::Client, None).await;
    client.next().await.unwrap().unwrap();
    client.feed(Frame::text("6".repeat(LARGE))).await.unwrap();
    client.send(Frame::binary(vec![1])).await.unwrap();
    let data = keeps.recv().await.unwrap();
    client.close(None).await.unwrap();
    while client.next().await.is_some() {}
    running.await.unwrap();
    let mut data = data.try_into_mut().unwrap();
    assert!(!data.try_reclaim(LARGE / 2));
}
