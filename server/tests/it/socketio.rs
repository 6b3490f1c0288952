//! Clients of socket.io in the same rooms as all others: each vocabulary, who they are, what they have
//! missed, and what they are refused.

use std::time::Duration;

use realtid::Rate;
use serde_json::{Value, json};
use shared::{RefusalCode, ServerMessage};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Client, LIMIT, said};
use crate::guest::{Guest, Packet};
use crate::process::Process;
use crate::raw::handshake;
use crate::server::{TestServer, in_memory, limited};

const WEBSOCKET: &str = "/socket.io/?EIO=4&transport=websocket";

/// The lines among what came.
fn lines(events: &[Vec<Value>]) -> Vec<&str> {
    let lines = events.iter().filter(|event| event[0] == "chat message");
    lines.map(|event| event[1].as_str().unwrap()).collect()
}

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
async fn what_is_refused_for_good_is_answered_and_what_is_not_stays_open_to_be_said_again() {
    let mut config = limited();
    config.limits.rate_messages = "2:0.02".parse::<Rate>().unwrap();
    let server = TestServer::with(config);
    let mut guest = Guest::connect(server.address, json!({})).await;
    let empty = guest
        .ask("chat message", json!([" ", "o-0"]))
        .await
        .remove(0);
    assert_eq!(empty["error"]["code"], "empty_text");
    let long = "x".repeat(4_001);
    guest.emit("chat message", json!([long])).await;
    assert_eq!(guest.event("refused").await[0]["code"], "text_too_long");
    for number in 1..=2 {
        guest
            .ask("chat message", json!(["hej", format!("o-{number}")]))
            .await;
    }
    let open = guest
        .begin_to_ask("chat message", json!(["hej", "o-3"]))
        .await;
    let refused = guest.event("refused").await.remove(0);
    assert_eq!(refused["code"], "rate_limited");
    assert!(refused["retry_after_ms"].is_u64());
    // Who tells it by nothing would not say it again.
    let answer = guest.ask("chat message", json!(["hej"])).await.remove(0);
    assert_eq!(answer["error"]["code"], "rate_limited");
    assert!(!guest.has_answer(open));
}

#[tokio::test]
async fn nonsense_ends_the_connection_as_it_does_for_all() {
    let server = TestServer::start();
    let mut guest = Guest::connect(server.address, json!({})).await;
    for _ in 0..10 {
        guest.emit("chat message", json!([{}])).await;
    }
    for _ in 0..10 {
        assert_eq!(guest.event("refused").await[0]["code"], "malformed");
    }
    assert_eq!(guest.event("closed").await[0]["code"], 4104);
    assert_eq!(guest.packet_after_events().await, Packet::Out);
}

