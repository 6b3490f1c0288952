//! What the server refuses, and what becomes of it.

use super::*;

#[test]
fn a_taken_nick_keeps_what_was_typed_and_tries_again_on_the_same_line() {
    let mut session = stranger();
    join(&mut session, "Bo", 0);
    let mut refused = refusal("join", RefusalCode::NickTaken);
    refused.suggestion = Some(nick("Bo2"));
    refuse(&mut session, refused, 0);
    assert_eq!(
        session.problem,
        Some(Problem::Nick {
            nick: nick("Bo"),
            code: RefusalCode::NickTaken,
            suggestion: Some(nick("Bo2")),
        })
    );
    let effects = join(&mut session, "Bo2", 0);
    assert_eq!(sent(&effects), ["join"]);
    assert!(!effects.contains(&Effect::Open));
    assert_eq!(session.problem, None);
}

#[test]
fn a_nick_taken_while_away_shows_the_form_and_loses_nothing() {
    let mut session = live();
    session.handle(BROKE, 1);
    session.handle(say(9), 2);
    session.handle(Event::Tick, 1_000);
    let refused = refusal("join", RefusalCode::NickTaken);
    refuse(&mut session, refused, 0);
    assert_eq!(session.stage, Stage::Form);
    assert_eq!(seqs(session.timeline.entries()), [1, 2, 3]);
    assert_eq!(session.outbox.drafts().len(), 1);
}

#[test]
fn a_token_that_the_server_does_not_take_is_dropped() {
    let mut session = regular();
    handle_alone(&mut session, Event::Connect, 0);
    let refused = refusal("join", RefusalCode::InvalidToken);
    let effects = refuse(&mut session, refused, 0);
    assert_eq!(join_of(&effects).token, None);
}

#[test]
fn a_busy_server_is_joined_later_and_ever_more_seldom() {
    let mut session = stranger();
    join(&mut session, "Bo", 0);
    let mut refused = refusal("join", RefusalCode::Unavailable);
    refused.retry_after_ms = Some(800);
    let effects = refuse(&mut session, refused, 100);
    assert_eq!(effects, [Effect::ComeBack { at_least_ms: 800 }]);
    let closed = Event::Closed {
        code: 1006,
        come_back_ms: Some(800),
    };
    session.handle(closed, 100);
    assert_eq!(session.connection.failures(100), 1);
    assert_eq!(session.wake_at(), Some(900));
    assert_eq!(sent(&session.handle(Event::Tick, 900)), ["join"]);
}

#[test]
fn a_refused_message_waits_for_its_writer_and_a_busy_one_for_its_time() {
    let mut session = live();
    session.handle(say(11), 0);
    let mut refused = refusal("say", RefusalCode::Busy);
    refused.id = Some(id(11).as_str().to_owned());
    refused.retry_after_ms = Some(300);
    refuse(&mut session, refused.clone(), 0);
    assert_eq!(session.wake_at(), Some(300));
    assert_eq!(said_ids(&session.handle(Event::Tick, 300)), [id(11)]);

    refused.code = RefusalCode::InvalidText;
    refused.retry_after_ms = None;
    refuse(&mut session, refused, 400);
    assert_eq!(
        session.outbox.drafts()[0].state,
        DraftState::Failed(RefusalCode::InvalidText)
    );
    let again = Event::Retry {
        id: id(11),
        fresh: id(12),
    };
    assert_eq!(said_ids(&session.handle(again, 500)), [id(11)]);
    session.handle(Event::Discard(id(11)), 600);
    assert_eq!(session.outbox.drafts().len(), 0);
}

#[test]
fn a_page_that_is_refused_is_asked_for_again() {
    let mut session = stranger();
    join(&mut session, "Åsa", 0);
    session.handle(server(welcome(saids(5..=6), 6, false)), 0);
    session.handle(Event::Older, 0);
    let mut refused = refusal("page", RefusalCode::Unavailable);
    refused.retry_after_ms = Some(700);
    refuse(&mut session, refused, 0);
    assert!(session.loads_older(), "the reader still waits for it");
    assert_eq!(sent(&session.handle(Event::Tick, 699)), [""; 0]);
    assert_eq!(sent(&session.handle(Event::Tick, 700)), ["page"]);
}

