//! Pings to the second, by a clock that stands still while anything is to be done.

use std::cell::RefCell;
use std::rc::Rc;

use tokio::time::{Instant, sleep};

use super::*;
use crate::engine::Message;
use crate::engine::registry::Registry;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Clone, Default)]
struct Told(Rc<RefCell<Vec<Closed>>>);

impl Session for Told {
    fn message(&mut self, _message: Message, _line: &Line) {}

    fn closed(&mut self, reason: Closed) {
        self.0.borrow_mut().push(reason);
    }
}

fn begun(told: &Told) -> Entry {
    tokio::time::pause();
    let config = Config {
        ping_interval: 10 * SECOND,
        ping_timeout: 5 * SECOND,
        max_payload: 1_000,
        max_packets: 10,
        max_queued: 100,
        max_sessions: 1,
    };
    let slot = Registry::new(1).reserve().unwrap();
    begin(told.clone(), slot, Carrier::Polling, &config).entry
}

async fn receive(entry: &Entry, packet: Packet) {
    entry.session.send(Received(vec![packet])).await.unwrap();
}

/// Lets what is due at this moment happen.
async fn settle() {
    sleep(Duration::from_millis(10)).await;
}

async fn poll(entry: &Entry) -> String {
    entry.line.poll().unwrap().answer(1_000).await.to_string()
}

#[actix_web::test]
async fn pings_come_an_interval_after_the_start_and_after_each_pong() {
    let told = Told::default();
    let entry = begun(&told);
    let started = Instant::now();
    assert_eq!(poll(&entry).await, "2");
    assert_eq!(started.elapsed().as_secs(), 10);
    sleep(4 * SECOND).await;
    receive(&entry, Packet::Pong("".into())).await;
    assert_eq!(poll(&entry).await, "2");
    assert_eq!(started.elapsed().as_secs(), 24);
}

#[actix_web::test]
async fn one_packet_that_is_no_pong_puts_the_timeout_off() {
    let told = Told::default();
    let entry = begun(&told);
    let started = Instant::now();
    // What comes before the ping counts for nothing.
    receive(&entry, Packet::Noop).await;
    assert_eq!(poll(&entry).await, "2");
    for _ in 0..2 {
        sleep(3 * SECOND).await;
        receive(&entry, Packet::Noop).await;
    }
    assert_eq!(entry.line.ended().await, Closed::PingTimeout);
    assert_eq!(started.elapsed().as_secs(), 18);
    settle().await;
    assert_eq!(*told.0.borrow(), [Closed::PingTimeout]);
}

#[actix_web::test]
async fn nobody_is_gone_whose_pong_was_not_read() {
    let told = Told::default();
    let entry = begun(&told);
    entry.line.pause();
    assert_eq!(poll(&entry).await, "2");
    sleep(100 * SECOND).await;
    assert!(entry.line.is_open());
    // From here on there is as long as after a ping, at least.
    entry.line.resume();
    sleep(4 * SECOND).await;
    assert!(entry.line.is_open());
    receive(&entry, Packet::Pong("".into())).await;
    let started = Instant::now();
    assert_eq!(poll(&entry).await, "2");
    assert_eq!(started.elapsed().as_secs(), 10);
    assert_eq!(entry.line.ended().await, Closed::PingTimeout);
    assert_eq!(started.elapsed().as_secs(), 15);
}

#[actix_web::test]
async fn the_end_is_told_once_whatever_comes_together() {
    let told = Told::default();
    let entry = begun(&told);
    entry.line.close();
    entry.line.end(Closed::Transport);
    entry.line.end(Closed::Parse);
    settle().await;
    assert_eq!(*told.0.borrow(), [Closed::ByServer]);
}

#[actix_web::test]
async fn a_closed_session_waits_for_its_client_so_long_and_no_longer() {
    let told = Told::default();
    let entry = begun(&told);
    entry.line.close();
    let started = Instant::now();
    settle().await;
    assert_eq!(*told.0.borrow(), [Closed::ByServer]);
    assert!(entry.session.connected());
    entry.line.ended().await;
    assert_eq!(started.elapsed().as_secs(), LINGER.as_secs());
    settle().await;
    assert!(!entry.session.connected());
}

#[actix_web::test]
async fn a_ping_is_never_too_much() {
    let told = Told::default();
    let entry = begun(&told);
    entry.line.send(Message::Text("a".repeat(1_000).into()));
    sleep(11 * SECOND).await;
    assert!(entry.line.is_open());
    assert_eq!(poll(&entry).await.len(), 1_001);
    assert_eq!(poll(&entry).await, "2");
}

#[actix_web::test]
async fn pongs_that_nobody_asked_for_change_nothing() {
    let told = Told::default();
    let entry = begun(&told);
    let started = Instant::now();
    sleep(9 * SECOND).await;
    receive(&entry, Packet::Pong("".into())).await;
    assert_eq!(poll(&entry).await, "2");
    assert_eq!(started.elapsed().as_secs(), 10);
}

#[actix_web::test]
async fn pings_that_nobody_fetches_do_not_pile_up() {
    let told = Told::default();
    let entry = begun(&told);
    for _ in 0..10 {
        sleep(11 * SECOND).await;
        receive(&entry, Packet::Pong("".into())).await;
    }
    assert!(entry.line.is_open());
    assert_eq!(poll(&entry).await, "2");
}
