//! Stopping in good order.

use std::time::{Duration, Instant};

use shared::ServerMessage;

use crate::client::{Client, Got, id};
use crate::process::Process;
use crate::server::TestServer;

#[tokio::test]
async fn everyone_is_told_to_come_back_and_the_server_ends() {
    let mut server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let mut outsider = Client::connect(&server.ws()).await;
    let began = Instant::now();
    server.stop();
    assert_eq!(asa.closed().await, 1001);
    assert_eq!(outsider.closed().await, 1001);
    server.wait();
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn what_was_confirmed_before_sigterm_is_there_after_it() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path());
    let (mut asa, first) = Client::join(&server.ws(), "Åsa").await;
    for n in 0..200 {
        asa.say(n, "hej").await;
    }
    let reader = tokio::spawn(async move {
        let mut confirmed = Vec::new();
        loop {
            match asa.got().await {
                Got::Message(ServerMessage::Entry(entry)) => confirmed.push(entry),
                Got::Message(_) => {}
                Got::Closed(code) => return (confirmed, code),
                Got::Cut => panic!("cut"),
            }
        }
    });
    let began = Instant::now();
    assert!(server.terminate().success());
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
    let (confirmed, code) = reader.await.unwrap();
    assert_eq!(code, 1001);

    let server = Process::start(data.path());
    let join = serde_json::json!({
        "type": "join", "nick": "Åsa", "token": first.token, "after": first.position,
    });
    let (_, again) = Client::join_with(&server.ws(), join).await;
    assert!(again.recovered, "an orderly end keeps the epoch");
    assert_eq!(again.author, first.author);
    let stored: Vec<_> = again
        .entries
        .iter()
        .take(confirmed.len())
        .cloned()
        .collect();
    assert_eq!(stored, confirmed);
    for (n, entry) in again.entries.iter().enumerate() {
        assert_eq!(entry.id.as_str(), id(n));
    }
}
