//! Storage that fails: before a commit, in it, and after it.

use std::sync::atomic::Ordering;

use rusqlite::ffi;
use shared::{RoomName, Seq};

use super::*;

/// A writer without its thread, so that a test can put hooks on its connection. They go with it:
/// a connection opened anew has none.
fn writer(path: &Path) -> Writer {
    let database = Database::open(path, Durability::Power).unwrap();
    Writer::new(database, Clock::new(|| 1_700_000_000_000))
}

/// Appends to several rooms at once; answers what each was told.
fn append_all(writer: &mut Writer, batches: &[(RoomName, Vec<Draft>)]) -> Vec<Vec<String>> {
    let (appends, mut answers): (Vec<_>, Vec<_>) = batches
        .iter()
        .cloned()
        .map(|(room, drafts)| {
            let (reply, answer) = oneshot::channel();
            let append = Append {
                under_way: UnderWay::default().begin(&room),
                room,
                drafts,
                reply,
            };
            (append, answer)
        })
        .unzip();
    writer.append(appends);
    answers
        .iter_mut()
        .map(|answer| match answer.try_recv().expect("an answer") {
            Ok(appended) => outcomes(&appended),
            Err(error) => vec![error.to_string()],
        })
        .collect()
}

fn append_one(writer: &mut Writer, drafts: &[Draft]) -> Vec<String> {
    append_all(writer, &[(lobby(), drafts.to_vec())]).remove(0)
}

/// Makes every COMMIT fail that would store an entry: a debt that is due at its end.
const FAILING_COMMIT: &str = "
    CREATE TABLE debt (room INTEGER REFERENCES rooms (id) DEFERRABLE INITIALLY DEFERRED);
    CREATE TRIGGER fault AFTER INSERT ON entries BEGIN INSERT INTO debt VALUES (-1); END";

/// Makes every insertion fail.
const FAILING_INSERT: &str =
    "CREATE TRIGGER fault BEFORE INSERT ON entries BEGIN SELECT RAISE(ABORT, 'on fire'); END";

#[test]
fn one_commit_serves_all_rooms() {
    let (_directory, path) = place();
    let mut writer = writer(&path);
    let commits = count_commits(&mut writer);
    let batches = ["a", "b", "c"].map(|name| (room(name), vec![draft(1, name)]));
    assert_eq!(
        append_all(&mut writer, &batches),
        [["stored 1 a"], ["stored 1 b"], ["stored 1 c"]]
    );
    assert_eq!(commits.load(Ordering::SeqCst), 1);
}

#[test]
fn a_commit_that_failed_is_tried_again() {
    let (_directory, path) = place();
    let mut writer = writer(&path);
    assert_eq!(append_one(&mut writer, &[draft(1, "a")]), ["stored 1 a"]);
    let connection = writer.database.connection().unwrap();
    connection.commit_hook(Some(|| true)).unwrap();
    assert_eq!(
        append_one(&mut writer, &[draft(1, "a"), draft(2, "b")]),
        ["repeat 1 a", "stored 2 b"]
    );
    assert_eq!(append_one(&mut writer, &[draft(3, "c")]), ["stored 3 c"]);
}

#[test]
fn what_a_failed_commit_did_store_is_told_as_stored() {
    let (_directory, path) = place();
    let mut writer = writer(&path);
    assert_eq!(append_one(&mut writer, &[draft(1, "a")]), ["stored 1 a"]);
    let connection = writer.database.connection().unwrap();
    let fault = |_: &mut rusqlite::hooks::Wal, _| -> rusqlite::Result<()> {
        Err(rusqlite::Error::SqliteFailure(
            ffi::Error::new(ffi::SQLITE_IOERR_FSYNC),
            None,
        ))
    };
    connection.wal_hook(Some(fault)).unwrap();
    assert_eq!(
        append_one(&mut writer, &[draft(1, "a"), draft(2, "b"), draft(2, "b")]),
        ["repeat 1 a", "stored 2 b", "repeat 2 b"]
    );
    assert_eq!(
        append_one(&mut writer, &[draft(2, "b"), draft(3, "c")]),
        ["repeat 2 b", "stored 3 c"],
        "once"
    );
}

