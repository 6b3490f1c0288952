//! What a request is told that begins a session, or should not have.

use crate::http::{Http, sid, websocket};
use crate::server::{OURS, Running, calm};

const POLLING: &str = "EIO=4&transport=polling";

#[actix_web::test]
async fn a_polling_handshake_is_answered_by_the_open_packet() {
    let mut running = Running::mounted(calm());
    let mut http = Http::connect(running.address).await;
    let opened = http.get(POLLING).await;
    let id = sid(&opened.body);
    opened.is(
        200,
        &format!(
            r#"0{{"sid":"{id}","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":100000}}"#
        ),
    );
    assert_eq!(
        opened.header("content-type"),
        Some("text/plain; charset=UTF-8")
    );
    assert_eq!(opened.header("cache-control"), Some("no-store"));
    assert_eq!(id.len(), 20);
    assert!(
        id.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)),
        "{id}"
    );
    running.opened().await;
    assert_eq!(running.server.sessions(), 1);
    assert_ne!(sid(&http.get(POLLING).await.body), id);
}

#[actix_web::test]
async fn each_wrong_request_is_told_what_is_wrong() {
    let running = Running::mounted(calm());
    let unknown_transport = r#"{"code":0,"message":"Transport unknown"}"#;
    let unknown_session = r#"{"code":1,"message":"Session ID unknown"}"#;
    let bad_method = r#"{"code":2,"message":"Bad handshake method"}"#;
    let bad_request = r#"{"code":3,"message":"Bad request"}"#;
    let unsupported = r#"{"code":5,"message":"Unsupported protocol version"}"#;
    for (method, query, body) in [
        ("GET", "", unknown_transport),
        ("GET", "EIO=4", unknown_transport),
        ("GET", "EIO=4&transport=abc", unknown_transport),
        ("GET", "EIO=3&transport=abc&sid=abc", unknown_transport),
        ("GET", "EIO=4&transport=polling&sid=abc", unknown_session),
        ("POST", "EIO=4&transport=polling&sid=abc", unknown_session),
        ("GET", "EIO=4&transport=websocket&sid=abc", unknown_session),
        ("POST", "EIO=4&transport=polling", bad_method),
        ("PUT", "EIO=4&transport=polling", bad_method),
        ("GET", "EIO=4&transport=websocket", bad_request),
        ("GET", "transport=polling", unsupported),
        ("GET", "EIO=abc&transport=polling", unsupported),
        ("GET", "EIO=3&transport=polling&t=Nx&b64=1", unsupported),
    ] {
        let mut http = Http::connect(running.address).await;
        http.send(method, query, "", b"").await;
        let response = http.response().await;
        assert_eq!(
            (response.status, response.body.as_str()),
            (400, body),
            "{method} {query}"
        );
        assert_eq!(response.header("content-type"), Some("application/json"));
    }
    assert_eq!(running.server.sessions(), 0);
}

#[actix_web::test]
async fn an_existing_session_keeps_its_version_transport_and_methods() {
    let mut running = Running::mounted(calm());
    let mut http = Http::connect(running.address).await;
    let id = sid(&http.get(POLLING).await.body);
    let bad_request = r#"{"code":3,"message":"Bad request"}"#;
    for (method, query) in [
        ("GET", format!("EIO=3&transport=polling&sid={id}")),
        ("GET", format!("EIO=4&transport=websocket&sid={id}")),
        ("PUT", format!("EIO=4&transport=polling&sid={id}")),
    ] {
        http.send(method, &query, "", b"").await;
        http.response().await.is(400, bad_request);
    }
    assert!(running.opened().await.is_open());
}

#[actix_web::test]
async fn whom_the_application_refuses_is_told_its_reason() {
    let running = Running::mounted(calm());
    let mut http = Http::connect(running.address).await;
    let response = http.get("EIO=4&transport=polling&unwelcome").await;
    response.is(403, r#"{"code":4,"message":"Not you"}"#);
    assert_eq!(websocket(&running, "&unwelcome").await.unwrap_err(), 403);
    assert_eq!(running.server.sessions(), 0);
}

#[actix_web::test]
async fn pages_of_allowed_origins_may_read_every_answer() {
    let running = Running::mounted(calm());
    let mut http = Http::connect(running.address).await;
    let origin = format!("Origin: {OURS}\r\n");
    for query in [POLLING, "EIO=4&transport=polling&sid=abc"] {
        http.send("GET", query, &origin, b"").await;
        let response = http.response().await;
        assert_eq!(response.header("access-control-allow-origin"), Some(OURS));
        assert_eq!(response.header("vary"), Some("Origin"));
    }
    http.send("GET", POLLING, "", b"").await;
    let response = http.response().await;
    assert_eq!(response.header("access-control-allow-origin"), None);
    assert_eq!(response.header("vary"), Some("Origin"));
}

#[actix_web::test]
async fn pages_of_other_origins_get_nothing() {
    let running = Running::mounted(calm());
    let mut http = Http::connect(running.address).await;
    for method in ["GET", "OPTIONS"] {
        http.send(method, POLLING, "Origin: https://other.example\r\n", b"")
            .await;
        let response = http.response().await;
        response.is(403, r#"{"code":4,"message":"Forbidden"}"#);
        assert_eq!(response.header("access-control-allow-origin"), None);
    }
    assert_eq!(running.server.sessions(), 0);
}

#[actix_web::test]
async fn a_preflight_request_is_told_what_may_be_sent() {
    let running = Running::mounted(calm());
    let mut http = Http::connect(running.address).await;
    let asked = format!(
        "Origin: {OURS}\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: x-token\r\n"
    );
    http.send("OPTIONS", "EIO=4&transport=polling&sid=abc", &asked, b"")
        .await;
    let response = http.response().await;
    response.is(204, "");
    assert_eq!(response.header("access-control-allow-origin"), Some(OURS));
    assert_eq!(
        response.header("access-control-allow-methods"),
        Some("GET, POST")
    );
    assert_eq!(
        response.header("access-control-allow-headers"),
        Some("x-token")
    );
    assert_eq!(response.header("access-control-max-age"), Some("600"));
}
