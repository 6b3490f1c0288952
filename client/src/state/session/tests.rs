//! What a visit does, event by event.

mod nicks;
mod refusals;
mod silence;
mod tabs;

use super::*;
use crate::state::DraftState;
use crate::state::connection::ATTEMPT_MS;
use crate::state::fixtures::{author, id, nick, said, saids, seqs, text};
use shared::{Epoch, Fault, Join, Member, MessageId, Position, Presence, Refused, Seq};

/// A welcome of `Åsa` at `position` in the epoch `e1`.
pub fn welcome(entries: Vec<Entry>, position: u64, recovered: bool) -> Welcome {
    Welcome {
        protocol: 1,
        room: RoomName::default(),
        nick: nick("Åsa"),
        author: author("Åsa"),
        token: token(),
        position: Position {
            epoch: Epoch("e1".into()),
            seq: Seq(position),
        },
        recovered,
        missed: 0,
        more: entries.first().is_some_and(|entry| entry.seq > Seq(1)),
        entries,
        members: vec![Member {
            author: author("Åsa"),
            nick: nick("Åsa"),
        }],
        online: 1,
        limits: Limits {
            text_chars: 4_000,
            text_bytes: 16_384,
            in_flight: 16,
            page_entries: 100,
            ping_ms: 0,
        },
    }
}

fn token() -> Token {
    Token::new("0123456789abcdefghijkl").unwrap()
}

fn server(welcome: Welcome) -> Event {
    Event::Server(ServerMessage::Welcome(Box::new(welcome)))
}

fn entry(entry: Entry) -> Event {
    Event::Server(ServerMessage::Entry(entry))
}

fn refusal(of: &str, code: RefusalCode) -> Refused {
    Refused::new(of, Fault::new(code, "no"))
}

fn say(n: u64) -> Event {
    Event::Say {
        id: id(n),
        text: text("hej"),
    }
}

const BROKE: Event = Event::Closed {
    code: 1006,
    come_back_ms: Some(500),
};

fn stranger() -> Session {
    Session::new(RoomName::default(), None)
}

/// Somebody who was in the room when the page went.
fn regular() -> Session {
    Session::new(RoomName::default(), Some(visit("Åsa", true)))
}

fn visit(name: &str, rejoin: bool) -> Remembered {
    Remembered {
        nick: nick(name),
        token: Some(token()),
        rejoin,
    }
}

/// No other tab is there, and the browser has kept nothing.
fn alone() -> Event {
    Event::Led {
        remembered: None,
        drafts: vec![],
    }
}

/// What follows from `event`, with no other tab there.
fn handle_alone(session: &mut Session, event: Event, now: Millis) -> Vec<Effect> {
    let mut effects = session.handle(event, now);
    if effects.contains(&Effect::Lead { take: false }) {
        effects.extend(session.handle(alone(), now));
    }
    effects
}

fn join(session: &mut Session, name: &str, now: Millis) -> Vec<Effect> {
    handle_alone(session, Event::Join(nick(name)), now)
}

fn refuse(session: &mut Session, refused: Refused, now: Millis) -> Vec<Effect> {
    session.handle(Event::Server(ServerMessage::Refused(refused)), now)
}

fn live() -> Session {
    let mut session = stranger();
    join(&mut session, "Åsa", 0);
    session.handle(server(welcome(saids(1..=3), 3, false)), 0);
    session
}

fn sent(effects: &[Effect]) -> Vec<&'static str> {
    let kind = |effect: &Effect| match effect {
        Effect::Send(message) => Some(message.kind()),
        _ => None,
    };
    effects.iter().filter_map(kind).collect()
}

fn said_ids(effects: &[Effect]) -> Vec<MessageId> {
    let said = |effect: &Effect| match effect {
        Effect::Send(ClientMessage::Say { id, .. }) => Some(id.clone()),
        _ => None,
    };
    effects.iter().filter_map(said).collect()
}

fn join_of(effects: &[Effect]) -> &Join {
    effects
        .iter()
        .find_map(|effect| match effect {
            Effect::Send(ClientMessage::Join(join)) => Some(join),
            _ => None,
        })
        .unwrap()
}

