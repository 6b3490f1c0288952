//! What the trait promises, run against every implementation.

use std::time::Duration;

use shared::Nick;

use super::*;
use crate::clock::Clock;
use crate::history::{Durability, SqliteHistory};

/// Longer than any storage takes: a test that waits so long has found a lost answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Visitors to test.
struct Subject {
    visitors: Box<dyn Visitors>,
    /// Removed after they are closed.
    _directory: Option<tempfile::TempDir>,
}

impl Subject {
    fn in_memory() -> Self {
        Self {
            visitors: Box::new(MemoryVisitors::default()),
            _directory: None,
        }
    }

    fn in_sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("realtid.db");
        let visitors = SqliteHistory::open(&path, Durability::default(), Clock::system()).unwrap();
        Self {
            visitors: Box::new(visitors),
            _directory: Some(directory),
        }
    }

    async fn record(&self, room: &RoomName, visit: &Visit) {
        wait(self.visitors.record(room, visit.clone())).await;
    }

    async fn known(&self, room: &RoomName, author: &str, since: u64) -> bool {
        let author = AuthorId::new(author);
        let nick = wait(self.visitors.known(room, &author, since)).await;
        nick.is_some()
    }

    /// The authors of what is open in the lobby.
    async fn open(&self, now: u64) -> Vec<String> {
        let open = wait(self.visitors.open(&lobby(), now)).await;
        open.into_iter()
            .map(|visit| visit.author.to_string())
            .collect()
    }

    async fn prune(&self, before: u64) -> usize {
        wait(self.visitors.prune(before)).await
    }
}

macro_rules! contract {
    ($($behaviour:ident)*) => {
        mod memory {
            $(#[actix::test] async fn $behaviour() {
                super::$behaviour(&super::Subject::in_memory()).await;
            })*
        }
        mod sqlite {
            $(#[actix::test] async fn $behaviour() {
                super::$behaviour(&super::Subject::in_sqlite()).await;
            })*
        }
    };
}

contract! {
    what_is_recorded_is_read_as_it_was
    a_later_visit_takes_the_place_of_an_earlier_one
    an_author_is_known_for_as_long_as_asked_for
    who_is_known_is_known_by_the_last_nick
    rooms_are_apart
    what_is_open_comes_by_its_strength_and_nothing_that_is_free
    of_two_that_are_equal_who_was_seen_last_comes_first
    what_is_open_is_bounded_and_the_strongest_come
    calls_take_effect_in_their_order
    a_call_begins_the_work_also_where_nobody_waits
    who_has_not_been_seen_for_long_is_forgotten
    who_is_present_is_not_forgotten
    a_pruning_is_bounded_and_the_oldest_go_first
}

async fn wait<T>(answer: BoxFuture<'static, Result<T, HistoryError>>) -> T {
    let answer = tokio::time::timeout(PATIENCE, answer).await;
    answer.expect("an answer in time").unwrap()
}

fn lobby() -> RoomName {
    RoomName::default()
}

fn visit(author: &str, seen_at: u64, claim: Claim) -> Visit {
    Visit {
        author: AuthorId::new(author),
        nick: Nick::new(author).unwrap(),
        seen_at,
        claim,
    }
}

async fn what_is_recorded_is_read_as_it_was(subject: &Subject) {
    let visits = [
        Visit {
            nick: Nick::new("Élodie 花子").unwrap(),
            ..visit("ada", 1_700_000_000_123, Claim::Present)
        },
        visit("bo", u64::MAX >> 1, Claim::Held { until: 77 }),
    ];
    for visit in &visits {
        subject.record(&lobby(), visit).await;
    }
    assert_eq!(wait(subject.visitors.open(&lobby(), 0)).await, visits);
}

async fn a_later_visit_takes_the_place_of_an_earlier_one(subject: &Subject) {
    subject
        .record(&lobby(), &visit("ada", 10, Claim::Present))
        .await;
    let later = Visit {
        nick: Nick::new("Ada L").unwrap(),
        ..visit("ada", 20, Claim::Held { until: 90 })
    };
    subject.record(&lobby(), &later).await;
    assert_eq!(wait(subject.visitors.open(&lobby(), 20)).await, [later]);
    subject
        .record(&lobby(), &visit("ada", 30, Claim::Free))
        .await;
    assert!(subject.open(0).await.is_empty());
    assert!(subject.known(&lobby(), "ada", 30).await);
}

async fn an_author_is_known_for_as_long_as_asked_for(subject: &Subject) {
    subject
        .record(&lobby(), &visit("ada", 50, Claim::Free))
        .await;
    subject
        .record(&lobby(), &visit("bo", 50, Claim::Present))
        .await;
    for (author, since, known) in [
        ("ada", 0, true),
        ("ada", 50, true),
        ("ada", 51, false),
        ("bo", 51, true),
        ("cy", 0, false),
    ] {
        assert_eq!(
            subject.known(&lobby(), author, since).await,
            known,
            "{author} {since}"
        );
    }
}

