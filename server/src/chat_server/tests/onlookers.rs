//! Who looks on: what they are shown, who is not told of them, and how it ends.

use shared::{Position, ServerMessage};
use tokio::sync::mpsc::UnboundedReceiver;

use super::stage::Stage;
use super::visitor::{decode, join_by};
use super::*;
use crate::fanout::Outflow;

/// Looks into the lobby as session 7.
fn look(
    stage: &Stage,
    token: Option<&Token>,
    after: Option<Position>,
) -> (Arc<Outflow>, UnboundedReceiver<Deliver>) {
    let door = stage.room.clone().recipient();
    Visitor::look(&door, 7, token.cloned(), after, 100_000)
}

/// The numbers of the entries that come next, of all deliveries up to the last one.
async fn shown(deliveries: &mut UnboundedReceiver<Deliver>, until: u64) -> Vec<u64> {
    let mut seqs = Vec::new();
    while seqs.last() != Some(&until) {
        let (Deliver::Looking { frames, .. } | Deliver::Frames { frames, .. }) =
            next(deliveries).await
        else {
            panic!("no entries")
        };
        for message in decode(&frames) {
            match message {
                ServerMessage::Entry(entry) => seqs.push(entry.seq.0),
                other => panic!("{other:?}"),
            }
        }
    }
    seqs
}

#[actix::test]
async fn an_onlooker_is_shown_what_was_said_and_what_is_said_and_nothing_else() {
    let stage = Stage::new();
    let mut asa = stage.enter(1, "Åsa").await;
    asa.say(&stage.room, 1, "hej");
    asa.entry().await;
    let (_, mut deliveries) = look(&stage, None, None);
    asa.say(&stage.room, 2, "hej igen");
    let _bo = stage.enter(2, "Bo").await;
    asa.presence().await;
    asa.say(&stage.room, 3, "hej Bo");
    assert_eq!(shown(&mut deliveries, 3).await, [1, 2, 3]);
}

#[actix::test]
async fn nobody_is_told_of_an_onlooker() {
    let stage = Stage::new();
    let mut asa = stage.enter(1, "Åsa").await;
    let (_, mut deliveries) = look(&stage, None, None);
    assert!(matches!(
        next(&mut deliveries).await,
        Deliver::Looking { .. }
    ));
    let bo = stage.enter(2, "Bo").await;
    assert_eq!(bo.online, 2);
    let (joined, _) = stage::told_until(&mut asa, "Bo").await;
    assert_eq!(joined, ["Åsa", "Bo"]);
}

#[actix::test]
async fn an_onlooker_who_comes_back_is_shown_what_came_since() {
    let stage = Stage::new();
    let mut asa = stage.enter(1, "Åsa").await;
    for number in 1..=3 {
        asa.say(&stage.room, number, "hej");
        asa.entry().await;
    }
    let head = stage.history.head(&RoomName::default()).await.unwrap();
    let after = Position {
        epoch: head.epoch,
        seq: Seq(1),
    };
    let (_, mut deliveries) = look(&stage, None, Some(after));
    assert_eq!(shown(&mut deliveries, 3).await, [2, 3]);
}

#[actix::test]
async fn an_onlooker_is_told_whether_the_room_knows_them_and_by_which_nick() {
    let stage = Stage::new();
    let asa = stage.enter(1, "Åsa").await;
    let bo = stage.enter(2, "Bo").await;
    stage.leave(&bo).await;
    let stranger = Token::from_random(77);
    for (token, expected) in [
        (Some(&asa.token), Some("Åsa")),
        (Some(&bo.token), Some("Bo")),
        (Some(&stranger), None),
        (None, None),
    ] {
        let (_, mut deliveries) = look(&stage, token, None);
        let Deliver::Looking { known, nick, .. } = next(&mut deliveries).await else {
            panic!()
        };
        assert_eq!(nick.as_ref().map(Nick::as_str), expected);
        assert_eq!(known, expected.is_some());
    }
}

