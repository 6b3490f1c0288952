//! The chat with axum and `tokio::sync::broadcast`, in the shape of axum's own chat example: two
//! tasks for each member, and one `send` per member and message.

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

type Shared = Arc<Rooms<Utf8Bytes>>;

/// Serves the benchmark's chat with axum at 127.0.0.1.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; 0 for any free port
    #[arg(long)]
    port: u16,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let listener = TcpListener::from_std(listen(Arguments::parse().port)?)?.tap_io(|stream| {
        // Without it the connection is slower, not wrong.
        let _ = stream.set_nodelay(true);
    });
    let app = Router::new()
        .route("/ws", get(upgrade))
        .with_state(Shared::default());
    Ok(axum::serve(listener, app).await?)
}

async fn upgrade(upgrade: WebSocketUpgrade, State(rooms): State<Shared>) -> Response {
    upgrade.on_upgrade(|socket| async {
        chat(socket, rooms).await;
    })
}

/// Ends when the connection does, or says something that is not valid.
async fn chat(socket: WebSocket, rooms: Shared) -> Option<()> {
    let (mut sender, mut receiver) = socket.split();
    let (seat, mut said) = loop {
        let Message::Text(text) = receiver.next().await?.ok()? else {
            continue;
        };
        let FromClient::Join { nick, room } = FromClient::parse(&text)? else {
            return None;
        };
        let (answer, seated) = rooms.join(nick, room);
        sender.send(Message::text(answer)).await.ok()?;
        if let Some(seated) = seated {
            break seated;
        }
    };
    let mut sending = tokio::spawn(async move {
        loop {
            match said.recv().await {
                Ok(text) => sender.send(Message::Text(text)).await.ok()?,
                // Too far behind: on with the oldest that is still there.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Some(()),
            }
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
