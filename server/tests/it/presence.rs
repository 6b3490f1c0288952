//! A nick stays its owner's: over a broken line, a crash and a restart, and against whoever else
//! wants it.

use std::time::Duration;

use realtid::ChatConfig;
use serde_json::{Value, json};
use shared::RefusalCode::{NickLookalike, NickReserved, NickTaken};
use shared::{Nick, Presence, RefusalCode, ServerMessage, Welcome};

use crate::client::{Client, said};
use crate::process::Process;
use crate::raw::{Frame, Raw};
use crate::server::{TestServer, in_memory};

fn join_by(welcome: &Welcome, nick: &str) -> Value {
    json!({ "type": "join", "nick": nick, "token": welcome.token })
}

/// Somebody without a token who wants that nick is refused it.
async fn refuses_a_thief(url: &str, nick: &str) {
    let mut thief = Client::connect(url).await;
    thief.send(json!({ "type": "join", "nick": nick })).await;
    let refused = thief.refused_with(RefusalCode::NickTaken).await;
    thief
        .send(json!({ "type": "join", "nick": refused.suggestion.unwrap() }))
        .await;
    thief.welcome().await;
    thief.send(json!({ "type": "leave" })).await;
    assert_eq!(thief.closed().await, 1000);
}

#[tokio::test]
async fn a_nick_and_its_author_outlive_the_server_however_it_ends() {
    for end in ["SIGKILL", "SIGTERM"] {
        let data = tempfile::tempdir().unwrap();
        let server = Process::start(data.path());
        let (_asa, asa) = Client::join(&server.ws(), "Åsa").await;
        let (mut bo, bo_before) = Client::join(&server.ws(), "Bo").await;
        let (_cy, cy) = Client::join(&server.ws(), "Cy").await;
        bo.send(json!({ "type": "leave" })).await;
        assert_eq!(bo.closed().await, 1000);
        // Her answer comes after his leaving was stored: it came before.
        let (_, again) = Client::join_with(&server.ws(), join_by(&cy, "Cyrus")).await;
        assert_eq!(again.author, cy.author);
        match end {
            "SIGKILL" => server.kill(),
            _ => assert!(server.terminate().success()),
        }

        let server = Process::start(data.path());
        refuses_a_thief(&server.ws(), "åsa").await;
        refuses_a_thief(&server.ws(), "Cyrus").await;
        let (_asa, back) = Client::join_with(&server.ws(), join_by(&asa, "Åsa")).await;
        assert_eq!((&back.author, &back.token), (&asa.author, &asa.token));
        assert_eq!(back.online, 2, "Cyrus is waited for, {end}");
        // What was left is free, though its author is known.
        let (_thief, _) = Client::join(&server.ws(), "Bo").await;
        let (_bo, back) = Client::join_with(&server.ws(), join_by(&bo_before, "Bosse")).await;
        assert_eq!(back.author, bo_before.author);
    }
}

#[tokio::test]
async fn a_nick_that_is_kept_for_nobody_is_free_after_a_crash_and_the_author_kept() {
    let data = tempfile::tempdir().unwrap();
    let flags = ["--grace-time", "0", "--hold-time", "0"];
    let server = Process::start_with(data.path(), &flags);
    let (_asa, before) = Client::join(&server.ws(), "Åsa").await;
    server.kill();
    let server = Process::start_with(data.path(), &flags);
    let (_thief, welcome) = Client::join(&server.ws(), "Åsa").await;
    assert_eq!(welcome.online, 1);
    let mut asa = Client::connect(&server.ws()).await;
    asa.send(join_by(&before, "Åsa")).await;
    asa.refused_with(RefusalCode::NickTaken).await;
    asa.send(join_by(&before, "Åsa L")).await;
    assert_eq!(asa.welcome().await.author, before.author);
}

