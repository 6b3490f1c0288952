//! The chat with tokio-websockets and `tokio::sync::broadcast`: one task for each member, which
//! writes all that waits for it at once.

use std::sync::Arc;

use clap::Parser;
use futures_util::{SinkExt, StreamExt};
use realtid_peers::{FromClient, Rooms, listen};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast::error::RecvError;
use tokio_websockets::{Message, Payload, ServerBuilder};

type Shared = Arc<Rooms<Payload>>;

/// Serves the benchmark's chat with tokio-websockets at 127.0.0.1.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; 0 for any free port
    #[arg(long)]
    port: u16,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let listener = TcpListener::from_std(listen(Arguments::parse().port)?)?;
    let rooms = Shared::default();
    loop {
        let (stream, _) = listener.accept().await?;
        let rooms = Arc::clone(&rooms);
        tokio::spawn(async move { chat(stream, rooms).await });
    }
}

/// Ends when the connection does, or says something that is not valid.
async fn chat(stream: TcpStream, rooms: Shared) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let (_, mut socket) = ServerBuilder::new().accept(stream).await.ok()?;
    let (seat, mut said) = loop {
        let message = socket.next().await?.ok()?;
        let Some(text) = message.as_text() else {
            continue;
        };
        let FromClient::Join { nick, room } = FromClient::parse(text)? else {
            return None;
        };
        let (answer, seated) = rooms.join(nick, room);
        socket.send(Message::text(answer)).await.ok()?;
        if let Some(seated) = seated {
            break seated;
        }
    };
    loop {
        tokio::select! {
            message = socket.next() => {
                let message = message?.ok()?;
                let Some(text) = message.as_text() else {
                    continue;
                };
                let FromClient::Say { id, text } = FromClient::parse(text)? else {
                    return None;
                };
                seat.say(&id, &text);
            }
            first = said.recv() => {
                let mut next = match first {
                    Ok(text) => Some(text),
                    // Too far behind: on with the oldest that is still there.
                    Err(RecvError::Lagged(_)) => None,
                    Err(RecvError::Closed) => return None,
                };
                while let Some(text) = next {
                    socket.feed(Message::text(text)).await.ok()?;
                    next = said.try_recv().ok();
                }
                socket.flush().await.ok()?;
            }
        }
    }
}