#[test]
fn a_stranger_sees_the_form_and_gets_in_by_a_nick() {
    let mut session = stranger();
    assert_eq!(session.stage, Stage::Form);
    assert_eq!(session.handle(Event::Connect, 0), [], "not without a nick");
    let effects = join(&mut session, "Åsa", 0);
    assert!(effects.contains(&Effect::Open));
    assert_eq!(join_of(&effects).token, None);
    let effects = session.handle(server(welcome(vec![], 0, false)), 0);
    assert_eq!(session.stage, Stage::Room);
    assert!(effects.contains(&Effect::FocusComposer));
    assert!(effects.contains(&Effect::Remember(Remembered {
        nick: nick("Åsa"),
        token: Some(token()),
        rejoin: true,
    })));
}

#[test]
fn somebody_who_was_here_before_rejoins_without_the_form() {
    let mut session = regular();
    assert_eq!(session.stage, Stage::Room);
    let effects = handle_alone(&mut session, Event::Connect, 0);
    assert_eq!(join_of(&effects).token, Some(token()));
    assert_eq!(join_of(&effects).after, None);
}

#[test]
fn a_form_left_alone_until_the_server_hangs_up_connects_anew() {
    let mut session = stranger();
    join(&mut session, "Bo", 0);
    let refused = refusal("join", RefusalCode::NickTaken);
    refuse(&mut session, refused, 0);
    let never_joined = Event::Closed {
        code: 4103,
        come_back_ms: None,
    };
    session.handle(never_joined, 0);
    assert_eq!(session.connection, Connection::Off, "no word about it");
    let effects = join(&mut session, "Bo2", 0);
    assert!(effects.contains(&Effect::Open));
}

#[test]
fn a_nick_that_is_edited_is_not_joined_with() {
    let mut session = stranger();
    join(&mut session, "Bo", 0);
    assert_eq!(session.handle(Event::Edited, 0), [], "this one is asked");
    session.handle(BROKE, 0);
    session.handle(Event::Edited, 1);
    assert_eq!(session.connection, Connection::Off);
    assert_eq!(session.wake_at(), None);
}

#[test]
fn a_broken_line_comes_back_to_where_it_was() {
    let mut session = live();
    session.handle(BROKE, 10_000);
    assert_eq!(session.wake_at(), Some(10_500));
    let effects = session.handle(Event::Tick, 10_500);
    let join = join_of(&effects);
    assert_eq!(join.token, Some(token()));
    assert_eq!(join.after.as_ref().map(|p| p.seq), Some(Seq(3)));
    session.handle(server(welcome(saids(4..=5), 5, true)), 10_600);
    assert_eq!(seqs(session.timeline.entries()), [1, 2, 3, 4, 5]);
    assert_eq!(session.recovered, Some(2));
}

#[test]
fn the_network_and_the_reader_cut_a_wait_short() {
    for event in [Event::Wake, Event::Connect] {
        let mut session = live();
        session.handle(BROKE, 10_000);
        assert_eq!(session.handle(event, 10_001).first(), Some(&Effect::Open));
    }
}

#[test]
fn a_reader_who_comes_back_does_not_wait_for_a_stale_attempt() {
    let mut session = live();
    session.handle(BROKE, 10_000);
    session.handle(Event::Tick, 10_500);
    assert_eq!(session.handle(Event::Wake, 12_499), []);
    let effects = session.handle(Event::Wake, 12_500);
    assert_eq!(effects.first(), Some(&Effect::Open));
    assert_eq!(sent(&effects), ["join"]);
}

#[test]
fn an_attempt_that_hangs_is_given_up() {
    let mut session = stranger();
    join(&mut session, "Åsa", 0);
    assert_eq!(session.wake_at(), Some(ATTEMPT_MS));
    assert_eq!(session.handle(Event::Tick, ATTEMPT_MS), [Effect::GiveUp]);
}

#[test]
fn what_is_said_goes_out_one_at_a_time_and_settles_by_its_id() {
    let mut session = live();
    assert_eq!(said_ids(&session.handle(say(11), 0)), [id(11)]);
    assert_eq!(said_ids(&session.handle(say(12), 0)), []);
    let mut stored = said(4, "Åsa");
    stored.id = id(11);
    assert_eq!(said_ids(&session.handle(entry(stored), 0)), [id(12)]);
    assert_eq!(session.outbox.drafts().len(), 1);
}

