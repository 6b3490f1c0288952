//! Clients of socket.io that come back: who they are, what they have missed, and what they say again.

use serde_json::json;
use shared::ServerMessage;

use crate::client::{Client, said};
use crate::guest::{Guest, Packet, lines};
use crate::process::Process;
use crate::server::{TestServer, in_memory};

#[tokio::test]
async fn who_comes_back_after_a_cut_is_told_exactly_what_was_missed() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let mut guest = Guest::connect(server.address, json!({})).await;
    guest.ask("chat message", json!(["jag", "o-0"])).await;
    let shown = guest.event("chat message").await;
    let nick = shown[2].as_str().unwrap().to_owned();
    let (pid, offset) = (guest.pid.clone(), shown[1].clone());
    drop(guest);
    for number in 0..3 {
        asa.say(number, &format!("missat {number}")).await;
        asa.find(|m| matches!(m, ServerMessage::Entry(_)).then_some(()))
            .await;
    }
    // By the page's own offset, and by the one that newer clients keep.
    for key in ["serverOffset", "offset"] {
        let auth = json!({"pid": pid, key: offset});
        let mut back = Guest::connect(server.address, auth).await;
        assert_eq!(back.pid, pid, "the same visitor");
        back.emit("chat message", json!([key])).await;
        let mine = json!(format!("{nick}: {key}"));
        let missed = back.before("chat message", mine).await;
        let expected = ["Åsa: missat 0", "Åsa: missat 1", "Åsa: missat 2"];
        assert_eq!(lines(&missed)[..3], expected, "under the nick of before");
        back.send_raw("41").await;
    }
}

#[tokio::test]
async fn the_example_is_shown_what_it_missed_but_not_its_own_again() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let mut bo = Guest::login(server.address, "Bo").await;
    asa.say(1, "ett").await;
    let shown = bo.event("new message").await;
    bo.emit("new message", json!(["eget"])).await;
    asa.say(2, "två").await;
    asa.find(|m| match m {
        ServerMessage::Entry(entry) => (said(&entry).1 == "eget").then_some(()),
        _ => None,
    })
    .await;
    let auth = json!({"pid": bo.pid, "offset": shown[1]});
    drop(bo);
    let mut back = Guest::connect(server.address, auth).await;
    back.emit("add user", json!(["Bo"])).await;
    back.event("login").await;
    asa.say(3, "tre").await;
    let told = |text: &str| json!({"username": "Åsa", "message": text});
    let missed = back.before("new message", told("tre")).await;
    let missed: Vec<_> = missed.iter().filter(|e| e[0] == "new message").collect();
    assert_eq!(missed.len(), 1, "{missed:?}");
    assert_eq!(missed[0][1], told("två"));
}

#[tokio::test]
async fn what_is_said_again_after_a_cut_or_a_crash_is_said_once() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path());
    let mut guest = Guest::connect(server.address, json!({})).await;
    guest.ask("chat message", json!(["hej", "o-0"])).await;
    let pid = guest.pid.clone();
    drop(guest);
    let mut again = Guest::connect(server.address, json!({"pid": pid})).await;
    let cut = again.ask("chat message", json!(["hej", "o-0"])).await;
    server.kill();

    let server = Process::start(data.path());
    let mut again = Guest::connect(server.address, json!({"pid": pid})).await;
    assert_eq!(again.pid, pid);
    let crash = again.ask("chat message", json!(["hej", "o-0"])).await;
    assert_eq!(cut, crash);
    let (_, welcome) = Client::join(&server.ws(), "Åsa").await;
    assert_eq!(welcome.entries.len(), 1, "{:?}", welcome.entries);
}

#[tokio::test]
async fn another_visitors_pid_is_nobodys_guess() {
    let server = TestServer::start();
    let made_up = "A".repeat(22);
    let guest = Guest::connect(server.address, json!({"pid": made_up})).await;
    assert_ne!(guest.pid, made_up, "one that nobody knows counts as none");
}

