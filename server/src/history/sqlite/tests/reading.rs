//! Reading costs what it brings.

use rusqlite::params;
use shared::{EntryBody, Seq};

use super::*;
use crate::history::Span;

/// The steps of SQLite's plan for a statement.
fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut plan = connection
        .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
        .unwrap();
    let nothing = vec![0; plan.parameter_count()];
    plan.query_map(rusqlite::params_from_iter(nothing), |row| row.get("detail"))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

#[test]
fn every_look_up_goes_by_an_index() {
    let (_directory, path) = place();
    let mut database = Database::open(&path, Durability::Power).unwrap();
    let connection = database.connection().unwrap();
    for (sql, by) in [
        (visits::BY_AUTHOR, "PRIMARY KEY (room=? AND author=?)"),
        (visits::OPEN, "visitors_by_claim (room=? AND held_until>?)"),
        (visits::OLDEST, "visitors_by_age (seen_at<?)"),
        (rows::ROOM, "(name=?)"),
        (rows::BY_ID, "(room=? AND id=?)"),
        (rows::BELOW, "PRIMARY KEY (room=? AND seq<?)"),
        (rows::BETWEEN, "PRIMARY KEY (room=? AND seq>? AND seq<?)"),
        (rows::ADVANCE, "INTEGER PRIMARY KEY (rowid=?)"),
        (trim::OLDEST, "PRIMARY KEY (room=?)"),
        (trim::LATEST, "PRIMARY KEY (room=?)"),
        (
            trim::COUNT,
            "COVERING INDEX sqlite_autoindex_entries_2 (room=?)",
        ),
        (trim::COUNT_AFTER, "PRIMARY KEY (room=? AND seq>?)"),
        (archive::ENTRIES, "PRIMARY KEY (room=?)"),
        (archive::CLEAR, "PRIMARY KEY (room=?)"),
        (archive::RENEW, "INTEGER PRIMARY KEY (rowid=?)"),
        (trim::REMOVE, "PRIMARY KEY (room=? AND seq<?)"),
    ] {
        let steps = plan(connection, sql);
        assert_eq!(steps.len(), 1, "no sorting, no second table: {steps:?}");
        assert!(
            steps[0].starts_with("SEARCH") && steps[0].ends_with(by),
            "{steps:?}"
        );
    }
}

#[test]
fn what_is_for_all_rooms_goes_through_the_rooms_alone() {
    let (_directory, path) = place();
    let mut database = Database::open(&path, Durability::Power).unwrap();
    let connection = database.connection().unwrap();
    for sql in [trim::ROOMS, archive::ROOMS] {
        let steps = plan(connection, sql);
        assert_eq!(steps.len(), 1, "no sorting: {steps:?}");
        assert!(steps[0].starts_with("SCAN rooms"), "{steps:?}");
    }
}

#[test]
fn who_wrote_is_found_without_sorting() {
    let (_directory, path) = place();
    let mut database = Database::open(&path, Durability::Power).unwrap();
    let connection = database.connection().unwrap();
    let (_, upgrade) = schema::MIGRATIONS[1]
        .split_once("INSERT INTO visitors")
        .unwrap();
    let upgrade = format!("INSERT INTO visitors{upgrade}");
    for (sql, by) in [
        (upgrade.as_str(), "SCAN entries"),
        (
            archive::AUTHORS,
            "SEARCH entries USING PRIMARY KEY (room=?)",
        ),
    ] {
        assert_eq!(plan(connection, sql), [by]);
    }
}

#[test]
fn a_page_steps_no_further_than_it_needs() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    let drafts: Vec<_> = (1..=4).map(|n| draft(n, "text")).collect();
    append(&history, &drafts);
    // Not UTF-8: whoever reads it fails.
    meddle(
        &path,
        "UPDATE entries SET nick = CAST(x'ff' AS TEXT) WHERE seq = 1",
    );
    let latest = |entries| wait(history.read(&lobby(), Span::Until(Seq(4)), up_to(entries)));
    let page = latest(2).unwrap();
    assert_eq!((seqs(&page), page.more), (vec![3, 4], true));
    assert!(latest(4).is_err());
    assert!(latest(2).is_ok(), "the thread lives on");
}

#[test]
fn an_entry_that_breaks_the_rules_of_today_is_read_as_it_is() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    append(&history, &[draft(1, "text")]);
    meddle(&path, "UPDATE entries SET nick = '', body = char(7)");
    let page = wait(history.read(&lobby(), Span::Until(Seq(1)), up_to(1))).unwrap();
    assert_eq!(text(&page.entries[0]), "\u{7}");
}

#[test]
fn an_entry_of_another_kind_keeps_its_place() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    append(&history, &[draft(1, "a"), draft(2, "b")]);
    Connection::open(&path)
        .unwrap()
        .execute("UPDATE entries SET kind = ?1 WHERE seq = 1", params!["new"])
        .unwrap();
    let page = wait(history.read(&lobby(), Span::Until(Seq(2)), up_to(2))).unwrap();
    assert_eq!(seqs(&page), [1, 2]);
    assert_eq!(page.entries[0].body, EntryBody::Unknown);
}
