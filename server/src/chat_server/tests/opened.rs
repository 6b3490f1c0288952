//! Rooms that visitors open by joining them: how many there may be, and how they end.

use std::sync::Arc;

use actix::prelude::*;
use shared::{Join, Nick, RefusalCode, RoomName, ServerMessage};

use super::held::{Gate, HeldHistory};
use super::visitor::{Visitor, decode, id, join, message, next};
use super::{config, stores};
use crate::chat_server::{Abandon, ChatServer, Deliver, IsIdle, Leave, Say};
use crate::room::{SessionId, Speaker};
use crate::rooms::{Inspect, Rooms};

/// More looks than any room is left idle for.
const MANY_LOOKS: usize = 20;

fn rooms(history: &Arc<HeldHistory>, most: usize) -> Addr<Rooms> {
    Rooms::new([RoomName::default()], config(), stores(history))
        .open(most)
        .start()
}

fn join_room(room: &str) -> Join {
    let room = RoomName::new(room).unwrap();
    Join {
        room,
        ..join("Åsa")
    }
}

/// A room, and who is in it.
async fn enter(rooms: &Addr<Rooms>, session: u64, room: &str) -> (Addr<ChatServer>, Speaker) {
    let door = rooms.clone().recipient();
    let (_, mut deliveries) = Visitor::knock(&door, session, join_room(room), usize::MAX);
    match next(&mut deliveries).await {
        Deliver::Joined { room, author, .. } => {
            let session = SessionId(session);
            (room, Speaker { author, session })
        }
        other => panic!("{other:?}"),
    }
}

