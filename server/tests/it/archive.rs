//! `realtid export` and `realtid import`: nothing lost on the way, nothing half done, and a client is
//! told that it is another log.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Client, id};
use crate::process::{Process, command};

/// What a command wrote to its two streams.
struct Ran {
    ok: bool,
    out: String,
    told: String,
}

fn realtid(data: &Path, arguments: &[&str]) -> Ran {
    let output = command()
        .args(arguments)
        .arg("--data-dir")
        .arg(data)
        .output()
        .unwrap();
    Ran {
        ok: output.status.success(),
        out: String::from_utf8(output.stdout).unwrap(),
        told: String::from_utf8(output.stderr).unwrap(),
    }
}

/// What is exported, but for the header.
fn exported(data: &Path, arguments: &[&str]) -> String {
    let ran = realtid(data, &[&["export"], arguments].concat());
    assert!(ran.ok, "{}", ran.told);
    let (header, rest) = ran.out.split_once('\n').unwrap();
    let header: Value = serde_json::from_str(header).unwrap();
    assert_eq!(header["format"], "realtid-export");
    assert_eq!(header["version"], 1);
    rest.to_owned()
}

fn import(data: &Path, file: &Path, arguments: &[&str]) -> Ran {
    let file = file.to_str().unwrap();
    realtid(data, &[&["import", file], arguments].concat())
}

fn epoch(data: &Path, room: &str) -> String {
    let sql = "SELECT epoch FROM rooms WHERE name = ?1";
    Connection::open(data.join("realtid.db"))
        .unwrap()
        .query_row(sql, [room], |row| row.get(0))
        .unwrap()
}

