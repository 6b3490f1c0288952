//! Pages: which entries, how many, and whether there are more.

use super::*;

contract! {
    a_room_that_does_not_exist_has_no_entries
    until_reads_the_latest_up_to_it
    before_reads_the_latest_without_it
    after_reads_the_first_ones_up_to_the_last_wanted
    a_span_beyond_the_room_is_what_the_room_has
    an_empty_span_is_an_empty_page
    bytes_bound_a_page
    an_entry_above_the_bytes_still_comes
    a_page_of_no_entries_only_tells_whether_there_are_some
}

fn a_room_that_does_not_exist_has_no_entries(subject: &Subject) {
    assert_eq!(subject.read(Span::Until(Seq(9)), up_to(9)), Page::default());
}

/// Reads a lobby of ten entries, at most three of them.
fn three_of_ten(subject: &Subject, span: Span) -> (Vec<u64>, bool) {
    let page = subject.read(span, up_to(3));
    (seqs(&page), page.more)
}

fn until_reads_the_latest_up_to_it(subject: &Subject) {
    subject.fill(10);
    let read = |seq| three_of_ten(subject, Span::Until(Seq(seq)));
    assert_eq!(read(10), (vec![8, 9, 10], true));
    assert_eq!(read(4), (vec![2, 3, 4], true));
    assert_eq!(read(3), (vec![1, 2, 3], false));
    assert_eq!(read(2), (vec![1, 2], false));
}

fn before_reads_the_latest_without_it(subject: &Subject) {
    subject.fill(10);
    let read = |seq| three_of_ten(subject, Span::Before(Seq(seq)));
    assert_eq!(read(11), (vec![8, 9, 10], true));
    assert_eq!(read(5), (vec![2, 3, 4], true));
    assert_eq!(read(4), (vec![1, 2, 3], false));
    assert_eq!(read(2), (vec![1], false));
}

fn after_reads_the_first_ones_up_to_the_last_wanted(subject: &Subject) {
    subject.fill(10);
    let read = |seq, until| {
        let until = Seq(until);
        three_of_ten(
            subject,
            Span::After {
                seq: Seq(seq),
                until,
            },
        )
    };
    assert_eq!(read(0, 10), (vec![1, 2, 3], true));
    assert_eq!(read(6, 10), (vec![7, 8, 9], true));
    assert_eq!(read(7, 10), (vec![8, 9, 10], false));
    assert_eq!(read(6, 9), (vec![7, 8, 9], false), "10 is not wanted");
    assert_eq!(read(9, 10), (vec![10], false));
}

fn a_span_beyond_the_room_is_what_the_room_has(subject: &Subject) {
    subject.fill(10);
    let last = (vec![8, 9, 10], true);
    let far = Seq(u64::MAX);
    assert_eq!(three_of_ten(subject, Span::Until(far)), last);
    assert_eq!(three_of_ten(subject, Span::Before(far)), last);
    let after = |seq| Span::After { seq, until: far };
    assert_eq!(three_of_ten(subject, after(Seq(8))), (vec![9, 10], false));
    assert_eq!(three_of_ten(subject, after(far)), (vec![], false));
}

fn an_empty_span_is_an_empty_page(subject: &Subject) {
    subject.fill(10);
    let after = |seq, until| Span::After {
        seq: Seq(seq),
        until: Seq(until),
    };
    for span in [
        Span::Until(Seq(0)),
        Span::Before(Seq(0)),
        Span::Before(Seq(1)),
        after(10, 10),
        after(5, 5),
        after(7, 3),
    ] {
        assert_eq!(subject.read(span, up_to(3)), Page::default(), "{span:?}");
    }
}

fn bytes_bound_a_page(subject: &Subject) {
    subject.fill(9);
    let all = subject.read(Span::Until(Seq(9)), up_to(9));
    let json = serde_json::to_string(&all.entries[0]).unwrap();
    let read = |span, bytes| {
        let page = subject.read(span, Bounds { entries: 9, bytes });
        (seqs(&page), page.more)
    };
    let after = Span::After {
        seq: Seq(0),
        until: Seq(9),
    };
    let until = Span::Until(Seq(9));
    assert_eq!(read(after, json.len() * 3), (vec![1, 2, 3], true));
    assert_eq!(read(after, json.len() * 3 - 1), (vec![1, 2], true));
    assert_eq!(read(until, json.len() * 3), (vec![7, 8, 9], true));
    assert_eq!(read(until, json.len() * 3 - 1), (vec![8, 9], true));
    assert_eq!(read(until, json.len() * 9), (seqs(&all), false));
}

fn an_entry_above_the_bytes_still_comes(subject: &Subject) {
    let long = "x".repeat(4_000);
    subject.append(&[draft(1, "short"), draft(2, &long), draft(3, "short")]);
    let read = |span| {
        let page = subject.read(
            span,
            Bounds {
                entries: 9,
                bytes: 1_000,
            },
        );
        (seqs(&page), page.more)
    };
    let after = |seq| Span::After {
        seq: Seq(seq),
        until: Seq(3),
    };
    assert_eq!(read(after(1)), (vec![2], true), "alone");
    assert_eq!(read(after(0)), (vec![1], true), "not behind another");
    assert_eq!(read(Span::Until(Seq(2))), (vec![2], true));
    assert_eq!(read(Span::Before(Seq(2))), (vec![1], false));
}

fn a_page_of_no_entries_only_tells_whether_there_are_some(subject: &Subject) {
    let read = || subject.read(Span::Until(Seq(9)), up_to(0));
    assert_eq!(read(), Page::default());
    subject.fill(1);
    assert_eq!((seqs(&read()), read().more), (vec![], true));
}
