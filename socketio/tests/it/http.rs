//! HTTP/1.1 by hand: what is asserted is what is on the wire.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;

use crate::server::{PATIENCE, Running};

/// A connection, kept alive.
pub struct Http {
    pub io: TcpStream,
    read: Vec<u8>,
}

#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.head.lines().filter_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        });
        let value = values.next();
        assert_eq!(values.next(), None, "{name} twice");
        value
    }

    /// Status and body, which is all that most tests look at.
    pub fn is(&self, status: u16, body: &str) {
        assert_eq!((self.status, self.body.as_str()), (status, body));
    }
}

impl Http {
    pub async fn connect(address: SocketAddr) -> Self {
        Self {
            io: TcpStream::connect(address).await.unwrap(),
            read: Vec::new(),
        }
    }

    pub async fn send(&mut self, method: &str, query: &str, headers: &str, body: &[u8]) {
        let length = body.len();
        let head = format!(
            "{method} /engine.io/?{query} HTTP/1.1\r\nHost: test\r\nContent-Length: {length}\r\n{headers}\r\n"
        );
        self.io.write_all(head.as_bytes()).await.unwrap();
        self.io.write_all(body).await.unwrap();
    }

    /// Begins a POST, and leaves out the rest of its body.
    pub async fn begin_post(&mut self, query: &str, length: usize, body: &[u8]) {
        let head = format!(
            "POST /engine.io/?{query} HTTP/1.1\r\nHost: test\r\nContent-Length: {length}\r\n\r\n"
        );
        self.io.write_all(head.as_bytes()).await.unwrap();
        self.io.write_all(body).await.unwrap();
    }

    pub async fn response(&mut self) -> Response {
        let wait = tokio::time::timeout(PATIENCE, self.read_response());
        wait.await.expect("no answer")
    }

    async fn read_response(&mut self) -> Response {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await;
        };
        let head = String::from_utf8(self.read.drain(..end).collect()).unwrap();
        let status = head[9..12].parse().unwrap();
        let mut response = Response {
            status,
            head,
            body: String::new(),
        };
        let length = response.header("content-length");
        let length = length.map_or(0, |length| length.parse().unwrap());
        while self.read.len() < length {
            self.more().await;
        }
        response.body = String::from_utf8(self.read.drain(..length).collect()).unwrap();
        response
    }

    async fn more(&mut self) {
        let read = self.io.read_buf(&mut self.read).await.unwrap();
        assert_ne!(
            read,
            0,
            "closed after {:?}",
            String::from_utf8_lossy(&self.read)
        );
    }

    pub async fn get(&mut self, query: &str) -> Response {
        self.send("GET", query, "", b"").await;
        self.response().await
    }

    pub async fn post(&mut self, query: &str, body: impl AsRef<[u8]>) -> Response {
        self.send("POST", query, "", body.as_ref()).await;
        self.response().await
    }
}

/// A client that polls: a connection for each direction.
pub struct Client {
    pub query: String,
    pub sid: String,
    pub polls: Http,
    pub posts: Http,
}

impl Client {
    pub async fn open(running: &Running, extra: &str) -> Self {
        let mut polls = Http::connect(running.address).await;
        let query = format!("EIO=4&transport=polling{extra}");
        let opened = polls.get(&query).await;
        assert_eq!(opened.status, 200, "{opened:?}");
        let sid = sid(&opened.body);
        Self {
            query: format!("EIO=4&transport=polling&sid={sid}"),
            sid,
            polls,
            posts: Http::connect(running.address).await,
        }
    }

    pub async fn poll(&mut self) -> Response {
        self.polls.get(&self.query).await
    }

    /// Begins a poll, and leaves it waiting.
    pub async fn begin_poll(&mut self) {
        self.polls.send("GET", &self.query, "", b"").await;
    }

    pub async fn post(&mut self, body: impl AsRef<[u8]>) -> Response {
        self.posts.post(&self.query, body).await
    }
}

/// The session's id in an open packet.
pub fn sid(open: &str) -> String {
    let (_, rest) = open.split_once(r#""sid":""#).expect(open);
    rest.split('"').next().unwrap().to_owned()
}

pub type WebSocket = WebSocketStream<TcpStream>;

/// Opens a WebSocket, or tells the status by which it is refused.
pub async fn websocket(running: &Running, query: &str) -> Result<WebSocket, u16> {
    let io = TcpStream::connect(running.address).await.unwrap();
    let url = format!("ws://test/engine.io/?EIO=4&transport=websocket{query}");
    match tokio_tungstenite::client_async(url, io).await {
        Ok((socket, _)) => Ok(socket),
        Err(tokio_tungstenite::tungstenite::Error::Http(response)) => {
            Err(response.status().as_u16())
        }
        Err(error) => panic!("{error}"),
    }
}
