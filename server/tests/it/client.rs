//! A chat client over a WebSocket library that is not the server's.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use shared::{Entry, EntryBody, RefusalCode, Refused, ServerMessage, Welcome};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::{Message, WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

/// How long a test waits for what must happen. Never waited out by a test that passes.
pub const LIMIT: Duration = Duration::from_secs(20);

pub struct Client {
    socket: WebSocketStream<TcpStream>,
    /// What came before it was asked for.
    early: VecDeque<Got>,
}

/// What a socket gave.
#[derive(Debug)]
pub enum Got {
    Message(ServerMessage),
    Closed(u16),
    /// The line broke without a close frame.
    Cut,
}

/// What a socket gives, pings included.
enum Next {
    Got(Got),
    Ping(Vec<u8>),
}

/// A message id of its own for each number.
pub fn id(number: usize) -> String {
    format!("test-message-{number:010}")
}

impl Client {
    pub async fn connect(url: &str) -> Self {
        Self::connect_from("127.0.0.1", url).await
    }

    /// Connects from an address of one's own choice.
    pub async fn connect_from(ip: &str, url: &str) -> Self {
        let mut request = url.into_client_request().unwrap();
        let server = request.uri().authority().unwrap().as_str().parse().unwrap();
        let tcp = TcpSocket::new_v4().unwrap();
        tcp.bind(SocketAddr::new(ip.parse().unwrap(), 0)).unwrap();
        let stream = tcp.connect(server).await.unwrap();
        stream.set_nodelay(true).unwrap();
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", "realtid.v1".parse().unwrap());
        let config = WebSocketConfig::default().max_message_size(Some(1 << 20));
        let (socket, response) = client_async_with_config(request, stream, Some(config))
            .await
            .unwrap();
        assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "realtid.v1");
        Self {
            socket,
            early: VecDeque::new(),
        }
    }

    /// Connects and joins the lobby.
    pub async fn join(url: &str, nick: &str) -> (Self, Welcome) {
        Self::join_with(url, json!({ "type": "join", "nick": nick })).await
    }

    pub async fn join_with(url: &str, join: Value) -> (Self, Welcome) {
        let mut client = Self::connect(url).await;
        let first_visit = join.get("token").is_none();
        client.send(join).await;
        let welcome = client.welcome().await;
        if first_visit {
            client.settle().await;
        }
        (client, welcome)
    }

    /// Waits until the server knows that the first `welcome` has arrived: from then on the nick is
    /// this visitor's.
    pub async fn settle(&mut self) {
        loop {
            match self.next().await {
                Next::Ping(data) if data == b"welcome" => break,
                Next::Ping(_) => {}
                Next::Got(got) => self.early.push_back(got),
            }
        }
        // With it goes the pong. What is answered after that was heard after it.
        self.send(json!({ "type": "ping" })).await;
        loop {
            match self.next().await {
                Next::Got(Got::Message(ServerMessage::Pong)) => return,
                Next::Ping(_) => {}
                Next::Got(got) => self.early.push_back(got),
            }
        }
    }

    pub async fn send(&mut self, message: Value) {
        self.send_text(message.to_string()).await;
    }

    pub async fn send_text(&mut self, text: String) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// Sends what the server may end the line upon.
    pub async fn try_send(&mut self, message: Message) -> Result<(), Error> {
        self.socket.send(message).await
    }

    pub async fn say(&mut self, number: usize, text: &str) {
        self.send(json!({ "type": "say", "id": id(number), "text": text }))
            .await;
    }

    /// The next thing that comes.
    pub async fn got(&mut self) -> Got {
        if let Some(got) = self.early.pop_front() {
            return got;
        }
        loop {
            if let Next::Got(got) = self.next().await {
                return got;
            }
        }
    }

    /// Waits for the next ping of the server's.
    pub async fn pinged(&mut self) {
        loop {
            match self.next().await {
                Next::Ping(_) => return,
                Next::Got(Got::Message(_)) => {}
                Next::Got(end) => panic!("the line ended: {end:?}"),
            }
        }
    }

    async fn next(&mut self) -> Next {
        let next = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Text(text))) => {
                        return Next::Got(Got::Message(serde_json::from_str(&text).unwrap()));
                    }
                    Some(Ok(Message::Close(frame))) => {
                        return Next::Got(Got::Closed(frame.map_or(1005, |f| f.code.into())));
                    }
                    Some(Ok(Message::Ping(data))) => return Next::Ping(data.to_vec()),
                    Some(Ok(_)) => {}
                    Some(Err(_)) | None => return Next::Got(Got::Cut),
                }
            }
        };
        tokio::time::timeout(LIMIT, next)
            .await
            .expect("nothing came in time")
    }

    /// The next message, of any kind.
    pub async fn message(&mut self) -> ServerMessage {
        match self.got().await {
            Got::Message(message) => message,
            other => panic!("wanted a message, got {other:?}"),
        }
    }

    /// The next message that `pick` takes; the others are passed by.
    pub async fn find<T>(&mut self, mut pick: impl FnMut(ServerMessage) -> Option<T>) -> T {
        loop {
            if let Some(found) = pick(self.message().await) {
                return found;
            }
        }
    }

    pub async fn welcome(&mut self) -> Welcome {
        match self.message().await {
            ServerMessage::Welcome(welcome) => *welcome,
            other => panic!("wanted welcome, got {other:?}"),
        }
    }

    pub async fn entry(&mut self) -> Entry {
        self.find(|message| match message {
            ServerMessage::Entry(entry) => Some(entry),
            _ => None,
        })
        .await
    }

    pub async fn refused(&mut self) -> Refused {
        self.find(|message| match message {
            ServerMessage::Refused(refused) => Some(refused),
            _ => None,
        })
        .await
    }

    pub async fn refused_with(&mut self, code: RefusalCode) -> Refused {
        let refused = self.refused().await;
        assert_eq!(refused.code, code, "{refused:?}");
        refused
    }

    /// The close code that ends the connection; 1006 where the line was cut.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match self.got().await {
                Got::Message(_) => {}
                Got::Closed(code) => return code,
                Got::Cut => return 1006,
            }
        }
    }
}

/// What an entry says, and who says it.
pub fn said(entry: &Entry) -> (&str, &str) {
    match &entry.body {
        EntryBody::Said { nick, text } => (nick.as_str(), text.as_str()),
        other => panic!("{other:?}"),
    }
}
