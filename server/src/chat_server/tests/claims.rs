//! Whose nick it is: over reconnects, departures and restarts.

use super::stage::{GRACE, HOLD, Stage, caught_up, told_until};
use super::visitor::join_by;
use super::*;
use crate::fanout::Outflow;
use crate::rooms::Rooms;

#[actix::test]
async fn who_comes_back_within_the_grace_time_was_never_gone() {
    let stage = Stage::new();
    let mut asa = stage.enter(1, "Åsa").await;
    let bo = stage.enter(2, "Bo").await;
    caught_up(&mut asa, 2).await;
    stage.lose(&bo).await;
    stage.at(GRACE - 1).await;
    let again = stage.enter_by(&bo.token, 3, "Bo").await;
    assert_eq!(again.speaker.author, bo.speaker.author);
    assert_eq!(again.online, 2);
    stage.at(10 * GRACE).await;
    stage.enter(4, "Cy").await;
    let told = told_until(&mut asa, "Cy").await;
    assert_eq!(told, (vec!["Cy".to_owned()], vec![]));
}

#[actix::test]
async fn who_does_not_has_left_when_it_is_over() {
    let stage = Stage::new();
    let mut asa = stage.enter(1, "Åsa").await;
    let bo = stage.enter(2, "Bo").await;
    caught_up(&mut asa, 2).await;
    stage.lose(&bo).await;
    assert_eq!(stage.enter(3, "Cy").await.online, 3, "still counted");
    let told = told_until(&mut asa, "Cy").await;
    assert_eq!(told, (vec!["Cy".to_owned()], vec![]));
    stage.at(GRACE).await;
    let gone = asa.presence().await;
    assert_eq!(
        (gone.left[0].author.clone(), gone.online),
        (bo.speaker.author, 2)
    );
}

#[actix::test]
async fn the_timer_comes_by_itself() {
    let stage = Stage::with(|config| {
        config.uptime = Uptime::system();
        config.claims.grace_ms = 1;
    });
    let mut asa = stage.enter(1, "Åsa").await;
    let bo = stage.enter(2, "Bo").await;
    caught_up(&mut asa, 2).await;
    stage.lose(&bo).await;
    caught_up(&mut asa, 1).await;
}

#[actix::test]
async fn the_nick_is_then_held_for_its_author_alone() {
    let stage = Stage::new();
    let asa = stage.enter(1, "Åsa").await;
    let bo = stage.enter(2, "Bo").await;
    stage.lose(&bo).await;
    stage.at(GRACE).await;
    let refused = stage.turned_away(join("bo")).await;
    assert_eq!(refused.code, RefusalCode::NickTaken);
    assert_eq!(refused.suggestion, Nick::new("bo 2").ok());
    let refused = stage.turned_away(join_by(&asa.token, "Bo")).await;
    assert_eq!(
        refused.code,
        RefusalCode::NickTaken,
        "nor any other author's"
    );
    stage.at(GRACE + HOLD - 1).await;
    let again = stage.enter_by(&bo.token, 3, "Bo").await;
    assert_eq!(again.speaker.author, bo.speaker.author);
}

#[actix::test]
async fn after_the_hold_time_a_late_token_keeps_its_author_but_not_the_nick() {
    let stage = Stage::new();
    let bo = stage.enter(1, "Bo").await;
    stage.lose(&bo).await;
    stage.at(GRACE).await;
    // Nobody looks at the clock but who comes.
    stage.clock.set(GRACE + HOLD);
    let other = stage.enter(2, "Bo").await;
    assert_ne!(other.speaker.author, bo.speaker.author);
    let refused = stage.turned_away(join_by(&bo.token, "Bo")).await;
    assert_eq!(refused.code, RefusalCode::NickTaken);
    let again = stage.enter_by(&bo.token, 3, "Bo igen").await;
    assert_eq!(again.speaker.author, bo.speaker.author);
    assert_eq!(again.token, bo.token);
}

#[actix::test]
async fn a_leave_frees_the_nick_at_once_and_keeps_the_author() {
    let stage = Stage::new();
    let mut asa = stage.enter(1, "Åsa").await;
    let bo = stage.enter(2, "Bo").await;
    caught_up(&mut asa, 2).await;
    stage.leave(&bo).await;
    assert_eq!(asa.presence().await.left[0].author, bo.speaker.author);
    stage.enter(3, "Bo").await;
    let again = stage.enter_by(&bo.token, 4, "Cy").await;
    assert_eq!(again.speaker.author, bo.speaker.author);
}

#[actix::test]
async fn a_slow_reader_may_come_back_like_anyone_who_lost_the_line() {
    let stage = Stage::new();
    let mut asa = stage.enter(1, "Åsa").await;
    let mut slow = Visitor::enter_with(&stage.room, 2, join("Trög"), 4 * 1024).await;
    for n in 0..6 {
        asa.say(&stage.room, n, &"x".repeat(900));
        asa.entry().await;
    }
    assert_eq!(slow.closed().await, CloseCode::TooSlow);
    stage.refuses_a_thief("Trög").await;
    let again = stage.enter_by(&slow.token, 3, "Trög").await;
    assert_eq!(
        (again.online, again.speaker.author),
        (2, slow.speaker.author)
    );
}

