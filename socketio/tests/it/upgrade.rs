//! From polling to a WebSocket.

use futures_util::{SinkExt as _, StreamExt as _};
use socketio::engine::{Closed, Config, Message};
use tokio_tungstenite::tungstenite::Message as Frame;

use crate::http::{Client, WebSocket, websocket};
use crate::server::{Event, Running, calm, waiting};
use crate::websocket::{HOSTINGS, closed, next_text, send};

async fn probe(running: &Running, client: &Client) -> WebSocket {
    let mut socket = websocket(running, &format!("&sid={}", client.sid))
        .await
        .unwrap();
    send(&mut socket, "2probe").await;
    assert_eq!(next_text(&mut socket).await, "3probe");
    socket
}

#[actix_web::test]
async fn a_waiting_poll_is_released_and_the_websocket_carries_on() {
    for hosting in HOSTINGS {
        let mut running = Running::start(hosting, calm());
        let mut client = Client::open(&running, "&echo").await;
        let line = running.opened().await;
        client.begin_poll().await;
        waiting(&line).await;
        let mut socket = probe(&running, &client).await;
        client.polls.response().await.is(200, "6");
        // Between the transports: it waits for the next.
        line.send(Message::Text("between".into()));
        send(&mut socket, "5").await;
        assert_eq!(next_text(&mut socket).await, "4between");
        send(&mut socket, "4up").await;
        assert_eq!(next_text(&mut socket).await, "4up");
        client
            .poll()
            .await
            .is(400, r#"{"code":3,"message":"Bad request"}"#);
        let mut second = websocket(&running, &format!("&sid={}", client.sid))
            .await
            .unwrap();
        closed(&mut second).await;
        assert_eq!(running.text().await, "up");
        drop(socket);
        assert_eq!(running.closed().await, Closed::Transport);
        running.is_empty().await;
    }
}

#[actix_web::test]
async fn the_session_stays_with_polling_where_an_upgrade_fails() {
    for hosting in HOSTINGS {
        let mut running = Running::start(hosting, calm());
        let mut client = Client::open(&running, "").await;
        let line = running.opened().await;
        let sid = format!("&sid={}", client.sid);

        // By the wrong first packet, by the wrong second one, by going.
        let mut wrong = websocket(&running, &sid).await.unwrap();
        send(&mut wrong, "2prob").await;
        closed(&mut wrong).await;
        let mut wrong = probe(&running, &client).await;
        send(&mut wrong, "4early").await;
        closed(&mut wrong).await;
        drop(probe(&running, &client).await);

        line.send(Message::Text("here".into()));
        client.poll().await.is(200, "4here");
        client.post("4still").await.is(200, "ok");
        assert_eq!(running.text().await, "still");

        // And it may try again; one at a time.
        let mut again = loop {
            let mut again = websocket(&running, &sid).await.unwrap();
            send(&mut again, "2probe").await;
            match again.next().await {
                Some(Ok(Frame::Text(_))) => break again,
                // The one that has gone has not been noticed yet.
                _ => continue,
            }
        };
        let mut second = websocket(&running, &sid).await.unwrap();
        closed(&mut second).await;
        send(&mut again, "5").await;
        line.send(Message::Text("there".into()));
        assert_eq!(next_text(&mut again).await, "4there");
    }
}

#[actix_web::test]
async fn an_upgrade_ends_with_its_session() {
    for hosting in HOSTINGS {
        let mut running = Running::start(hosting, calm());
        let mut client = Client::open(&running, "").await;
        running.opened().await;
        let mut socket = probe(&running, &client).await;
        client.post("1").await.is(200, "ok");
        closed(&mut socket).await;
        assert_eq!(running.closed().await, Closed::ByClient);
        running.is_empty().await;
    }
}

#[actix_web::test]
async fn nothing_is_lost_doubled_or_reordered_while_the_transport_changes() {
    const MESSAGES: usize = 2_000;
    for hosting in HOSTINGS {
        let config = Config {
            max_queued: 16 << 20,
            max_payload: 400,
            ..calm()
        };
        let mut running = Running::start(hosting, config);
        let mut client = Client::open(&running, "").await;
        let line = running.opened().await;

        // The server sends all the time, and what it takes is a number each way.
        let sender = std::thread::spawn(move || {
            for number in 0..MESSAGES {
                line.send(Message::Text(number.to_string().into()));
                if number % 16 == 0 {
                    std::thread::yield_now();
                }
            }
        });
        let mut received = Vec::new();
        let mut sent = 0;
        let take = |payload: &str, received: &mut Vec<usize>| {
            for packet in payload.split('\u{1e}') {
                match packet.strip_prefix('4') {
                    Some(number) => received.push(number.parse().unwrap()),
                    None => assert_eq!(packet, "6"),
                }
            }
        };
        let mut post = async |client: &mut Client| {
            let packets: Vec<_> = (sent..sent + 10)
                .map(|number| format!("4{number}"))
                .collect();
            client.post(packets.join("\u{1e}")).await.is(200, "ok");
            sent += 10;
        };
        for _ in 0..3 {
            take(&client.poll().await.body, &mut received);
            post(&mut client).await;
        }
        client.begin_poll().await;
        let mut socket = probe(&running, &client).await;
        post(&mut client).await;
        take(&client.polls.response().await.body, &mut received);
        send(&mut socket, "5").await;
        let (mut write, mut read) = socket.split();
        let writing = async {
            for number in sent..MESSAGES {
                write.feed(Frame::text(format!("4{number}"))).await.unwrap();
            }
            write.flush().await.unwrap();
        };
        let reading = async {
            while received.len() < MESSAGES {
                let frame = read.next().await.unwrap().unwrap();
                take(frame.to_text().unwrap(), &mut received);
            }
        };
        tokio::time::timeout(crate::server::PATIENCE, async {
            tokio::join!(writing, reading);
        })
        .await
        .expect("something is missing");
        sender.join().unwrap();
        assert_eq!(received, (0..MESSAGES).collect::<Vec<_>>());
        for number in 0..MESSAGES {
            assert_eq!(running.text().await, number.to_string());
        }
        assert!(running.nothing());
    }
}

/// What comes behind the packet that upgrades may come in the same read.
#[actix_web::test]
async fn messages_may_follow_the_upgrade_at_once() {
    for hosting in HOSTINGS {
        let mut running = Running::start(hosting, calm());
        let client = Client::open(&running, "").await;
        running.opened().await;
        let mut socket = probe(&running, &client).await;
        for text in ["5", "4a", "4b"] {
            socket.feed(Frame::text(text)).await.unwrap();
        }
        socket.flush().await.unwrap();
        assert_eq!(running.text().await, "a");
        assert!(matches!(running.event().await, Event::Message(_)));
    }
}
