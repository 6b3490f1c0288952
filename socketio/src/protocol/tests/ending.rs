//! Who leaves, who is sent out, and sessions that end.

use super::*;

#[test]
fn a_client_that_leaves_one_namespace_stays_in_the_others() {
    let mut client = client(true).join("/").join("/room");
    client.say("1");
    assert_eq!(client.seen.take(), ["/ ByClient", "/ dropped"]);
    client.say(r#"2/room,["hi"]"#);
    assert_eq!(client.seen.take(), ["/room hi []"]);
    // And comes back.
    client.say("0");
    assert_eq!(client.seen.take(), ["3 connects to / {}"]);
    client.say(r#"2["hi"]"#);
    assert_eq!(client.seen.take(), ["/ hi []"]);
    assert!(client.is_open());
}

#[test]
fn who_is_sent_out_is_told_and_what_was_on_its_way_is_ignored() {
    let mut client = client(true).join("/").join("/room");
    client.say(r#"2["leave"]"#);
    assert_eq!(client.hear(), ["41"]);
    assert_eq!(
        client.seen.take(),
        ["/ leave []", "/ ByServer", "/ dropped"]
    );
    client.say(r#"2["more"]"#);
    client.say("31[]");
    client.say("1");
    assert!(client.seen.take().is_empty());
    client.say("0");
    client.say(r#"2["back"]"#);
    assert_eq!(client.seen.take(), ["3 connects to / {}", "/ back []"]);
    assert!(client.is_open());

    // From another thread the line wakes the session.
    let socket = client.seen.socket(1);
    std::thread::spawn(move || socket.disconnect())
        .join()
        .unwrap();
    assert_eq!(client.hear().last().unwrap(), "41/room,");
    client.session.drained(&client.line);
    assert_eq!(client.seen.take(), ["/room ByServer", "/room dropped"]);
}

#[test]
fn what_cannot_be_understood_ends_the_session() {
    let wrong = [
        "7",
        "hello",
        r#"2["connect"]"#,
        r#"53-["too many"]"#,
        r#"51-["a",{"_placeholder":true,"num":1}]"#,
        // Not connected to it.
        r#"2/room2,["hi"]"#,
        "1/room2,",
        "3/room2,1[]",
        // Connected already.
        "0",
        "0/room,{}",
        // A server's to send.
        r#"4{"message":"no"}"#,
    ];
    for text in wrong {
        let mut client = client(true).join("/").join("/room");
        client.say(text);
        assert!(!client.is_open(), "{text}");
        assert_eq!(
            client.seen.take(),
            ["/ Parse", "/ dropped", "/room Parse", "/room dropped"],
            "{text}"
        );
        // Nothing is heard any more, and the end is told of once.
        client.say(r#"2["hi"]"#);
        client.say("0");
        client.session.closed(Closed::ByServer);
        drop(client.session);
        assert!(client.seen.take().is_empty());
    }
}

#[test]
fn attachments_out_of_order_end_the_session() {
    let mut nobody = client(true).join("/");
    nobody.say_binary(b"\x01");
    assert!(!nobody.is_open());

    let mut text = client(true).join("/");
    text.say(r#"51-["file"]"#);
    text.say(r#"2["hi"]"#);
    assert!(!text.is_open());

    let mut large = client(true).join("/");
    large.say(r#"52-["file"]"#);
    large.say_binary(&[0; 900]);
    assert!(large.is_open());
    large.say_binary(&[0; 100]);
    assert!(!large.is_open());
    assert_eq!(large.seen.take(), ["/ Parse", "/ dropped"]);
}

#[test]
fn the_end_is_told_to_everyone_once() {
    let mut client = client(true).join("/").join("/room");
    client.session.closed(Closed::PingTimeout);
    let told = [
        "/ PingTimeout",
        "/ dropped",
        "/room PingTimeout",
        "/room dropped",
    ];
    assert_eq!(client.seen.take(), told);
    client.session.closed(Closed::ByServer);
    client.session.drained(&client.line);
    drop(client.session);
    assert!(client.seen.take().is_empty());
}

#[test]
fn a_session_that_is_dropped_is_over() {
    let client = client(true).join("/");
    let socket = client.seen.socket(0);
    drop(client.session);
    assert_eq!(client.seen.take(), ["/ Transport", "/ dropped"]);
    socket.emit("late", &Args::default());
    assert!((client.sent)().is_empty());
}

#[test]
fn who_was_sent_out_before_the_session_ended_is_told_so() {
    let mut client = client(true).join("/").join("/room");
    client.seen.socket(0).disconnect();
    client.session.closed(Closed::Transport);
    let told = [
        "/ ByServer",
        "/ dropped",
        "/room Transport",
        "/room dropped",
    ];
    assert_eq!(client.seen.take(), told);
}

#[test]
fn who_closes_the_session_without_leaving_may_be_back() {
    let mut client = client(true).join("/");
    client.session.closed(Closed::ByClient);
    assert_eq!(client.seen.take(), ["/ Transport", "/ dropped"]);
}
