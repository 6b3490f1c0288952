//! Storage that cannot be written to: everyone stays, reads and comes in, is told why, and goes on
//! when it can.

use std::process::Command;

use rusqlite::{Connection, TransactionBehavior};
use serde_json::json;
use shared::{RefusalCode, ServerMessage};

use crate::client::{Client, id};
use crate::process::Process;

/// Whether everything but storing goes well: reading a page, and coming in.
async fn reading_goes_on(url: &str, members: &mut [&mut Client], nick: &str, entries: usize) {
    for member in members {
        member
            .send(json!({ "type": "page", "after": 0, "limit": 100 }))
            .await;
        let page = member.find(|message| match message {
            ServerMessage::Page { entries, .. } => Some(entries),
            _ => None,
        });
        assert!(!page.await.is_empty());
    }
    let (mut newcomer, welcome) = Client::join(url, nick).await;
    assert_eq!(welcome.position.seq.0, entries as u64);
    newcomer.send(json!({ "type": "leave" })).await;
    assert_eq!(newcomer.closed().await, 1000);
}

/// Says it again, and checks that what is stored then is all that was said, each once.
async fn each_is_stored_once(url: &str, asa: &mut Client, bo: &mut Client, said: usize) {
    // Twice at once: the second is a repeat of the first, or the other way round.
    for by in [&mut *asa, &mut *bo] {
        by.say(said, "igen").await;
    }
    assert_eq!(asa.entry().await.id.as_str(), id(said));
    assert_eq!(bo.entry().await.id.as_str(), id(said));
    let join = json!({ "type": "join", "nick": "Läsare" });
    let (mut reader, welcome) = Client::join_with(url, join).await;
    let mut entries = welcome.entries;
    while entries[0].seq.0 > 1 {
        let before = entries[0].seq;
        reader
            .send(json!({ "type": "page", "before": before, "limit": 100 }))
            .await;
        let page = reader.find(|message| match message {
            ServerMessage::Page { entries, .. } => Some(entries),
            _ => None,
        });
        entries.splice(0..0, page.await);
    }
    let ids: Vec<_> = entries.iter().map(|entry| entry.id.as_str()).collect();
    let expected: Vec<_> = (0..=said).map(id).collect();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn a_full_disk_refuses_messages_with_its_code_and_passes() {
    let data = tempfile::tempdir().unwrap();
    // A file too large is then an error like a full disk's, instead of the process's end.
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"])
        .arg(env!("CARGO_BIN_EXE_realtid"));
    let server = Process::start_by(shell, data.path(), &["--no-rate-limits"]);
    let url = server.ws();
    let (mut asa, _) = Client::join(&url, "Åsa").await;
    let (mut bo, _) = Client::join(&url, "Bo").await;

    const LIMIT: u64 = 512 * 1024;
    server.limit_files(LIMIT);
    let long = "x".repeat(4_000);
    let mut said = 0;
    let refused = loop {
        asa.say(said, &long).await;
        let answer = asa.find(|message| match message {
            ServerMessage::Entry(_) => Some(None),
            ServerMessage::Refused(refused) => Some(Some(refused)),
            _ => None,
        });
        match answer.await {
            None => said += 1,
            Some(refused) => break refused,
        }
        assert!(said < 1_000, "the limit does not hold");
    };
    assert_eq!(refused.code, RefusalCode::StorageFull);
    assert_eq!(refused.id, Some(id(said)));
    assert!(refused.retry_after_ms.is_some());
    let database = std::fs::metadata(data.path().join("realtid.db")).unwrap();
    assert!(database.len() > LIMIT / 2, "its log alone is full");
    for _ in 0..said {
        bo.entry().await;
    }
    for _ in 0..20 {
        bo.say(said, &long).await;
        bo.refused_with(RefusalCode::StorageFull).await;
    }
    reading_goes_on(&url, &mut [&mut asa, &mut bo], "Cy", said).await;

    server.limit_files(rlimit::INFINITY);
    each_is_stored_once(&url, &mut asa, &mut bo, said).await;
    let log = server.log();
    let telling = |words: &str| log.iter().filter(|line| line.contains(words)).count();
    assert_eq!(telling("storing messages fails"), 1, "{log:?}");
    assert_eq!(telling("storing messages goes on"), 1, "{log:?}");
}

#[tokio::test]
async fn a_locked_database_refuses_messages_and_passes() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path());
    let url = server.ws();
    let (mut asa, _) = Client::join(&url, "Åsa").await;
    let (mut bo, _) = Client::join(&url, "Bo").await;
    asa.say(0, "före").await;
    asa.entry().await;
    bo.entry().await;

    let mut other = Connection::open(data.path().join("realtid.db")).unwrap();
    let lock = other
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .unwrap();
    asa.say(1, "igen").await;
    // While that waits for the lock.
    reading_goes_on(&url, &mut [&mut bo], "Cy", 1).await;
    let refused = asa.refused_with(RefusalCode::Unavailable).await;
    assert_eq!(refused.id, Some(id(1)));
    assert!(refused.retry_after_ms.is_some());
    reading_goes_on(&url, &mut [&mut asa, &mut bo], "Dag", 1).await;

    drop(lock);
    each_is_stored_once(&url, &mut asa, &mut bo, 1).await;
}

#[tokio::test]
async fn what_is_not_to_be_kept_goes_and_positions_stay_good() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path());
    let (mut asa, first) = Client::join(&server.ws(), "Åsa").await;
    for number in 0..10 {
        asa.say(number, "hej").await;
        asa.entry().await;
    }
    assert!(server.terminate().success());

    let server = Process::start_with(data.path(), &["--keep-messages", "3"]);
    let after = json!({ "epoch": first.position.epoch, "seq": 8 });
    let join = json!({ "type": "join", "nick": "Åsa", "token": first.token, "after": after });
    let (mut asa, back) = Client::join_with(&server.ws(), join).await;
    assert!(back.recovered);
    assert_eq!(back.entries.len(), 2);
    // The first pass begins with the server.
    let left = loop {
        asa.send(json!({ "type": "page", "after": 0, "limit": 100 }))
            .await;
        let page = asa.find(|message| match message {
            ServerMessage::Page { entries, more } => Some((entries, more)),
            _ => None,
        });
        let (entries, more) = page.await;
        assert!(!more);
        if entries.len() < 10 {
            break entries;
        }
    };
    let seqs: Vec<_> = left.iter().map(|entry| entry.seq.0).collect();
    assert_eq!(seqs, [8, 9, 10]);
    asa.say(10, "hej").await;
    assert_eq!(asa.entry().await.seq.0, 11);
    let (_, welcome) = Client::join(&server.ws(), "Bo").await;
    assert_eq!(welcome.position.epoch, first.position.epoch);
    assert!(server.terminate().success(), "it ends with the chat");
}