#[tokio::test]
async fn who_answers_the_last_of_several_pings_only_has_got_the_first_welcome() {
    let mut config = in_memory();
    config.limits.ping_interval = Duration::from_millis(50);
    let server = TestServer::with(config);
    let mut asa = Raw::open(server.address, "/ws");
    asa.frame(0x81, r#"{"type":"join","nick":"Åsa"}"#.as_bytes());
    let mut ping = || loop {
        if let Frame::Ping(data) = asa.read() {
            return data;
        }
    };
    // Those of before the welcome carry nothing.
    while ping().is_empty() {}
    let last = ping();
    assert_eq!(last, b"welcome", "its pong would tell nothing");
    asa.frame(0x8A, &last);
    // What is answered after the pong was heard after it.
    asa.frame(0x81, br#"{"type":"ping"}"#);
    while !matches!(asa.read(), Frame::Text(text) if text.contains("pong")) {}
    refuses_a_thief(&server.ws(), "Åsa").await;
}

#[tokio::test]
async fn a_third_visitor_hears_nothing_of_a_line_that_broke_for_a_moment() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let (bo, first) = Client::join(&server.ws(), "Bo").await;
    let online = |message| match message {
        ServerMessage::Presence(presence) => Some(presence),
        _ => None,
    };
    while asa.find(online).await.online != 2 {}
    drop(bo);
    refuses_a_thief(&server.ws(), "Bo").await;
    let (mut bo, back) = Client::join_with(&server.ws(), join_by(&first, "Bo")).await;
    assert_eq!(back.author, first.author);
    let (_cy, _) = Client::join(&server.ws(), "Cy").await;
    loop {
        let told = asa.find(online).await;
        let mut names = told.joined.iter().chain(&told.left);
        assert!(names.all(|m| m.author != first.author), "{told:?}");
        if told.joined.iter().any(|m| m.nick.as_str() == "Cy") {
            break;
        }
    }
    bo.say(1, "som om inget hänt").await;
    assert_eq!(said(&asa.entry().await), ("Bo", "som om inget hänt"));
}

#[tokio::test]
async fn who_leaves_on_purpose_frees_the_nick_at_once() {
    let server = TestServer::start();
    let (mut bo, first) = Client::join(&server.ws(), "Bo").await;
    bo.send(json!({ "type": "leave" })).await;
    assert_eq!(bo.closed().await, 1000);
    let (_other, other) = Client::join(&server.ws(), "Bo").await;
    assert_ne!(other.author, first.author);
    assert_eq!(other.online, 1);
}

#[tokio::test]
async fn a_new_nick_is_answered_even_where_it_is_the_old_one() {
    let server = TestServer::start();
    let (mut asa, welcome) = Client::join(&server.ws(), "Åsa").await;
    for (nick, from, to) in [
        (" Åsa ", "Åsa", "Åsa"),
        ("Åsa  Lind", "Åsa", "Åsa Lind"),
        ("ÅSA LIND", "Åsa Lind", "ÅSA LIND"),
    ] {
        asa.send(json!({ "type": "nick", "nick": nick })).await;
        let answer = asa
            .find(|message| match message {
                ServerMessage::Presence(p) => p.renamed.into_iter().find(|r| r.to.as_str() == to),
                _ => None,
            })
            .await;
        assert_eq!(
            (&answer.author, answer.from.as_str()),
            (&welcome.author, from)
        );
    }
}

#[tokio::test]
async fn odd_tokens_are_refused_or_count_as_none() {
    let server = TestServer::start();
    let (_witness, witness) = Client::join(&server.ws(), "Vittne").await;
    let mut client = Client::connect(&server.ws()).await;
    let long = "A".repeat(10_000);
    for (token, code) in [
        (json!(7), RefusalCode::Malformed),
        (json!(["A"]), RefusalCode::Malformed),
        (json!(""), RefusalCode::InvalidToken),
        (json!(long), RefusalCode::InvalidToken),
        (json!("A".repeat(21)), RefusalCode::InvalidToken),
        (json!("åäöåäöåäöåä"), RefusalCode::InvalidToken),
        (
            json!("' OR 1=1 --\u{0}AAAAAAAAAA"),
            RefusalCode::InvalidToken,
        ),
    ] {
        let join = json!({ "type": "join", "nick": "Bo", "token": token });
        client.send(join).await;
        client.refused_with(code).await;
    }
    // The right form, but nobody's: an author's id looks like one, too.
    let guess = format!("{}AAAAAA", witness.author);
    let join = json!({ "type": "join", "nick": "Bo", "token": guess });
    client.send(join).await;
    let welcome = client.welcome().await;
    assert_ne!(welcome.token.secret(), guess);
    assert_ne!(welcome.author, witness.author);
}

#[tokio::test]
async fn nobody_joins_or_renames_into_a_look_alike() {
    let server = TestServer::with(ChatConfig {
        reserved_nicks: vec![Nick::new("admin").unwrap()],
        ..in_memory()
    });
    let url = server.ws();
    let (_paypal, _) = Client::join(&url, "paypal").await;
    let (mut bo, _) = Client::join(&url, "Bo").await;
    for (nick, code) in [
        ("раypal", NickLookalike),
        ("paypaI", NickLookalike),
        ("PayPaI", NickLookalike),
        ("ｐａｙｐａｌ", NickTaken),
        ("ADMlN", NickReserved),
    ] {
        bo.send(json!({ "type": "nick", "nick": nick })).await;
        let refused = bo.refused_with(code).await;
        let free = refused.suggestion.unwrap();
        let mut other = Client::connect(&url).await;
        other.send(json!({ "type": "join", "nick": nick })).await;
        other.refused_with(code).await;
        // What is suggested can be had.
        other.send(json!({ "type": "join", "nick": free })).await;
        assert_eq!(other.welcome().await.nick, free);
        other.send(json!({ "type": "leave" })).await;
        assert_eq!(other.closed().await, 1000);
    }
    for nick in ["Åsa", "Asa", "Äsa"] {
        bo.send(json!({ "type": "nick", "nick": nick })).await;
        let named = |p: Presence| p.renamed.into_iter().any(|r| r.to.as_str() == nick);
        bo.find(|m| match m {
            ServerMessage::Presence(p) => named(p).then_some(()),
            _ => None,
        })
        .await;
    }
}
