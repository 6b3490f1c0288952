//! The ChatServer driven by hand, with a history that the test holds back.

mod arrivals;
mod claims;
mod held;
mod onlookers;
mod opened;
mod presence;
mod reads;
mod renaming;
mod resume;
mod stage;
mod visitor;

use std::collections::VecDeque;

use shared::{Anchor, Join, Nick, PageRequest, RefusalCode, Seq};

use super::*;
use crate::room::SessionId;
use crate::visitors::MemoryVisitors;
use held::{Gate, HeldHistory};
use visitor::{Visitor, decode, id, join, message, next};

/// How long a test waits for what must happen.
const LIMIT: Duration = Duration::from_secs(10);

fn config() -> RoomConfig {
    RoomConfig {
        pending: BatchBounds {
            entries: 8,
            bytes: 1024,
        },
        members: usize::MAX,
        limits: Limits {
            text_chars: 4000,
            text_bytes: 16384,
            in_flight: 16,
            page_entries: 100,
            ping_ms: 20_000,
        },
        presence_ms: 200,
        nicks: NickRules::default(),
        claims: ClaimTerms {
            grace_ms: 30_000,
            hold_ms: 3_600_000,
            holds: 100,
        },
        token_ms: 0,
        clock: Clock::system(),
        uptime: Uptime::system(),
    }
}

/// A history, with visitors beside it that nothing holds back.
fn stores(history: &Arc<HeldHistory>) -> Stores {
    Stores {
        history: history.clone(),
        visitors: Arc::new(MemoryVisitors::default()),
    }
}

fn room(history: &Arc<HeldHistory>) -> Addr<ChatServer> {
    ChatServer::new(RoomName::default(), config(), stores(history)).start()
}

/// Waits until the room has handled all that was sent to it before.
async fn settled(room: &Addr<ChatServer>, by: &mut Visitor) {
    let request = PageRequest {
        anchor: Anchor::Before(Seq(1)),
        limit: 1,
    };
    room.do_send(ReadPage {
        from: by.speaker.clone(),
        request,
    });
    let mut passed = VecDeque::new();
    loop {
        match by.message().await {
            ServerMessage::Page { .. } => break,
            other => passed.push_back(other),
        }
    }
    passed.append(&mut by.queue);
    by.queue = passed;
}

#[actix::test]
async fn nobody_is_shown_a_message_before_it_is_stored() {
    let history = HeldHistory::new(Gate::Shut);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    let mut bo = Visitor::enter(&room, 2, "Bo").await;
    asa.say(&room, 1, "hej");
    history.asked(1).await;
    settled(&room, &mut asa).await;
    settled(&room, &mut bo).await;
    assert!(!asa.shown_anything() && !bo.shown_anything());
    history.gate.send_replace(Gate::Open);
    assert_eq!(bo.entry().await, asa.entry().await);
}

#[actix::test]
async fn one_append_is_under_way_and_the_rest_is_the_next_batch() {
    let history = HeldHistory::new(Gate::Shut);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    for n in 0..6 {
        asa.say(&room, n, "hej");
    }
    history.asked(1).await;
    settled(&room, &mut asa).await;
    assert_eq!(history.batches(), [1], "the first alone, at once");
    history.gate.send_replace(Gate::Open);
    for n in 0..6 {
        let entry = asa.entry().await;
        assert_eq!((entry.seq, entry.id), (Seq(n as u64 + 1), id(n)));
    }
    assert_eq!(history.batches(), [1, 5]);
}

#[actix::test]
async fn a_room_with_too_much_to_store_says_busy_and_loses_nothing() {
    let history = HeldHistory::new(Gate::Shut);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    // One on its way, eight that wait, and more.
    for n in 0..12 {
        asa.say(&room, n, "hej");
    }
    for n in 9..12 {
        let refused = asa.refused().await;
        assert_eq!(refused.code, RefusalCode::Busy);
        assert_eq!(refused.id.as_deref(), Some(id(n).as_str()));
        assert!(refused.retry_after_ms.is_some());
    }
    history.gate.send_replace(Gate::Open);
    for n in 0..9 {
        assert_eq!(asa.entry().await.id, id(n));
    }
    asa.say(&room, 9, "hej");
    assert_eq!(asa.entry().await.seq, Seq(10));
}

