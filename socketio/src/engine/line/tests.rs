//! Who takes what from a line, and who may.

use std::thread;

use super::*;
use crate::engine::line::carry::Due;

fn text(text: impl Into<ByteString>) -> Message {
    Message::Text(text.into())
}

fn polled() -> Line {
    Line::new(1 << 20, Carrier::Polling)
}

async fn batch(line: &Line) -> Vec<Packet> {
    match line.due(1 << 20).await {
        Due::Packets(packets) => packets,
        due @ Due::Close(_) => panic!("{due:?}"),
    }
}

#[tokio::test]
async fn what_is_queued_between_two_carriers_is_the_second_ones() {
    let line = polled();
    line.send(text("first"));
    let poll = line.poll().unwrap();
    let probing = line.probe().unwrap();
    assert!(probing.take_over());
    assert_eq!(poll.answer(1_000).await, "6");
    line.send(text("second"));
    assert_eq!(
        batch(&line).await,
        [text("first"), text("second")].map(Packet::Message)
    );
}

#[tokio::test]
async fn a_request_given_up_behind_an_upgrade_ends_nothing() {
    let line = polled();
    let (poll, post) = (line.poll().unwrap(), line.post().unwrap());
    assert!(line.probe().unwrap().take_over());
    drop((poll, post));
    assert!(line.is_open());
    assert_eq!(line.poll().unwrap_err(), Busy::Elsewhere);
    assert_eq!(line.post().unwrap_err(), Busy::Elsewhere);
    assert!(line.probe().is_none());
}

#[tokio::test]
async fn a_request_given_up_ends_the_session() {
    let (polled, posted) = (polled(), polled());
    drop(polled.poll().unwrap());
    drop(posted.post().unwrap());
    for line in [polled, posted] {
        assert_eq!(line.ended().await, Closed::Transport);
        assert_eq!(line.poll().unwrap_err(), Busy::Ended);
    }
}

#[tokio::test]
async fn one_websocket_at_a_time_may_want_to_carry() {
    let line = polled();
    let probing = line.probe().unwrap();
    assert!(line.probe().is_none());
    drop(probing);
    assert!(line.probe().is_some());
    line.end(Closed::ByClient);
    assert!(line.probe().is_none());
}

#[tokio::test]
async fn a_poll_is_released_once() {
    let line = polled();
    let probing = line.probe().unwrap();
    // Nobody waits, so the next one is not released for it.
    probing.release_poll();
    let poll = line.poll().unwrap();
    line.send(text("a"));
    assert_eq!(poll.answer(1_000).await, "4a");
    let poll = line.poll().unwrap();
    probing.release_poll();
    assert_eq!(poll.answer(1_000).await, "6");
}

#[tokio::test]
async fn what_the_client_said_before_it_went_is_heard() {
    for (reason, deaf) in [
        (Closed::ByClient, false),
        (Closed::Transport, false),
        (Closed::Parse, false),
        (Closed::ByServer, true),
        (Closed::PingTimeout, true),
        (Closed::TooSlow, true),
    ] {
        let line = polled();
        line.end(reason);
        assert_eq!(line.is_deaf(), deaf, "{reason:?}");
    }
}

#[tokio::test]
async fn batches_are_small_and_whole() {
    let line = Line::new(1 << 20, Carrier::WebSocket);
    for _ in 0..5 {
        line.send(text("a".repeat(39)));
    }
    let mut sizes = Vec::new();
    while line.queued() > 0 {
        match line.due(100).await {
            Due::Packets(packets) => sizes.push(packets.len()),
            Due::Close(_) => break,
        }
    }
    assert_eq!(sizes, [3, 2]);
    line.close();
    assert!(matches!(line.due(100).await, Due::Close(Goodbye::Done)));
}

/// From other threads, with a carrier that sleeps whenever there is nothing: no wake-up gets lost.
#[tokio::test]
async fn several_threads_send_and_each_ones_order_is_kept() {
    const THREADS: usize = 4;
    const EACH: usize = 5_000;
    let line = Line::new(usize::MAX, Carrier::WebSocket);
    let senders: Vec<_> = (0..THREADS)
        .map(|thread| {
            let line = line.clone();
            thread::spawn(move || {
                for number in 0..EACH {
                    line.send(text(format!("{thread} {number}")));
                }
            })
        })
        .collect();
    let mut next = [0; THREADS];
    while next.iter().sum::<usize>() < THREADS * EACH {
        for packet in batch(&line).await {
            let Packet::Message(Message::Text(text)) = packet else {
                panic!("{packet:?}");
            };
            let (thread, number) = text.split_once(' ').unwrap();
            let expected = &mut next[thread.parse::<usize>().unwrap()];
            assert_eq!(number, expected.to_string());
            *expected += 1;
        }
    }
    for sender in senders {
        sender.join().unwrap();
    }
}

#[tokio::test]
async fn who_closes_can_wait_for_the_poll_that_is_under_way() {
    use futures_util::FutureExt as _;

    let line = polled();
    assert!(line.polled().now_or_never().is_none());
    let waits = line.clone();
    let poll = async {
        let poll = line.poll().unwrap();
        poll.answer(1_000).await
    };
    let close = async {
        waits.polled().await;
        waits.end(Closed::ByClient);
    };
    let (answer, ()) = futures_util::future::join(poll, close).await;
    assert_eq!(answer, "6");
    assert!(
        line.polled().now_or_never().is_some(),
        "nobody polls any more"
    );
}
