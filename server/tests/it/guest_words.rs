//! Clients of socket.io in the same rooms as all others, each in its own words.

use serde_json::{Value, json};
use shared::{RefusalCode, ServerMessage};

use crate::client::{Client, said};
use crate::guest::{Guest, Packet, lines};
use crate::server::{TestServer, in_memory};

/// Whether a message tells of an arrival.
fn joined(message: ServerMessage, nick: &str) -> Option<()> {
    match message {
        ServerMessage::Presence(presence) => {
            let mut joined = presence.joined.iter();
            joined
                .any(|member| member.nick.as_str() == nick)
                .then_some(())
        }
        _ => None,
    }
}

#[tokio::test]
async fn who_says_nothing_looks_on_and_is_told_of_lines_only() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    asa.say(1, "före").await;
    let before = asa.entry().await;
    let mut onlooker = Guest::connect(server.address, json!({})).await;
    asa.say(2, "efter").await;
    asa.entry().await;
    let (_bo, welcome) = Client::join(&server.ws(), "Bo").await;
    assert_eq!(welcome.online, 2, "an onlooker is not counted");
    asa.say(3, "sist").await;
    let position = |event: &[Value]| event[1].as_str().unwrap().to_owned();
    let first = onlooker.event("chat message").await;
    assert_eq!(first[0], "Åsa: före");
    assert_eq!(first[2..4], [json!("Åsa"), json!("före")]);
    assert_eq!(first[1], first[4], "the position, where clients keep it");
    assert!(position(&first).ends_with(&format!(":{}", before.seq)));
    let then = onlooker.before("chat message", json!("Åsa: sist")).await;
    assert_eq!(lines(&then), ["Åsa: efter"]);
    assert_eq!(then.len(), 1, "{then:?}");
}

#[tokio::test]
async fn the_chat_example_and_others_are_members_of_one_room() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    asa.say(1, "före").await;
    asa.entry().await;
    let mut bo = Guest::connect(server.address, json!({})).await;
    bo.emit("add user", json!(["Bo"])).await;
    assert_eq!(bo.event("login").await, [json!({"numUsers": 2})]);
    let told = bo.event("new message").await;
    assert_eq!(told[0], json!({"username": "Åsa", "message": "före"}));

    let mut cy = Guest::login(server.address, "Cy").await;
    let joined = json!({"username": "Cy", "numUsers": 3});
    bo.before("user joined", joined).await;
    bo.emit("new message", json!(["hej"])).await;
    assert_eq!(said(&asa.entry().await), ("Bo", "hej"));
    let heard = cy
        .before("new message", json!({"username": "Bo", "message": "hej"}))
        .await;
    assert!(
        !lines(&heard).contains(&"Bo: hej"),
        "in one form: {heard:?}"
    );
    cy.emit("new message", json!(["hej hej"])).await;
    let hers = json!({"username": "Cy", "message": "hej hej"});
    let heard = bo.before("new message", hers).await;
    let own = heard.iter().filter(|event| event[0] == "new message");
    assert_eq!(own.count(), 0, "not to its writer: {heard:?}");

    bo.emit("typing", json!([])).await;
    assert_eq!(cy.event("typing").await, [json!({"username": "Bo"})]);
    bo.emit("new message", json!(["klar"])).await;
    assert_eq!(cy.event("stop typing").await, [json!({"username": "Bo"})]);

    cy.send_raw("41").await;
    let told = bo.event("user left").await;
    assert_eq!(told, [json!({"username": "Cy", "numUsers": 2})]);
}

#[tokio::test]
async fn a_new_nick_is_a_going_and_a_coming() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let mut bo = Guest::login(server.address, "Bo").await;
    asa.find(|m| joined(m, "Bo")).await;
    asa.send(json!({"type": "nick", "nick": "Åsa Lind"})).await;
    let told = |nick: &str| [json!({"username": nick, "numUsers": 2})];
    assert_eq!(bo.event("user left").await, told("Åsa"));
    let [joined] = told("Åsa Lind");
    bo.before("user joined", joined).await;
    bo.emit("add user", json!(["Bosse"])).await;
    assert_eq!(bo.event("login").await, [json!({"numUsers": 2})]);
    bo.emit("new message", json!(["hej"])).await;
    assert_eq!(said(&asa.entry().await), ("Bosse", "hej"));
}

