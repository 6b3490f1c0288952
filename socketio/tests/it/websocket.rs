//! Sessions that begin with a WebSocket, mounted and on sockets of one's own.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use socketio::engine::{Closed, Config, Message};
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::http::{Client, Http, WebSocket, sid, websocket};
use crate::server::{Event, Hosting, PATIENCE, Running, calm};

pub const HOSTINGS: [Hosting; 2] = [Hosting::Mounted, Hosting::Direct];

pub async fn next(socket: &mut WebSocket) -> Frame {
    let frame = tokio::time::timeout(PATIENCE, socket.next()).await;
    frame.expect("no frame").expect("the end").unwrap()
}

pub async fn next_text(socket: &mut WebSocket) -> String {
    next(socket).await.into_text().unwrap().to_string()
}

pub async fn send(socket: &mut WebSocket, text: &str) {
    socket.send(Frame::text(text)).await.unwrap();
}

/// The close frame's code, after whatever else comes.
pub async fn closed(socket: &mut WebSocket) -> Option<CloseCode> {
    loop {
        if let Frame::Close(frame) = next(socket).await {
            return frame.map(|frame| frame.code);
        }
    }
}

/// A session, past its open packet.
async fn open(running: &Running, query: &str) -> WebSocket {
    let mut socket = websocket(running, query).await.unwrap();
    let open = next_text(&mut socket).await;
    assert!(open.starts_with('0'), "{open}");
    socket
}

#[actix_web::test]
async fn the_first_frame_is_the_open_packet() {
    for hosting in HOSTINGS {
        let running = Running::start(hosting, calm());
        let mut socket = websocket(&running, "").await.unwrap();
        let open = next_text(&mut socket).await;
        let id = sid(&open);
        assert_eq!(
            open,
            format!(
                r#"0{{"sid":"{id}","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100000}}"#
            )
        );
        assert_eq!(running.server.sessions(), 1);
    }
}

#[actix_web::test]
async fn messages_go_both_ways() {
    for hosting in HOSTINGS {
        let mut running = Running::start(hosting, calm());
        let mut socket = open(&running, "&echo").await;
        send(&mut socket, "4hello").await;
        socket.send(Frame::binary(vec![1, 2, 3])).await.unwrap();
        assert_eq!(next(&mut socket).await, Frame::text("4hello"));
        assert_eq!(next(&mut socket).await, Frame::binary(vec![1, 2, 3]));
        running.opened().await;
        assert_eq!(running.text().await, "hello");
        socket.close(None).await.unwrap();
        assert!(matches!(running.event().await, Event::Message(_)));
        assert_eq!(running.closed().await, Closed::ByClient);
        closed(&mut socket).await;
        running.is_empty().await;
    }
}

#[actix_web::test]
async fn a_client_may_close_by_a_packet() {
    for hosting in HOSTINGS {
        let mut running = Running::start(hosting, calm());
        let mut socket = open(&running, "").await;
        running.opened().await;
        send(&mut socket, "1").await;
        closed(&mut socket).await;
        assert_eq!(running.closed().await, Closed::ByClient);
        running.is_empty().await;
    }
}

#[actix_web::test]
async fn a_connection_that_breaks_ends_the_session() {
    for hosting in HOSTINGS {
        let mut running = Running::start(hosting, calm());
        let socket = open(&running, "").await;
        running.opened().await;
        drop(socket);
        assert_eq!(running.closed().await, Closed::Transport);
        running.is_empty().await;
    }
}

#[actix_web::test]
async fn a_session_that_the_application_closes_sends_what_was_queued() {
    for hosting in HOSTINGS {
        let mut running = Running::start(hosting, calm());
        let mut socket = open(&running, "").await;
        let line = running.opened().await;
        line.send(Message::Text("bye".into()));
        line.close();
        assert_eq!(next_text(&mut socket).await, "4bye");
        assert_eq!(closed(&mut socket).await, Some(CloseCode::Normal));
        assert!(socket.next().await.is_none_or(|end| end.is_err()));
        assert_eq!(running.closed().await, Closed::ByServer);
        running.is_empty().await;
    }
}

#[actix_web::test]
async fn what_cannot_be_read_ends_the_session() {
    for hosting in HOSTINGS {
        for text in ["", "abc", "9", "2"] {
            let mut running = Running::start(hosting, calm());
            let mut socket = open(&running, "").await;
            running.opened().await;
            send(&mut socket, text).await;
            closed(&mut socket).await;
            assert_eq!(running.closed().await, Closed::Parse, "{text:?}");
            running.is_empty().await;
        }
    }
}

