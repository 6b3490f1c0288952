//! A client of socket.io by hand: Engine.IO 4 and Socket.IO 5 over a WebSocket, packet by packet.

use std::collections::VecDeque;
use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::client::LIMIT;

pub struct Guest {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// What came before it was asked for.
    early: VecDeque<Packet>,
    /// The private id that the server told.
    pub pid: String,
    asked: u64,
}

/// What a server sends, of the main namespace.
#[derive(Debug, Clone, PartialEq)]
pub enum Packet {
    Connected(Value),
    Refused(Value),
    /// Name and arguments.
    Event(Vec<Value>),
    Ack(u64, Vec<Value>),
    /// Sent out: a client does not come back by itself.
    Out,
    /// The line has ended: it does.
    End,
}

impl Guest {
    /// Connects, and is let in.
    pub async fn connect(address: SocketAddr, auth: Value) -> Self {
        match Self::try_connect(address, auth).await {
            Ok(guest) => guest,
            Err(refused) => panic!("{refused}"),
        }
    }

    /// Connects, or tells what its `connect_error` has.
    pub async fn try_connect(address: SocketAddr, auth: Value) -> Result<Self, Value> {
        let url = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
        let (mut socket, _) = connect_async(url).await.unwrap();
        let open = socket.next().await.unwrap().unwrap().into_text().unwrap();
        assert!(open.starts_with("0{"), "{open}");
        socket
            .send(Message::text(format!("40{auth}")))
            .await
            .unwrap();
        let mut guest = Self {
            socket,
            early: VecDeque::new(),
            pid: String::new(),
            asked: 0,
        };
        match guest.read().await {
            Packet::Connected(told) => {
                guest.pid = told["pid"].as_str().unwrap().to_owned();
                Ok(guest)
            }
            Packet::Refused(why) => Err(why),
            other => panic!("{other:?}"),
        }
    }

    /// Logs in as the official chat example does.
    pub async fn login(address: SocketAddr, nick: &str) -> Self {
        let mut guest = Self::connect(address, json!({})).await;
        guest.emit("add user", json!([nick])).await;
        guest.event("login").await;
        guest
    }

    pub async fn emit(&mut self, name: &str, args: Value) {
        self.send("", name, args).await;
    }

    /// Emits, and waits for the answer.
    pub async fn ask(&mut self, name: &str, args: Value) -> Vec<Value> {
        let id = self.begin_to_ask(name, args).await;
        self.answer(id).await
    }

    pub async fn begin_to_ask(&mut self, name: &str, args: Value) -> u64 {
        self.asked += 1;
        self.send(&self.asked.to_string(), name, args).await;
        self.asked
    }

    async fn send(&mut self, id: &str, name: &str, args: Value) {
        let mut event = vec![json!(name)];
        event.extend(args.as_array().unwrap().iter().cloned());
        let text = format!("42{id}{}", Value::from(event));
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// Sends a packet as it stands.
    pub async fn send_raw(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next packet.
    pub async fn packet(&mut self) -> Packet {
        match self.early.pop_front() {
            Some(packet) => packet,
            None => self.read().await,
        }
    }

    /// The arguments of the next event of that name; what comes before it stays to be asked for.
    pub async fn event(&mut self, name: &str) -> Vec<Value> {
        let found = self
            .find(|packet| matches!(packet, Packet::Event(event) if event[0] == name))
            .await;
        match found {
            Packet::Event(mut event) => event.split_off(1),
            other => panic!("{other:?}"),
        }
    }

    pub async fn answer(&mut self, id: u64) -> Vec<Value> {
        let found = self.find(|packet| matches!(packet, Packet::Ack(of, _) if *of == id));
        match found.await {
            Packet::Ack(_, args) => args,
            other => panic!("{other:?}"),
        }
    }

    /// Everything that has come, and comes, before an event of that name and the arguments.
    pub async fn before(&mut self, name: &str, args: Value) -> Vec<Vec<Value>> {
        let mut before = Vec::new();
        loop {
            match self.packet().await {
                Packet::Event(event) if event[0] == name && event[1] == args => return before,
                Packet::Event(event) => before.push(event),
                Packet::Ack(..) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Whether that question has been answered by now.
    pub fn has_answer(&self, id: u64) -> bool {
        let mut early = self.early.iter();
        early.any(|packet| matches!(packet, Packet::Ack(of, _) if *of == id))
    }

    /// The next packet that is no event.
    pub async fn packet_after_events(&mut self) -> Packet {
        loop {
            match self.packet().await {
                Packet::Event(_) => {}
                other => return other,
            }
        }
    }

    async fn find(&mut self, is_it: impl Fn(&Packet) -> bool) -> Packet {
        if let Some(at) = self.early.iter().position(&is_it) {
            return self.early.remove(at).unwrap();
        }
        loop {
            let packet = self.read().await;
            if is_it(&packet) {
                return packet;
            }
            assert!(!matches!(packet, Packet::Out | Packet::End), "{packet:?}");
            self.early.push_back(packet);
        }
    }

    async fn read(&mut self) -> Packet {
        let read = async {
            loop {
                let text = match self.socket.next().await {
                    Some(Ok(Message::Text(text))) => text.to_string(),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Packet::End,
                    Some(Ok(_)) => continue,
                };
                let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
                match text.split_at_checked(2) {
                    None if text == "2" => {
                        self.socket.send(Message::text("3")).await.unwrap();
                    }
                    None if text == "1" => return Packet::End,
                    Some(("40", told)) => return Packet::Connected(json(told)),
                    Some(("44", why)) => return Packet::Refused(json(why)),
                    Some(("41", _)) => return Packet::Out,
                    Some(("42", event)) => {
                        return Packet::Event(json(event).as_array().unwrap().clone());
                    }
                    Some(("43", ack)) => {
                        let (id, args) = ack.split_at(ack.find('[').unwrap());
                        let args = json(args).as_array().unwrap().clone();
                        return Packet::Ack(id.parse().unwrap(), args);
                    }
                    other => panic!("{other:?}"),
                }
            }
        };
        let read = tokio::time::timeout(LIMIT, read);
        read.await.expect("nothing came in time")
    }
}

/// The lines among what came.
pub fn lines(events: &[Vec<Value>]) -> Vec<&str> {
    let lines = events.iter().filter(|event| event[0] == "chat message");
    lines.map(|event| event[1].as_str().unwrap()).collect()
}
