//! Who is let in as whom: tokens good and bad, looked up and stored, or not.

use super::stage::{GRACE, Stage, told_until};
use super::visitor::join_by;
use super::*;
use crate::rooms::Rooms;
use crate::visitors::{Claim, PRUNED, Visit};

#[actix::test]
async fn a_token_that_nobody_was_given_counts_as_none() {
    let stage = Stage::new();
    let unknown = Token::from_random(7);
    let asa = stage.enter_by(&unknown, 1, "Åsa").await;
    assert_ne!(asa.token, unknown);
    let again = stage.enter_by(&asa.token, 2, "Åsa").await;
    assert_eq!(again.speaker.author, asa.speaker.author);
    let other = stage.enter_by(&unknown, 3, "Bo").await;
    assert_ne!(other.speaker.author, asa.speaker.author);
}

#[actix::test]
async fn a_token_that_was_not_used_for_its_lifetime_counts_as_none() {
    for (lifetime, waited, same) in [
        (1_000, 1_000, true),
        (1_000, 1_001, false),
        (0, 1_001, true),
    ] {
        let stage = Stage::with(|config| config.token_ms = lifetime);
        stage.clock.set(5_000);
        let asa = stage.enter(1, "Åsa").await;
        stage.leave(&asa).await;
        stage.clock.set(5_000 + waited);
        let again = stage.enter_by(&asa.token, 2, "Åsa").await;
        assert_eq!(again.token == asa.token, same, "{lifetime} {waited}");
        assert_eq!(again.speaker.author == asa.speaker.author, same);
    }
}

#[actix::test]
async fn of_two_joins_by_one_token_the_later_one_is_seated() {
    let stage = Stage::new();
    let asa = stage.enter(1, "Åsa").await;
    stage.leave(&asa).await;
    stage.visitors.look_ups.send_replace(Gate::Shut);
    let mut first = stage.knock(2, join_by(&asa.token, "Åsa"));
    let mut second = stage.knock(3, join_by(&asa.token, "Åsa"));
    let closed = next(&mut first).await;
    assert!(matches!(closed, Deliver::Close(CloseCode::TakenOver)));
    stage.visitors.look_ups.send_replace(Gate::Open);
    let joined = next(&mut second).await;
    assert!(matches!(joined, Deliver::Joined { author, .. } if author == asa.speaker.author));
}

#[actix::test]
async fn who_goes_while_the_token_is_looked_up_is_not_seated() {
    let stage = Stage::new();
    let asa = stage.enter(1, "Åsa").await;
    stage.leave(&asa).await;
    stage.visitors.look_ups.send_replace(Gate::Shut);
    let mut gone = stage.knock(2, join_by(&asa.token, "Åsa"));
    stage.abandon(2).await;
    stage.visitors.look_ups.send_replace(Gate::Open);
    assert_eq!(stage.enter(3, "Åsa").await.online, 1);
    assert!(gone.try_recv().is_err(), "its seat was released");
}

#[actix::test]
async fn a_drain_waits_for_no_look_up() {
    let stage = Stage::new();
    let asa = stage.enter(1, "Åsa").await;
    stage.leave(&asa).await;
    stage.visitors.look_ups.send_replace(Gate::Shut);
    let mut arriving = stage.knock(2, join_by(&asa.token, "Åsa"));
    stage.room.send(Drain).await.unwrap();
    let closed = next(&mut arriving).await;
    assert!(matches!(closed, Deliver::Close(CloseCode::GoingAway)));
}

#[actix::test]
async fn a_first_visit_that_ends_before_its_welcome_leaves_the_nick_free() {
    let stage = Stage::new();
    stage.history.reads.send_replace(Gate::Shut);
    let _deliveries = stage.knock(1, join("Åsa"));
    stage.abandon(1).await;
    stage.history.reads.send_replace(Gate::Open);
    assert_eq!(stage.enter(2, "Åsa").await.online, 1);
}

#[actix::test]
async fn who_never_got_the_first_welcome_gets_the_nick_at_the_next_try() {
    let stage = Stage::new();
    let mut bo = stage.enter(1, "Bo").await;
    let mut lost = stage.knock(2, join("Åsa"));
    assert!(matches!(next(&mut lost).await, Deliver::Joined { .. }));
    // The line has swallowed it: neither side knows that it is dead.
    let asa = stage.enter(3, "Åsa").await;
    assert!(matches!(
        next(&mut lost).await,
        Deliver::Close(CloseCode::Failure)
    ));
    told_until(&mut bo, "Åsa").await;
    // This one has arrived.
    stage.refuses_a_thief("Åsa").await;
    stage.lose(&asa).await;
    stage.refuses_a_thief("Åsa").await;
}

#[actix::test]
async fn a_first_visit_whose_token_never_arrived_leaves_nothing_behind() {
    let mut stage = Stage::new();
    let door = stage.room.clone().recipient();
    let (_, mut lost) = Visitor::knock(&door, 1, join("Åsa"), usize::MAX);
    let Deliver::Joined { author, .. } = next(&mut lost).await else {
        panic!("not let in")
    };
    // The server is killed.
    stage.restart();
    let asa = stage.enter(2, "Åsa").await;
    assert_eq!(asa.online, 1);
    stage.leave(&asa).await;

    let (_, mut lost) = Visitor::knock(&stage.room.clone().recipient(), 3, join("Åsa"), usize::MAX);
    let Deliver::Joined { author: second, .. } = next(&mut lost).await else {
        panic!("not let in")
    };
    assert_ne!(author, second);
    let session = SessionId(3);
    let speaker = Speaker {
        author: second,
        session,
    };
    stage.room.send(Lost(speaker)).await.unwrap();
    assert_eq!(stage.enter(4, "Åsa").await.online, 1);
}

