//! Events, answers and attachments, both ways.

use super::*;

#[test]
fn events_go_to_whom_they_are_for() {
    let mut client = client(true).join("/").join("/room");
    client.say(r#"2["hello",1.50,{"b":1}]"#);
    client.say(r#"2/room,["hi"]"#);
    assert_eq!(
        client.seen.take(),
        [r#"/ hello [1.50,{"b":1}]"#, "/room hi []"]
    );
    assert!(client.hear().is_empty());
}

#[test]
fn a_binary_event_comes_with_its_attachments() {
    let mut client = client(true).join("/");
    client.say(r#"51-["file",{"_placeholder":true,"num":0}]"#);
    assert!(client.seen.take().is_empty());
    client.say_binary(b"\x01\x02");
    assert_eq!(
        client.seen.take(),
        [r#"/ file [{"_placeholder":true,"num":0}]"#]
    );
    assert_eq!(
        client.seen.inner().args[0].attachments(),
        [&b"\x01\x02"[..]]
    );
}

#[test]
fn an_event_is_answered_by_its_id() {
    let mut client = client(true).join("/").join("/room");
    client.say(r#"27["ask",1]"#);
    client.say(r#"2/room,8["ask"]"#);
    assert_eq!(client.seen.take(), ["/ ask [1] ?", "/room ask [] ?"]);
    let acks = mem::take(&mut client.seen.inner().acks);
    let data = vec![Bytes::from_static(b"\x01")];
    let binary = Args::with_attachments(r#"[{"_placeholder":true,"num":0}]"#, data).unwrap();
    for (ack, args) in acks.into_iter().zip([args(json!(["yes", 1])), binary]) {
        ack.answer(&args);
    }
    assert_eq!(
        client.hear(),
        [
            r#"437["yes",1]"#,
            r#"461-/room,8[{"_placeholder":true,"num":0}]"#,
            "bAQ==",
        ]
    );
}

#[test]
fn an_answer_reaches_who_asked() {
    let mut client = client(true).join("/room");
    let socket = client.seen.socket(0);
    for who in ["a", "b"] {
        let seen = client.seen.clone();
        socket.ask("who", &Args::default(), move |args| {
            seen.log(format!("{who}: {}", args.json_array()));
        });
    }
    assert_eq!(
        client.hear(),
        [r#"42/room,0["who"]"#, r#"42/room,1["who"]"#]
    );
    client.say(r#"3/room,1["me",2]"#);
    client.say(r#"3/room,0[]"#);
    // Twice, or of nothing.
    client.say(r#"3/room,1["again"]"#);
    client.say(r#"3/room,9[]"#);
    assert_eq!(client.seen.take(), [r#"b: ["me",2]"#, "a: []"]);
    assert!(client.is_open());
}

#[test]
fn who_waits_for_answers_is_bounded_and_let_go_at_the_end() {
    let mut client = client(true).join("/");
    let waits = Arc::new(());
    for n in 0..300 {
        let (seen, waits) = (client.seen.clone(), waits.clone());
        client
            .seen
            .socket(0)
            .ask("who", &Args::default(), move |_| {
                seen.log(format!("{n}"));
                drop(waits);
            });
    }
    assert_eq!(Arc::strong_count(&waits), 1 + 256);
    client.say("343[]");
    client.say("344[]");
    assert_eq!(client.seen.take(), ["44"]);
    client.session.closed(Closed::ByClient);
    assert_eq!(Arc::strong_count(&waits), 1);
}

#[test]
fn an_emission_is_one_text_for_all_in_its_namespace() {
    let mut client = client(true).join("/room").join("/");
    client.say("0/room2,");
    let id = client.hear();
    assert!(id[0].starts_with("40/room2,"));
    let emission = Emission::new("/room", "news", &args(json!([1, "€"])));
    let pointer = || match &(client.sent)()[..] {
        [Packet::Encoded(text)] => (text.as_ptr(), text.to_string()),
        other => panic!("{other:?}"),
    };
    let socket = client.seen.socket(0);
    socket.send(&emission);
    let first = pointer();
    socket.clone().send(&emission.clone());
    assert_eq!(first, pointer());
    assert_eq!(first.1, r#"42/room,["news",1,"€"]"#);
    // Not in others.
    client.seen.socket(1).send(&emission);
    client.seen.socket(2).send(&emission);
    assert!(client.hear().is_empty());
}

#[test]
fn attachments_follow_their_text() {
    let client = client(true).join("/");
    let data = vec![Bytes::from_static(b"\x01"), Bytes::from_static(b"\x02")];
    let json = r#"[{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]"#;
    let args = Args::with_attachments(json, data).unwrap();
    client.seen.socket(0).emit("two", &args);
    assert_eq!(
        client.hear(),
        [
            r#"452-["two",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]"#,
            "bAQ==",
            "bAg==",
        ]
    );
}

#[test]
fn what_has_a_reserved_name_is_not_sent() {
    let client = client(true).join("/");
    let socket = client.seen.socket(0);
    socket.emit("connect", &Args::default());
    socket.emit("disconnect", &Args::default());
    socket.ask("disconnecting", &Args::default(), |_| {});
    assert!(client.hear().is_empty());
    socket.emit("connected", &Args::default());
    assert_eq!(client.hear(), [r#"42["connected"]"#]);
}

#[test]
fn nothing_is_emitted_before_the_client_is_in_nor_after() {
    let mut client = client(false);
    client.say("0");
    let socket = client.seen.socket(0);
    let emit = |name| {
        socket.emit(name, &Args::default());
        socket.ask(name, &Args::default(), |_| {});
    };
    emit("early");
    assert!(client.hear().is_empty());
    socket.accept(None);
    client.say(r#"21["ask"]"#);
    client.hear();
    emit("now");
    assert_eq!(client.hear(), [r#"42["now"]"#, r#"420["now"]"#]);
    client.say("1");
    emit("late");
    let ack = client.seen.inner().acks.pop().unwrap();
    ack.answer(&Args::default());
    socket.disconnect();
    assert!(client.hear().is_empty());
}

#[test]
fn who_asked_is_told_once_that_all_has_gone_out() {
    let mut client = client(true).join("/").join("/room");
    client.session.drained(&client.line);
    assert!(client.seen.take().is_empty());
    client.seen.socket(1).tell_drained();
    client.session.drained(&client.line);
    client.session.drained(&client.line);
    assert_eq!(client.seen.take(), ["/room drained"]);
}

#[test]
fn handles_may_go_to_any_thread() {
    fn is_send<T: Send + Sync>() {}
    is_send::<Socket>();
    is_send::<Emission>();
    is_send::<Ack>();
}
