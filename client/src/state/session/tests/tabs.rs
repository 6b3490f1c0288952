//! Several tabs of one visitor, and a page that is put away.

use super::*;
use crate::state::Draft;

const ASK: Effect = Effect::Lead { take: false };
const TAKE: Effect = Effect::Lead { take: true };

/// What another tab has kept.
fn led(name: &str, rejoin: bool, drafts: &[u64]) -> Event {
    let mut outbox = Outbox::default();
    for n in drafts {
        outbox.push(id(*n), text("hej"), 0);
    }
    let drafts = Draft::read_all(&serde_json::to_value(outbox.to_keep()).unwrap());
    Event::Led {
        remembered: Some(visit(name, rejoin)),
        drafts,
    }
}

/// A second tab of somebody who is in the room in the first.
fn second() -> Session {
    let mut session = regular();
    assert_eq!(session.handle(Event::Connect, 0), [ASK]);
    assert_eq!(session.handle(Event::LedElsewhere, 0), []);
    session
}

#[test]
fn a_tab_opens_a_line_when_it_leads_and_not_before() {
    let mut session = regular();
    assert_eq!(session.handle(Event::Connect, 0), [ASK]);
    assert!(!session.leads());
    let effects = session.handle(alone(), 5);
    assert_eq!(effects.first(), Some(&Effect::Open));
    assert_eq!(sent(&effects), ["join"]);
    assert!(session.leads());
}

#[test]
fn a_second_tab_stays_out_and_says_where_the_room_is() {
    let session = second();
    assert_eq!(session.connection, Connection::Elsewhere);
    assert!(session.is_elsewhere());
    assert_eq!(session.wake_at(), None);
}

#[test]
fn use_here_takes_the_room_with_all_that_the_other_tab_kept() {
    let mut session = second();
    assert_eq!(session.handle(Event::Connect, 10), [TAKE]);
    let effects = session.handle(led("Åsa L", true, &[11, 12]), 20);
    assert_eq!(effects.first(), Some(&Effect::Open));
    assert_eq!(join_of(&effects).nick, nick("Åsa L"), "renamed over there");
    assert!(effects.contains(&Effect::FocusComposer));
    let effects = session.handle(server(welcome(vec![], 3, false)), 30);
    assert_eq!(said_ids(&effects), [id(11)]);
}

#[test]
fn the_tab_that_loses_the_lead_goes_at_once_and_leaves_its_messages_to_the_other() {
    let mut session = live();
    session.handle(say(11), 0);
    session.outbox.kept();
    assert_eq!(session.handle(Event::Lost, 10), [Effect::HangUp]);
    assert!(session.is_elsewhere() && !session.leads());
    assert_eq!(session.outbox.drafts().len(), 0);
    assert_eq!(seqs(session.timeline.entries()), [1, 2, 3], "still to read");

    assert_eq!(session.handle(Event::Connect, 20), [TAKE]);
    let effects = session.handle(led("Åsa", true, &[]), 30);
    assert_eq!(
        join_of(&effects).after.as_ref().map(|p| p.seq),
        Some(Seq(3))
    );
}

#[test]
fn who_turns_to_a_waiting_tab_gets_the_room_if_the_other_is_gone() {
    let mut session = second();
    assert_eq!(session.handle(Event::Wake, 10), [ASK]);
    assert!(session.is_elsewhere(), "nothing flickers meanwhile");
    session.handle(Event::LedElsewhere, 11);
    assert!(session.is_elsewhere());
    assert_eq!(session.handle(Event::Wake, 20), [ASK]);
    let effects = session.handle(led("Åsa", true, &[]), 21);
    assert_eq!(effects.first(), Some(&Effect::Open));
}

#[test]
fn who_has_left_in_the_other_tab_is_not_brought_back_by_this_one() {
    let mut session = second();
    session.handle(Event::Wake, 10);
    let effects = session.handle(led("Åsa", false, &[11]), 11);
    assert_eq!(effects, [Effect::Yield]);
    assert_eq!(session.stage, Stage::Form);
    assert!(!session.leads());
}

#[test]
fn leaving_a_waiting_tab_leaves_the_other_in_the_room() {
    let mut session = second();
    let effects = session.handle(Event::Leave, 10);
    assert_eq!(
        effects,
        [Effect::HangUp, Effect::FocusNick, Effect::Yield],
        "nothing is sent, and nothing kept that would undo the other's visit"
    );
    assert_eq!(session.stage, Stage::Form);
}

#[test]
fn saying_something_in_a_waiting_tab_takes_the_room_and_says_it_last() {
    let mut session = second();
    assert_eq!(session.handle(say(12), 10), [TAKE]);
    session.handle(led("Åsa", true, &[11]), 11);
    let effects = session.handle(server(welcome(vec![], 3, false)), 12);
    assert_eq!(said_ids(&effects), [id(11)]);
    let ids: Vec<_> = session.outbox.drafts().iter().map(|d| &d.id).collect();
    assert_eq!(ids, [&id(11), &id(12)]);
}