async fn refused(rooms: &Addr<Rooms>, session: u64, room: &str) -> RefusalCode {
    let door = rooms.clone().recipient();
    let (_, mut deliveries) = Visitor::knock(&door, session, join_room(room), usize::MAX);
    match next(&mut deliveries).await {
        Deliver::TurnedAway(frames) => match decode(&frames).pop_front() {
            Some(ServerMessage::Refused(refused)) => refused.code,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

async fn look(rooms: &Addr<Rooms>, times: usize) {
    for _ in 0..times {
        rooms.send(Inspect).await.unwrap();
    }
}

/// Whether the room has ended: it answers no more.
async fn ended(room: &Addr<ChatServer>) -> bool {
    room.send(IsIdle).await.is_err()
}

#[actix::test]
async fn a_room_that_nobody_needs_ends_and_leaves_its_place_and_its_history() {
    let history = HeldHistory::new(Gate::Open);
    let rooms = rooms(&history, 2);
    let (course, asa) = enter(&rooms, 1, "course").await;
    course.do_send(Say {
        from: asa.clone(),
        id: id(1),
        text: message("hej"),
    });
    assert_eq!(
        refused(&rooms, 2, "kitchen").await,
        RefusalCode::TooManyRooms
    );
    course.do_send(Leave(asa));
    look(&rooms, MANY_LOOKS).await;
    assert!(ended(&course).await);
    enter(&rooms, 3, "kitchen").await;
    assert_eq!(
        refused(&rooms, 4, "course").await,
        RefusalCode::TooManyRooms
    );

    // Begun again, it goes on where it was.
    let rooms = self::rooms(&history, 2);
    let door = rooms.recipient();
    let (_, mut deliveries) = Visitor::knock(&door, 5, join_room("course"), usize::MAX);
    let Deliver::Joined { frames, .. } = next(&mut deliveries).await else {
        panic!()
    };
    match decode(&frames).pop_front() {
        Some(ServerMessage::Welcome(welcome)) => assert_eq!(welcome.entries.len(), 1),
        other => panic!("{other:?}"),
    }
}

#[actix::test]
async fn rooms_that_somebody_needs_do_not_end() {
    let history = HeldHistory::new(Gate::Shut);
    let rooms = rooms(&history, 5);
    let (lobby, asa) = enter(&rooms, 1, "lobby").await;
    lobby.do_send(Leave(asa));
    let (course, _) = enter(&rooms, 2, "course").await;
    let (kitchen, bo) = enter(&rooms, 3, "kitchen").await;
    kitchen.do_send(Say {
        from: bo.clone(),
        id: id(1),
        text: message("hej"),
    });
    history.asked(1).await;
    kitchen.do_send(Leave(bo));
    look(&rooms, MANY_LOOKS).await;
    assert!(!ended(&lobby).await, "it is the server's own");
    assert!(!ended(&course).await, "somebody is there");
    assert!(!ended(&kitchen).await, "something is being stored");
}

#[actix::test]
async fn a_room_is_not_ended_under_somebody_who_comes_in() {
    let history = HeldHistory::new(Gate::Open);
    for idle in 0..10 {
        let rooms = rooms(&history, 2);
        let (course, asa) = enter(&rooms, 1, "course").await;
        course.do_send(Leave(asa));
        // Once up to the very look that would end it.
        look(&rooms, idle).await;
        let looking = rooms.send(Inspect);
        let (course, _) = enter(&rooms, 2, "course").await;
        looking.await.unwrap();
        assert!(!ended(&course).await, "after {idle} looks");
    }
}

#[actix::test]
async fn who_is_refused_keeps_no_room_open_and_opens_none() {
    let history = HeldHistory::new(Gate::Open);
    let rooms = rooms(&history, 2);
    let (course, asa) = enter(&rooms, 1, "course").await;
    course.do_send(Leave(asa));
    let door = rooms.clone().recipient();
    let unseen = |room: &str| Join {
        nick: Nick::new("A\u{200d}sa").unwrap(),
        ..join_room(room)
    };
    for n in 0..MANY_LOOKS {
        let knock = Visitor::knock(&door, 2 + n as u64, unseen("course"), usize::MAX);
        let (_, mut deliveries) = knock;
        assert!(matches!(
            next(&mut deliveries).await,
            Deliver::TurnedAway(_)
        ));
        look(&rooms, 1).await;
    }
    assert!(ended(&course).await);
    let (_, mut deliveries) = Visitor::knock(&door, 100, unseen("attic"), usize::MAX);
    assert!(matches!(
        next(&mut deliveries).await,
        Deliver::TurnedAway(_)
    ));
    enter(&rooms, 101, "kitchen").await;
}

#[actix::test]
async fn the_longest_idle_room_gives_way_where_there_are_too_many() {
    let history = HeldHistory::new(Gate::Open);
    let rooms = rooms(&history, 4);
    let (course, asa) = enter(&rooms, 1, "course").await;
    course.do_send(Leave(asa));
    look(&rooms, 1).await;
    let (kitchen, bo) = enter(&rooms, 2, "kitchen").await;
    kitchen.do_send(Leave(bo));
    let (attic, _) = enter(&rooms, 3, "attic").await;
    look(&rooms, 1).await;
    enter(&rooms, 4, "cellar").await;
    assert!(ended(&course).await && !ended(&kitchen).await);
    enter(&rooms, 5, "garden").await;
    assert!(ended(&kitchen).await && !ended(&attic).await);
    assert_eq!(refused(&rooms, 6, "shed").await, RefusalCode::TooManyRooms);
}

#[actix::test]
async fn who_goes_while_they_wait_for_a_place_never_comes_in() {
    let history = HeldHistory::new(Gate::Open);
    let rooms = rooms(&history, 2);
    let (course, asa) = enter(&rooms, 1, "course").await;
    course.do_send(Leave(asa));
    let door = rooms.clone().recipient();
    let (_, _gone) = Visitor::knock(&door, 2, join_room("kitchen"), usize::MAX);
    rooms.do_send(Abandon {
        room: RoomName::new("kitchen").unwrap(),
        session: SessionId(2),
    });
    let (_, mut bo) = Visitor::knock(&door, 3, join_room("attic"), usize::MAX);
    assert!(matches!(next(&mut bo).await, Deliver::Joined { .. }));
}

#[actix::test]
async fn a_room_that_died_takes_no_place() {
    let history = HeldHistory::new(Gate::Panicking);
    let rooms = rooms(&history, 2);
    let (course, from) = enter(&rooms, 1, "course").await;
    course.do_send(Say {
        from,
        id: id(1),
        text: message("hej"),
    });
    while !ended(&course).await {}
    history.gate.send_replace(Gate::Open);
    enter(&rooms, 2, "kitchen").await;
}