#[tokio::test]
async fn a_later_connection_of_the_same_visitor_takes_over() {
    let server = TestServer::start();
    let mut first = Guest::connect(server.address, json!({"nick": "Åsa"})).await;
    first.ask("chat message", json!(["hej"])).await;
    let auth = json!({"nick": "Åsa", "pid": first.pid});
    let _second = Guest::connect(server.address, auth).await;
    assert_eq!(first.event("closed").await[0]["code"], 4100);
    assert_eq!(first.packet_after_events().await, Packet::Out);
}

#[tokio::test]
async fn the_nick_of_a_page_that_was_closed_is_anyones_and_that_of_a_kept_token_is_not() {
    let server = TestServer::start();
    let (mut bo, _) = Client::join(&server.ws(), "Bo").await;
    let left = |m| match m {
        ServerMessage::Presence(p) => (!p.left.is_empty()).then_some(()),
        _ => None,
    };
    let asa = Guest::login(server.address, "Åsa").await;
    drop(asa);
    bo.find(left).await;
    // Reloaded: the page knows nothing of before.
    Guest::login(server.address, "Åsa").await;
    bo.find(left).await;
    let mut cy = Guest::connect(server.address, json!({})).await;
    cy.ask("join", json!([{"nick": "Cy"}])).await;
    drop(cy);
    let mut thief = Guest::connect(server.address, json!({})).await;
    let answer = thief.ask("join", json!([{"nick": "Cy"}])).await.remove(0);
    assert_eq!(answer["code"], "nick_taken");
}

#[tokio::test]
async fn a_last_nick_that_has_become_somebody_elses_gives_way() {
    let server = TestServer::start();
    let mut guest = Guest::connect(server.address, json!({"nick": "Åsa"})).await;
    guest.ask("chat message", json!(["hej"])).await;
    guest.send_raw("41").await;
    let (mut asa, _) = loop {
        // As soon as the nick is free.
        let mut client = Client::connect(&server.ws()).await;
        client.send(json!({"type": "join", "nick": "Åsa"})).await;
        if let ServerMessage::Welcome(welcome) = client.message().await {
            client.settle().await;
            break (client, welcome);
        }
    };
    let mut back = Guest::connect(server.address, json!({"pid": guest.pid})).await;
    back.ask("chat message", json!(["hej igen"])).await;
    let (nick, author) = asa
        .find(|m| match m {
            ServerMessage::Entry(entry) => Some((said(&entry).0.to_owned(), entry.author)),
            _ => None,
        })
        .await;
    assert_ne!(nick, "Åsa");
    assert!(nick.starts_with("Åsa"), "{nick}");
    let (_, welcome) = Client::join(&server.ws(), "Bo").await;
    assert_eq!(welcome.entries[0].author, author, "the same visitor");
}

#[tokio::test]
async fn who_keeps_a_token_is_the_one_of_before() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let mut first = Guest::connect(server.address, json!({})).await;
    let welcome = first.ask("join", json!([{"nick": "Bo"}])).await.remove(0);
    drop(first);
    let auth = json!({"token": welcome["token"]});
    let mut back = Guest::connect(server.address, auth).await;
    back.emit("chat message", json!(["hej"])).await;
    let entry = asa.entry().await;
    assert_eq!(said(&entry).0, "Bo");
    assert_eq!(entry.author.as_str(), welcome["author"]);
}

#[tokio::test]
async fn more_than_a_page_that_was_missed_comes_whole_and_in_order() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let mut guest = Guest::connect(server.address, json!({})).await;
    asa.say(0, "innan").await;
    let offset = guest.event("chat message").await.remove(1);
    drop(guest);
    let long = "x".repeat(3_000);
    for number in 1..=300 {
        asa.say(number, &format!("{number} {long}")).await;
        asa.find(|m| matches!(m, ServerMessage::Entry(_)).then_some(()))
            .await;
    }
    let mut back = Guest::connect(server.address, json!({"serverOffset": offset})).await;
    asa.say(301, "301 efter").await;
    for number in 1..=301 {
        let told = back.event("chat message").await.remove(3);
        let first = told.as_str().unwrap().split(' ').next();
        assert_eq!(first, Some(number.to_string().as_str()));
    }
}

