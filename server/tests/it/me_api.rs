//! A chat that is part of another application: the example me-api, and what mounting asks for.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;

use realtid::{Chat, ChatConfig, StartError};
use serde_json::{Value, json};
use shared::RefusalCode;
use tokio::sync::oneshot;

use crate::client::{Client, said};
use crate::raw::{handshake, handshake_from};
use crate::server::{in_memory, limited};
use crate::site::get;

#[path = "../../examples/me_api.rs"]
#[allow(dead_code, reason = "its main is not this program's")]
mod example;

struct MeApi {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl MeApi {
    fn start() -> Self {
        Self::start_with(in_memory())
    }

    fn start_with(mut config: ChatConfig) -> Self {
        let (tell, told) = mpsc::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                config.allow_origins = vec!["https://me.example".to_owned()];
                let chat = Chat::start(config).unwrap();
                let (address, server) =
                    example::bind(&chat, "127.0.0.1:0".parse().unwrap()).unwrap();
                tell.send(address).unwrap();
                let stop = async { drop(stopped.await) };
                example::run(&chat, server, stop).await.unwrap();
            });
        });
        Self {
            address: told.recv().expect("the me-api did not start"),
            stop,
            thread,
        }
    }

    fn ws(&self) -> String {
        format!("ws://{}/chat/ws", self.address)
    }

    fn json(&self, path: &str) -> Value {
        let answer = get(self.address, path, "application/json");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }
}

#[tokio::test]
async fn the_chat_lives_below_the_path_where_it_is_mounted() {
    let api = MeApi::start();
    let (mut asa, _) = Client::join(&api.ws(), "Åsa").await;
    let (mut bo, welcome) = Client::join(&api.ws(), "Bo").await;
    assert_eq!(welcome.online, 2);
    asa.say(1, "Hej från ett annat program").await;
    for client in [&mut asa, &mut bo] {
        let entry = client.entry().await;
        assert_eq!(said(&entry), ("Åsa", "Hej från ett annat program"));
    }
    assert_eq!(api.json("/chat/healthz"), json!({ "status": "ok" }));
    let elsewhere = get(api.address, "/ws", "*/*");
    assert!(elsewhere.starts_with("HTTP/1.1 404"), "{elsewhere}");
}

#[test]
fn the_applications_own_routes_answer_beside_it() {
    let api = MeApi::start();
    let me = api.json("/");
    assert_eq!(me["chat"], "/chat/ws");
    let reports = api.json(me["reports"].as_str().unwrap());
    assert_eq!(reports[0]["name"], "kmom01");
    let answer = get(api.address, "/reports", "*/*");
    assert!(
        answer.contains("access-control-allow-origin: *"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_transcript_lives_there_too() {
    let mut config = in_memory();
    config.transcript = true;
    let api = MeApi::start_with(config);
    let (mut asa, _) = Client::join(&api.ws(), "Åsa").await;
    asa.say(1, "hej").await;
    asa.entry().await;
    let answer = get(api.address, "/chat/rooms/lobby/transcript", "text/html");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("<bdi>Åsa</bdi>"), "{answer}");
}

#[test]
fn a_page_on_another_host_needs_permission_for_the_chat() {
    let api = MeApi::start();
    for (origin, status) in [("https://me.example", 101), ("https://evil.example", 403)] {
        let (answer, text) = handshake(api.address, "/chat/ws", &[("Origin", origin)]);
        assert_eq!(answer, status, "{text}");
    }
}

#[tokio::test]
async fn the_chats_limits_hold_there_too() {
    let mut config = limited();
    config.limits.limit_connections_per_address = 1;
    config.limits.rate_messages = "2:0.1".parse().unwrap();
    let api = MeApi::start_with(config);
    let (mut asa, _) = Client::join(&api.ws(), "Åsa").await;
    for number in 0..2 {
        asa.say(number, "hej").await;
        asa.entry().await;
    }
    asa.say(2, "hej").await;
    asa.refused_with(RefusalCode::RateLimited).await;
    assert_eq!(handshake(api.address, "/chat/ws", &[]).0, 429);
    let elsewhere = handshake_from("127.0.0.2", api.address, "/chat/ws", &[]);
    assert_eq!(elsewhere.0, 101);
    assert_eq!(api.json("/chat/healthz"), json!({ "status": "ok" }));
}

#[tokio::test]
async fn its_end_drains_the_chat() {
    let api = MeApi::start();
    let (mut asa, _) = Client::join(&api.ws(), "Åsa").await;
    api.stop.send(()).unwrap();
    assert_eq!(asa.closed().await, 1001);
    api.thread.join().unwrap();
}

#[test]
fn without_an_actix_system_a_chat_says_what_it_needs() {
    let error = Chat::start(in_memory()).err().unwrap();
    assert!(matches!(error, StartError::NoSystem), "{error}");
    assert!(error.to_string().contains("#[actix_web::main]"), "{error}");
}

#[tokio::test]
async fn a_plain_tokio_runtime_is_no_actix_system() {
    let error = Chat::start(in_memory()).err().unwrap();
    assert!(matches!(error, StartError::NoSystem), "{error}");
}