#[actix::test]
async fn a_return_that_ends_before_its_welcome_keeps_the_nick() {
    let stage = Stage::new();
    let asa = stage.enter(1, "Åsa").await;
    stage.lose(&asa).await;
    stage.history.reads.send_replace(Gate::Shut);
    let _deliveries = stage.knock(2, join_by(&asa.token, "Åsa"));
    stage.abandon(2).await;
    stage.history.reads.send_replace(Gate::Open);
    stage.refuses_a_thief("Åsa").await;
    assert_eq!(stage.enter_by(&asa.token, 3, "Åsa").await.online, 1);
}

#[actix::test]
async fn a_token_is_handed_out_once_its_visitor_is_stored() {
    let stage = Stage::new();
    let mut asa = stage.enter(1, "Åsa").await;
    stage.visitors.records.send_replace(Gate::Shut);
    let mut bo = stage.knock(2, join("Bo"));
    // By the time that the room answers this, a welcome that does not wait would have come.
    settled(&stage.room, &mut asa).await;
    settled(&stage.room, &mut asa).await;
    assert!(bo.try_recv().is_err());
    stage.visitors.records.send_replace(Gate::Open);
    assert!(matches!(next(&mut bo).await, Deliver::Joined { .. }));
}

#[actix::test]
async fn visitors_that_cannot_be_stored_are_let_in_and_known_while_the_room_knows_them() {
    let stage = Stage::new();
    stage.visitors.records.send_replace(Gate::Failing);
    let bo = stage.enter(1, "Bo").await;
    stage.lose(&bo).await;
    stage.at(GRACE).await;
    stage.refuses_a_thief("Bo").await;
    let again = stage.enter_by(&bo.token, 2, "Bo").await;
    assert_eq!(again.speaker.author, bo.speaker.author);
    // Stored at last, since there is room again.
    stage.visitors.records.send_replace(Gate::Open);
    stage.leave(&again).await;
    let again = stage.enter_by(&bo.token, 3, "Bo").await;
    assert_eq!(again.speaker.author, bo.speaker.author);
}

#[actix::test]
async fn a_token_that_cannot_be_looked_up_is_believed() {
    let stage = Stage::new();
    let asa = stage.enter(1, "Åsa").await;
    stage.leave(&asa).await;
    stage.visitors.look_ups.send_replace(Gate::Failing);
    let again = stage.enter_by(&asa.token, 2, "Åsa").await;
    assert_eq!(again.speaker.author, asa.speaker.author);
}

#[actix::test]
async fn a_room_that_cannot_tell_whose_nicks_are_taken_lets_nobody_in() {
    let mut stage = Stage::new();
    stage.enter(1, "Åsa").await;
    stage.visitors.look_ups.send_replace(Gate::Failing);
    stage.restart();
    let mut thief = stage.knock(2, join("Åsa"));
    let closed = next(&mut thief).await;
    assert!(matches!(closed, Deliver::Close(CloseCode::Failure)));
    stage.visitors.look_ups.send_replace(Gate::Open);
    stage.restart();
    stage.refuses_a_thief("Åsa").await;
}

#[actix::test]
async fn in_a_full_room_who_is_away_gives_way() {
    let stage = Stage::with(|config| config.members = 2);
    let mut asa = stage.enter(1, "Åsa").await;
    let bo = stage.enter(2, "Bo").await;
    let refused = stage.turned_away(join("Cy")).await;
    assert_eq!(refused.code, RefusalCode::RoomFull);
    stage.lose(&bo).await;
    assert_eq!(stage.enter(3, "Cy").await.online, 2);
    told_until(&mut asa, "Cy").await;
    let refused = stage.turned_away(join_by(&bo.token, "Bo")).await;
    assert_eq!(refused.code, RefusalCode::RoomFull);
}

#[actix::test]
async fn visitors_of_long_ago_are_forgotten_at_the_start_step_by_step() {
    let stage = Stage::with(|config| config.token_ms = 1_000);
    let visit = |n: usize, seen_at| Visit {
        author: shared::AuthorId::new(format!("a{n}")),
        nick: Nick::new("x").unwrap(),
        seen_at,
        claim: Claim::Free,
    };
    let seen = |n| if n <= PRUNED { 999 } else { 1_000 };
    for n in 0..PRUNED + 3 {
        let recorded = stage
            .visitors
            .record(&RoomName::default(), visit(n, seen(n)));
        recorded.await.unwrap();
    }
    stage.clock.set(2_000);
    let _rooms = Rooms::new([], stage.config.clone(), stage.stores()).start();
    let mut prunings = stage.visitors.prunings.subscribe();
    let both = prunings.wait_for(|all| all.len() == 2);
    let both = tokio::time::timeout(LIMIT, both).await.unwrap();
    assert_eq!(*both.unwrap(), [PRUNED, 1]);
}
