//! What a room does for its visitors.

use std::time::Duration;

use serde_json::json;
use shared::limits::{PAGE_BYTES, WELCOME_ENTRIES};
use shared::{Presence, RefusalCode, RoomName, Seq, ServerMessage};

use crate::client::{Client, id, said};
use crate::server::{TestServer, in_memory};

async fn presence(client: &mut Client) -> Presence {
    client
        .find(|message| match message {
            ServerMessage::Presence(presence) => Some(presence),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn what_one_says_everyone_sees_with_the_nick() {
    let server = TestServer::start();
    let (mut asa, welcome) = Client::join(&server.ws(), "Åsa").await;
    assert_eq!((welcome.online, welcome.position.seq), (1, Seq(0)));
    let (mut bo, welcome) = Client::join(&server.ws(), "Bo").await;
    let mut here: Vec<_> = welcome.members.iter().map(|m| m.nick.as_str()).collect();
    here.sort_unstable();
    assert_eq!(here, ["Bo", "Åsa"]);

    asa.say(1, "hej <b>alla</b>").await;
    for client in [&mut asa, &mut bo] {
        let entry = client.entry().await;
        assert_eq!(said(&entry), ("Åsa", "hej <b>alla</b>"));
        assert_eq!((entry.seq, entry.id.as_str()), (Seq(1), id(1).as_str()));
    }
    bo.say(2, "hej själv").await;
    for client in [&mut asa, &mut bo] {
        assert_eq!(said(&client.entry().await), ("Bo", "hej själv"));
    }
}

#[tokio::test]
async fn comings_goings_and_new_nicks_are_told() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    assert_eq!(presence(&mut asa).await.joined[0].nick.as_str(), "Åsa");
    let (mut bo, welcome) = Client::join(&server.ws(), "Bo").await;
    assert_eq!(presence(&mut asa).await.joined[0].nick.as_str(), "Bo");

    bo.send(json!({ "type": "nick", "nick": "Bosse" })).await;
    let renamed = presence(&mut asa).await.renamed.remove(0);
    assert_eq!(
        (renamed.author, renamed.from.as_str()),
        (welcome.author.clone(), "Bo")
    );
    assert_eq!(renamed.to.as_str(), "Bosse");
    bo.say(1, "nu heter jag något annat").await;
    assert_eq!(said(&asa.entry().await).0, "Bosse");

    bo.send(json!({ "type": "leave" })).await;
    assert_eq!(bo.closed().await, 1000);
    let gone = presence(&mut asa).await;
    assert_eq!(
        (gone.left[0].author.clone(), gone.online),
        (welcome.author, 1)
    );
}

#[tokio::test]
async fn a_line_that_breaks_is_a_going_where_nobody_is_waited_for() {
    let server = TestServer::with(realtid::ChatConfig {
        grace_time: Duration::ZERO,
        hold_time: Duration::ZERO,
        ..in_memory()
    });
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let (bo, welcome) = Client::join(&server.ws(), "Bo").await;
    while presence(&mut asa).await.online != 2 {}
    drop(bo);
    let gone = presence(&mut asa).await;
    assert_eq!(
        (gone.left[0].author.clone(), gone.online),
        (welcome.author, 1)
    );
    Client::join(&server.ws(), "Bo").await;
}

#[tokio::test]
async fn a_nick_is_one_visitors_at_a_time() {
    let server = TestServer::start();
    let (_asa, _) = Client::join(&server.ws(), "Åsa").await;
    let mut other = Client::connect(&server.ws()).await;
    other.send(json!({ "type": "join", "nick": "ÅSA" })).await;
    let refused = other.refused_with(RefusalCode::NickTaken).await;
    let suggestion = refused.suggestion.unwrap();
    other
        .send(json!({ "type": "join", "nick": suggestion }))
        .await;
    assert_eq!(other.welcome().await.nick, suggestion);
}

#[tokio::test]
async fn a_token_takes_the_nick_over_at_once() {
    let server = TestServer::start();
    let (mut stale, first) = Client::join(&server.ws(), "Åsa").await;
    let join = json!({ "type": "join", "nick": "Åsa", "token": first.token });
    let (mut fresh, second) = Client::join_with(&server.ws(), join).await;
    assert_eq!((second.author, second.token), (first.author, first.token));
    assert_eq!(second.online, 1);
    assert_eq!(stale.closed().await, 4100);
    fresh.say(1, "här igen").await;
    assert_eq!(said(&fresh.entry().await), ("Åsa", "här igen"));
}

#[tokio::test]
async fn history_comes_on_joining_and_page_by_page() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    for n in 1..=120 {
        asa.say(n, &format!("nummer {n}")).await;
    }
    while asa.entry().await.seq < Seq(120) {}

    let (mut bo, welcome) = Client::join(&server.ws(), "Bo").await;
    let seqs: Vec<_> = welcome.entries.iter().map(|e| e.seq.0).collect();
    assert_eq!(seqs, (71..=120).collect::<Vec<_>>());
    assert_eq!(seqs.len(), usize::from(WELCOME_ENTRIES));
    assert!(welcome.more && !welcome.recovered);
    assert_eq!(welcome.position.seq, Seq(120));

    let mut pages = Vec::new();
    for before in [71, 21] {
        bo.send(json!({ "type": "page", "before": before, "limit": 50 }))
            .await;
        let page = bo
            .find(|message| match message {
                ServerMessage::Page { entries, more } => Some((entries, more)),
                _ => None,
            })
            .await;
        pages.push((
            page.0.first().unwrap().seq.0,
            page.0.last().unwrap().seq.0,
            page.1,
        ));
    }
    assert_eq!(pages, [(21, 70, true), (1, 20, false)]);
}

#[tokio::test]
async fn who_comes_back_gets_what_was_missed() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let (bo, left_off) = Client::join(&server.ws(), "Bo").await;
    drop(bo);
    for n in 1..=80 {
        asa.say(n, "hej").await;
    }
    while asa.entry().await.seq < Seq(80) {}

    let after = |epoch: &str| {
        json!({
            "type": "join", "nick": "Bo", "token": left_off.token,
            "after": { "epoch": epoch, "seq": left_off.position.seq },
        })
    };
    let (_, back) = Client::join_with(&server.ws(), after(&left_off.position.epoch.0)).await;
    assert!(back.recovered);
    assert_eq!(back.entries.len(), 80);

    let (_, elsewhere) = Client::join_with(&server.ws(), after("another life")).await;
    assert!(!elsewhere.recovered);
    assert_eq!(elsewhere.entries.len(), usize::from(WELCOME_ENTRIES));
}

