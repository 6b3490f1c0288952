//! What goes, what stays, and what a removal leaves as it was.

use super::*;

contract! {
    the_latest_so_many_stay
    what_is_older_goes
    both_rules_hold
    an_older_entry_behind_a_newer_one_stays
    every_room_is_trimmed
    no_room_is_made
    a_long_log_goes_in_bounded_steps
    what_is_left_is_read_from_any_position
    more_ends_at_the_first_entry_left
    an_emptied_room_counts_on_in_its_epoch
    an_id_is_known_for_as_long_as_its_entry_is_there
}

fn all(subject: &Subject) -> Vec<u64> {
    seqs(&subject.read(Span::Until(Seq(u64::MAX)), up_to(usize::MAX)))
}

fn since(since: u64) -> Keep {
    Keep {
        since,
        entries: u64::MAX,
    }
}

/// Fills the lobby with one entry at each of these times.
fn fill_at(subject: &Subject, times: &[u64]) {
    for (n, at) in (1..).zip(times) {
        subject.clock.set(*at);
        subject.append(&[draft(n, "text")]);
    }
}

fn the_latest_so_many_stay(subject: &Subject) {
    subject.fill(5);
    assert_eq!(subject.trim(latest(5)), 0);
    assert_eq!(subject.trim(latest(3)), 2);
    assert_eq!(all(subject), [3, 4, 5]);
    subject.append(&[draft(6, "new"), draft(7, "new")]);
    assert_eq!(subject.trim(latest(3)), 2);
    assert_eq!(all(subject), [5, 6, 7]);
}

fn what_is_older_goes(subject: &Subject) {
    fill_at(subject, &[10, 20, 20, 30]);
    assert_eq!(subject.trim(since(10)), 0);
    assert_eq!(subject.trim(since(20)), 1);
    assert_eq!(all(subject), [2, 3, 4]);
    assert_eq!(subject.trim(since(21)), 2);
    assert_eq!(all(subject), [4]);
    assert_eq!(subject.trim(since(u64::MAX)), 1);
    assert!(all(subject).is_empty());
}

fn both_rules_hold(subject: &Subject) {
    fill_at(subject, &[10, 20, 30, 40]);
    let keep = |since, entries| Keep { since, entries };
    assert_eq!(subject.trim(keep(20, 4)), 1, "by age");
    assert_eq!(subject.trim(keep(20, 2)), 1, "by count");
    assert_eq!(subject.trim(keep(20, 2)), 0);
    assert_eq!(all(subject), [3, 4]);
}

fn an_older_entry_behind_a_newer_one_stays(subject: &Subject) {
    fill_at(subject, &[10, 30, 5, 40]);
    assert_eq!(subject.trim(since(20)), 1, "the clock had gone back");
    assert_eq!(all(subject), [2, 3, 4]);
    assert_eq!(subject.trim(since(35)), 2);
    assert_eq!(all(subject), [4]);
}

fn every_room_is_trimmed(subject: &Subject) {
    let history = subject.history.as_ref();
    for (name, count) in [("a", 3), ("b", 1), ("c", 4)] {
        let drafts: Vec<_> = (1..=count).map(|n| draft(n, name)).collect();
        append(history, &room(name), &drafts);
    }
    assert_eq!(subject.trim(latest(2)), 3);
    for (name, left) in [("a", vec![2, 3]), ("b", vec![1]), ("c", vec![3, 4])] {
        let read = history.read(&room(name), Span::Until(Seq(9)), up_to(9));
        assert_eq!(seqs(&wait(read).unwrap()), left, "{name}");
    }
}

fn no_room_is_made(subject: &Subject) {
    assert_eq!(
        wait(subject.history.trim(latest(1))).unwrap(),
        Trimmed::default()
    );
    assert!(all(subject).is_empty());
}

fn a_long_log_goes_in_bounded_steps(subject: &Subject) {
    subject.fill(2_500);
    let step = || wait(subject.history.trim(latest(10))).unwrap();
    let (removed, more) = (TRIM_ENTRIES, true);
    assert_eq!(step(), Trimmed { removed, more });
    let said = subject.append(&[draft(2_501, "in between")]);
    assert_eq!(outcomes(&said), ["stored 2501 in between"]);
    assert_eq!(step(), Trimmed { removed, more });
    let (removed, more) = (491, false);
    assert_eq!(step(), Trimmed { removed, more });
    assert_eq!(all(subject), (2_492..=2_501).collect::<Vec<_>>());
}

fn what_is_left_is_read_from_any_position(subject: &Subject) {
    subject.fill(10);
    subject.trim(latest(4));
    for position in [0, 1, 5, 6] {
        let span = Span::After {
            seq: Seq(position),
            until: Seq(10),
        };
        let page = subject.read(span, up_to(3));
        assert_eq!((seqs(&page), page.more), (vec![7, 8, 9], true));
    }
    for gone in [Span::Before(Seq(7)), Span::Until(Seq(3))] {
        assert_eq!(subject.read(gone, up_to(3)), Page::default());
    }
}

fn more_ends_at_the_first_entry_left(subject: &Subject) {
    subject.fill(10);
    subject.trim(latest(4));
    let before = |seq, entries| {
        let page = subject.read(Span::Before(Seq(seq)), up_to(entries));
        (seqs(&page), page.more)
    };
    assert_eq!(before(11, 4), (vec![7, 8, 9, 10], false));
    assert_eq!(before(11, 3), (vec![8, 9, 10], true));
    assert_eq!(before(8, 3), (vec![7], false));
}

fn an_emptied_room_counts_on_in_its_epoch(subject: &Subject) {
    subject.fill(3);
    let before = wait(subject.history.head(&lobby())).unwrap();
    assert_eq!(subject.trim(latest(0)), 3);
    assert_eq!(wait(subject.history.head(&lobby())).unwrap(), before);
    let said = subject.append(&[draft(4, "new")]);
    assert_eq!(outcomes(&said), ["stored 4 new"]);
    assert_eq!(all(subject), [4]);
}

fn an_id_is_known_for_as_long_as_its_entry_is_there(subject: &Subject) {
    subject.fill(3);
    subject.trim(latest(1));
    let again = subject.append(&[draft(3, "m3"), draft(2, "m2")]);
    assert_eq!(outcomes(&again), ["repeat 3 m3", "stored 4 m2"]);
}
