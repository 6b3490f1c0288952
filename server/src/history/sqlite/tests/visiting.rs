//! Visitors in the writer's commits: shared, tried again, and apart from what fails.

use std::sync::atomic::Ordering;
use std::time::Duration;

use shared::{AuthorId, Nick};

use super::*;
use crate::room::visit::{Claim, Visit};

fn visit(author: &str, claim: Claim) -> Visit {
    Visit {
        author: AuthorId::new(author),
        nick: Nick::new(author).unwrap(),
        seen_at: 1_700_000_000_000,
        claim,
    }
}

/// Has the writer do what is asked of the history `ask` gets, with these drafts, in one go.
fn at_once(writer: &mut Writer, drafts: &[Draft], ask: impl FnOnce(&SqliteHistory)) -> Vec<String> {
    let (commands, inbox) = mpsc::channel();
    ask(&SqliteHistory {
        looks: mpsc::channel().0,
        commands,
        under_way: UnderWay::default(),
        threads: Mutex::default(),
    });
    for command in inbox {
        match command {
            Command::Errand(errand) => writer.errands.push(errand),
            Command::Close => {}
            _ => panic!("not about visitors"),
        }
    }
    let (reply, mut answer) = oneshot::channel();
    let (room, drafts) = (lobby(), drafts.to_vec());
    writer.append(vec![Append {
        under_way: UnderWay::default().begin(&room),
        room,
        drafts,
        reply,
    }]);
    match answer.try_recv().expect("an answer") {
        Ok(appended) => outcomes(&appended),
        Err(error) => vec![error.to_string()],
    }
}

fn writer(path: &Path) -> Writer {
    let database = Database::open(path, Durability::Power).unwrap();
    Writer::new(database, Clock::new(|| 1_700_000_000_000))
}

fn claims(path: &Path) -> Vec<(String, i64)> {
    let connection = Connection::open(path).unwrap();
    let mut rows = connection
        .prepare("SELECT author, held_until FROM visitors ORDER BY author")
        .unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

#[test]
fn visitors_and_entries_share_one_commit() {
    let (_directory, path) = place();
    let mut writer = writer(&path);
    let commits = count_commits(&mut writer);
    let mut answers = Vec::new();
    let told = at_once(&mut writer, &[draft(1, "a")], |visitors| {
        for author in ["ada", "bo"] {
            answers.push(visitors.record_visit(&lobby(), visit(author, Claim::Present)));
        }
    });
    assert_eq!(told, ["stored 1 a"]);
    for answer in answers {
        wait(answer).unwrap();
    }
    assert_eq!(commits.load(Ordering::SeqCst), 1);
    let present = |author: &str| (author.to_owned(), i64::MAX);
    assert_eq!(claims(&path), [present("ada"), present("bo")]);
}

#[test]
fn a_commit_that_failed_is_tried_again_with_its_visitors() {
    let (_directory, path) = place();
    let mut writer = writer(&path);
    let connection = writer.database.connection().unwrap();
    connection.commit_hook(Some(|| true)).unwrap();
    let mut answer = None;
    let told = at_once(&mut writer, &[draft(1, "a")], |visitors| {
        answer = Some(visitors.record_visit(&lobby(), visit("ada", Claim::Free)));
    });
    assert_eq!(told, ["stored 1 a"]);
    wait(answer.unwrap()).unwrap();
    assert_eq!(claims(&path), [("ada".to_owned(), 0)]);
}

#[test]
fn a_visitor_that_cannot_be_stored_fails_alone() {
    let (_directory, path) = place();
    let mut writer = writer(&path);
    meddle(
        &path,
        "CREATE TRIGGER fault BEFORE INSERT ON visitors WHEN NEW.author = 'poison'
         BEGIN SELECT RAISE(ABORT, 'on fire'); END",
    );
    let mut answers = Vec::new();
    let told = at_once(&mut writer, &[draft(1, "a")], |visitors| {
        for author in ["ada", "poison", "bo"] {
            answers.push(visitors.record_visit(&lobby(), visit(author, Claim::Free)));
        }
    });
    assert_eq!(told, ["stored 1 a"]);
    let answers: Vec<_> = answers.into_iter().map(wait).collect();
    assert!(matches!(&answers[1], Err(HistoryError::Storage(why)) if why == "on fire"));
    assert!(answers[0].is_ok() && answers[2].is_ok());
    let stored = ["ada", "bo"].map(|author| (author.to_owned(), 0));
    assert_eq!(claims(&path), stored);
}

#[test]
fn visitors_are_read_while_another_program_writes() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    wait(history.record_visit(&lobby(), visit("ada", Claim::Present))).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let ada = AuthorId::new("ada");
    let known = wait(history.known_visitor(&lobby(), &ada, 0)).unwrap();
    assert!(known.is_some());
    other.execute_batch("ROLLBACK").unwrap();
}