#[tokio::test]
async fn a_welcome_is_bounded_in_bytes() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let long = "😀".repeat(4_000);
    for n in 1..=40 {
        asa.say(n, &long).await;
    }
    while asa.entry().await.seq < Seq(40) {}
    let (_, welcome) = Client::join(&server.ws(), "Bo").await;
    let bytes = serde_json::to_string(&welcome.entries).unwrap().len();
    assert!((PAGE_BYTES / 2..=PAGE_BYTES).contains(&bytes), "{bytes}");
    assert_eq!(welcome.entries.last().unwrap().seq, Seq(40));
    assert!(welcome.more);
}

#[tokio::test]
async fn a_message_said_twice_counts_once() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let (mut bo, _) = Client::join(&server.ws(), "Bo").await;
    asa.say(1, "en gång").await;
    let first = asa.entry().await;
    asa.say(1, "en gång").await;
    assert_eq!(asa.entry().await, first, "its sender is told again");
    bo.say(1, "något annat").await;
    let refused = bo.refused_with(RefusalCode::IdConflict).await;
    assert_eq!(refused.id, Some(id(1)));
    asa.say(2, "två").await;
    assert_eq!(bo.entry().await.seq, Seq(2), "and nobody else");
}

#[tokio::test]
async fn what_is_said_while_joining_waits_for_the_welcome() {
    let server = TestServer::start();
    let mut asa = Client::connect(&server.ws()).await;
    asa.send(json!({ "type": "join", "nick": "Åsa" })).await;
    asa.say(1, "redan").await;
    assert_eq!(asa.welcome().await.position.seq, Seq(0));
    assert_eq!(asa.entry().await.seq, Seq(1));
}

#[tokio::test]
async fn rooms_are_apart() {
    let rooms = ["lobby", "course"]
        .map(|name| RoomName::new(name).unwrap())
        .to_vec();
    let server = TestServer::with(realtid::ChatConfig {
        rooms,
        ..in_memory()
    });
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let join = json!({ "type": "join", "nick": "Åsa", "room": "course" });
    let (mut other, welcome) = Client::join_with(&server.ws(), join).await;
    assert_eq!((welcome.room.as_str(), welcome.online), ("course", 1));
    asa.say(1, "i lobbyn").await;
    other.say(1, "i kursen").await;
    assert_eq!(said(&other.entry().await).1, "i kursen");
    assert_eq!(said(&asa.entry().await).1, "i lobbyn");
}

#[tokio::test]
async fn writing_is_told_to_small_rooms() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let (mut bo, _) = Client::join(&server.ws(), "Bo").await;
    bo.send(json!({ "type": "typing" })).await;
    let nicks = asa
        .find(|message| match message {
            ServerMessage::Typing { nicks } => Some(nicks),
            _ => None,
        })
        .await;
    assert_eq!(nicks[0].as_str(), "Bo");
}

#[tokio::test]
async fn more_than_the_credit_is_read_later_and_lost_never() {
    let server = TestServer::start();
    let (mut asa, welcome) = Client::join(&server.ws(), "Åsa").await;
    assert_eq!(welcome.limits.in_flight, 16);
    for n in 1..=1_000 {
        asa.say(n, "snabbt").await;
    }
    for n in 1..=1_000 {
        assert_eq!(asa.entry().await.id.as_str(), id(n));
    }
}