#[test]
fn what_was_said_offline_goes_out_after_the_welcome_in_order() {
    let mut session = live();
    session.handle(say(11), 0);
    session.handle(BROKE, 0);
    session.handle(say(12), 0);
    let effects = session.handle(Event::Tick, 500);
    assert_eq!(sent(&effects), ["join"], "nothing before the welcome");
    let effects = session.handle(server(welcome(vec![], 3, true)), 600);
    assert_eq!(
        said_ids(&effects),
        [id(11)],
        "the unsettled one again, the same id"
    );
}

#[test]
fn what_was_said_waits_for_all_that_was_missed() {
    let mut session = live();
    session.handle(say(11), 0);
    session.handle(say(12), 0);
    session.handle(BROKE, 0);
    session.handle(Event::Tick, 500);
    let mut first = welcome(saids(4..=5), 5, true);
    first.missed = 4;
    let effects = session.handle(server(first), 600);
    assert_eq!(said_ids(&effects), []);
    assert_eq!(said_ids(&session.handle(entry(said(6, "Bo")), 601)), []);
    // It had arrived after all: it is the last of them.
    let mut stored = said(7, "Åsa");
    stored.id = id(11);
    assert_eq!(said_ids(&session.handle(entry(stored), 602)), [id(12)]);
    assert!(session.heard.is_empty(), "what was missed is not read out");
    assert_eq!(session.recovered, Some(4));
}

#[test]
fn a_line_that_breaks_amid_what_was_missed_comes_back_to_what_was_seen() {
    let mut session = live();
    session.handle(say(11), 0);
    session.handle(BROKE, 0);
    session.handle(Event::Tick, 500);
    let mut first = welcome(saids(4..=5), 5, true);
    first.missed = 4;
    session.handle(server(first), 600);
    session.handle(entry(said(6, "Bo")), 601);
    session.handle(BROKE, 700);
    let effects = session.handle(Event::Tick, 2_000);
    assert_eq!(
        join_of(&effects).after.as_ref().map(|p| p.seq),
        Some(Seq(6))
    );
    let mut rest = welcome(saids([7]), 7, true);
    rest.missed = 1;
    assert_eq!(said_ids(&session.handle(server(rest), 2_100)), [id(11)]);
}

#[test]
fn what_is_said_after_a_rest_that_was_lost_ends_the_waiting_and_is_read_out() {
    let mut session = live();
    session.handle(say(11), 0);
    session.handle(BROKE, 0);
    session.handle(Event::Tick, 500);
    let mut first = welcome(saids(4..=5), 5, true);
    first.missed = 4;
    session.handle(server(first), 600);
    let effects = session.handle(entry(said(8, "Bo")), 601);
    assert_eq!(sent(&effects), ["page", "say"]);
    assert_eq!(session.heard.len(), 1);
}

#[test]
fn what_the_welcome_holds_is_settled() {
    let mut session = live();
    session.handle(say(11), 0);
    session.handle(BROKE, 0);
    session.handle(Event::Tick, 500);
    let mut stored = said(4, "Åsa");
    stored.id = id(11);
    let effects = session.handle(server(welcome(vec![stored], 4, true)), 600);
    assert_eq!(said_ids(&effects), []);
    assert_eq!(session.outbox.drafts().len(), 0);
}

