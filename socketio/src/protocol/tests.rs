//! Sessions without a network: what the client says and hears, what the application is told.

use std::mem;
use std::sync::{Mutex, MutexGuard};

use bytes::Bytes;
use bytestring::ByteString;
use serde_json::{Value, json};

use super::session::MAX_NAMESPACES;
use super::*;
use crate::engine::packet::Packet;
use crate::engine::{Line, Message, Service, Session};
use crate::socket::Emission;

/// What the application saw, and what it got hold of.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    log: Vec<String>,
    sockets: Vec<Socket>,
    acks: Vec<Ack>,
    args: Vec<Args>,
}

impl Seen {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    fn log(&self, line: String) {
        self.inner().log.push(line);
    }

    /// What has been seen since the last time.
    fn take(&self) -> Vec<String> {
        mem::take(&mut self.inner().log)
    }

    fn socket(&self, at: usize) -> Socket {
        self.inner().sockets[at].clone()
    }
}

/// Has `/`, and what begins with `/room`. Lets everyone in, or decides nothing.
struct Hall {
    seen: Seen,
    accepts: bool,
}

struct Visitor {
    seen: Seen,
    namespace: String,
}

impl Application for Hall {
    type Client = usize;
    type Guest = Visitor;

    fn open(&self, _: &RequestHead) -> Result<usize, Refusal> {
        Ok(0)
    }

    fn origin(&self, _: &RequestHead) -> Result<Option<HeaderValue>, Refusal> {
        Ok(None)
    }

    fn has(&self, namespace: &str) -> bool {
        namespace == "/" || namespace.starts_with("/room")
    }

    fn connect(&self, client: &mut usize, connect: Connect) -> Visitor {
        *client += 1;
        let Connect {
            namespace,
            auth,
            socket,
        } = connect;
        self.seen
            .log(format!("{client} connects to {namespace} {auth}"));
        if self.accepts {
            socket.accept(None);
        }
        self.seen.inner().sockets.push(socket);
        Visitor {
            seen: self.seen.clone(),
            namespace,
        }
    }
}

impl Guest for Visitor {
    fn event(&mut self, event: Event, socket: &Socket) {
        let Event { name, args, ack } = event;
        assert_eq!(socket.namespace(), self.namespace);
        let answer = if ack.is_some() { " ?" } else { "" };
        self.seen.log(format!(
            "{} {name} {}{answer}",
            self.namespace,
            args.json_array()
        ));
        if name == "leave" {
            socket.disconnect();
        }
        let mut inner = self.seen.inner();
        inner.acks.extend(ack);
        inner.args.push(args);
    }

    fn drained(&mut self, _: &Socket) {
        self.seen.log(format!("{} drained", self.namespace));
    }

    fn disconnected(&mut self, reason: Closed) {
        self.seen.log(format!("{} {reason:?}", self.namespace));
    }
}

impl Drop for Visitor {
    fn drop(&mut self) {
        self.seen.log(format!("{} dropped", self.namespace));
    }
}

/// A client on the other end of a line.
struct Client<T> {
    session: Connected<Hall>,
    line: Line,
    sent: T,
    seen: Seen,
}

const TIMEOUT: Duration = Duration::from_secs(45);

fn client(accepts: bool) -> Client<impl Fn() -> Vec<Packet>> {
    let seen = Seen::default();
    let hall = Hall {
        seen: seen.clone(),
        accepts,
    };
    let protocol = Protocol::new(hall, TIMEOUT, 2).max_bytes(1_000);
    let (line, sent) = Line::test();
    Client {
        session: protocol.open(&RequestHead::default()).unwrap(),
        line,
        sent,
        seen,
    }
}

impl<T: Fn() -> Vec<Packet>> Client<T> {
    fn say(&mut self, text: impl Into<ByteString>) {
        let message = Message::Text(text.into());
        self.session.message(message, &self.line);
    }

    fn say_binary(&mut self, data: &'static [u8]) {
        let message = Message::Binary(Bytes::from_static(data));
        self.session.message(message, &self.line);
    }

    /// What it has been sent since the last time, as in a payload.
    fn hear(&self) -> Vec<String> {
        let mut payload = crate::engine::packet::Payload::new(usize::MAX);
        for packet in (self.sent)() {
            payload.push(&packet);
        }
        match payload.finish() {
            none if none.is_empty() => Vec::new(),
            some => some.split('\u{1e}').map(str::to_owned).collect(),
        }
    }

    fn is_open(&self) -> bool {
        self.line.is_open()
    }

    /// Connects, and forgets what that led to.
    fn join(mut self, namespace: &str) -> Self {
        self.say(format!("0{namespace},"));
        assert_eq!(self.hear().len(), 1);
        self.seen.take();
        self
    }
}

fn args(value: Value) -> Args {
    Args::new(&value)
}

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
fn who_asked_is_told_once_that_all_has_gone_out() {
    let mut client = client(true).join("/").join("/room");
    client.session.drained(&client.line);
    assert!(client.seen.take().is_empty());
    client.seen.socket(1).tell_drained();
    client.session.drained(&client.line);
    client.session.drained(&client.line);
    assert_eq!(client.seen.take(), ["/room drained"]);
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

#[test]
fn handles_may_go_to_any_thread() {
    fn is_send<T: Send + Sync>() {}
    is_send::<Socket>();
    is_send::<Emission>();
    is_send::<Ack>();
}