#[actix::test]
async fn over_a_restart_everyone_may_come_back_as_if_nothing_had_been() {
    for drained in [true, false] {
        let mut stage = Stage::new();
        let asa = stage.enter(1, "Åsa").await;
        let bo = stage.enter(2, "Bo").await;
        if drained {
            stage.room.send(Drain).await.unwrap();
            stage.lose(&asa).await;
            stage.lose(&bo).await;
        }
        stage.clock.set(500_000);
        stage.restart();
        stage.refuses_a_thief("Åsa").await;
        let mut asa = stage.enter_by(&asa.token, 3, "Åsa").await;
        assert_eq!(asa.online, 2);
        stage.enter(4, "Cy").await;
        let told = told_until(&mut asa, "Cy").await;
        assert_eq!(told, (vec!["Cy".to_owned()], vec![]), "drained: {drained}");

        // Bo does not come in time, and is held like anyone.
        stage.at(500_000 + GRACE).await;
        let gone = asa.presence().await;
        assert_eq!(gone.left[0].author, bo.speaker.author);
        stage.refuses_a_thief("Bo").await;
        stage.at(500_000 + GRACE + HOLD).await;
        stage.enter(5, "Bo").await;
    }
}

#[actix::test]
async fn a_hold_goes_on_over_a_restart_and_what_was_freed_stays_free() {
    let mut stage = Stage::new();
    let (bo, cy) = (stage.enter(1, "Bo").await, stage.enter(2, "Cy").await);
    stage.lose(&bo).await;
    stage.leave(&cy).await;
    stage.at(GRACE).await;
    stage.clock.set(GRACE + HOLD - 1);
    stage.restart();
    stage.enter(4, "Cy").await;
    stage.refuses_a_thief("Bo").await;
    stage.at(GRACE + HOLD).await;
    stage.enter(5, "Bo").await;
}

#[actix::test]
async fn without_grace_and_hold_a_restart_frees_every_nick() {
    let mut stage = Stage::with(|config| {
        config.claims.grace_ms = 0;
        config.claims.hold_ms = 0;
    });
    let asa = stage.enter(1, "Åsa").await;
    stage.restart();
    let thief = stage.enter(2, "Åsa").await;
    assert_eq!(thief.online, 1);
    let refused = stage.turned_away(join_by(&asa.token, "Åsa")).await;
    assert_eq!(refused.code, RefusalCode::NickTaken);
    let again = stage.enter_by(&asa.token, 3, "Bo").await;
    assert_eq!(again.speaker.author, asa.speaker.author);
}

#[actix::test]
async fn a_room_that_dies_keeps_its_nicks() {
    let stage = Stage::new();
    let rooms = Rooms::new([RoomName::default()], stage.config.clone(), stage.stores()).start();
    let door = rooms.recipient();
    let (_, mut deliveries) = Visitor::knock(&door, 1, join("Åsa"), usize::MAX);
    let Deliver::Joined { room, author, .. } = next(&mut deliveries).await else {
        panic!()
    };
    stage.history.gate.send_replace(Gate::Panicking);
    let from = Speaker {
        author,
        session: SessionId(1),
    };
    room.do_send(Arrived(from.clone()));
    let (id, text) = (id(1), message("hej"));
    room.do_send(Say { from, id, text });
    while !matches!(next(&mut deliveries).await, Deliver::Close(_)) {}
    let (_, mut thief) = Visitor::knock(&door, 2, join("Åsa"), usize::MAX);
    assert!(matches!(next(&mut thief).await, Deliver::TurnedAway(_)));
}

/// Lets somebody in who has nothing to come back by, with room for a few kilobytes.
async fn enter_passing(stage: &Stage, session: u64, nick: &str) -> Speaker {
    let (sender, mut deliveries) = tokio::sync::mpsc::unbounded_channel();
    let post = visitor::probe(sender).into();
    let outflow = Arc::new(Outflow::new(4 * 1024));
    let seat = Seat::new(SessionId(session), post, outflow.clone()).passing();
    let (join, fresh) = (join(nick), None);
    stage.room.do_send(Enter { join, fresh, seat });
    let Deliver::Joined { frames, author, .. } = next(&mut deliveries).await else {
        panic!("not let in")
    };
    outflow.taken(frames.bytes());
    let session = SessionId(session);
    let speaker = Speaker { author, session };
    stage.room.do_send(Arrived(speaker.clone()));
    speaker
}

#[actix::test]
async fn who_has_nothing_to_come_back_by_is_gone_with_the_connection_however_it_ends() {
    let mut stage = Stage::new();
    let mut asa = stage.enter(1, "Åsa").await;
    let bo = enter_passing(&stage, 2, "Bo").await;
    stage.refuses_a_thief("Bo").await;
    stage.room.send(Lost(bo)).await.unwrap();
    stage.enter(3, "Bo").await;

    // Too slow, and so sent away.
    enter_passing(&stage, 4, "Trög").await;
    for n in 0..6 {
        asa.say(&stage.room, n, &"x".repeat(900));
        asa.entry().await;
    }
    stage.enter(5, "Trög").await;

    enter_passing(&stage, 6, "Di").await;
    stage.room.send(Drain).await.unwrap();
    stage.restart();
    stage.enter(7, "Di").await;
}

#[actix::test]
async fn who_has_it_later_is_kept_from_then_on() {
    let mut stage = Stage::new();
    let bo = enter_passing(&stage, 1, "Bo").await;
    stage.room.send(Stay(bo.clone())).await.unwrap();
    stage.room.send(Lost(bo)).await.unwrap();
    stage.refuses_a_thief("Bo").await;
    stage.restart();
    stage.refuses_a_thief("Bo").await;
}
