//! The chat with axum and `tokio::sync::broadcast`, in the shape of axum's own chat example: two
//! tasks for each member, and one write for each delivery. With `--batch` a member's task writes all
//! that waits for it at once, which the example does not, but somebody who measures it might.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt;
use clap::Parser;
use futures_util::{SinkExt, StreamExt};
use realtid_peers::{FromClient, Rooms, listen};
use tokio::net::TcpListener;
use tokio::sync::broadcast::error::RecvError;

#[derive(Clone)]
struct Chat {
    rooms: Arc<Rooms<Utf8Bytes>>,
    batch: bool,
}

/// Serves the benchmark's chat with axum at 127.0.0.1.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; 0 for any free port
    #[arg(long)]
    port: u16,
    /// Write all that waits for a member at once
    #[arg(long)]
    batch: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let Arguments { port, batch } = Arguments::parse();
    let listener = TcpListener::from_std(listen(port)?)?.tap_io(|stream| {
        // Without it the connection is slower, not wrong.
        let _ = stream.set_nodelay(true);
    });
    let rooms = Arc::default();
    let app = Router::new()
        .route("/ws", get(upgrade))
        .with_state(Chat { rooms, batch });
    Ok(axum::serve(listener, app).await?)
}

async fn upgrade(upgrade: WebSocketUpgrade, State(chat): State<Chat>) -> Response {
    upgrade.on_upgrade(|socket| async {
        member(socket, chat).await;
    })
}

/// Ends when the connection does, or says something that is not valid.
async fn member(socket: WebSocket, chat: Chat) -> Option<()> {
    let (mut sender, mut receiver) = socket.split();
    let (seat, mut said) = loop {
        let Message::Text(text) = receiver.next().await?.ok()? else {
            continue;
        };
        let FromClient::Join { nick, room } = FromClient::parse(&text)? else {
            return None;
        };
        let (answer, seated) = chat.rooms.join(nick, room);
        sender.send(Message::text(answer)).await.ok()?;
        if let Some(seated) = seated {
            break seated;
        }
    };
    let mut sending = tokio::spawn(async move {
        loop {
            let mut next = match said.recv().await {
                Ok(text) => Some(text),
                // Too far behind: on with the oldest that is still there.
                Err(RecvError::Lagged(_)) => None,
                Err(RecvError::Closed) => return Some(()),
            };
            while let Some(text) = next {
                sender.feed(Message::Text(text)).await.ok()?;
                next = if chat.batch {
                    said.try_recv().ok()
                } else {
                    None
                };
            }
            sender.flush().await.ok()?;
        }
    });
    let mut receiving = tokio::spawn(async move {
        while let Some(Ok(message)) = receiver.next().await {
            let Message::Text(text) = message else {
                continue;
            };
            let Some(FromClient::Say { id, text }) = FromClient::parse(&text) else {
                return;
            };
            seat.say(&id, &text);
        }
    });
    tokio::select! {
        _ = &mut sending => receiving.abort(),
        _ = &mut receiving => sending.abort(),
    }
    Some(())
}