#[test]
fn a_gap_is_asked_for_once() {
    let mut session = live();
    let effects = session.handle(entry(said(6, "Bo")), 0);
    assert_eq!(
        effects,
        [Effect::Send(ClientMessage::Page(PageRequest {
            anchor: Anchor::After(Seq(3)),
            limit: 100,
        }))]
    );
    assert_eq!(session.handle(entry(said(7, "Bo")), 0), []);
    let page = ServerMessage::Page {
        entries: saids(4..=7),
        more: false,
    };
    assert_eq!(session.handle(Event::Server(page), 0), []);
    assert_eq!(seqs(session.timeline.entries()), [1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn older_entries_are_asked_for_once_and_until_the_beginning() {
    let mut session = stranger();
    join(&mut session, "Åsa", 0);
    session.handle(server(welcome(saids(5..=6), 6, false)), 0);
    assert_eq!(sent(&session.handle(Event::Older, 0)), ["page"]);
    assert!(session.loads_older());
    assert_eq!(session.handle(Event::Older, 0), []);
    let page = ServerMessage::Page {
        entries: saids(1..=4),
        more: false,
    };
    session.handle(Event::Server(page), 0);
    assert!(!session.loads_older());
    assert_eq!(session.handle(Event::Older, 0), []);
}

#[test]
fn one_page_is_under_way_at_a_time() {
    let mut session = stranger();
    join(&mut session, "Åsa", 0);
    session.handle(server(welcome(saids(5..=6), 6, false)), 0);
    assert_eq!(sent(&session.handle(Event::Older, 0)), ["page"]);
    assert_eq!(session.handle(entry(said(9, "Bo")), 0), [], "a gap waits");
    let older = ServerMessage::Page {
        entries: saids(1..=4),
        more: false,
    };
    assert_eq!(sent(&session.handle(Event::Server(older), 0)), ["page"]);
    let missed = ServerMessage::Page {
        entries: saids(7..=9),
        more: false,
    };
    session.handle(Event::Server(missed), 0);
    assert_eq!(
        seqs(session.timeline.entries()),
        (1..=9).collect::<Vec<_>>()
    );
}

#[test]
fn leaving_says_so_forgets_the_rejoin_and_keeps_the_token() {
    let mut session = live();
    let effects = session.handle(Event::Leave, 0);
    assert_eq!(sent(&effects), ["leave"]);
    assert!(effects.contains(&Effect::Close));
    assert!(effects.contains(&Effect::Remember(Remembered {
        nick: nick("Åsa"),
        token: Some(token()),
        rejoin: false,
    })));
    assert_eq!(session.stage, Stage::Form);
    assert_eq!(session.timeline, Timeline::default());
    let effects = join(&mut session, "Åsa", 0);
    assert_eq!(
        join_of(&effects).token,
        Some(token()),
        "the same author again"
    );
}

#[test]
fn leaving_before_the_room_is_reached_sends_nothing_later() {
    let mut session = live();
    session.handle(BROKE, 0);
    session.handle(Event::Tick, 500);
    let effects = session.handle(Event::Leave, 600);
    assert!(effects.contains(&Effect::HangUp) && !effects.contains(&Effect::Close));
}

#[test]
fn who_comes_back_after_a_restart_is_no_news() {
    let bo = || Member {
        author: author("Bo"),
        nick: nick("Bo"),
    };
    let comes = |member| {
        Event::Server(ServerMessage::Presence(Presence {
            joined: vec![member],
            online: 2,
            ..Presence::default()
        }))
    };
    let mut session = live();
    session.handle(comes(bo()), 0);
    assert!(session.timeline.note_after(Seq(3)).is_some());
    session.handle(entry(said(4, "Bo")), 0);
    session.handle(BROKE, 0);
    session.handle(Event::Tick, 500);
    session.handle(server(welcome(vec![], 4, true)), 500);
    session.handle(comes(bo()), 600);
    assert_eq!(session.timeline.note_after(Seq(4)), None);
    assert_eq!(session.roster.list(None).len(), 2);
}

#[test]
fn a_message_ends_its_writers_typing_mark() {
    let mut session = live();
    let typing = ServerMessage::Typing {
        nicks: vec![nick("Bo"), nick("Åsa")],
    };
    session.handle(Event::Server(typing), 0);
    assert_eq!(session.typing.nicks().collect::<Vec<_>>(), [&nick("Bo")]);
    session.handle(entry(said(4, "Bo")), 1);
    assert_eq!(session.typing.nicks().count(), 0);
}

#[test]
fn only_what_others_say_live_is_read_out() {
    let mut session = live();
    session.handle(entry(said(4, "Åsa")), 0);
    for seq in 5..=12 {
        session.handle(entry(said(seq, "Bo")), 0);
    }
    let heard: Vec<u64> = session.heard.iter().map(|heard| heard.seq.0).collect();
    assert_eq!(heard, [8, 9, 10, 11, 12]);
}