#[tokio::test]
async fn the_tutorial_needs_no_nick_and_sees_its_own() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let mut guest = Guest::connect(server.address, json!({"serverOffset": 0})).await;
    let answer = guest.ask("chat message", json!(["hej", "abc-0"])).await;
    let told = guest.event("chat message").await;
    let entry = asa.entry().await;
    let (nick, text) = said(&entry);
    assert!(nick.starts_with("guest-"), "{nick}");
    assert_eq!(told[0], format!("{nick}: {text}"));
    assert_eq!(answer, [told[1].clone()], "the position");
    let again = guest.ask("chat message", json!(["hej", "abc-0"])).await;
    assert_eq!(again, answer);
    guest.ask("chat message", json!(["slut", "abc-1"])).await;
    let seen = guest
        .before("chat message", json!(format!("{nick}: slut")))
        .await;
    assert_eq!(seen, Vec::<Vec<Value>>::new(), "said again, and shown once");
}

#[tokio::test]
async fn realtids_own_messages_are_events_with_answers() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let mut bo = Guest::connect(server.address, json!({})).await;
    assert_eq!(bo.ask("ping", json!([])).await, [json!({"type": "pong"})]);
    let answer = bo
        .ask("say", json!([{"id": "x".repeat(20), "text": "hej"}]))
        .await;
    assert_eq!(
        (&answer[0]["type"], &answer[0]["code"]),
        (&json!("refused"), &json!("not_joined"))
    );
    let welcome = bo.ask("join", json!([{"nick": "Bo"}])).await.remove(0);
    assert_eq!(
        (&welcome["type"], &welcome["nick"]),
        (&json!("welcome"), &json!("Bo"))
    );
    assert_eq!(welcome["token"], bo.pid, "told before, and the same");
    let entry = bo
        .ask("say", json!([{"id": "x".repeat(20), "text": "hej"}]))
        .await
        .remove(0);
    assert_eq!((&entry["type"], &entry["seq"]), (&json!("said"), &json!(1)));
    let told = bo.event("said").await.remove(0);
    assert_eq!(
        (&told["text"], &told["type"]),
        (&json!("hej"), &Value::Null)
    );
    assert_eq!(asa.entry().await.id.as_str(), "x".repeat(20));
    let page = bo.ask("page", json!([{"before": 2}])).await.remove(0);
    assert_eq!(page["entries"], json!([entry]));
    let renamed = bo.ask("nick", json!([{"nick": "Bosse"}])).await.remove(0);
    assert_eq!(renamed["renamed"][0]["to"], "Bosse");
    let twice = bo.ask("join", json!([{"nick": "Bo"}])).await.remove(0);
    assert_eq!(twice["code"], "already_joined");
    asa.send(json!({"type": "typing"})).await;
    assert_eq!(bo.event("typing").await, [json!({"nicks": ["Åsa"]})]);
    bo.emit("leave", json!([])).await;
    assert_eq!(bo.event("closed").await[0]["code"], 1000);
    assert_eq!(bo.packet_after_events().await, Packet::Out);
}

#[tokio::test]
async fn a_nick_that_is_taken_gets_a_proper_answer_in_each_vocabulary() {
    let server = TestServer::start();
    let (_asa, _) = Client::join(&server.ws(), "Åsa").await;
    let check = |refused: &Value| {
        assert_eq!(refused["code"], "nick_taken", "{refused}");
        refused["suggestion"].as_str().unwrap().to_owned()
    };
    let mut example = Guest::connect(server.address, json!({})).await;
    example.emit("add user", json!(["Åsa"])).await;
    let suggestion = check(&example.event("refused").await[0]);
    example.emit("add user", json!([suggestion])).await;
    assert_eq!(example.event("login").await, [json!({"numUsers": 2})]);

    let error = Guest::try_connect(server.address, json!({"nick": "Åsa"})).await;
    let error = error.err().expect("let in as somebody else");
    let suggestion = check(&error["data"]);
    assert_eq!(error["message"], error["data"]["message"]);
    Guest::connect(server.address, json!({"nick": suggestion})).await;

    let mut own = Guest::connect(server.address, json!({})).await;
    check(&own.ask("join", json!([{"nick": "Åsa"}])).await[0]);
    own.emit("join", json!([{"nick": "Åsa"}])).await;
    check(&own.event("refused").await[0]);
}

#[tokio::test]
async fn who_names_a_nick_on_connecting_is_in_the_room_at_once() {
    let server = TestServer::start();
    let mut bo = Guest::login(server.address, "Bo").await;
    let mut asa = Guest::connect(server.address, json!({"nick": "Åsa"})).await;
    assert_eq!(bo.event("user joined").await[0]["username"], "Åsa");
    asa.emit("chat message", json!(["hej"])).await;
    assert_eq!(asa.event("chat message").await[0], "Åsa: hej");
}

