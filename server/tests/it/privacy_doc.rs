//! `docs/privacy.md` is true: what it tells to remove is gone, and nothing that a browser keeps is
//! left out of it.

use std::path::Path;

use rusqlite::Connection;
use serde_json::json;
use shared::{EntryBody, Welcome};

use crate::client::Client;
use crate::process::Process;

const DOC: &str = include_str!("../../../docs/privacy.md");

/// The author that the page takes as its example.
const EXAMPLE: &str = "dKsxttVnDeeM6LUv";

/// The statements in the block that has this one, in place of the example's author those of `author`.
fn block(with: &str, author: &str) -> String {
    let block = DOC
        .split("```sql\n")
        .skip(1)
        .map(|rest| rest.split_once("```").unwrap().0)
        .find(|block| block.contains(with))
        .unwrap();
    block.replace(EXAMPLE, author)
}

/// What a log holds, as nick and text.
fn said(welcome: &Welcome) -> Vec<(&str, &str)> {
    let entries = welcome.entries.iter();
    entries
        .map(|entry| match &entry.body {
            EntryBody::Said { nick, text } => (nick.as_str(), text.as_str()),
            EntryBody::Unknown => panic!("{entry:?}"),
        })
        .collect()
}

/// Whether the bytes of a word are anywhere in the files of a directory.
fn holds(directory: &Path, word: &str) -> bool {
    std::fs::read_dir(directory).unwrap().any(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        bytes
            .windows(word.len())
            .any(|part| part == word.as_bytes())
    })
}

#[tokio::test]
async fn what_an_author_said_is_found_and_removed_as_the_page_says() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path());
    let (mut asa, first) = Client::join(&server.ws(), "Åsa").await;
    asa.say(1, "hemligheten").await;
    asa.entry().await;
    let (mut bo, of_bo) = Client::join(&server.ws(), "Bo").await;
    bo.say(2, "inget hemligt").await;
    bo.entry().await;
    assert!(server.terminate().success());
    assert!(holds(data.path(), "hemligheten"));

    let author = first.author.as_str();
    let database = Connection::open(data.path().join("realtid.db")).unwrap();
    let found: String = database
        .query_row(&block("SELECT rooms.name", author), [], |row| row.get(1))
        .unwrap();
    assert_eq!(found, author);
    database
        .execute_batch(&block("UPDATE entries", author))
        .unwrap();
    drop(database);
    for word in ["hemligheten", "Åsa", author] {
        assert!(!holds(data.path(), word), "{word}");
    }

    let server = Process::start(data.path());
    let after = json!({ "epoch": first.position.epoch, "seq": 1 });
    let join = json!({ "type": "join", "nick": "Bo", "token": of_bo.token, "after": after });
    let (mut bo, welcome) = Client::join_with(&server.ws(), join).await;
    assert_eq!(said(&welcome), [("-", "-"), ("Bo", "inget hemligt")]);
    assert!(!welcome.recovered, "it is another log");
    assert_eq!(welcome.author, of_bo.author);
    bo.say(3, "vidare").await;
    assert_eq!(bo.entry().await.seq.0, 3);
}

#[tokio::test]
async fn a_room_is_emptied_as_the_page_says() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start_with(data.path(), &["--rooms", "lobby,course"]);
    for (room, text) in [("lobby", "kvar"), ("course", "hemligheten")] {
        let join = json!({ "type": "join", "nick": "Cesar", "room": room });
        let (mut visitor, _) = Client::join_with(&server.ws(), join).await;
        visitor.say(1, text).await;
        visitor.entry().await;
    }
    assert!(server.terminate().success());
    Connection::open(data.path().join("realtid.db"))
        .unwrap()
        .execute_batch(&block("DELETE FROM entries", ""))
        .unwrap();
    assert!(!holds(data.path(), "hemligheten"));
    let server = Process::start_with(data.path(), &["--rooms", "lobby,course"]);
    let (_, lobby) = Client::join(&server.ws(), "Bo").await;
    assert_eq!(said(&lobby), [("Cesar", "kvar")]);
    let join = json!({ "type": "join", "nick": "Bo", "room": "course" });
    let (_, course) = Client::join_with(&server.ws(), join).await;
    assert_eq!(said(&course), []);
}

#[test]
fn every_key_that_a_browser_keeps_is_told() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../client/src");
    let mut open = vec![root];
    let mut keys = 0;
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).unwrap();
            open.extend(entries.map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for rest in text.split("\"realtid:").skip(1) {
            let word: String = rest.chars().take_while(char::is_ascii_lowercase).collect();
            assert!(
                word.is_empty() || DOC.contains(&format!("`realtid:{word}")),
                "realtid:{word} of {}",
                path.display()
            );
            keys += 1;
        }
    }
    assert!(keys > 0);
}