#[tokio::test]
async fn a_server_that_stops_sends_guests_away_to_come_back() {
    let mut server = TestServer::start();
    let mut bo = Guest::login(server.address, "Bo").await;
    let mut onlooker = Guest::connect(server.address, json!({})).await;
    server.stop();
    assert_eq!(bo.event("closed").await[0]["code"], 1001);
    assert_eq!(onlooker.event("closed").await[0]["code"], 1001);
    assert_eq!(bo.packet_after_events().await, Packet::End);
    server.wait();
}

#[tokio::test]
async fn who_is_turned_away_or_sent_out_may_connect_again_by_the_same_line() {
    let server = TestServer::start();
    let (_asa, _) = Client::join(&server.ws(), "Åsa").await;
    let mut guest = Guest::connect(server.address, json!({})).await;
    guest.ask("join", json!([{"nick": "Bo"}])).await;
    guest.emit("leave", json!([])).await;
    assert_eq!(guest.packet_after_events().await, Packet::Out);
    guest.send_raw("40{\"nick\":\"Åsa\"}").await;
    let Packet::Refused(why) = guest.packet().await else {
        panic!("let in under another's nick")
    };
    let suggestion = json!({"nick": why["data"]["suggestion"]});
    guest.send_raw(&format!("40{suggestion}")).await;
    assert!(matches!(guest.packet().await, Packet::Connected(_)));
}

#[tokio::test]
async fn an_onlooker_who_is_sent_out_keeps_no_room_open() {
    let mut config = in_memory();
    config.open_rooms = true;
    config.limits.limit_rooms = 2;
    let server = TestServer::with(config);
    let mut onlooker = Guest::connect(server.address, json!({"room": "course"})).await;
    onlooker.emit("leave", json!([])).await;
    assert_eq!(onlooker.packet_after_events().await, Packet::Out);
    let join = json!({"type": "join", "nick": "Åsa", "room": "kitchen"});
    let (_asa, welcome) = Client::join_with(&server.ws(), join).await;
    assert_eq!(welcome.room.as_str(), "kitchen");
}

#[tokio::test]
async fn a_nick_that_no_token_was_kept_for_is_anyones_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start(data.path());
    let mut asa = Guest::login(server.address, "Åsa").await;
    asa.emit("new message", json!(["hej"])).await;
    let mut bo = Guest::connect(server.address, json!({"nick": "Bo"})).await;
    // By these words a token is kept, and that is stored by when what they say is.
    let say = json!([{"id": "01JD8Z3Q4M7W6V5T2R1P0N9K8J", "text": "hej"}]);
    bo.ask("say", say).await;
    server.kill();

    let server = Process::start(data.path());
    let _asa = Guest::login(server.address, "Åsa").await;
    let auth = json!({"nick": "Bo"});
    let Err(refused) = Guest::try_connect(server.address, auth).await else {
        panic!("it was kept")
    };
    assert_eq!(refused["data"]["code"], "nick_taken");
}

#[tokio::test]
async fn a_page_that_keeps_a_token_has_its_nick_kept_while_it_is_reloaded() {
    let server = TestServer::start();
    let mut bo = Guest::connect(server.address, json!({})).await;
    let welcome = bo.ask("join", json!([{"nick": "Bo"}])).await.remove(0);
    // As a browser ends the connection: the page itself has said nothing.
    bo.send_raw("1").await;
    assert_eq!(bo.packet_after_events().await, Packet::End);
    let (_asa, here) = Client::join(&server.ws(), "Åsa").await;
    assert_eq!(here.online, 2, "away, and not gone");
    let Err(refused) = Guest::try_connect(server.address, json!({"nick": "Bo"})).await else {
        panic!("it was free")
    };
    assert_eq!(refused["data"]["code"], "nick_taken");
    let auth = json!({"nick": "Bo", "token": welcome["token"]});
    let back = Guest::connect(server.address, auth).await;
    assert_eq!(welcome["token"], back.pid);
}