#[test]
fn a_lock_keeps_nobody_from_reading_visitors() {
    let (_directory, path) = place();
    let mut writer = writer(&path);
    let connection = writer.database.connection().unwrap();
    connection.busy_timeout(Duration::ZERO).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = beside_readers(&mut writer, &[draft(1, "a")]);
    assert!(matches!(refused, HistoryError::Locked), "{refused}");
}

#[test]
fn a_full_disk_keeps_nobody_from_reading_visitors() {
    let (_directory, path) = place();
    let mut writer = writer(&path);
    let connection = writer.database.connection().unwrap();
    let limit = "PRAGMA max_page_count = 1";
    let _: i64 = connection.query_row(limit, [], |row| row.get(0)).unwrap();
    let long = "x".repeat(4_000);
    let drafts: Vec<_> = (1..=20).map(|n| draft(n, &long)).collect();
    let refused = beside_readers(&mut writer, &drafts);
    assert!(matches!(refused, HistoryError::Full(_)), "{refused}");
}

/// Has visitors read in one go with drafts and a visit that cannot be stored; answers why not.
fn beside_readers(writer: &mut Writer, drafts: &[Draft]) -> HistoryError {
    let (mut known, mut open, mut recorded) = (None, None, None);
    let long = Visit {
        author: AuthorId::new("x".repeat(100_000)),
        ..visit("ada", Claim::Free)
    };
    let told = at_once(writer, drafts, |visitors| {
        known = Some(visitors.known_visitor(&lobby(), &AuthorId::new("ada"), 0));
        recorded = Some(visitors.record_visit(&lobby(), long));
        open = Some(visitors.open_visits(&lobby(), 0, 9));
    });
    assert!(!told[0].starts_with("stored"), "{told:?}");
    assert_eq!(wait(known.unwrap()).unwrap(), None);
    assert_eq!(wait(open.unwrap()).unwrap(), []);
    wait(recorded.unwrap()).unwrap_err()
}

#[test]
fn an_import_keeps_who_is_known_and_adds_who_wrote_as_last_called() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    let ada = visit("ada", Claim::Held { until: 7 });
    wait(history.record_visit(&lobby(), ada.clone())).unwrap();
    drop(history);

    let mut restore = Restore::begin(&path).unwrap();
    let room = restore.room(&lobby(), 4, false).unwrap().unwrap();
    for (seq, author, nick) in [(1, "bo", "Bo"), (2, "bo", "Bob"), (3, "ada", "Ada L")] {
        let entry = RawEntry {
            seq,
            at: 1,
            kind: "said".to_owned(),
            id: format!("message-{seq:012}"),
            author: author.to_owned(),
            nick: nick.to_owned(),
            body: "text".to_owned(),
        };
        assert!(restore.entry(&room, &entry).unwrap());
    }
    restore.commit().unwrap();

    let history = open(&path).unwrap();
    assert_eq!(wait(history.open_visits(&lobby(), 0, 9)).unwrap(), [ada]);
    let known = wait(history.known_visitor(&lobby(), &AuthorId::new("bo"), 0)).unwrap();
    assert_eq!(known, Nick::new("Bob").ok());
    let nick = "SELECT nick FROM visitors WHERE author = 'bo'";
    let nick: String = Connection::open(&path)
        .unwrap()
        .query_row(nick, [], |row| row.get(0))
        .unwrap();
    assert_eq!(nick, "Bob");
}

#[test]
fn closing_stores_the_visitors_that_came_before() {
    let (_directory, path) = place();
    let history = open(&path).unwrap();
    let asked = history.record_visit(&lobby(), visit("ada", Claim::Held { until: 7 }));
    history.close();
    wait(asked).unwrap();
    let late = wait(history.record_visit(&lobby(), visit("bo", Claim::Free)));
    assert!(matches!(late, Err(HistoryError::Closed)), "{late:?}");
    assert_eq!(claims(&path), [("ada".to_owned(), 7)]);
}