#[actix::test]
async fn who_enters_is_no_onlooker_any_more_and_has_the_token_that_was_told_before() {
    let stage = Stage::new();
    let (outflow, mut deliveries) = look(&stage, None, None);
    assert!(matches!(
        next(&mut deliveries).await,
        Deliver::Looking { .. }
    ));
    let fresh = Token::from_random(5);
    // One that nobody knows counts as none.
    let join = join_by(&Token::from_random(9), "Åsa");
    let (sender, mut joined) = tokio::sync::mpsc::unbounded_channel();
    let seat = Seat::new(SessionId(7), visitor::probe(sender).into(), outflow.clone());
    stage.room.do_send(Enter {
        join,
        fresh: Some(fresh.clone()),
        seat,
    });
    let Deliver::Joined { frames, author, .. } = next(&mut joined).await else {
        panic!()
    };
    let Some(ServerMessage::Welcome(welcome)) = decode(&frames).pop_front() else {
        panic!()
    };
    assert_eq!(welcome.token, fresh);
    let from = Speaker {
        author,
        session: SessionId(7),
    };
    stage.room.do_send(Say {
        from,
        id: id(1),
        text: message("hej"),
    });
    assert!(matches!(next(&mut joined).await, Deliver::Frames { .. }));
    assert!(deliveries.try_recv().is_err(), "said to the member alone");
}

#[actix::test]
async fn an_onlooker_who_reads_too_slowly_is_closed_and_the_room_goes_on() {
    let stage = Stage::new();
    let mut asa = stage.enter(1, "Åsa").await;
    let (_, mut deliveries) = look(&stage, None, None);
    let long = "x".repeat(900);
    for number in 0..200 {
        asa.say(&stage.room, number, &long);
        asa.entry().await;
    }
    let mut shown = 0;
    loop {
        match next(&mut deliveries).await {
            Deliver::Looking { .. } | Deliver::Frames { .. } => shown += 1,
            Deliver::Close(CloseCode::TooSlow) => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(shown < 200, "{shown}");
}

#[actix::test]
async fn who_looks_away_is_shown_nothing_more() {
    let stage = Stage::new();
    let mut asa = stage.enter(1, "Åsa").await;
    let (outflow, mut deliveries) = look(&stage, None, None);
    let Deliver::Looking { frames, .. } = next(&mut deliveries).await else {
        panic!()
    };
    outflow.taken(frames.bytes());
    stage.room.do_send(LookAway(SessionId(7)));
    asa.say(&stage.room, 1, "hej");
    asa.entry().await;
    assert!(deliveries.try_recv().is_err());
    assert_eq!(outflow.reserve(100_000), Ok(()), "nothing is held for them");
}

#[actix::test]
async fn a_drain_closes_onlookers_to_come_back() {
    let stage = Stage::new();
    let (_, mut deliveries) = look(&stage, None, None);
    assert!(matches!(
        next(&mut deliveries).await,
        Deliver::Looking { .. }
    ));
    stage.room.send(Drain).await.unwrap();
    assert!(matches!(
        next(&mut deliveries).await,
        Deliver::Close(CloseCode::GoingAway)
    ));
    let (_, mut late) = look(&stage, None, None);
    assert!(matches!(
        next(&mut late).await,
        Deliver::Close(CloseCode::GoingAway)
    ));
}

#[actix::test]
async fn a_room_that_somebody_looks_into_is_not_idle() {
    let stage = Stage::new();
    assert!(stage.room.send(IsIdle).await.unwrap());
    let (_, mut deliveries) = look(&stage, None, None);
    assert!(matches!(
        next(&mut deliveries).await,
        Deliver::Looking { .. }
    ));
    assert!(!stage.room.send(IsIdle).await.unwrap());
    stage.abandon(7).await;
    assert!(stage.room.send(IsIdle).await.unwrap());
}

#[actix::test]
async fn a_history_that_cannot_be_read_turns_an_onlooker_away() {
    let stage = Stage::new();
    stage.history.reads.send_replace(Gate::Failing);
    let (_, mut deliveries) = look(&stage, None, None);
    let Deliver::TurnedAway(frames) = next(&mut deliveries).await else {
        panic!()
    };
    let refused = decode(&frames).pop_front();
    assert!(
        matches!(&refused, Some(ServerMessage::Refused(r)) if r.code == RefusalCode::Unavailable),
        "{refused:?}"
    );
    assert!(stage.room.send(IsIdle).await.unwrap());
}

#[actix::test]
async fn who_looked_on_and_cannot_be_welcomed_is_told_to_come_back() {
    let stage = Stage::new();
    let (outflow, mut deliveries) = look(&stage, None, None);
    next(&mut deliveries).await;
    stage.history.reads.send_replace(held::Gate::Failing);
    let (sender, mut joined) = tokio::sync::mpsc::unbounded_channel();
    let seat = Seat::new(SessionId(7), visitor::probe(sender).into(), outflow);
    let (join, fresh) = (join("Åsa"), None);
    stage.room.do_send(Enter { join, fresh, seat });
    // Refused, they would sit there and be shown nothing of what is said.
    let end = next(&mut joined).await;
    assert!(matches!(end, Deliver::Close(CloseCode::Failure)), "{end:?}");
}
