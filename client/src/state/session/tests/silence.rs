//! A line that says nothing.

use super::*;

/// A visit to a server that wants to be asked after 20 s of silence.
fn watched() -> Session {
    let mut session = stranger();
    join(&mut session, "Åsa", 0);
    let mut welcome = welcome(saids(1..=3), 3, false);
    welcome.limits.ping_ms = 20_000;
    session.handle(server(welcome), 0);
    session
}

#[test]
fn a_silent_line_is_asked_and_given_up_when_it_stays_silent() {
    let mut session = watched();
    assert_eq!(session.wake_at(), Some(20_000));
    let ping = [Effect::Send(ClientMessage::Ping)];
    assert_eq!(session.handle(Event::Tick, 20_000), ping);
    assert_eq!(session.wake_at(), Some(40_000));
    assert_eq!(session.handle(Event::Tick, 40_000), [Effect::GiveUp]);
}

#[test]
fn a_rest_that_does_not_come_is_asked_for() {
    let mut session = watched();
    session.handle(BROKE, 0);
    session.handle(Event::Tick, 500);
    let mut first = welcome(saids(4..=5), 5, true);
    (first.missed, first.limits.ping_ms) = (4, 20_000);
    session.handle(server(first), 600);
    session.handle(say(11), 700);
    let effects = session.handle(Event::Tick, 20_600);
    assert_eq!(sent(&effects), ["ping", "page"]);
    let page = ServerMessage::Page {
        entries: vec![],
        more: false,
    };
    let effects = session.handle(Event::Server(page), 20_700);
    assert_eq!(said_ids(&effects), [id(11)]);
}

#[test]
fn any_answer_keeps_the_line_also_one_that_cannot_be_read() {
    for answer in [Event::Server(ServerMessage::Pong), Event::Unread] {
        let mut session = watched();
        session.handle(Event::Tick, 20_000);
        session.handle(answer, 20_100);
        assert_eq!(session.wake_at(), Some(40_100));
        assert_eq!(session.handle(Event::Tick, 40_000), []);
    }
}

#[test]
fn nothing_is_asked_over_a_line_that_is_gone() {
    let mut session = watched();
    session.handle(BROKE, 1_000);
    assert_eq!(session.wake_at(), Some(1_500), "to come back");
    assert_eq!(sent(&session.handle(Event::Tick, 30_000)), ["join"]);
}

#[test]
fn a_reader_who_comes_back_finds_out_whether_the_line_still_stands() {
    let mut session = live();
    let effects = session.handle(Event::Wake, 1_000);
    assert_eq!(sent(&effects), ["page"]);
    assert_eq!(
        session.handle(Event::Wake, 1_001),
        [],
        "one question at a time"
    );
    assert_eq!(session.wake_at(), Some(11_000));
    assert_eq!(session.handle(Event::Tick, 11_000), [Effect::GiveUp]);

    let mut fresh = live();
    fresh.handle(entry(said(4, "Bo")), 500);
    assert_eq!(fresh.handle(Event::Wake, 1_000), [], "heard just now");

    let mut answered = live();
    answered.handle(Event::Wake, 1_000);
    let page = ServerMessage::Page {
        entries: saids(4..=5),
        more: false,
    };
    answered.handle(Event::Server(page), 1_100);
    assert_eq!(seqs(answered.timeline.entries()), [1, 2, 3, 4, 5]);
    assert_eq!(answered.wake_at(), None);
}

#[test]
fn a_line_that_answers_nothing_is_given_up() {
    let mut session = live();
    session.handle(say(11), 0);
    assert_eq!(session.handle(Event::Tick, 10_000), [Effect::GiveUp]);
}