/// A database as many versions might have left it: the rooms `lobby` (4 to 7, of kinds known and not),
/// `emptied` (by retention), and `other`.
fn database() -> TempDir {
    let data = tempfile::tempdir().unwrap();
    let rooms = ["--rooms", "lobby,emptied,other"];
    assert!(
        Process::start_with(data.path(), &rooms)
            .terminate()
            .success()
    );
    Connection::open(data.path().join("realtid.db"))
        .unwrap()
        .execute_batch(
            r#"INSERT INTO rooms (id, name, epoch, next_seq) VALUES
                 (11, 'other', 'epoch-other', 3),
                 (12, 'emptied', 'epoch-emptied', 9),
                 (13, 'lobby', 'epoch-lobby', 8);
               INSERT INTO entries (room, seq, at, kind, id, author, nick, body) VALUES
                 (11, 1, 5, 'said', 'other-id-00000000001', 'ada', 'ada', 'hej'),
                 (11, 2, 4, 'said', 'lobby-id-00000000005', 'ada', 'ada', 'hej'),
                 (13, 4, 1700000000001, 'said', 'lobby-id-00000000004', 'ada', 'Åsa "A"', 'a' || char(10) || 'b\' || char(9) || '花 😀'),
                 (13, 5, 1700000000000, 'edited', 'lobby-id-00000000005', 'bo', '', '{"of":4}'),
                 (13, 6, 0, 'said', 'lobby-id-00000000006', '', '', char(7)),
                 (13, 7, 1700000000009, 'said', 'lobby-id-00000000007', 'bo', 'Bo', 'hej');"#,
        )
        .unwrap();
    data
}

/// An export of that database in a file.
fn export_file(data: &TempDir) -> PathBuf {
    let file = data.path().join("export.jsonl");
    let ran = realtid(data.path(), &["export", file.to_str().unwrap()]);
    assert!(ran.ok, "{}", ran.told);
    assert!(
        ran.told.contains("exported 6 messages of 3 rooms"),
        "{}",
        ran.told
    );
    assert_eq!(ran.out, "");
    file
}

#[test]
fn export_import_and_export_again_is_the_same() {
    let (data, elsewhere) = (database(), tempfile::tempdir().unwrap());
    let file = export_file(&data);
    let ran = import(elsewhere.path(), &file, &[]);
    assert!(
        ran.told.contains("imported 6 messages of 3 rooms"),
        "{}",
        ran.told
    );

    let before = exported(data.path(), &[]);
    assert_eq!(exported(elsewhere.path(), &[]), before);
    let lines: Vec<Value> = before
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(
        lines[0],
        json!({ "type": "room", "room": "emptied", "next_seq": 9 })
    );
    assert_eq!(
        lines[3],
        json!({
            "type": "entry", "seq": 5, "at": 1_700_000_000_000_u64, "kind": "edited",
            "id": "lobby-id-00000000005", "author": "bo", "nick": "", "body": "{\"of\":4}",
        })
    );
    assert_eq!(lines[9], json!({ "type": "end", "rooms": 3, "entries": 6 }));
    for room in ["lobby", "emptied", "other"] {
        assert_ne!(epoch(elsewhere.path(), room), epoch(data.path(), room));
    }
}

#[test]
fn rooms_can_be_chosen() {
    let (data, elsewhere) = (database(), tempfile::tempdir().unwrap());
    let all = exported(data.path(), &[]);
    let some = exported(data.path(), &["--room", "lobby,emptied"]);
    assert!(
        some.contains("\"lobby\"") && !some.contains("\"other\""),
        "{some}"
    );

    let ran = import(elsewhere.path(), &export_file(&data), &["--room", "other"]);
    assert!(
        ran.told.contains("imported 2 messages of 1 room"),
        "{}",
        ran.told
    );
    let other = exported(data.path(), &["--room", "other"]);
    assert_eq!(exported(elsewhere.path(), &[]), other);
    // The rest after it.
    assert!(
        import(
            elsewhere.path(),
            &export_file(&data),
            &["--room", "lobby,emptied"]
        )
        .ok
    );
    assert_eq!(exported(elsewhere.path(), &[]), all);

    for wrong in [
        realtid(data.path(), &["export", "--room", "nowhere"]),
        import(
            elsewhere.path(),
            &export_file(&data),
            &["--room", "nowhere"],
        ),
    ] {
        assert!(
            !wrong.ok && wrong.told.contains("no room 'nowhere'"),
            "{}",
            wrong.told
        );
    }
}

#[test]
fn a_room_that_has_messages_is_replaced_only_when_asked_to() {
    let data = database();
    let file = export_file(&data);
    let before = exported(data.path(), &[]);
    let ran = import(data.path(), &file, &[]);
    assert!(!ran.ok);
    assert!(
        ran.told.contains("line 3: the room 'lobby' has messages"),
        "{}",
        ran.told
    );
    assert!(ran.told.contains("--replace"), "{}", ran.told);
    assert_eq!(
        epoch(data.path(), "emptied"),
        "epoch-emptied",
        "nothing is half done"
    );
    assert_eq!(exported(data.path(), &[]), before);

    let ran = import(data.path(), &file, &["--replace", "--room", "lobby"]);
    assert!(ran.ok, "{}", ran.told);
    assert_eq!(exported(data.path(), &[]), before);
    assert_ne!(epoch(data.path(), "lobby"), "epoch-lobby");
    assert_eq!(epoch(data.path(), "other"), "epoch-other");
}

#[tokio::test]
async fn a_running_server_is_exported_and_must_stop_for_an_import() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("export.jsonl");
    let server = Process::start(data.path());
    let (mut asa, first) = Client::join(&server.ws(), "Åsa").await;
    for number in 0..3 {
        asa.say(number, "före").await;
        asa.entry().await;
    }
    assert!(realtid(data.path(), &["export", file.to_str().unwrap()]).ok);
    for number in 3..5 {
        asa.say(number, "efter").await;
        asa.entry().await;
    }
    let refused = import(data.path(), &file, &["--replace"]);
    assert!(!refused.ok);
    assert!(
        refused
            .told
            .contains("in use by another realtid: stop that one"),
        "{}",
        refused.told
    );
    assert!(server.terminate().success());
    assert!(import(data.path(), &file, &["--replace"]).ok);

    let server = Process::start(data.path());
    let after = json!({ "epoch": first.position.epoch, "seq": 5 });
    let join = json!({ "type": "join", "nick": "Åsa", "token": first.token, "after": after });
    let (mut asa, back) = Client::join_with(&server.ws(), join).await;
    assert!(!back.recovered, "it is another log");
    assert_ne!(back.position.epoch, first.position.epoch);
    assert_eq!(back.author, first.author);
    let seen: Vec<_> = back
        .entries
        .iter()
        .map(|e| (e.seq.0, e.id.as_str()))
        .collect();
    let ids: Vec<_> = (0..3).map(id).collect();
    assert_eq!(seen, [(1, &*ids[0]), (2, &*ids[1]), (3, &*ids[2])]);

    // What the export did not have yet is said again, and gets a number that was never given.
    asa.say(1, "före").await;
    assert_eq!(asa.entry().await.seq.0, 2, "a repeat of what is there");
    asa.say(3, "efter").await;
    assert_eq!(asa.entry().await.seq.0, 6);
}

#[tokio::test]
async fn who_wrote_what_is_imported_is_the_same_author_elsewhere() {
    let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = data.path().join("export.jsonl");
    let server = Process::start(data.path());
    let (mut asa, first) = Client::join(&server.ws(), "Åsa").await;
    asa.say(1, "före").await;
    asa.entry().await;
    assert!(realtid(data.path(), &["export", file.to_str().unwrap()]).ok);
    assert!(import(elsewhere.path(), &file, &[]).ok);

    let server = Process::start(elsewhere.path());
    let join = json!({ "type": "join", "nick": "Åsa", "token": first.token });
    let (_, back) = Client::join_with(&server.ws(), join).await;
    assert_eq!((back.author, back.token), (first.author, first.token));
}

