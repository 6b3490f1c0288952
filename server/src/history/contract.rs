//! What the trait promises, run against every implementation. What one of them promises beyond is
//! tested beside it.

use std::future::Future;
use std::time::Duration;

use shared::{AuthorId, EntryBody, MessageId, MessageText, Nick};

use super::*;
use crate::clock::ManualClock;

mod reading;
mod removing;
mod writing;

/// Longer than any storage takes: a test that waits so long has found a lost answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A history to test, with the clock it goes by.
pub(super) struct Subject {
    history: Box<dyn History>,
    clock: ManualClock,
    /// Removed after the history is closed.
    _directory: Option<tempfile::TempDir>,
}

impl Subject {
    fn in_memory() -> Self {
        let clock = ManualClock::default();
        Self {
            history: Box::new(MemoryHistory::new(clock.clock())),
            clock,
            _directory: None,
        }
    }

    fn in_sqlite() -> Self {
        let clock = ManualClock::default();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("realtid.db");
        let history = SqliteHistory::open(&path, Durability::default(), clock.clock()).unwrap();
        Self {
            history: Box::new(history),
            clock,
            _directory: Some(directory),
        }
    }

    fn append(&self, drafts: &[Draft]) -> Vec<Appended> {
        append(self.history.as_ref(), &lobby(), drafts)
    }

    /// Fills the lobby with `count` entries, `m1` to `m{count}`.
    fn fill(&self, count: u32) {
        let drafts: Vec<_> = (1..=count).map(|n| draft(n, &format!("m{n}"))).collect();
        self.append(&drafts);
    }

    /// Trims to the end; answers how many went.
    fn trim(&self, keep: Keep) -> usize {
        let mut removed = 0;
        loop {
            let trimmed = wait(self.history.trim(keep)).unwrap();
            removed += trimmed.removed;
            if !trimmed.more {
                return removed;
            }
        }
    }

    fn read(&self, span: Span, bounds: Bounds) -> Page {
        wait(self.history.read(&lobby(), span, bounds)).unwrap()
    }
}

/// Makes one test for each implementation of each function named.
macro_rules! contract {
    ($($behaviour:ident)*) => {
        mod memory {
            $(#[test] fn $behaviour() { super::$behaviour(&super::Subject::in_memory()); })*
        }
        mod sqlite {
            $(#[test] fn $behaviour() { super::$behaviour(&super::Subject::in_sqlite()); })*
        }
    };
}
use contract;

/// Waits for an answer, though not for ever.
pub(super) fn wait<T>(answer: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime
        .block_on(async { tokio::time::timeout(PATIENCE, answer).await })
        .expect("an answer in time")
}

pub(super) fn append(history: &dyn History, room: &RoomName, drafts: &[Draft]) -> Vec<Appended> {
    wait(history.append(room, drafts.to_vec())).unwrap()
}

pub(super) fn lobby() -> RoomName {
    RoomName::default()
}

pub(super) fn room(name: &str) -> RoomName {
    RoomName::new(name).unwrap()
}

/// A draft by `ada`, with an id made of a number.
pub(super) fn draft(id: u32, text: &str) -> Draft {
    draft_by("ada", id, text)
}

pub(super) fn draft_by(author: &str, id: u32, text: &str) -> Draft {
    Draft {
        id: MessageId::new(format!("message-{id:012}")).unwrap(),
        author: AuthorId::new(author),
        nick: Nick::new(author).unwrap(),
        text: MessageText::new(text).unwrap(),
    }
}

/// `stored 1 hello`, `repeat 1 hello`, `conflict`.
pub(super) fn outcomes(appended: &[Appended]) -> Vec<String> {
    let words = |what, entry: &Entry| format!("{what} {} {}", entry.seq, text(entry));
    appended
        .iter()
        .map(|appended| match appended {
            Appended::Stored(entry) => words("stored", entry),
            Appended::Repeat(entry) => words("repeat", entry),
            Appended::Conflict => "conflict".to_owned(),
        })
        .collect()
}

pub(super) fn text(entry: &Entry) -> &str {
    match &entry.body {
        EntryBody::Said { text, .. } => text.as_str(),
        EntryBody::Unknown => "",
    }
}

pub(super) fn seqs(page: &Page) -> Vec<u64> {
    page.entries.iter().map(|entry| entry.seq.0).collect()
}

/// The latest so many, whatever their age.
pub(super) fn latest(entries: u64) -> Keep {
    Keep { since: 0, entries }
}

/// Up to so many entries of any size.
pub(super) fn up_to(entries: usize) -> Bounds {
    Bounds {
        entries,
        bytes: usize::MAX,
    }
}
