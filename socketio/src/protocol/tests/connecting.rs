//! Who is let in, and who is not; and how long it may take.

use super::*;

#[test]
fn who_is_accepted_is_told_an_id_of_its_own() {
    let mut client = client(true);
    client.say("0");
    client.say(r#"0/room,{"token":1}"#);
    let ids = [0, 1].map(|at| client.seen.socket(at).id().to_owned());
    assert_eq!(
        client.hear(),
        [
            format!(r#"40{{"sid":"{}"}}"#, ids[0]),
            format!(r#"40/room,{{"sid":"{}"}}"#, ids[1]),
        ]
    );
    assert_eq!(
        client.seen.take(),
        ["1 connects to / {}", r#"2 connects to /room {"token":1}"#]
    );
    assert_ne!(ids[0], ids[1]);
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    assert!(
        ids.iter()
            .all(|id| id.len() == 20 && id.chars().all(allowed))
    );
}

#[test]
fn a_private_id_is_told_where_one_is_given() {
    let mut client = client(false);
    client.say("0/room,");
    assert!(client.hear().is_empty());
    let socket = client.seen.socket(0);
    socket.accept(Some("p\"1"));
    let id = socket.id();
    let told = format!(r#"40/room,{{"sid":"{id}","pid":"p\"1"}}"#);
    assert_eq!(client.hear(), [told]);
    // It has been decided.
    socket.accept(None);
    socket.refuse::<()>("no", None);
    assert!(client.hear().is_empty());
}

#[test]
fn an_unknown_namespace_is_refused_by_the_words_of_nodes() {
    let mut client = client(true);
    client.say("0/unknown,{}");
    assert_eq!(
        client.hear(),
        [r#"44/unknown,{"message":"Invalid namespace"}"#]
    );
    assert!(client.is_open() && client.seen.take().is_empty());
}

#[test]
fn who_is_refused_is_told_why_and_may_try_again() {
    let mut client = client(false);
    client.say("0");
    client.say("0/room,");
    client.seen.take();
    client
        .seen
        .socket(0)
        .refuse("taken", Some(&json!({"nick": "a"})));
    client.seen.socket(1).refuse::<()>("not \"you\"", None);
    assert_eq!(
        client.hear(),
        [
            r#"44{"message":"taken","data":{"nick":"a"}}"#,
            r#"44/room,{"message":"not \"you\""}"#,
        ]
    );
    // The line wakes the session.
    client.session.drained(&client.line);
    assert_eq!(
        client.seen.take(),
        ["/ ByServer", "/ dropped", "/room ByServer", "/room dropped"]
    );
    client.say("0");
    client.seen.socket(2).accept(None);
    assert_eq!(client.hear().len(), 1);
    assert_eq!(client.seen.take(), ["3 connects to / {}"]);
    assert!(client.is_open());
}

#[test]
fn a_refusal_counts_before_the_session_has_noticed() {
    let mut client = client(false);
    client.say("0");
    client.seen.socket(0).refuse::<()>("no", None);
    client.say("0");
    assert_eq!(
        client.seen.take(),
        [
            "1 connects to / {}",
            "/ ByServer",
            "/ dropped",
            "2 connects to / {}"
        ]
    );
    assert!(client.is_open());
}

#[test]
fn namespaces_of_a_session_are_bounded() {
    let mut client = client(true);
    for n in 0..MAX_NAMESPACES {
        client = client.join(&format!("/room{n}"));
    }
    client.say("0");
    assert_eq!(client.hear(), [r#"44{"message":"Too many namespaces"}"#]);
    assert!(client.is_open());
    // Who was sent out of one makes room.
    client.seen.socket(3).disconnect();
    client.say("0");
    assert_eq!(client.hear().len(), 2);
    assert_eq!(
        client.seen.take(),
        ["/room3 ByServer", "/room3 dropped", "33 connects to / {}"]
    );
}

#[test]
fn who_does_not_wait_for_the_answer_to_its_connect_is_not_heard() {
    for text in [r#"2["hi"]"#, "1", "31[]", "0"] {
        let mut client = client(false);
        client.say("0");
        client.seen.take();
        client.say(text);
        assert!(!client.is_open(), "{text}");
        assert_eq!(client.seen.take(), ["/ Parse", "/ dropped"]);
        // Too late.
        client.seen.socket(0).accept(None);
        assert!(client.hear().is_empty());
    }
}

/// Lets as much time pass, and what is due then happen.
async fn pass(time: Duration) {
    tokio::time::advance(time).await;
    tokio::task::yield_now().await;
}

const MOMENT: Duration = Duration::from_millis(10);

#[tokio::test(start_paused = true)]
async fn a_session_that_is_let_in_nowhere_ends() {
    let mut clients = [client(false), client(false), client(false)];
    for client in &mut clients {
        client.session.opened(&client.line);
    }
    // One says nothing, one is refused, and of one nothing is decided.
    clients[1].say("0/unknown,");
    clients[1].say("0");
    clients[1].seen.socket(0).refuse::<()>("no", None);
    clients[2].say("0");
    tokio::task::yield_now().await;
    pass(TIMEOUT - MOMENT).await;
    assert!(clients.iter().all(|client| client.is_open()));
    pass(2 * MOMENT).await;
    assert!(clients.iter().all(|client| !client.is_open()));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_was_let_in_once_stays() {
    let mut client = client(true);
    client.session.opened(&client.line);
    client.say("0");
    client.say("1");
    tokio::task::yield_now().await;
    pass(TIMEOUT + MOMENT).await;
    assert!(client.is_open());
}

#[tokio::test(start_paused = true)]
async fn the_timer_goes_with_its_session() {
    let mut client = client(true);
    client.session.opened(&client.line);
    tokio::task::yield_now().await;
    let timers = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    assert_eq!(timers(), 1);
    drop(client.session);
    tokio::task::yield_now().await;
    assert_eq!(timers(), 0);
}

#[actix_web::test]
async fn a_namespace_holds_nothing_of_what_came_with_it() {
    let mut client = client(true);
    let text = Bytes::from(format!(r#"0/room,{{"a":"{}"}}"#, "a".repeat(900)));
    client.say(ByteString::try_from(text.clone()).unwrap());
    assert_eq!(client.hear().len(), 1);
    assert!(client.is_open());
    assert!(text.is_unique());
}
