//! Two clients meet in a chat: for a look at whether a deployment works.
//!
//! `cargo run --example two_clients -- http://localhost:8080` asks for the page, joins the lobby
//! twice as a page of that address would, and has each client say something that the other hears.
//! Ends with 0 where all of it went well.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use shared::{EntryBody, SUBPROTOCOL, ServerMessage, Welcome};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// For each step.
const LIMIT: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "http://localhost:8080".to_owned());
    let host = address
        .strip_prefix("http://")
        .context("an address begins with http:// (this program speaks no TLS)")?
        .trim_end_matches('/');
    page(host).await.context("the page")?;
    let run = format!("{:08x}", std::process::id());
    let mut asa = Client::join(host, &format!("Åsa {run}")).await?;
    let mut bo = Client::join(host, &format!("Bo {run}")).await?;
    let began = Instant::now();
    asa.say(&format!("asa-{run}-hej-hej-hej"), "Hej Bo!")
        .await?;
    bo.hears(&asa.welcome, "Hej Bo!").await?;
    bo.say(&format!("bo-{run}-hej-hej-hej-hej"), "Hej Åsa!")
        .await?;
    asa.hears(&bo.welcome, "Hej Åsa!").await?;
    let took = began.elapsed();
    let room = bo.welcome.room.clone();
    asa.leave().await?;
    bo.leave().await?;
    eprintln!("two clients chatted in '{room}' at {address}: both ways in {took:.1?}");
    Ok(())
}

/// Asks for the page at `host`.
async fn page(host: &str) -> anyhow::Result<()> {
    let authority = host.split('/').next().unwrap_or(host);
    let port = if authority.contains(':') { "" } else { ":80" };
    let ask = async {
        let mut stream = TcpStream::connect(format!("{authority}{port}")).await?;
        let head = format!("GET / HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        anyhow::Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    let answer = tokio::time::timeout(LIMIT, ask).await??;
    let status = answer.lines().next().unwrap_or_default();
    ensure!(status.contains(" 200"), "{status}");
    Ok(())
}

struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    welcome: Box<Welcome>,
}

impl Client {
    async fn join(host: &str, nick: &str) -> anyhow::Result<Self> {
        let mut request = format!("ws://{host}/ws").into_client_request()?;
        let authority = host.split('/').next().unwrap_or(host);
        let headers = request.headers_mut();
        headers.insert("Origin", format!("http://{authority}").parse()?);
        headers.insert("Sec-WebSocket-Protocol", SUBPROTOCOL.parse()?);
        let (mut socket, _) = tokio::time::timeout(LIMIT, connect_async(request))
            .await?
            .context("the WebSocket")?;
        let join = json!({ "type": "join", "nick": nick }).to_string();
        socket.send(Message::text(join)).await?;
        match next(&mut socket).await? {
            ServerMessage::Welcome(welcome) => Ok(Self { socket, welcome }),
            other => anyhow::bail!("not let in: {other:?}"),
        }
    }

    async fn say(&mut self, id: &str, text: &str) -> anyhow::Result<()> {
        let say = json!({ "type": "say", "id": id, "text": text }).to_string();
        self.socket.send(Message::text(say)).await?;
        Ok(())
    }

    /// Waits for what `writer` says.
    async fn hears(&mut self, writer: &Welcome, wanted: &str) -> anyhow::Result<()> {
        loop {
            let message = next(&mut self.socket).await?;
            let ServerMessage::Entry(entry) = message else {
                continue;
            };
            match entry.body {
                EntryBody::Said { text, .. } if text.as_str() == wanted => {
                    ensure!(entry.author == writer.author, "said by another");
                    return Ok(());
                }
                _ => {}
            }
        }
    }

    async fn leave(mut self) -> anyhow::Result<()> {
        let leave = json!({ "type": "leave" }).to_string();
        self.socket.send(Message::text(leave)).await?;
        Ok(())
    }
}

async fn next(
    socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>,
) -> anyhow::Result<ServerMessage> {
    loop {
        let message = tokio::time::timeout(LIMIT, socket.next())
            .await
            .context("nothing came in time")?
            .context("the connection ended")??;
        match message {
            Message::Text(text) => return Ok(serde_json::from_str(&text)?),
            Message::Close(frame) => anyhow::bail!("closed: {frame:?}"),
            _ => {}
        }
    }
}