#[actix::test]
async fn the_bytes_that_wait_are_bounded_too() {
    let history = HeldHistory::new(Gate::Shut);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    let long = "x".repeat(600);
    for n in 0..3 {
        asa.say(&room, n, &long);
    }
    assert_eq!(asa.refused().await.id.as_deref(), Some(id(2).as_str()));
}

#[actix::test]
async fn every_request_is_answered_once() {
    let history = HeldHistory::new(Gate::Open);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    let _bo = Visitor::enter(&room, 2, "Bo").await;
    asa.say(&room, 1, "hej");
    asa.entry().await;
    asa.say(&room, 1, "hej");
    asa.entry().await;
    let from = asa.speaker.clone();
    let rename = |nick: &str| Rename {
        from: from.clone(),
        nick: Nick::new(nick).unwrap(),
    };
    room.do_send(rename("Bo"));
    asa.refused().await;
    room.do_send(rename("Cy"));
    settled(&room, &mut asa).await;
    assert_eq!(asa.answered, 5);
}

#[actix::test]
async fn a_storage_that_fails_refuses_and_keeps_everyone() {
    let history = HeldHistory::new(Gate::Failing);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    asa.say(&room, 1, "hej");
    let refused = asa.refused().await;
    assert_eq!(
        (refused.code, refused.id.as_deref()),
        (RefusalCode::Unavailable, Some(id(1).as_str()))
    );
    assert!(refused.retry_after_ms.is_some());
    history.gate.send_replace(Gate::Open);
    asa.say(&room, 1, "hej");
    assert_eq!(asa.entry().await.seq, Seq(1));
}

#[actix::test]
async fn a_room_that_dies_sends_everyone_away_to_come_back() {
    let history = HeldHistory::new(Gate::Panicking);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    let mut bo = Visitor::enter(&room, 2, "Bo").await;
    asa.say(&room, 1, "hej");
    assert_eq!(asa.closed().await, CloseCode::Failure);
    assert_eq!(bo.closed().await, CloseCode::Failure);
    assert!(!room.connected());
}

#[actix::test]
async fn a_room_that_died_is_started_anew() {
    let history = HeldHistory::new(Gate::Panicking);
    let rooms = crate::rooms::Rooms::new([RoomName::default()], config(), stores(&history)).start();
    let door = rooms.recipient();
    let (_, mut deliveries) = Visitor::knock(&door, 1, join("Åsa"), usize::MAX);
    let Deliver::Joined { room, author, .. } = next(&mut deliveries).await else {
        panic!()
    };
    let from = Speaker {
        author,
        session: SessionId(1),
    };
    room.do_send(Say {
        from,
        id: id(1),
        text: message("hej"),
    });
    while !matches!(
        next(&mut deliveries).await,
        Deliver::Close(CloseCode::Failure)
    ) {}

    history.gate.send_replace(Gate::Open);
    let (_, mut deliveries) = Visitor::knock(&door, 2, join("Bo"), usize::MAX);
    let Deliver::Joined { room, author, .. } = next(&mut deliveries).await else {
        panic!()
    };
    let from = Speaker {
        author,
        session: SessionId(2),
    };
    room.do_send(Say {
        from,
        id: id(1),
        text: message("hej"),
    });
    assert!(matches!(
        next(&mut deliveries).await,
        Deliver::Frames { .. }
    ));
}

#[actix::test]
async fn a_visitor_who_is_never_reached_leaves_no_trace() {
    let history = HeldHistory::new(Gate::Open);
    let room = room(&history);
    let (_, deliveries) = Visitor::knock(&room.clone().recipient(), 1, join("Åsa"), usize::MAX);
    drop(deliveries);
    room.do_send(Abandon {
        room: RoomName::default(),
        session: SessionId(1),
    });
    let again = Visitor::enter(&room, 2, "Åsa").await;
    assert_eq!(again.speaker.session, SessionId(2));
}