#[tokio::test]
async fn the_first_event_decides_how_a_client_talks() {
    let server = TestServer::start();
    let mut bo = Guest::login(server.address, "Bo").await;
    let answer = bo.ask("chat message", json!(["hej"])).await.remove(0);
    assert_eq!(answer["error"]["code"], "unknown_type");
    bo.emit("say", json!([{}])).await;
    assert_eq!(bo.event("refused").await[0]["of"], "say");
    let mut asa = Guest::connect(server.address, json!({})).await;
    asa.emit("frobnicate", json!([])).await;
    assert_eq!(asa.event("refused").await[0]["code"], "unknown_type");
    asa.emit("chat message", json!(["hej"])).await;
    asa.event("chat message").await;
}

#[tokio::test]
async fn rooms_are_chosen_by_auth_and_unknown_ones_refused() {
    let mut config = in_memory();
    config.rooms = ["kurs", "lobby"].map(|room| room.parse().unwrap()).to_vec();
    let server = TestServer::with(config);
    let mut asa = Guest::connect(server.address, json!({"room": "lobby", "nick": "Åsa"})).await;
    let mut bo = Guest::connect(server.address, json!({"nick": "Bo"})).await;
    bo.ask("chat message", json!(["i kursen"])).await;
    let (mut cy, _) = Client::join(&server.ws(), "Cy").await;
    cy.say(1, "i lobbyn").await;
    assert_eq!(asa.event("chat message").await[0], "Cy: i lobbyn");
    for room in ["nowhere", "No Such"] {
        let error = Guest::try_connect(server.address, json!({"room": room})).await;
        let error = error.err().expect("let in");
        let code = error["data"]["code"].as_str().unwrap();
        assert!(["unknown_room", "invalid_room"].contains(&code), "{error}");
    }
}

#[tokio::test]
async fn a_guest_may_go_to_another_room_than_the_one_looked_into() {
    let mut config = in_memory();
    config.rooms = ["lobby", "kurs"].map(|room| room.parse().unwrap()).to_vec();
    let server = TestServer::with(config);
    let mut bo = Guest::connect(server.address, json!({})).await;
    let welcome = bo
        .ask("join", json!([{"nick": "Bo", "room": "kurs"}]))
        .await;
    assert_eq!(welcome[0]["room"], "kurs");
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    asa.say(1, "i lobbyn").await;
    asa.entry().await;
    let id = "i".repeat(20);
    bo.emit("say", json!([{"id": id, "text": "i kursen"}]))
        .await;
    assert_eq!(bo.event("said").await[0]["id"], id);
}

#[tokio::test]
async fn what_a_guest_says_is_moderated_as_what_anyone_says() {
    let mut config = in_memory();
    config.reserved_nicks = vec![shared::Nick::new("admin").unwrap()];
    let server = TestServer::with(config);
    let (_, _) = Client::join(&server.ws(), "Åsa").await;
    let mut guest = Guest::connect(server.address, json!({})).await;
    guest.emit("add user", json!(["admin"])).await;
    let refused = guest.event("refused").await.remove(0);
    assert_eq!(
        RefusalCode::named(refused["code"].as_str().unwrap()),
        RefusalCode::NickReserved
    );
}

#[tokio::test]
async fn who_joins_in_the_middle_of_a_conversation_is_told_all_of_it_once() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    asa.say(0, "0").await;
    let talk = tokio::spawn(async move {
        for number in 1..=600 {
            asa.say(number, &number.to_string()).await;
            asa.find(|m| matches!(m, ServerMessage::Entry(_)).then_some(()))
                .await;
        }
    });
    let mut guest = Guest::connect(server.address, json!({})).await;
    let first = guest.event("chat message").await.remove(3);
    let mut next: usize = first.as_str().unwrap().parse().unwrap();
    while next < 600 {
        let told = guest.event("chat message").await.remove(3);
        match told.as_str().unwrap().parse::<usize>() {
            Ok(number) => {
                next += 1;
                assert_eq!(number, next);
            }
            Err(_) => assert_eq!(told, "jag med"),
        }
        // The first of them takes it into the room.
        if next.is_multiple_of(100) {
            guest.emit("chat message", json!(["jag med"])).await;
        }
    }
    talk.await.unwrap();
}

#[tokio::test]
async fn who_said_once_to_be_writing_is_until_they_say_to_have_stopped() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let mut bo = Guest::login(server.address, "Bo").await;
    let mut cy = Guest::login(server.address, "Cy").await;
    bo.emit("typing", json!([])).await;
    cy.emit("typing", json!([])).await;
    bo.emit("stop typing", json!([])).await;
    let mut named = Vec::new();
    // Bo began first, and so would be named again first.
    while named.iter().filter(|nick| *nick == "Cy").count() < 2 {
        let nicks = asa.find(|message| match message {
            ServerMessage::Typing { nicks } => Some(nicks),
            _ => None,
        });
        named.extend(nicks.await.into_iter().map(|nick| nick.as_str().to_owned()));
    }
    assert_eq!(named.iter().filter(|nick| *nick == "Bo").count(), 1);
}
