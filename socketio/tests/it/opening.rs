//! WebSocket handshakes, mounted and on sockets of one's own.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::http::{Client, Http};
use crate::server::{Running, calm};
use crate::websocket::HOSTINGS;

#[actix_web::test]
async fn of_the_subprotocols_that_are_offered_the_first_is_agreed_on() {
    for hosting in HOSTINGS {
        for (offered, agreed) in [("one", "one"), ("one , two", "one"), (",two", "")] {
            let running = Running::start(hosting, calm());
            let mut http = Http::connect(running.address).await;
            let headers = format!(
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: {offered}\r\n"
            );
            let query = "EIO=4&transport=websocket";
            http.send("GET", query, &headers, b"").await;
            let response = http.response().await;
            assert_eq!(response.status, 101);
            let name = response.header("sec-websocket-protocol");
            assert_eq!(name.unwrap_or_default(), agreed);
        }
    }
}

#[actix_web::test]
async fn pages_of_other_origins_get_no_websocket() {
    for hosting in HOSTINGS {
        let running = Running::start(hosting, calm());
        let client = Client::open(&running, "").await;
        for session in [String::new(), format!("&sid={}", client.sid)] {
            let mut http = Http::connect(running.address).await;
            let headers = "Connection: Upgrade\r\nUpgrade: websocket\r\n\
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
                Origin: https://other.example\r\n";
            let query = format!("EIO=4&transport=websocket{session}");
            http.send("GET", &query, headers, b"").await;
            assert_eq!(http.response().await.status, 403);
        }
        assert_eq!(running.server.sessions(), 1);
    }
}

#[actix_web::test]
async fn a_handshake_that_is_not_one_is_a_bad_request() {
    let good = "GET /engine.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: a\r\n\
        Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
    for hosting in HOSTINGS {
        for (part, instead, status) in [
            ("", "", "101"),
            ("Version: 13", "Version: 8", "400"),
            ("Sec-WebSocket-Version: 13\r\n", "", "400"),
            ("AAAAAAAAAAAAAAAAAAAAAA==", "AAAA", "400"),
            ("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n", "", "400"),
            ("transport=websocket", "transport=polling", "400"),
            ("EIO=4", "EIO=3", "400"),
        ] {
            let running = Running::start(hosting, calm());
            let mut http = Http::connect(running.address).await;
            let request = good.replacen(part, instead, 1);
            http.io.write_all(request.as_bytes()).await.unwrap();
            let mut line = [0; 12];
            http.io.read_exact(&mut line).await.unwrap();
            assert_eq!(
                &line[9..],
                status.as_bytes(),
                "{hosting:?} {part} -> {instead}"
            );
            if status == "400" {
                assert_eq!(running.server.sessions(), 0);
            }
        }
    }
}