async fn who_is_known_is_known_by_the_last_nick(subject: &Subject) {
    let called = |nick: &str, claim| Visit {
        nick: Nick::new(nick).unwrap(),
        ..visit("ada", 50, claim)
    };
    let ada = AuthorId::new("ada");
    for visit in [
        called("Ada", Claim::Present),
        called("Élodie 花子", Claim::Free),
    ] {
        subject.record(&lobby(), &visit).await;
        let known = wait(subject.visitors.known(&lobby(), &ada, 0)).await;
        assert_eq!(known, Some(visit.nick));
    }
}

async fn rooms_are_apart(subject: &Subject) {
    let other = RoomName::new("other").unwrap();
    assert!(!subject.known(&other, "ada", 0).await, "no room yet");
    subject
        .record(&other, &visit("ada", 10, Claim::Present))
        .await;
    assert!(!subject.known(&lobby(), "ada", 0).await);
    assert!(subject.open(0).await.is_empty());
    subject
        .record(&lobby(), &visit("ada", 10, Claim::Free))
        .await;
    assert_eq!(wait(subject.visitors.open(&other, 0)).await.len(), 1);
}

async fn what_is_open_comes_by_its_strength_and_nothing_that_is_free(subject: &Subject) {
    for (author, claim) in [
        ("short", Claim::Held { until: 20 }),
        ("past", Claim::Held { until: 10 }),
        ("free", Claim::Free),
        ("present", Claim::Present),
        ("long", Claim::Held { until: u64::MAX }),
    ] {
        subject.record(&lobby(), &visit(author, 1, claim)).await;
    }
    assert_eq!(subject.open(10).await, ["present", "long", "short"]);
    assert_eq!(subject.open(20).await, ["present", "long"]);
}

async fn of_two_that_are_equal_who_was_seen_last_comes_first(subject: &Subject) {
    for (author, seen_at, claim) in [
        ("a", 1, Claim::Present),
        ("b", 3, Claim::Present),
        ("c", 2, Claim::Present),
        ("d", 5, Claim::Held { until: 9 }),
        ("e", 4, Claim::Held { until: 9 }),
    ] {
        subject
            .record(&lobby(), &visit(author, seen_at, claim))
            .await;
    }
    assert_eq!(subject.open(0).await, ["b", "c", "a", "d", "e"]);
}

async fn what_is_open_is_bounded_and_the_strongest_come(subject: &Subject) {
    let held = |n: usize| visit(&format!("a{n}"), 1, Claim::Held { until: n as u64 });
    for n in 1..=OPEN + 1 {
        drop(subject.visitors.record(&lobby(), held(n)));
    }
    let open = subject.open(0).await;
    assert_eq!(open.len(), OPEN);
    assert_eq!(open.first().unwrap(), &format!("a{}", OPEN + 1));
    assert_eq!(open.last().unwrap(), "a2");
}

async fn calls_take_effect_in_their_order(subject: &Subject) {
    let (room, visitors) = (lobby(), subject.visitors.as_ref());
    let author = AuthorId::new("ada");
    let before = visitors.known(&room, &author, 0);
    let recorded = visitors.record(&room, visit("ada", 1, Claim::Present));
    let after = visitors.known(&room, &author, 0);
    let open = visitors.open(&room, 0);
    let freed = visitors.record(&room, visit("ada", 2, Claim::Free));
    let none = visitors.open(&room, 0);
    // Whichever is awaited first.
    assert!(wait(none).await.is_empty());
    assert_eq!(wait(open).await.len(), 1);
    let (before, after) = (wait(before).await, wait(after).await);
    assert_eq!((before.is_some(), after.is_some()), (false, true));
    wait(recorded).await;
    wait(freed).await;
}

async fn a_call_begins_the_work_also_where_nobody_waits(subject: &Subject) {
    drop(
        subject
            .visitors
            .record(&lobby(), visit("ada", 1, Claim::Free)),
    );
    assert!(subject.known(&lobby(), "ada", 0).await);
}

async fn who_has_not_been_seen_for_long_is_forgotten(subject: &Subject) {
    let other = RoomName::new("other").unwrap();
    subject
        .record(&lobby(), &visit("ada", 10, Claim::Free))
        .await;
    subject
        .record(&other, &visit("bo", 10, Claim::Held { until: 99 }))
        .await;
    subject
        .record(&lobby(), &visit("cy", 20, Claim::Free))
        .await;
    assert_eq!(subject.prune(20).await, 2);
    assert_eq!(subject.prune(20).await, 0);
    assert!(!subject.known(&lobby(), "ada", 0).await);
    assert!(!subject.known(&other, "bo", 0).await);
    assert!(subject.known(&lobby(), "cy", 0).await);
}

async fn who_is_present_is_not_forgotten(subject: &Subject) {
    subject
        .record(&lobby(), &visit("ada", 10, Claim::Present))
        .await;
    assert_eq!(subject.prune(u64::MAX).await, 0);
    assert_eq!(subject.open(0).await, ["ada"]);
}

async fn a_pruning_is_bounded_and_the_oldest_go_first(subject: &Subject) {
    for n in 0..=PRUNED {
        let visit = visit(&format!("a{n}"), 10 + n as u64, Claim::Free);
        drop(subject.visitors.record(&lobby(), visit));
    }
    assert_eq!(subject.prune(u64::MAX).await, PRUNED);
    assert!(subject.known(&lobby(), &format!("a{PRUNED}"), 0).await);
    assert_eq!(subject.prune(u64::MAX).await, 1);
}
