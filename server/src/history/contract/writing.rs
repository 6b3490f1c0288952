//! Order, once, and rooms apart.

use std::thread;

use super::*;

contract! {
    a_fresh_room_stands_at_zero
    a_room_keeps_its_epoch
    entries_are_numbered_from_one_without_gaps
    an_entry_is_as_drafted_and_as_timed
    no_drafts_are_no_entries
    a_repeated_id_answers_with_the_stored_entry
    the_same_text_by_another_author_is_a_repeat
    an_id_of_another_author_and_text_is_a_conflict
    a_conflict_leaves_the_rest_of_its_batch
    an_id_twice_in_one_batch_counts_once
    a_repeat_takes_no_number
    rooms_are_apart
    rooms_append_at_once
    the_call_begins_the_work
    the_head_counts_what_was_asked_for_before
}

fn a_fresh_room_stands_at_zero(subject: &Subject) {
    let head = wait(subject.history.head(&lobby())).unwrap();
    assert_eq!(head.seq, Seq(0));
    assert_eq!(head.epoch.0.len(), 11);
}

fn a_room_keeps_its_epoch(subject: &Subject) {
    let before = wait(subject.history.head(&lobby())).unwrap();
    subject.fill(3);
    let after = wait(subject.history.head(&lobby())).unwrap();
    assert_eq!(after.epoch, before.epoch);
    assert_eq!(after.seq, Seq(3));
    let other = wait(subject.history.head(&room("other"))).unwrap();
    assert_ne!(other.epoch, before.epoch, "each room has its own");
}

fn entries_are_numbered_from_one_without_gaps(subject: &Subject) {
    let first = subject.append(&[draft(1, "a"), draft(2, "b")]);
    let second = subject.append(&[draft(3, "c")]);
    assert_eq!(outcomes(&first), ["stored 1 a", "stored 2 b"]);
    assert_eq!(outcomes(&second), ["stored 3 c"]);
    let page = subject.read(Span::Until(Seq(3)), up_to(10));
    assert_eq!(
        page.entries.iter().map(text).collect::<Vec<_>>(),
        ["a", "b", "c"]
    );
}

fn an_entry_is_as_drafted_and_as_timed(subject: &Subject) {
    let said = draft_by("grace", 7, "naïve 花子 😀\n\ttext");
    subject.clock.set(1_700_000_000_123);
    let appended = subject.append(std::slice::from_ref(&said));
    let expected = Entry {
        body: EntryBody::Said {
            nick: said.nick,
            text: said.text,
        },
        seq: Seq(1),
        at: 1_700_000_000_123,
        id: said.id,
        author: said.author,
    };
    assert_eq!(appended, [Appended::Stored(expected.clone())]);
    let page = subject.read(Span::Until(Seq(1)), up_to(1));
    assert_eq!(page.entries, [expected]);
}

fn no_drafts_are_no_entries(subject: &Subject) {
    assert_eq!(subject.append(&[]), []);
    assert_eq!(wait(subject.history.head(&lobby())).unwrap().seq, Seq(0));
}

fn a_repeated_id_answers_with_the_stored_entry(subject: &Subject) {
    subject.clock.set(1);
    let first = subject.append(&[draft(1, "first")]);
    subject.clock.set(2);
    let again = subject.append(&[draft(1, "edited meanwhile")]);
    let [Appended::Stored(stored)] = first.as_slice() else {
        panic!("{first:?}");
    };
    assert_eq!(again, [Appended::Repeat(stored.clone())], "its time, too");
}

fn the_same_text_by_another_author_is_a_repeat(subject: &Subject) {
    subject.append(&[draft_by("ada", 1, "hello")]);
    let again = subject.append(&[draft_by("grace", 1, "hello")]);
    assert_eq!(outcomes(&again), ["repeat 1 hello"]);
    assert!(matches!(&again[0], Appended::Repeat(entry) if entry.author.as_str() == "ada"));
}

fn an_id_of_another_author_and_text_is_a_conflict(subject: &Subject) {
    subject.append(&[draft_by("ada", 1, "hello")]);
    let other = subject.append(&[draft_by("grace", 1, "good-bye")]);
    assert_eq!(other, [Appended::Conflict]);
}

fn a_conflict_leaves_the_rest_of_its_batch(subject: &Subject) {
    subject.append(&[draft_by("ada", 1, "hello")]);
    let batch = [
        draft_by("grace", 2, "before"),
        draft_by("grace", 1, "mine"),
        draft_by("grace", 3, "after"),
    ];
    assert_eq!(
        outcomes(&subject.append(&batch)),
        ["stored 2 before", "conflict", "stored 3 after"]
    );
}

fn an_id_twice_in_one_batch_counts_once(subject: &Subject) {
    let batch = [
        draft_by("ada", 1, "hello"),
        draft_by("ada", 1, "hello?"),
        draft_by("grace", 1, "hello"),
        draft_by("grace", 1, "mine"),
        draft_by("grace", 2, "next"),
    ];
    assert_eq!(
        outcomes(&subject.append(&batch)),
        [
            "stored 1 hello",
            "repeat 1 hello",
            "repeat 1 hello",
            "conflict",
            "stored 2 next"
        ]
    );
}

fn a_repeat_takes_no_number(subject: &Subject) {
    subject.append(&[draft(1, "a")]);
    subject.append(&[draft(1, "a")]);
    assert_eq!(
        outcomes(&subject.append(&[draft(1, "a"), draft(2, "b")])),
        ["repeat 1 a", "stored 2 b"]
    );
    assert_eq!(wait(subject.history.head(&lobby())).unwrap().seq, Seq(2));
}

fn rooms_are_apart(subject: &Subject) {
    let (red, blue) = (room("red"), room("blue"));
    let history = subject.history.as_ref();
    assert_eq!(
        outcomes(&append(history, &red, &[draft_by("ada", 1, "r")])),
        ["stored 1 r"]
    );
    assert_eq!(
        outcomes(&append(history, &blue, &[draft_by("grace", 1, "b")])),
        ["stored 1 b"],
        "an id belongs to its room"
    );
    let page = wait(history.read(&red, Span::Until(Seq(9)), up_to(9))).unwrap();
    assert_eq!(page.entries.iter().map(text).collect::<Vec<_>>(), ["r"]);
}

fn rooms_append_at_once(subject: &Subject) {
    let history = subject.history.as_ref();
    thread::scope(|scope| {
        for name in ["a", "b", "c", "d", "e", "f"] {
            scope.spawn(move || {
                let room = room(name);
                for batch in 0..10 {
                    let ids = (1..=3).map(|n| batch * 3 + n);
                    let drafts: Vec<_> = ids.clone().map(|id| draft(id, name)).collect();
                    let expected: Vec<_> = ids.map(|id| format!("stored {id} {name}")).collect();
                    assert_eq!(outcomes(&append(history, &room, &drafts)), expected);
                }
            });
        }
    });
}

fn the_call_begins_the_work(subject: &Subject) {
    let history = subject.history.as_ref();
    drop(history.append(&lobby(), vec![draft(1, "dropped")]));
    assert_eq!(
        outcomes(&append(history, &lobby(), &[draft(2, "next")])),
        ["stored 2 next"]
    );
}

fn the_head_counts_what_was_asked_for_before(subject: &Subject) {
    let history = subject.history.as_ref();
    subject.fill(1);
    for seq in 2..50 {
        drop(history.append(&lobby(), vec![draft(seq, "under way")]));
        let head = wait(history.head(&lobby())).unwrap();
        assert_eq!(head.seq, Seq(u64::from(seq)));
    }
}