/// A refusal of `say` that names a time.
fn not_now(n: u64, code: RefusalCode, ms: u64) -> Refused {
    Refused {
        id: Some(id(n).as_str().to_owned()),
        retry_after_ms: Some(ms),
        ..refusal("say", code)
    }
}

#[test]
fn a_message_too_many_waits_in_its_place_and_goes_out_by_itself_in_order() {
    let mut session = live();
    session.handle(say(11), 0);
    session.handle(say(12), 0);
    refuse(
        &mut session,
        not_now(11, RefusalCode::RateLimited, 3_000),
        0,
    );
    assert_eq!(
        session.outbox.drafts()[0].state,
        DraftState::Held {
            until: 3_000,
            code: RefusalCode::RateLimited,
        }
    );
    assert_eq!(
        said_ids(&session.handle(say(13), 2_999)),
        [],
        "none overtakes it"
    );
    assert_eq!(said_ids(&session.handle(Event::Tick, 3_000)), [id(11)]);
    let mut stored = said(4, "Åsa");
    stored.id = id(11);
    assert_eq!(said_ids(&session.handle(entry(stored), 3_001)), [id(12)]);
}

#[test]
fn a_limit_without_a_time_and_one_without_end_are_both_waited_for_a_while() {
    for code in [
        RefusalCode::RateLimited,
        RefusalCode::StorageFull,
        RefusalCode::Unavailable,
        RefusalCode::Busy,
    ] {
        let mut session = live();
        session.handle(say(11), 0);
        refuse(&mut session, refusal("say", code), 0);
        assert_eq!(session.wake_at(), Some(2_000), "{code:?}");
    }
    let mut session = live();
    session.handle(say(11), 0);
    refuse(&mut session, not_now(11, RefusalCode::RateLimited, 0), 0);
    assert_eq!(session.wake_at(), Some(200), "no storm of tries");
}

#[test]
fn a_full_room_is_told_of_and_tried_again_when_it_said_so() {
    for code in [
        RefusalCode::RoomFull,
        RefusalCode::TooManyRooms,
        RefusalCode::RateLimited,
    ] {
        let mut session = stranger();
        join(&mut session, "Bo", 0);
        let mut refused = refusal("join", code);
        refused.retry_after_ms = Some(5_000);
        let effects = refuse(&mut session, refused, 0);
        assert_eq!(effects, [Effect::ComeBack { at_least_ms: 5_000 }]);
        let closed = Event::Closed {
            code: 1006,
            come_back_ms: Some(5_000),
        };
        session.handle(closed, 0);
        assert_eq!(session.kept_out, Some(code));
        assert_eq!(session.handle(Event::Wake, 100), [], "not sooner");
        assert_eq!(sent(&session.handle(Event::Tick, 5_000)), ["join"]);
        assert_eq!(session.kept_out, Some(code), "until it is let in");
        session.handle(server(welcome(vec![], 0, false)), 5_100);
        assert_eq!(session.kept_out, None);
    }
}

#[test]
fn a_line_that_breaks_on_the_way_in_is_another_reason() {
    let mut session = stranger();
    join(&mut session, "Bo", 0);
    let mut refused = refusal("join", RefusalCode::RoomFull);
    refused.retry_after_ms = Some(5_000);
    refuse(&mut session, refused, 0);
    session.handle(BROKE, 0);
    session.handle(Event::Tick, 5_000);
    session.handle(BROKE, 5_001);
    assert_eq!(session.kept_out, None);
}

#[test]
fn every_fault_of_a_nick_is_told_beside_the_field() {
    for code in [
        RefusalCode::NickTaken,
        RefusalCode::NickLookalike,
        RefusalCode::NickReserved,
        RefusalCode::NickTooLong,
        RefusalCode::InvalidNick,
    ] {
        let mut session = stranger();
        join(&mut session, "Bo", 0);
        let mut refused = refusal("join", code);
        refused.suggestion = Some(nick("Bo 2"));
        refuse(&mut session, refused, 0);
        let problem = Problem::Nick {
            nick: nick("Bo"),
            code,
            suggestion: Some(nick("Bo 2")),
        };
        assert_eq!(session.problem, Some(problem));
    }
}
