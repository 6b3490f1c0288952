//! Another nick within the room.

use super::stage::{GRACE, Stage, caught_up};
use super::*;

#[actix::test]
async fn a_new_nick_is_told_to_the_asker_at_once_and_to_all_once() {
    let stage = Stage::new();
    let mut asa = stage.enter(1, "Åsa").await;
    let mut bo = stage.enter(2, "Bo").await;
    caught_up(&mut asa, 2).await;
    caught_up(&mut bo, 2).await;
    stage.rename(&bo, "Bosse").await;
    let answer = bo.presence().await;
    let author = bo.speaker.author.clone();
    let renamed = |from: &str, to: &str| {
        vec![shared::Renamed {
            author: author.clone(),
            from: Nick::new(from).unwrap(),
            to: Nick::new(to).unwrap(),
        }]
    };
    assert_eq!((answer.renamed, answer.online), (renamed("Bo", "Bosse"), 2));
    assert_eq!(bo.answered, 1, "it gives the credit back");
    assert_eq!(asa.presence().await.renamed, renamed("Bo", "Bosse"));
    assert_eq!(bo.presence().await.renamed, renamed("Bo", "Bosse"));

    stage.rename(&bo, "Bosse").await;
    assert_eq!(bo.presence().await.renamed, renamed("Bosse", "Bosse"));
    assert_eq!(bo.answered, 2, "also where nothing changes");
    stage.rename(&bo, "Bo").await;
    assert_eq!(bo.presence().await.renamed, renamed("Bosse", "Bo"));
    assert_eq!(asa.presence().await.renamed, renamed("Bosse", "Bo"), "next");
}

#[actix::test]
async fn a_new_nick_is_answered_once_it_is_stored() {
    let stage = Stage::new();
    let mut asa = stage.enter(1, "Åsa").await;
    caught_up(&mut asa, 1).await;
    stage.visitors.records.send_replace(Gate::Shut);
    stage.rename(&asa, "Åsa L").await;
    settled(&stage.room, &mut asa).await;
    settled(&stage.room, &mut asa).await;
    assert_eq!(asa.answered, 2, "what was asked in between, and not this");
    stage.visitors.records.send_replace(Gate::Open);
    while asa.answered < 3 {
        asa.presence().await;
    }
}

#[actix::test]
async fn a_new_nick_keeps_to_the_rules_and_frees_the_old_one() {
    let mut stage = Stage::new();
    let mut asa = stage.enter(1, "Åsa").await;
    let bo = stage.enter(2, "Bo").await;
    stage.lose(&bo).await;
    stage.at(GRACE).await;
    stage.rename(&asa, "BO").await;
    let refused = asa.refused().await;
    assert_eq!(refused.of.as_deref(), Some("nick"));
    assert_eq!(refused.code, RefusalCode::NickTaken);
    assert_eq!(refused.suggestion, Nick::new("BO 2").ok());
    stage.rename(&asa, "Åsa L").await;
    asa.presence().await;
    stage.enter(3, "Åsa").await;
    stage.restart();
    stage.refuses_a_thief("Åsa L").await;
    let again = stage.enter_by(&asa.token, 4, "Åsa L").await;
    assert_eq!(again.speaker.author, asa.speaker.author);
}

#[actix::test]
async fn a_stale_connection_neither_renames_nor_ends_the_new_one() {
    let stage = Stage::new();
    let stale = stage.enter(1, "Åsa").await;
    let mut fresh = stage.enter_by(&stale.token, 2, "Åsa").await;
    stage.rename(&stale, "Bo").await;
    stage.lose(&stale).await;
    stage.leave(&stale).await;
    stage.abandon(1).await;
    stage.at(GRACE).await;
    stage.enter(3, "Bo").await;
    fresh.say(&stage.room, 1, "kvar");
    assert_eq!(fresh.entry().await.author, stale.speaker.author);
}