#[actix::test]
async fn what_comes_while_a_welcome_is_read_comes_after_it() {
    let history = HeldHistory::new(Gate::Open);
    let room = room(&history);
    let asa = Visitor::enter(&room, 1, "Åsa").await;
    // The room handles all of these before any read can resolve.
    let (_, mut deliveries) = Visitor::knock(&room.clone().recipient(), 2, join("Bo"), usize::MAX);
    for n in 0..5 {
        asa.say(&room, n, "hej");
    }
    let Deliver::Joined { frames, .. } = next(&mut deliveries).await else {
        panic!("something came before welcome")
    };
    let Some(ServerMessage::Welcome(welcome)) = decode(&frames).pop_front() else {
        panic!()
    };
    let mut expected = welcome.position.seq;
    let mut seen = welcome.entries.len();
    while seen < 5 {
        if let Deliver::Frames { frames, .. } = next(&mut deliveries).await {
            for message in decode(&frames) {
                if let ServerMessage::Entry(entry) = message {
                    expected = expected.next();
                    assert_eq!(entry.seq, expected);
                    seen += 1;
                }
            }
        }
    }
}

#[actix::test]
async fn a_welcome_that_cannot_be_read_is_refused_and_leaves_no_debt() {
    const QUEUE: usize = 10_000;
    let history = HeldHistory::new(Gate::Open);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    history.reads.send_replace(Gate::Shut);
    let (outflow, mut deliveries) = Visitor::knock(&room.clone().recipient(), 2, join("Bo"), QUEUE);
    // Held for Bo, until there is a welcome to come before it.
    asa.say(&room, 1, "hej");
    asa.entry().await;
    history.reads.send_replace(Gate::Failing);
    let Deliver::TurnedAway(frames) = next(&mut deliveries).await else {
        panic!("let in without a welcome")
    };
    let refused = decode(&frames).pop_front();
    assert!(
        matches!(&refused, Some(ServerMessage::Refused(r)) if r.code == RefusalCode::Unavailable),
        "{refused:?}"
    );
    outflow.taken(frames.bytes());
    assert_eq!(outflow.reserve(QUEUE), Ok(()));
    assert_eq!(
        outflow.reserve(1),
        Err(TooSlow),
        "all of it was free, and no more"
    );
    history.reads.send_replace(Gate::Open);
    Visitor::enter(&room, 3, "Bo").await;
}

#[actix::test]
async fn a_page_that_cannot_be_read_is_refused() {
    let history = HeldHistory::new(Gate::Open);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    history.reads.send_replace(Gate::Failing);
    let request = PageRequest {
        anchor: Anchor::Before(Seq(9)),
        limit: 9,
    };
    let from = asa.speaker.clone();
    room.do_send(ReadPage { from, request });
    let refused = asa.refused().await;
    assert_eq!(refused.of.as_deref(), Some("page"));
    assert_eq!(refused.code, RefusalCode::Unavailable);
}

#[actix::test]
async fn one_may_be_taken_over_while_the_welcome_is_read() {
    let history = HeldHistory::new(Gate::Open);
    let room = room(&history);
    history.reads.send_replace(Gate::Shut);
    let with_token = || Join {
        token: Some(Token::from_random(7)),
        ..join("Åsa")
    };
    let door = room.clone().recipient();
    let (_, mut first) = Visitor::knock(&door, 1, with_token(), usize::MAX);
    let (_, mut second) = Visitor::knock(&door, 2, with_token(), usize::MAX);
    assert!(matches!(
        next(&mut first).await,
        Deliver::Close(CloseCode::TakenOver)
    ));
    history.reads.send_replace(Gate::Open);
    assert!(matches!(next(&mut second).await, Deliver::Joined { .. }));
}

