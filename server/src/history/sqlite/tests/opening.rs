//! Files: new, old, newer, foreign, in use, and left behind by a crash.

use std::fs;

use shared::{AuthorId, Seq};

use super::*;
use crate::history::Span;
use crate::room::visit::Claim;

const SCHEMA_1: &str = include_str!("../../../../tests/fixtures/schema-1.sql");
const SCHEMA_2: &str = include_str!("../../../../tests/fixtures/schema-2.sql");

/// Copies the files of a database in use: what a crash leaves behind.
fn crash(path: &Path) -> (TempDir, PathBuf) {
    let (directory, image) = place();
    for suffix in ["", "-wal"] {
        let with_suffix = |path: &Path| format!("{}{suffix}", path.display());
        fs::copy(with_suffix(path), with_suffix(&image)).unwrap();
    }
    (directory, image)
}

/// The error of an opening that must fail.
fn refusal(path: &Path) -> HistoryError {
    open(path).map(|_| ()).unwrap_err()
}

#[test]
fn a_room_goes_on_where_it_was_after_reopening() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    append(&history, &[draft(1, "a"), draft(2, "b")]);
    let before = head(&history);
    drop(history);

    let history = open(&path).unwrap();
    assert_eq!(head(&history), before);
    assert_eq!(
        append(&history, &[draft(2, "b"), draft(3, "c")]),
        ["repeat 2 b", "stored 3 c"]
    );
}

#[test]
fn a_number_is_not_given_again_when_its_entry_is_gone() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    append(&history, &[draft(1, "a"), draft(2, "b")]);
    drop(history);
    meddle(&path, "DELETE FROM entries");

    let history = open(&path).unwrap();
    assert_eq!(head(&history).seq, Seq(2));
    assert_eq!(append(&history, &[draft(3, "c")]), ["stored 3 c"]);
}

#[test]
fn the_directory_is_made() {
    let (directory, _) = place();
    let path = directory.path().join("data/chat/realtid.db");
    append(&open(&path).unwrap(), &[draft(1, "a")]);
    assert!(path.exists());
}

#[test]
fn the_connection_is_set_up_for_its_durability() {
    for (durability, synchronous) in [(Durability::Power, 2), (Durability::Process, 1)] {
        let (_directory, path) = place();
        let mut database = Database::open(&path, durability).unwrap();
        for opened in ["first", "again"] {
            let connection = database.connection().unwrap();
            let number = |pragma| -> i64 {
                connection
                    .pragma_query_value(None, pragma, |row| row.get(0))
                    .unwrap()
            };
            let mode: String = connection
                .pragma_query_value(None, "journal_mode", |row| row.get(0))
                .unwrap();
            assert_eq!(mode, "wal", "{durability:?}, {opened}");
            assert_eq!(
                number("synchronous"),
                synchronous,
                "{durability:?}, {opened}"
            );
            assert_eq!(number("foreign_keys"), 1);
            assert_eq!(
                number("temp_store"),
                2,
                "memory: no other directory need be writable"
            );
            assert_eq!(number("busy_timeout"), 2_000);
            assert_eq!(number("application_id"), 0x5274_6964);
            assert_eq!(number("user_version"), i64::from(schema::known()));
            database.give_up();
        }
    }
}

#[test]
fn a_database_of_the_first_version_is_opened() {
    let (_directory, path) = place();
    meddle(&path, SCHEMA_1);
    let history = open(&path).unwrap();
    let page = wait(history.read(&lobby(), Span::Until(Seq(9)), up_to(9))).unwrap();
    assert_eq!(seqs(&page), [1, 2, 3]);
    assert_eq!(text(&page.entries[1]), "good\nmorning 花子 😀");
    assert_eq!(page.entries[2].at, 1_700_000_000_003);
    assert_eq!(head(&history).epoch.0, "AAAAAAAAAAA");
    assert_eq!(
        append(&history, &[draft(3, "bye"), draft(4, "new")]),
        ["repeat 3 bye", "stored 4 new"]
    );
    let empty = wait(history.head(&room("empty"))).unwrap();
    assert_eq!((empty.epoch.0.as_str(), empty.seq), ("BBBBBBBBBBB", Seq(9)));
}

#[test]
fn an_old_database_gets_the_tables_of_a_new_one() {
    let tables = |path: &Path| -> Vec<(String, String)> {
        let connection = Connection::open(path).unwrap();
        let columns =
            "SELECT t.name, c.name FROM pragma_table_list AS t, pragma_table_xinfo(t.name) AS c
            WHERE t.schema = 'main' ORDER BY 1, 2";
        let mut statement = connection.prepare(columns).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    };
    let indices = |path: &Path| -> Vec<String> {
        let connection = Connection::open(path).unwrap();
        let sql = "SELECT sql FROM sqlite_schema WHERE type = 'index' AND sql NOT NULL ORDER BY 1";
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0));
        rows.unwrap().map(Result::unwrap).collect()
    };
    let (_directory, new) = place();
    drop(open(&new).unwrap());
    for fixture in [SCHEMA_1, SCHEMA_2] {
        let (_directory, old) = place();
        meddle(&old, fixture);
        drop(open(&old).unwrap());
        assert_eq!(tables(&old), tables(&new));
        assert_eq!(indices(&old), indices(&new));
    }
}