#[test]
fn something_said_while_the_lead_is_asked_for_takes_it() {
    let mut session = regular();
    session.handle(Event::Connect, 0);
    assert_eq!(session.handle(say(11), 1), [TAKE]);
    assert_eq!(session.handle(say(12), 2), [], "once");
}

#[test]
fn a_form_in_a_second_tab_says_where_the_room_is_and_joins_as_the_same_visitor() {
    let mut session = stranger();
    assert_eq!(session.handle(Event::Join(nick("Bo")), 0), [ASK]);
    session.handle(Event::LedElsewhere, 1);
    assert_eq!(session.stage, Stage::Form);
    assert!(session.is_elsewhere());
    assert_eq!(session.handle(Event::Connect, 10), [TAKE]);
    let effects = session.handle(led("Åsa", true, &[]), 11);
    assert_eq!(join_of(&effects).token, Some(token()));
    assert_eq!(join_of(&effects).nick, nick("Bo"), "what was typed here");
}

#[test]
fn a_nick_that_is_edited_is_not_used_here() {
    let mut session = stranger();
    session.handle(Event::Join(nick("Bo")), 0);
    session.handle(Event::LedElsewhere, 1);
    session.handle(Event::Edited, 2);
    assert_eq!(session.connection, Connection::Off);
}

#[test]
fn taken_over_by_the_servers_word_stays_away_until_asked() {
    let mut session = live();
    let taken_over = Event::Closed {
        code: 4100,
        come_back_ms: None,
    };
    assert_eq!(session.handle(taken_over, 9_000), [Effect::Yield]);
    assert!(session.is_elsewhere());
    assert_eq!(session.handle(Event::Wake, 9_001), []);
    assert_eq!(session.handle(Event::Connect, 9_002), [TAKE]);
}

#[test]
fn a_lead_that_comes_too_late_is_given_back() {
    let mut session = regular();
    session.handle(Event::Connect, 0);
    session.handle(Event::Leave, 1);
    assert_eq!(session.handle(alone(), 2), [Effect::Yield]);
    assert_eq!(session.handle(Event::LedElsewhere, 2), []);
    assert_eq!(session.connection, Connection::Off);
}

#[test]
fn leaving_gives_up_the_lead_and_leaves_unsent_messages_to_the_next_visit() {
    let mut session = live();
    session.handle(say(11), 0);
    session.handle(BROKE, 0);
    session.outbox.kept();
    session.handle(say(12), 0);
    let effects = session.handle(Event::Leave, 1);
    assert!(effects.contains(&Effect::Yield));
    session.handle(Event::Join(nick("Åsa")), 2);
    session.handle(led("Åsa", false, &[11]), 2);
    let effects = session.handle(server(welcome(vec![], 3, false)), 3);
    assert_eq!(said_ids(&effects), [id(11)]);
    assert_eq!(
        session.outbox.drafts().len(),
        2,
        "the one that the browser did not keep is not lost either"
    );
}

#[test]
fn a_page_that_is_put_away_lets_go_of_line_and_lead_and_comes_back_to_where_it_was() {
    let mut session = live();
    session.handle(say(11), 0);
    session.outbox.kept();
    assert_eq!(
        session.handle(Event::Hide, 10),
        [Effect::HangUp, Effect::Yield]
    );
    assert_eq!(session.wake_at(), None);
    assert_eq!(
        session.handle(Event::Wake, 20),
        [],
        "not before it is shown"
    );
    assert_eq!(session.handle(Event::Show, 30), [ASK]);
    let effects = session.handle(led("Åsa", true, &[11]), 31);
    assert_eq!(
        join_of(&effects).after.as_ref().map(|p| p.seq),
        Some(Seq(3))
    );
    let effects = session.handle(server(welcome(vec![], 3, true)), 32);
    assert_eq!(said_ids(&effects), [id(11)]);
}

#[test]
fn a_page_put_away_at_the_form_comes_back_to_the_form() {
    let mut session = stranger();
    join(&mut session, "Bo", 0);
    refuse(&mut session, refusal("join", RefusalCode::NickTaken), 1);
    session.handle(Event::Hide, 2);
    assert_eq!(session.handle(Event::Show, 3), []);
    assert_eq!(session.connection, Connection::Off);
}

#[test]
fn who_was_sent_away_is_not_brought_back_by_the_page() {
    let mut session = live();
    let too_many_faults = Event::Closed {
        code: 4104,
        come_back_ms: None,
    };
    session.handle(too_many_faults, 1);
    session.handle(Event::Hide, 2);
    assert_eq!(session.handle(Event::Show, 3), []);
    assert_eq!(session.connection, Connection::Away { code: 4104 });
    assert_eq!(session.handle(Event::Connect, 4), [ASK]);
}