#[tokio::test]
async fn a_flood_waits_and_is_all_said() {
    let mut config = in_memory();
    config.limits.limit_in_flight = 2;
    let server = TestServer::with(config);
    let mut guest = Guest::connect(server.address, json!({"nick": "Åsa"})).await;
    for number in 0..300 {
        guest
            .emit("chat message", json!([number.to_string()]))
            .await;
    }
    for number in 0..300 {
        let told = guest.event("chat message").await;
        assert_eq!(told[3], number.to_string());
    }
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
async fn connections_count_as_those_of_the_websocket_do() {
    let mut config = limited();
    config.limits.limit_connections_per_address = 2;
    let server = TestServer::with(config);
    let _asa = Client::connect(&server.ws()).await;
    let guest = Guest::connect(server.address, json!({})).await;
    let (status, answer) = handshake(server.address, WEBSOCKET, &[]);
    assert_eq!(status, 429);
    assert!(
        answer.to_lowercase().contains("retry-after: 10"),
        "{answer}"
    );
    assert_eq!(handshake(server.address, "/ws", &[]).0, 429);
    drop(guest);
    // When the server knows that it has gone.
    let gone = async {
        while handshake(server.address, WEBSOCKET, &[]).0 != 101 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, gone)
        .await
        .expect("still counted");
}

#[tokio::test]
async fn pages_of_other_origins_are_refused() {
    let server = TestServer::start();
    let foreign = [("Origin", "https://evil.example")];
    assert_eq!(handshake(server.address, WEBSOCKET, &foreign).0, 403);
    let own = format!("http://{}", server.address);
    assert_eq!(
        handshake(server.address, WEBSOCKET, &[("Origin", &own)]).0,
        101
    );
}

/// Asks by plain HTTP on a connection of its own; tells the body.
async fn http(server: &TestServer, method: &str, query: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = format!(
        "{method} /socket.io/?EIO=4&transport=polling{query} HTTP/1.1\r\nHost: x\r\n\
         Connection: close\r\nContent-Type: text/plain;charset=UTF-8\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = stream.read_to_string(&mut answer);
    tokio::time::timeout(LIMIT, read).await.unwrap().unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

#[tokio::test]
async fn who_polls_is_a_guest_like_any_other() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let open = http(&server, "GET", "", "").await;
    let open: Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
    let sid = format!("&sid={}", open["sid"].as_str().unwrap());
    assert_eq!(http(&server, "POST", &sid, "40").await, "ok");
    assert!(http(&server, "GET", &sid, "").await.starts_with("40{"));
    assert_eq!(
        http(&server, "POST", &sid, "42[\"add user\",\"Bo\"]").await,
        "ok"
    );
    let mut polled = String::new();
    while !polled.contains("login") {
        polled += &http(&server, "GET", &sid, "").await;
    }
    asa.say(1, "hej").await;
    while !polled.contains(r#"42["new message",{"#) {
        polled += &http(&server, "GET", &sid, "").await;
    }
    assert_eq!(http(&server, "POST", &sid, "41").await, "ok");
    asa.find(|m| match m {
        ServerMessage::Presence(p) => (!p.left.is_empty()).then_some(()),
        _ => None,
    })
    .await;
}

#[tokio::test]
async fn a_poll_that_is_given_up_ends_the_session() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let open = http(&server, "GET", "", "").await;
    let open: Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
    let sid = open["sid"].as_str().unwrap();
    let query = format!("&sid={sid}");
    http(&server, "POST", &query, "40{\"nick\":\"Bo\"}").await;
    let mut polled = String::new();
    while !polled.contains("40{") {
        polled += &http(&server, "GET", &query, "").await;
    }
    let mut hanging = TcpStream::connect(server.address).await.unwrap();
    let poll =
        format!("GET /socket.io/?EIO=4&transport=polling{query} HTTP/1.1\r\nHost: x\r\n\r\n");
    hanging.write_all(poll.as_bytes()).await.unwrap();
    drop(hanging);
    // Long before any ping is missed.
    let left = asa.find(|m| match m {
        ServerMessage::Presence(p) => p.left.first().cloned(),
        _ => None,
    });
    let left = tokio::time::timeout(Duration::from_secs(15), left).await;
    assert_eq!(left.expect("nobody noticed").nick.as_str(), "Bo");
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
async fn a_chat_may_do_without_them() {
    let mut config = in_memory();
    config.no_socketio = true;
    let server = TestServer::with(config);
    assert_eq!(handshake(server.address, WEBSOCKET, &[]).0, 404);
    Client::join(&server.ws(), "Åsa").await;
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
async fn a_guest_who_does_not_read_is_sent_away_and_nobody_else_notices() {
    let server = TestServer::start();
    let (mut asa, _) = Client::join(&server.ws(), "Åsa").await;
    let mut frozen = Guest::login(server.address, "Bo").await;
    frozen.emit("new message", json!(["jag läser inte"])).await;
    let long = "x".repeat(4_000);
    let flood = async {
        for number in 0.. {
            asa.say(number, &long).await;
            let gone = asa.find(|m| match m {
                ServerMessage::Presence(p) => (!p.left.is_empty()).then_some(true),
                ServerMessage::Entry(entry) => (said(&entry).0 == "Åsa").then_some(false),
                _ => None,
            });
            if gone.await {
                return;
            }
        }
    };
    let flood = tokio::time::timeout(4 * LIMIT, flood).await;
    flood.expect("it was never sent away");
    drop(frozen);
}

#[tokio::test]
async fn nothing_of_who_a_guest_is_is_logged() {
    let data = tempfile::tempdir().unwrap();
    let server = Process::start_with(data.path(), &["--log", "trace"]);
    let auth = json!({"nick": "Åsa"});
    let mut guest = Guest::connect(server.address, auth).await;
    guest
        .ask("chat message", json!(["en hemlighet", "o-0"]))
        .await;
    let auth = json!({"pid": guest.pid});
    Guest::connect(server.address, auth).await;
    let log = server.log();
    for secret in [guest.pid.as_str(), "en hemlighet"] {
        let telling: Vec<_> = log.iter().filter(|line| line.contains(secret)).collect();
        assert!(telling.is_empty(), "{telling:?}");
    }
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
async fn a_flood_of_bytes_is_read_no_faster_than_its_rate_and_nothing_of_it_is_lost() {
    let mut config = limited();
    config.limits.rate_messages = Rate::OFF;
    config.limits.rate_messages_per_address = Rate::OFF;
    config.limits.rate_bytes = "4000:40000".parse().unwrap();
    let server = TestServer::with(config);
    let mut guest = Guest::connect(server.address, json!({"nick": "Åsa"})).await;
    let long = "x".repeat(1_000);
    let began = std::time::Instant::now();
    for number in 0..30 {
        guest
            .emit("chat message", json!([format!("{number} {long}")]))
            .await;
    }
    for number in 0..30 {
        let told = guest.event("chat message").await.remove(3);
        let first = told.as_str().unwrap().split(' ').next();
        assert_eq!(first, Some(number.to_string().as_str()));
    }
    // What is over the burst has to be paid for.
    assert!(began.elapsed() > Duration::from_millis(500));
}
