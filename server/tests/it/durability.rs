//! SIGKILL at a random moment: what was confirmed is there exactly once, in order.

use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use shared::{Entry, ServerMessage};

use crate::client::{Client, Got, id};
use crate::process::Process;

const MESSAGES: usize = 2_000;

/// Reads a whole room, page by page.
async fn history(url: &str) -> Vec<Entry> {
    let (mut reader, welcome) = Client::join(url, "Läsare").await;
    let mut entries = welcome.entries;
    let mut more = welcome.more;
    while more {
        let before = entries[0].seq;
        reader
            .send(json!({ "type": "page", "before": before, "limit": 100 }))
            .await;
        let (mut page, earlier) = reader
            .find(|message| match message {
                ServerMessage::Page { entries, more } => Some((entries, more)),
                _ => None,
            })
            .await;
        more = earlier;
        page.append(&mut entries);
        entries = page;
    }
    entries
}

#[tokio::test]
async fn what_was_confirmed_survives_sigkill_exactly_once_and_in_order() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path());
    let (mut asa, welcome) = Client::join(&server.ws(), "Åsa").await;

    // A moment of its own at each run; printed, so that a failure can be looked at.
    let nanos = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .subsec_nanos();
    let kill_at = 100 + nanos as usize % (MESSAGES - 200);
    println!("killing after {kill_at} confirmed messages");

    let mut server = Some(server);
    let mut confirmed = Vec::new();
    let mut sent = 0;
    let end = loop {
        // A window wide enough that the kill meets a batch on its way.
        while sent < MESSAGES && sent < confirmed.len() + 16 {
            let say = json!({ "type": "say", "id": id(sent), "text": format!("nummer {sent}") });
            if asa.try_send(say.to_string().into()).await.is_err() {
                break;
            }
            sent += 1;
        }
        match asa.got().await {
            Got::Message(ServerMessage::Entry(entry)) => confirmed.push(entry),
            Got::Message(_) => {}
            end => break end,
        }
        if confirmed.len() == kill_at {
            server.take().unwrap().kill();
        }
    };
    assert!(matches!(end, Got::Cut | Got::Closed(1006)), "{end:?}");
    assert!(confirmed.len() >= kill_at);

    // The client says again what it saw no confirmation of, and goes on to the end.
    let server = Process::start(data.path());
    let last = confirmed.last().unwrap().seq;
    let join = json!({
        "type": "join", "nick": "Åsa", "token": welcome.token,
        "after": { "epoch": welcome.position.epoch, "seq": last },
    });
    let (mut asa, back) = Client::join_with(&server.ws(), join).await;
    assert!(back.recovered);
    confirmed.extend(back.entries);
    let seen: HashSet<_> = confirmed.iter().map(|e| e.id.as_str().to_owned()).collect();
    let again: Vec<_> = (0..MESSAGES).filter(|&n| !seen.contains(&id(n))).collect();
    for &n in &again {
        asa.say(n, &format!("nummer {n}")).await;
    }
    for _ in &again {
        confirmed.push(asa.entry().await);
    }

    let stored = history(&server.ws()).await;
    assert_eq!(stored, confirmed);
    assert_eq!(stored.len(), MESSAGES);
    for (n, entry) in stored.iter().enumerate() {
        assert_eq!(
            (entry.id.as_str(), entry.seq.0),
            (id(n).as_str(), n as u64 + 1)
        );
    }
}