#[test]
fn a_database_of_the_second_version_is_opened_with_its_visitors() {
    let (_directory, path) = place();
    meddle(&path, SCHEMA_2);
    let history = open(&path).unwrap();
    assert_eq!(head(&history).seq, Seq(3));
    let visits = wait(history.open_visits(&lobby(), 1_700_000_000_005, 9)).unwrap();
    let claims: Vec<_> = visits.iter().map(|v| (v.nick.as_str(), v.claim)).collect();
    let until = 1_700_003_600_004;
    assert_eq!(
        claims,
        [("Ada L", Claim::Present), ("Bo", Claim::Held { until })]
    );
    assert_eq!(visits[0].seen_at, 1_700_000_000_003);
    let grace = AuthorId::new("grace");
    let since = |since| {
        let known = wait(history.known_visitor(&lobby(), &grace, since)).unwrap();
        known.is_some()
    };
    assert!(since(1_700_000_000_002) && !since(1_700_000_000_003));
}

#[test]
fn whoever_has_written_keeps_the_author_over_the_upgrade_from_the_first_version() {
    let (_directory, path) = place();
    meddle(&path, SCHEMA_1);
    let history = open(&path).unwrap();
    let lately = 1_750_000_000_000;
    for (author, known) in [("ada", true), ("grace", true), ("eve", false)] {
        let author = AuthorId::new(author);
        let asked = history.known_visitor(&lobby(), &author, lately);
        assert_eq!(wait(asked).unwrap().is_some(), known, "{author:?}");
    }
    assert_eq!(wait(history.open_visits(&lobby(), 0, 9)).unwrap(), []);
    let nick = "SELECT nick FROM visitors WHERE author = 'ada'";
    let nick: String = Connection::open(&path)
        .unwrap()
        .query_row(nick, [], |row| row.get(0))
        .unwrap();
    assert_eq!(nick, "Ada L", "as last called");
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let (_directory, path) = place();
    drop(open(&path).unwrap());
    let newer = schema::known() + 1;
    meddle(&path, &format!("PRAGMA user_version = {newer}"));
    let before = fs::read(&path).unwrap();

    let error = refusal(&path);
    let HistoryError::Newer { found, known } = error else {
        panic!("{error}");
    };
    assert_eq!((found, known), (newer, newer - 1));
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_foreign_file_is_refused_and_left_alone() {
    let (_directory, text) = place();
    fs::write(
        &text,
        "no database at all, though long enough for a header: ".repeat(9),
    )
    .unwrap();
    let (_directory, other) = place();
    meddle(&other, "CREATE TABLE recipes (title TEXT)");
    let (_directory, marked) = place();
    meddle(&marked, "PRAGMA application_id = 42");

    for path in [text, other, marked] {
        let before = fs::read(&path).unwrap();
        let error = refusal(&path).to_string();
        assert!(
            error.ends_with("realtid.db: this file is no Realtid database"),
            "{error}"
        );
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[test]
fn an_empty_file_becomes_a_database() {
    let (_directory, path) = place();
    fs::write(&path, "").unwrap();
    assert_eq!(
        append(&open(&path).unwrap(), &[draft(1, "a")]),
        ["stored 1 a"]
    );
}

#[test]
fn a_second_opener_is_refused_until_the_first_has_closed() {
    let (_directory, path) = place();
    let first = open(&path).unwrap();
    let error = refusal(&path).to_string();
    assert!(
        error.ends_with("realtid.db is in use by another realtid: stop that one first"),
        "{error}"
    );
    drop(first);
    drop(open(&path).unwrap());
}

#[test]
fn a_backup_reads_while_the_history_is_open() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    append(&history, &[draft(1, "a")]);
    let (directory, _) = place();
    let copy = directory.path().join("copy.db");
    meddle(&path, &format!("VACUUM INTO '{}'", copy.display()));
    append(&history, &[draft(2, "b")]);
    assert_eq!(head(&open(&copy).unwrap()).seq, Seq(1));
}

#[test]
fn after_a_crash_full_durability_keeps_the_epoch() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    append(&history, &[draft(1, "a")]);
    let (_directory, image) = crash(&path);
    assert_eq!(head(&open(&image).unwrap()), head(&history));
}

#[test]
fn after_a_crash_weaker_durability_begins_new_epochs() {
    for next in [Durability::Power, Durability::Process] {
        let (_directory, path) = place();
        let history = open_with(&path, Durability::Process).unwrap();
        append(&history, &[draft(1, "a")]);
        let before = head(&history);
        let (_directory, image) = crash(&path);

        let history = open_with(&image, next).unwrap();
        let after = head(&history);
        assert_ne!(after.epoch, before.epoch);
        assert_eq!(after.seq, before.seq, "what is there stays");
        drop(history);
        assert_eq!(head(&open(&image).unwrap()), after, "once");
    }
}

#[test]
fn after_an_orderly_close_weaker_durability_keeps_the_epoch() {
    let (_directory, path) = place();
    let history = open_with(&path, Durability::Process).unwrap();
    append(&history, &[draft(1, "a")]);
    let before = head(&history);
    drop(history);
    let history = open_with(&path, Durability::Process).unwrap();
    assert_eq!(head(&history), before);
}

#[test]
fn closing_finishes_what_was_asked_for_and_takes_no_more() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    let asked = history.append(&lobby(), vec![draft(1, "a")]);
    history.close();
    assert_eq!(outcomes(&wait(asked).unwrap()), ["stored 1 a"]);
    let late = wait(history.append(&lobby(), vec![draft(2, "b")]));
    assert!(matches!(late, Err(HistoryError::Closed)), "{late:?}");
    assert_eq!(head(&open(&path).unwrap()).seq, Seq(1));
}
