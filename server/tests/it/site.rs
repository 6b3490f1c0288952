//! What the stand-alone server answers to plain requests.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use realtid::history::{Appended, Bounds, Draft, Head, History, HistoryError, Page, Span};
use realtid::{Chat, ChatConfig, ServeConfig, Server};
use shared::RoomName;
use tempfile::TempDir;

use crate::client::{Client, LIMIT};
use crate::server::{TestServer, in_memory};

/// One plain request; tells the whole answer.
pub fn get(address: SocketAddr, path: &str, accept: &str) -> String {
    ask(address, "GET", path, &[("Accept", accept)])
}

/// The same with any method and any headers.
pub fn ask(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let lines: String = headers
        .iter()
        .map(|(n, v)| format!("{n}: {v}\r\n"))
        .collect();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\n{lines}Connection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The value of a header that an answer has once.
pub fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let (head, _) = answer.split_once("\r\n\r\n").unwrap();
    let mut values = head.lines().filter_map(|line| {
        let (this, value) = line.split_once(": ")?;
        this.eq_ignore_ascii_case(name).then_some(value)
    });
    let value = values.next();
    assert_eq!(values.next(), None, "{name} twice: {answer}");
    value
}

/// What an answer carries.
pub fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

pub fn built_site() -> TempDir {
    let site = tempfile::tempdir().unwrap();
    std::fs::create_dir(site.path().join("content")).unwrap();
    for (name, text) in [
        ("index.html", "<!doctype html><title>min sida</title>"),
        ("app-0123456789abcdef.css", "body{}"),
        ("content/me.md", "# Åsa"),
    ] {
        std::fs::write(site.path().join(name), text).unwrap();
    }
    site
}

pub fn serving(site: &TempDir) -> TestServer {
    serving_with(site, in_memory())
}

pub fn serving_with(site: &TempDir, config: ChatConfig) -> TestServer {
    let assets = site.path().to_owned();
    TestServer::serve(move || {
        let chat = Chat::start(config).unwrap();
        let config = ServeConfig {
            listen: "127.0.0.1:0".parse().unwrap(),
            assets,
            workers: 1,
            transport: crate::TRANSPORT,
            no_writers_first: false,
            chat: in_memory(),
        };
        Server::bind(chat, &config).unwrap()
    })
}

#[test]
fn pages_have_addresses_of_their_own() {
    let site = built_site();
    let server = serving(&site);
    for path in ["/", "/chat", "/reports/kmom01"] {
        let answer = get(server.address, path, "text/html");
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.contains("min sida"),
            "{answer}"
        );
        assert!(answer.contains("cache-control: no-cache"), "{answer}");
    }
    for path in ["/missing.png", "/content/missing.md"] {
        assert!(
            get(server.address, path, "*/*").starts_with("HTTP/1.1 404"),
            "{path}"
        );
    }
    let outside = get(server.address, "/../../../../etc/passwd", "*/*");
    assert!(!outside.contains("root:"), "{outside}");
}

#[test]
fn hashed_files_are_kept_and_texts_asked_for_again() {
    let site = built_site();
    let server = serving(&site);
    let style = get(server.address, "/app-0123456789abcdef.css", "*/*");
    assert!(
        style.contains("immutable") && style.contains("text/css"),
        "{style}"
    );
    let text = get(server.address, "/content/me.md", "*/*");
    assert!(
        text.contains("cache-control: no-cache") && text.contains("# Åsa"),
        "{text}"
    );
}

#[test]
fn without_a_site_the_server_says_how_to_build_it() {
    let server = TestServer::start();
    let answer = get(server.address, "/", "text/html");
    assert!(
        answer.contains("make run") && answer.contains("make build"),
        "{answer}"
    );
}

#[test]
fn health_is_told() {
    let server = TestServer::start();
    let answer = get(server.address, "/healthz", "*/*");
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains(r#"{"status":"ok"}"#),
        "{answer}"
    );
}

/// A history that is out of reach.
struct Unreachable;

impl History for Unreachable {
    fn head(&self, _: &RoomName) -> BoxFuture<'static, Result<Head, HistoryError>> {
        Box::pin(async { Err(HistoryError::Storage("the disk is gone".into())) })
    }

    fn append(
        &self,
        _: &RoomName,
        _: Vec<Draft>,
    ) -> BoxFuture<'static, Result<Vec<Appended>, HistoryError>> {
        Box::pin(async { Err(HistoryError::Closed) })
    }

    fn read(
        &self,
        _: &RoomName,
        _: Span,
        _: Bounds,
    ) -> BoxFuture<'static, Result<Page, HistoryError>> {
        Box::pin(async { Err(HistoryError::Closed) })
    }
}

#[tokio::test]
async fn a_history_out_of_reach_is_told_and_visitors_are_to_come_back() {
    let server = TestServer::with_history(in_memory(), Arc::new(Unreachable));
    let answer = get(server.address, "/healthz", "*/*");
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("the disk is gone"), "{answer}");
    let mut client = Client::connect(&server.ws()).await;
    client
        .send(serde_json::json!({ "type": "join", "nick": "Åsa" }))
        .await;
    assert_eq!(client.closed().await, 1011);
}

#[test]
fn a_plain_request_to_the_socket_is_told_what_it_is() {
    let server = TestServer::start();
    let answer = get(server.address, "/ws", "*/*");
    assert!(
        answer.starts_with("HTTP/1.1 426") && answer.contains("WebSocket client"),
        "{answer}"
    );
}