#[test]
fn what_a_lost_append_did_store_is_told_as_stored_when_found() {
    let (_directory, path) = place();
    let mut writer = writer(&path);
    let meddler = path.clone();
    let connection = writer.database.connection().unwrap();
    // The first try stores, and the second finds the storage broken.
    let fault = move |_: &mut rusqlite::hooks::Wal, _| -> rusqlite::Result<()> {
        meddle(&meddler, FAILING_INSERT);
        Err(rusqlite::Error::SqliteFailure(
            ffi::Error::new(ffi::SQLITE_IOERR_FSYNC),
            None,
        ))
    };
    connection.wal_hook(Some(fault)).unwrap();
    let lost = [draft(1, "a"), draft(2, "b")];
    assert_eq!(append_one(&mut writer, &lost), ["history: on fire"]);

    meddle(&path, "DROP TRIGGER fault");
    assert_eq!(
        append_one(&mut writer, &lost[..1]),
        ["stored 1 a"],
        "nobody had been told"
    );
    assert_eq!(
        append_one(&mut writer, &[draft(3, "c"), lost[1].clone()]),
        ["stored 3 c", "repeat 2 b"],
        "what is told as stored rises in number"
    );
}

#[test]
fn drafts_that_fail_twice_are_answered_and_later_ones_stored() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    let before = head(&history);
    meddle(&path, FAILING_COMMIT);
    let failed = wait(history.append(&lobby(), vec![draft(1, "a")]));
    assert!(
        matches!(failed, Err(HistoryError::Storage(_))),
        "{failed:?}"
    );
    assert_eq!(head(&history), before, "reading goes on");

    meddle(&path, "DROP TRIGGER fault");
    assert_eq!(
        append(&history, &[draft(1, "a"), draft(2, "b")]),
        ["stored 1 a", "stored 2 b"]
    );
}

#[test]
fn a_full_disk_stores_nothing_and_all_of_it_once_there_is_room() {
    let (_directory, path) = place();
    let mut writer = writer(&path);
    let room_for = |writer: &mut Writer, pages: u32| -> i64 {
        let sql = format!("PRAGMA max_page_count = {pages}");
        let connection = writer.database.connection().unwrap();
        connection.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    let pages = room_for(&mut writer, 1);
    assert!(pages < 20, "there is no room for these: {pages}");
    let long = "x".repeat(4_000);
    let batches = [
        (room("a"), vec![draft(1, "short")]),
        (room("b"), (1..=20).map(|n| draft(n, &long)).collect()),
    ];
    for _ in 0..3 {
        for told in append_all(&mut writer, &batches) {
            assert!(told[0].starts_with("the disk is full: "), "{told:?}");
        }
    }
    room_for(&mut writer, u32::MAX);
    let told = append_all(&mut writer, &batches);
    assert_eq!(told[0], ["stored 1 short"]);
    assert!(told[1][19].starts_with("stored 20 "), "{told:?}");
}

#[test]
fn one_rooms_failure_is_its_own() {
    let (_directory, path) = place();
    let mut writer = writer(&path);
    meddle(
        &path,
        "CREATE TRIGGER fault BEFORE INSERT ON entries WHEN NEW.body = 'poison'
         BEGIN SELECT RAISE(ABORT, 'on fire'); END",
    );
    let batches = [
        (room("a"), vec![draft(1, "a"), draft(2, "poison")]),
        (room("b"), vec![draft(1, "b")]),
    ];
    assert_eq!(
        append_all(&mut writer, &batches),
        [["history: on fire"], ["stored 1 b"]]
    );
    let rest = [(room("a"), vec![draft(3, "c")])];
    assert_eq!(append_all(&mut writer, &rest), [["stored 1 c"]]);
}

#[test]
fn a_file_that_vanished_is_not_made_anew() {
    let (_directory, path) = place();
    let mut writer = writer(&path);
    assert_eq!(append_one(&mut writer, &[draft(1, "a")]), ["stored 1 a"]);
    writer.database.give_up();
    std::fs::remove_file(&path).unwrap();
    let told = append_one(&mut writer, &[draft(2, "b")]);
    assert!(told[0].starts_with("history: "), "{told:?}");
    assert!(!path.exists());
}

#[test]
fn the_last_number_is_as_stored_after_failures() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    append(&history, &[draft(1, "a")]);
    meddle(&path, FAILING_INSERT);
    assert!(wait(history.append(&lobby(), vec![draft(2, "b")])).is_err());
    drop(history);
    meddle(&path, "DROP TRIGGER fault");
    assert_eq!(head(&open(&path).unwrap()).seq, Seq(1));
}