/// Frames as bytes, masked with zeros.
#[actix_web::test]
async fn malformed_frames_end_the_session_by_their_close_code() {
    let oversize = [0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    for hosting in HOSTINGS {
        for (frame, code) in [
            // Unmasked; a reserved bit; an unknown opcode; a continuation of nothing.
            (&[0x81, 1, b'6'][..], CloseCode::Protocol),
            (&[0xc1, 0x81, 0, 0, 0, 0, b'6'], CloseCode::Protocol),
            (&[0x83, 0x81, 0, 0, 0, 0, b'6'], CloseCode::Protocol),
            (&[0x80, 0x81, 0, 0, 0, 0, b'6'], CloseCode::Protocol),
            // Not UTF-8. Announced only, four gigabytes.
            (&[0x81, 0x81, 0, 0, 0, 0, 0xff], CloseCode::Invalid),
            (&oversize, CloseCode::Size),
        ] {
            let mut running = Running::start(hosting, calm());
            let mut socket = open(&running, "").await;
            running.opened().await;
            socket.get_mut().write_all(frame).await.unwrap();
            assert_eq!(closed(&mut socket).await, Some(code), "{frame:?}");
            assert_eq!(running.closed().await, Closed::Parse);
            drop(socket);
            running.is_empty().await;
        }
    }
}

#[actix_web::test]
async fn fragments_are_one_message_and_count_together() {
    for hosting in HOSTINGS {
        let config = Config {
            max_payload: 10,
            ..calm()
        };
        let mut running = Running::start(hosting, config);
        let mut socket = open(&running, "").await;
        running.opened().await;
        let io = socket.get_mut();
        io.write_all(&[0x01, 0x82, 0, 0, 0, 0, b'4', b'a'])
            .await
            .unwrap();
        io.write_all(&[0x80, 0x81, 0, 0, 0, 0, b'b']).await.unwrap();
        assert_eq!(running.text().await, "ab");
        io.write_all(&[0x01, 0x86, 0, 0, 0, 0]).await.unwrap();
        io.write_all(b"444444").await.unwrap();
        io.write_all(&[0x80, 0x86, 0, 0, 0, 0]).await.unwrap();
        io.write_all(b"444444").await.unwrap();
        assert_eq!(closed(&mut socket).await, Some(CloseCode::Size));
        assert_eq!(running.closed().await, Closed::Parse);
    }
}

#[actix_web::test]
async fn a_session_on_a_websocket_takes_no_polls() {
    for hosting in HOSTINGS {
        let mut running = Running::start(hosting, calm());
        let mut socket = websocket(&running, "").await.unwrap();
        let id = sid(&next_text(&mut socket).await);
        let mut http = Http::connect(running.address).await;
        let query = format!("EIO=4&transport=polling&sid={id}");
        let bad_request = r#"{"code":3,"message":"Bad request"}"#;
        http.get(&query).await.is(400, bad_request);
        http.post(&query, "4a").await.is(400, bad_request);
        let mut second = websocket(&running, &format!("&sid={id}")).await.unwrap();
        closed(&mut second).await;
        assert!(running.opened().await.is_open());
    }
}

/// The library answers each ping; who reads no pongs must not make it gather them.
#[actix_web::test]
async fn websocket_pings_are_answered() {
    for hosting in HOSTINGS {
        let running = Running::start(hosting, calm());
        let mut socket = open(&running, "").await;
        for _ in 0..3 {
            socket.send(Frame::Ping(vec![7].into())).await.unwrap();
            assert_eq!(next(&mut socket).await, Frame::Pong(vec![7].into()));
        }
    }
}

#[actix_web::test]
async fn drained_is_told_when_all_is_written() {
    for hosting in HOSTINGS {
        let mut running = Running::start(hosting, calm());
        let mut socket = open(&running, "").await;
        let line = running.opened().await;
        for _ in 0..100 {
            line.send(Message::Text("a".repeat(5_000).into()));
        }
        line.tell_drained();
        // More than the kernel takes by itself need not be there; that it comes at all is the point.
        for _ in 0..100 {
            assert_eq!(next_text(&mut socket).await.len(), 5_001);
        }
        assert!(matches!(running.event().await, Event::Drained));
        assert_eq!(line.queued(), 0);
    }
}

/// A client that does not read until all is sent, in both directions more than buffers hold.
#[actix_web::test]
async fn reading_goes_on_while_a_write_hangs() {
    for hosting in HOSTINGS {
        let config = Config {
            max_queued: 64 << 20,
            ..calm()
        };
        let running = Running::start(hosting, config);
        let mut socket = open(&running, "&echo").await;
        let message = Frame::text(format!("4{}", "a".repeat(99_000)));
        let sending = async {
            for _ in 0..200 {
                socket.feed(message.clone()).await.unwrap();
            }
            socket.flush().await.unwrap();
        };
        tokio::time::timeout(Duration::from_secs(20), sending)
            .await
            .expect("stuck");
        for _ in 0..200 {
            assert_eq!(next(&mut socket).await, message);
        }
    }
}

#[actix_web::test]
async fn closing_the_server_ends_all_and_lets_none_in() {
    for hosting in HOSTINGS {
        let mut running = Running::start(hosting, calm());
        let mut socket = open(&running, "").await;
        running.opened().await;
        let mut client = Client::open(&running, "").await;
        let line = running.opened().await;
        client.begin_poll().await;
        crate::server::waiting(&line).await;
        running.server.close();
        assert_eq!(closed(&mut socket).await, Some(CloseCode::Away));
        client.polls.response().await.is(200, "1");
        assert_eq!(running.closed().await, Closed::ByServer);
        assert_eq!(running.closed().await, Closed::ByServer);
        running.is_empty().await;
        let mut http = Http::connect(running.address).await;
        let refused = http.get("EIO=4&transport=polling").await;
        refused.is(503, r#"{"code":4,"message":"Server is closing"}"#);
        assert_eq!(refused.header("retry-after"), Some("5"));
        assert_eq!(websocket(&running, "").await.unwrap_err(), 503);
    }
}
