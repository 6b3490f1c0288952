//! How often the history is read for those who come in.

use shared::Welcome;
use tokio::sync::mpsc::UnboundedReceiver;

use super::stage::Stage;
use super::visitor::decode;
use super::*;
use crate::history::Keep;

async fn welcome(deliveries: &mut UnboundedReceiver<Deliver>) -> Welcome {
    let Deliver::Joined { frames, .. } = next(deliveries).await else {
        panic!("not let in")
    };
    match decode(&frames).pop_front() {
        Some(ServerMessage::Welcome(welcome)) => *welcome,
        other => panic!("{other:?}"),
    }
}

/// How many are shown to who comes in, of what has been said.
async fn shown(deliveries: &mut UnboundedReceiver<Deliver>) -> usize {
    welcome(deliveries).await.entries.len()
}

#[actix::test]
async fn who_comes_while_the_same_page_is_read_waits_for_that() {
    let stage = Stage::new();
    let mut asa = stage.enter(1, "Åsa").await;
    asa.say(&stage.room, 1, "hej");
    asa.entry().await;
    let before = *stage.history.read.borrow();
    stage.history.reads.send_replace(Gate::Shut);
    let storm = (2..30).map(|n| stage.knock(n, join(&format!("gäst {n}"))));
    let storm: Vec<_> = storm.collect();
    stage.at(0).await;
    stage.history.reads.send_replace(Gate::Open);
    for mut deliveries in storm {
        assert_eq!(shown(&mut deliveries).await, 1);
    }
    assert_eq!(*stage.history.read.borrow(), before + 1);
}

#[actix::test]
async fn who_comes_after_something_was_said_waits_for_a_page_with_it() {
    let stage = Stage::new();
    let mut asa = stage.enter(1, "Åsa").await;
    stage.history.reads.send_replace(Gate::Shut);
    let mut early = stage.knock(2, join("Bo"));
    stage.at(0).await;
    asa.say(&stage.room, 1, "hej");
    asa.entry().await;
    let mut late = stage.knock(3, join("Cy"));
    stage.at(0).await;
    stage.history.reads.send_replace(Gate::Open);
    assert_eq!((shown(&mut early).await, shown(&mut late).await), (0, 1));
    while !is_said(&next(&mut early).await) {}
}

/// Whether that is what was said, and no notice.
fn is_said(delivery: &Deliver) -> bool {
    let Deliver::Frames { frames, .. } = delivery else {
        panic!("{delivery:?}")
    };
    let said = |message: &ServerMessage| matches!(message, ServerMessage::Entry(_));
    decode(frames).iter().any(said)
}

#[actix::test]
async fn what_was_removed_is_shown_to_nobody_who_comes_later() {
    let stage = Stage::new();
    let mut asa = stage.enter(1, "Åsa").await;
    asa.say(&stage.room, 1, "hej");
    asa.entry().await;
    assert_eq!(shown(&mut stage.knock(2, join("Bo"))).await, 1);
    let nothing = Keep {
        since: 0,
        entries: 0,
    };
    stage.history.trim(nothing).await.unwrap();
    assert_eq!(shown(&mut stage.knock(3, join("Cy"))).await, 0);
}
