//! `rust_socketio` as a client of the echo example, or of the chat.
//!
//! Usage: realtid-interop echo|chat URL polling|websocket|upgrade; ends with 0 where all is as it
//! should be.

use std::env;
use std::process;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rust_socketio::asynchronous::{Client, ClientBuilder};
use rust_socketio::{Event, Payload, TransportType};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(20);

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [what, url, mode] = words.as_slice() else {
        return Err("three arguments: echo|chat URL polling|websocket|upgrade".into());
    };
    let transport = match mode.as_str() {
        "polling" => TransportType::Polling,
        "websocket" => TransportType::Websocket,
        "upgrade" => TransportType::WebsocketUpgrade,
        _ => return Err(format!("no such transport: {mode}").into()),
    };
    match what.as_str() {
        "echo" => echo(url, transport).await,
        "chat" => chat(url, transport).await,
        _ => Err(format!("no such server: {what}").into()),
    }
}

/// A client, and what has come to it.
struct Peer {
    client: Client,
    events: UnboundedReceiver<(String, Payload)>,
}

impl Peer {
    async fn connect(
        url: &str,
        transport: &TransportType,
        namespace: &str,
        auth: Value,
    ) -> Result<Self> {
        let (sender, events) = unbounded_channel();
        let (errors, opened) = (sender.clone(), sender.clone());
        let client = ClientBuilder::new(url)
            .namespace(namespace)
            .transport_type(transport.clone())
            .auth(auth)
            .reconnect(false)
            .on(Event::Error, move |payload, _| {
                let _ = errors.send(("error".to_owned(), payload));
                Box::pin(async {})
            })
            .on(Event::Connect, move |payload, _| {
                let _ = opened.send(("connect".to_owned(), payload));
                Box::pin(async {})
            })
            .on_any(move |event, payload, _| {
                let _ = sender.send((String::from(event), payload));
                Box::pin(async {})
            })
            .connect()
            .await?;
        Ok(Self { client, events })
    }

    /// The next event of this name; those before it are forgotten.
    async fn next(&mut self, name: &str) -> Result<Payload> {
        let wanted = async {
            loop {
                match self.events.recv().await {
                    Some((event, payload)) if event == name => return Some(payload),
                    Some(_) => {}
                    None => return None,
                }
            }
        };
        let next = timeout(PATIENCE, wanted).await;
        Ok(next.ok().flatten().ok_or(format!("waited for '{name}'"))?)
    }

    /// The arguments of the next event of this name.
    async fn args(&mut self, name: &str) -> Result<Vec<Value>> {
        match self.next(name).await? {
            Payload::Text(args) => Ok(args),
            other => Err(format!("'{name}' had {other:?}").into()),
        }
    }

    /// Emits, and gives the acknowledgement's first argument.
    async fn ask(&self, name: &str, args: impl Into<Payload>) -> Result<Value> {
        let (sender, mut answers) = unbounded_channel();
        self.client
            .emit_with_ack(name, args, PATIENCE, move |payload, _| {
                let _ = sender.send(payload);
                Box::pin(async {})
            })
            .await?;
        match timeout(PATIENCE, answers.recv()).await {
            // The library hands on the array of the arguments as one argument.
            Ok(Some(Payload::Text(mut args))) if !args.is_empty() => Ok(match args.remove(0) {
                Value::Array(mut inner) if !inner.is_empty() => inner.remove(0),
                other => other,
            }),
            other => Err(format!("'{name}' was answered with {other:?}").into()),
        }
    }

    async fn close(self) -> Result<()> {
        Ok(self.client.disconnect().await?)
    }
}

fn equal<T: PartialEq + std::fmt::Debug>(actual: &T, expected: &T) -> Result<()> {
    if actual == expected {
        return Ok(());
    }
    Err(format!("{actual:?} is not {expected:?}").into())
}

async fn echo(url: &str, transport: TransportType) -> Result<()> {
    let auth = json!({"token": "hemligt", "lista": [1, "två"]});
    for namespace in ["/", "/custom"] {
        let mut peer = Peer::connect(url, &transport, namespace, auth.clone()).await?;
        equal(&peer.args("auth").await?, &vec![auth.clone()])?;
        for args in [
            vec![json!("Åsa 👋 \u{2028}")],
            vec![
                json!({"a": {"b": [1.5, null, true]}}),
                json!([]),
                json!("fler"),
            ],
            vec![json!("x".repeat(4_000))],
        ] {
            peer.client.emit("message", args.clone()).await?;
            equal(&peer.args("message-back").await?, &args)?;
        }
        let object = json!({"a": {"b": ["c"]}});
        equal(
            &peer.ask("message-with-ack", object.clone()).await?,
            &object,
        )?;
        // Without the byte that parts the packets of a payload: the library looks for it within bytes, too.
        let bytes = vec![0, 0x62, 0xff];
        peer.client.emit("message", bytes.clone()).await?;
        equal(&peer.next("message-back").await?, &Payload::from(bytes))?;
        peer.close().await?;
    }
    let mut lost = Peer::connect(url, &transport, "/nowhere", json!({})).await?;
    let refused = format!("{:?}", lost.next("error").await?);
    if !refused.contains("Invalid namespace") {
        return Err(format!("a namespace that is not there was answered with {refused}").into());
    }
    Ok(())
}

async fn chat(url: &str, transport: TransportType) -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    let mark = format!("{:x}{}", now & 0xfff_ffff, process::id());
    let (line_nick, own_nick) = (format!("rad{mark}"), format!("egen{mark}"));

    // The tutorial's events, and Realtid's own.
    let auth = json!({"nick": line_nick, "serverOffset": 0});
    let mut line = Peer::connect(url, &transport, "/", auth).await?;
    let mut own = Peer::connect(url, &transport, "/", json!({})).await?;
    // What is emitted before that is nobody's.
    line.next("connect").await?;
    own.next("connect").await?;
    let welcome = own.ask("join", json!({"nick": own_nick})).await?;
    equal(&welcome["nick"], &json!(own_nick))?;

    let text = format!("från {mark}");
    let id = format!("{mark:0>24}");
    let said = own.ask("say", json!({"id": id, "text": text})).await?;
    equal(&said["text"], &json!(text))?;
    let heard = loop {
        let heard = line.args("chat message").await?;
        if heard.get(3) == Some(&json!(text)) {
            break heard;
        }
    };
    equal(&heard[0], &json!(format!("{own_nick}: {text}")))?;

    let answer = format!("svar {mark}");
    line.client
        .emit(
            "chat message",
            vec![json!(answer), json!(format!("{mark}-0"))],
        )
        .await?;
    let heard = loop {
        let heard = own.args("said").await?.swap_remove(0);
        if heard["text"] == json!(answer) {
            break heard;
        }
    };
    equal(&heard["nick"], &json!(line_nick))?;

    let mut late = Peer::connect(url, &transport, "/", json!({})).await?;
    late.next("connect").await?;
    let refused = late.ask("join", json!({"nick": own_nick})).await?;
    equal(&refused["code"], &json!("nick_taken"))?;
    for peer in [line, own, late] {
        peer.close().await?;
    }
    Ok(())
}