#[test]
fn a_bad_file_is_refused_with_its_line_and_nothing_is_imported() {
    let (data, elsewhere) = (database(), tempfile::tempdir().unwrap());
    let good = fs::read_to_string(export_file(&data)).unwrap();
    let lines: Vec<&str> = good.lines().collect();
    let with = |number: usize, line: &str| {
        let mut lines = lines.clone();
        lines[number - 1] = line;
        lines.join("\n") + "\n"
    };
    let without = |from: usize, to: usize| {
        let mut lines = lines.clone();
        lines.drain(from - 1..to);
        lines.join("\n") + "\n"
    };
    let swapped = |a: &str, b: &str| good.replace(a, b);
    let long = format!("{{\"type\":\"{}\"}}", "x".repeat(2_000_000));
    for (bad, number, why) in [
        (String::new(), 1, "no export of Realtid's"),
        ("hej\n".to_owned(), 1, "no export of Realtid's"),
        (without(1, 1), 1, "no export of Realtid's"),
        (
            swapped("realtid-export", "other-export"),
            1,
            "no export of Realtid's",
        ),
        (swapped("\"version\":1", "\"version\":2"), 1, "version 2"),
        (with(4, "hej"), 4, "expected value at column 1"),
        (with(4, ""), 4, "EOF"),
        (with(4, "[]"), 4, "no line of an export"),
        (with(4, &long), 4, "longer than any line"),
        (
            with(4, "{\"type\":\"removed\"}"),
            4,
            "unknown variant `removed`",
        ),
        (swapped("\"seq\":5", "\"seq\":-5"), 5, "-5"),
        (swapped("\"seq\":5", "\"seq\":5.5"), 5, "5.5"),
        (swapped("\"seq\":5", "\"number\":5"), 5, "number"),
        (swapped("\"seq\":5", "\"more\":1,\"seq\":5"), 5, "more"),
        (swapped("\"seq\":5", "\"seq\":4"), 5, "seq 4 follows 4"),
        (swapped("\"seq\":6", "\"seq\":3"), 6, "seq 3 follows 5"),
        (
            swapped("\"next_seq\":8", "\"next_seq\":7"),
            7,
            "not below the room's next_seq",
        ),
        (
            swapped("\"next_seq\":8", "\"next_seq\":0"),
            3,
            "0 is no number",
        ),
        (swapped("\"at\":0", "\"at\":9007199254740992"), 6, "no time"),
        (
            swapped("id-00000000006", "id-00000000005"),
            6,
            "lobby-id-00000000005",
        ),
        (
            swapped("\"room\":\"lobby\"", "\"room\":\"Lobby\""),
            3,
            "room",
        ),
        (
            swapped("\"room\":\"lobby\"", "\"room\":\"emptied\""),
            3,
            "there twice",
        ),
        (without(2, 3), 2, "before any room"),
        (without(5, 5), 10, "where there are 3 and 5"),
        (without(11, 11), 11, "cut off"),
        (good[..good.len() - 1].to_owned(), 11, "cut off"),
        (good[..good.len() / 2].to_owned(), 6, "cut off"),
        (good.clone() + "{}\n", 12, "more after the last line"),
    ] {
        let file = elsewhere.path().join("bad.jsonl");
        fs::write(&file, &bad).unwrap();
        let ran = import(elsewhere.path(), &file, &[]);
        assert!(!ran.ok, "{why}");
        let told = ran.told.lines().last().unwrap();
        let at = format!("line {number}: ");
        assert!(
            told.contains(&at) && told.contains(why),
            "{at}{why}: {told}"
        );
    }
    fs::write(elsewhere.path().join("bad.jsonl"), b"\xff\n").unwrap();
    let ran = import(elsewhere.path(), &elsewhere.path().join("bad.jsonl"), &[]);
    assert!(ran.told.contains("line 1: it is not UTF-8"), "{}", ran.told);
    let nothing = "{\"type\":\"end\",\"rooms\":0,\"entries\":0}\n";
    assert_eq!(exported(elsewhere.path(), &[]), nothing);
}

#[test]
fn an_export_is_there_wholly_or_not_at_all() {
    let data = database();
    let file = data.path().join("export.jsonl");
    fs::write(&file, "of yesterday").unwrap();
    let path = file.to_str().unwrap();
    assert!(!realtid(data.path(), &["export", path, "--room", "nowhere"]).ok);
    assert_eq!(fs::read_to_string(&file).unwrap(), "of yesterday");
    assert!(realtid(data.path(), &["export", path]).ok);
    let names: Vec<_> = fs::read_dir(data.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("export"))
        .collect();
    assert_eq!(names, ["export.jsonl"]);
    assert!(
        fs::read_to_string(&file)
            .unwrap()
            .ends_with("\"entries\":6}\n")
    );
}

#[test]
fn a_place_without_a_database_is_named() {
    let nowhere = tempfile::tempdir().unwrap();
    let ran = realtid(nowhere.path(), &["export"]);
    assert!(!ran.ok);
    assert!(
        ran.told.contains("realtid.db") && ran.told.contains("--data-dir"),
        "{}",
        ran.told
    );
    assert_eq!(fs::read_dir(nowhere.path()).unwrap().count(), 0);
    let ran = import(nowhere.path(), &nowhere.path().join("no-such-file"), &[]);
    assert!(!ran.ok && ran.told.contains("no-such-file"), "{}", ran.told);
    assert_eq!(fs::read_dir(nowhere.path()).unwrap().count(), 0);
}