#[actix::test]
async fn the_stale_connection_is_closed_and_cannot_speak() {
    let history = HeldHistory::new(Gate::Open);
    let room = room(&history);
    let mut stale = Visitor::enter(&room, 1, "Åsa").await;
    let again = Join {
        token: Some(stale.token.clone()),
        ..join("Åsa")
    };
    let mut fresh = Visitor::enter_with(&room, 2, again, usize::MAX).await;
    assert_eq!(fresh.speaker.author, stale.speaker.author);
    assert_eq!(stale.closed().await, CloseCode::TakenOver);
    stale.say(&room, 1, "från den gamla");
    room.do_send(Leave(stale.speaker.clone()));
    fresh.say(&room, 2, "från den nya");
    assert_eq!(fresh.entry().await.id, id(2));
}

#[actix::test]
async fn a_reader_that_falls_behind_is_closed_and_the_others_are_told() {
    let history = HeldHistory::new(Gate::Open);
    let mut config = config();
    config.claims.grace_ms = 0;
    let room = ChatServer::new(RoomName::default(), config, stores(&history)).start();
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    let mut slow = Visitor::enter_with(&room, 2, join("Trög"), 4 * 1024).await;
    // The probe takes what comes, but the queue is never said to have been emptied.
    let mut said = 0;
    asa.say(&room, said, &"x".repeat(900));
    // Who came and went within one gathering of notices is counted, not named.
    loop {
        match asa.message().await {
            ServerMessage::Entry(_) if said < 6 => {
                said += 1;
                asa.say(&room, said, &"x".repeat(900));
            }
            ServerMessage::Presence(presence)
                if presence.online == 1 && slow.outflow.is_condemned() =>
            {
                break;
            }
            _ => {}
        }
    }
    assert_eq!(slow.closed().await, CloseCode::TooSlow);
}

#[actix::test]
async fn a_drain_stores_what_was_accepted_and_lets_nobody_in() {
    let history = HeldHistory::new(Gate::Shut);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    for n in 0..3 {
        asa.say(&room, n, "hej");
    }
    history.asked(1).await;
    settled(&room, &mut asa).await;
    let draining = actix::spawn(room.send(Drain));
    let (_, mut late) = Visitor::knock(&room.clone().recipient(), 2, join("Bo"), usize::MAX);
    assert!(matches!(
        next(&mut late).await,
        Deliver::Close(CloseCode::GoingAway)
    ));
    history.gate.send_replace(Gate::Open);
    for n in 0..3 {
        assert_eq!(asa.entry().await.id, id(n));
    }
    assert_eq!(asa.closed().await, CloseCode::GoingAway);
    tokio::time::timeout(LIMIT, draining)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}

#[actix::test]
async fn an_entry_is_said_by_the_author_not_by_the_nick() {
    let history = HeldHistory::new(Gate::Open);
    let room = room(&history);
    let mut asa = Visitor::enter(&room, 1, "Åsa").await;
    asa.say(&room, 1, "hej");
    let entry = asa.entry().await;
    assert_eq!(entry.author, asa.speaker.author);
    room.do_send(Leave(asa.speaker.clone()));
    let other = Visitor::enter(&room, 2, "Åsa").await;
    assert_ne!(other.speaker.author, entry.author);
}

#[actix::test]
async fn a_full_room_takes_nobody_but_its_own() {
    let history = HeldHistory::new(Gate::Open);
    let config = RoomConfig {
        members: 1,
        ..config()
    };
    let room = ChatServer::new(RoomName::default(), config, stores(&history)).start();
    let asa = Visitor::enter(&room, 1, "Åsa").await;
    let (_, mut bo) = Visitor::knock(&room.clone().recipient(), 2, join("Bo"), usize::MAX);
    let Deliver::TurnedAway(frames) = next(&mut bo).await else {
        panic!()
    };
    match decode(&frames).pop_front() {
        Some(ServerMessage::Refused(refused)) => {
            assert_eq!(refused.code, RefusalCode::RoomFull);
            assert!(refused.retry_after_ms > Some(0));
        }
        other => panic!("{other:?}"),
    }
    let back = Join {
        token: Some(asa.token.clone()),
        ..join("Åsa")
    };
    let again = Visitor::enter_with(&room, 3, back, usize::MAX).await;
    room.do_send(Leave(again.speaker));
    Visitor::enter(&room, 4, "Bo").await;
}
