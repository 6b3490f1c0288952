//! One's own nick is changed, and others change theirs.

use super::*;
use crate::state::Rename;
use shared::Renamed;

fn renamed(who: &str, from: &str, to: &str) -> Event {
    Event::Server(ServerMessage::Presence(Presence {
        renamed: vec![Renamed {
            author: author(who),
            from: nick(from),
            to: nick(to),
        }],
        online: 1,
        ..Presence::default()
    }))
}

fn asked(to: &str) -> Session {
    let mut session = live();
    session.handle(Event::EditNick, 0);
    session.handle(Event::Rename(nick(to)), 0);
    session
}

fn noted(session: &Session) -> usize {
    let note = session.timeline.note_after(Seq(3));
    note.map_or(0, |note| note.renamed.len())
}

#[test]
fn the_nick_is_changed_when_the_server_says_so() {
    let mut session = live();
    assert_eq!(
        session.handle(Event::EditNick, 0),
        [Effect::FocusRename],
        "the keyboard goes to the field"
    );
    let effects = session.handle(Event::Rename(nick("Åsa L")), 0);
    assert_eq!(sent(&effects), ["nick"]);
    assert_eq!(session.me.as_ref().map(|me| &me.nick), Some(&nick("Åsa")));

    let effects = session.handle(renamed("Åsa", "Åsa", "Åsa L"), 10);
    assert_eq!(session.me.as_ref().map(|me| &me.nick), Some(&nick("Åsa L")));
    assert_eq!(session.rename, Rename::Closed);
    assert!(effects.contains(&Effect::FocusName), "back where it was");
    assert!(effects.contains(&Effect::Remember(visit("Åsa L", true))));
    assert_eq!(session.nick(), Some(&nick("Åsa L")), "the next join's, too");
}

#[test]
fn the_answer_and_the_news_to_all_are_one_line_in_the_log() {
    let mut session = asked("Åsa L");
    session.handle(renamed("Åsa", "Åsa", "Åsa L"), 10);
    session.handle(renamed("Åsa", "Åsa", "Åsa L"), 200);
    assert_eq!(noted(&session), 1);
}

#[test]
fn an_answer_that_changes_nothing_closes_the_form_and_is_no_news() {
    let mut session = asked("åsa");
    session.handle(renamed("Åsa", "Åsa", "Åsa"), 10);
    assert_eq!(session.rename, Rename::Closed);
    assert_eq!(noted(&session), 0);
}

#[test]
fn who_is_renamed_a_moment_after_coming_may_be_told_of_as_one_who_came() {
    let comes = |name: &str| {
        Event::Server(ServerMessage::Presence(Presence {
            joined: vec![Member {
                author: author("Åsa"),
                nick: nick(name),
            }],
            online: 1,
            ..Presence::default()
        }))
    };
    let mut session = asked("Åsa L");
    session.handle(comes("Åsa"), 10);
    assert!(session.rename.is_open(), "the arrival is no answer");
    session.handle(comes("Åsa L"), 20);
    assert_eq!(session.rename, Rename::Closed);
    assert_eq!(session.nick(), Some(&nick("Åsa L")));
}

#[test]
fn the_nick_that_one_has_is_not_asked_for() {
    let mut session = live();
    session.handle(Event::EditNick, 0);
    let effects = session.handle(Event::Rename(nick("Åsa")), 0);
    assert_eq!(effects, [Effect::FocusName]);
    assert_eq!(session.rename, Rename::Closed);
}

#[test]
fn a_refusal_stands_beside_the_field_with_what_is_free() {
    let mut session = asked("Bo");
    let mut refused = refusal("nick", RefusalCode::NickLookalike);
    refused.suggestion = Some(nick("Bo 2"));
    let effects = refuse(&mut session, refused, 10);
    assert_eq!(effects, [Effect::FocusRename]);
    assert_eq!(
        session.rename.problem(),
        Some(&Problem::Nick {
            nick: nick("Bo"),
            code: RefusalCode::NickLookalike,
            suggestion: Some(nick("Bo 2")),
        })
    );
    assert_eq!(
        sent(&session.handle(Event::Rename(nick("Bo 2")), 20)),
        ["nick"]
    );
}

#[test]
fn a_change_too_many_says_when_to_try_again_and_does_not_try_itself() {
    let mut session = asked("Bo");
    let mut refused = refusal("nick", RefusalCode::RateLimited);
    refused.retry_after_ms = Some(4_000);
    refuse(&mut session, refused, 1_000);
    let problem = Problem::Later {
        code: RefusalCode::RateLimited,
        until: 5_000,
    };
    assert_eq!(session.rename.problem(), Some(&problem));
    assert_eq!(sent(&session.handle(Event::Tick, 5_000)), [""; 0]);
}

#[test]
fn a_line_that_breaks_leaves_the_nick_as_it_was_and_says_so() {
    let mut session = asked("Bo");
    session.handle(BROKE, 10);
    assert_eq!(session.rename.problem(), Some(&Problem::Offline));
    let effects = session.handle(Event::Tick, 510);
    assert_eq!(join_of(&effects).nick, nick("Åsa"));
    let still = session.handle(Event::Rename(nick("Bo")), 520);
    assert_eq!(sent(&still), [""; 0], "there is no line to ask over");
    assert_eq!(session.rename.problem(), Some(&Problem::Offline));
}

#[test]
fn a_change_that_nobody_answers_means_a_dead_line() {
    let mut session = asked("Bo");
    assert_eq!(session.wake_at(), Some(OVERDUE_MS));
    assert_eq!(session.handle(Event::Tick, OVERDUE_MS), [Effect::GiveUp]);
}

#[test]
fn a_change_that_was_cancelled_gives_the_keyboard_back() {
    let mut session = live();
    session.handle(Event::EditNick, 0);
    assert_eq!(session.handle(Event::CancelRename, 0), [Effect::FocusName]);
    assert_eq!(session.handle(Event::CancelRename, 0), []);
    assert_eq!(session.handle(Event::Rename(nick("Bo")), 0), []);
}

#[test]
fn what_others_are_called_now_is_told_once() {
    let mut session = live();
    session.handle(renamed("Bo", "Bo", "Bosse"), 0);
    assert_eq!(noted(&session), 1, "also of one who was not in the sample");
    let bo = Member {
        author: author("Bo"),
        nick: nick("Bosse"),
    };
    let joined = Presence {
        joined: vec![bo],
        online: 2,
        ..Presence::default()
    };
    session.handle(Event::Server(ServerMessage::Presence(joined)), 0);
    session.handle(renamed("Bo", "Bo", "Bosse"), 0);
    assert_eq!(noted(&session), 1);
}
