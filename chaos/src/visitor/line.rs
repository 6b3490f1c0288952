//! A WebSocket to the chat, over TCP, with a socket that holds little.

use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use shared::{ClientMessage, SUBPROTOCOL, ServerMessage};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

/// Bytes that the socket takes in unread: who reads slowly is to be noticed by the server.
const RECEIVE_BYTES: u32 = 16 * 1024;

/// An open WebSocket.
#[derive(Debug)]
pub(crate) struct Line(WebSocketStream<TcpStream>);

/// What a line gave.
#[derive(Debug)]
pub(crate) enum Got {
    Message(ServerMessage),
    /// A ping, or a pong: it lives.
    Sign,
    /// A message that could not be read.
    Garbage(String),
    /// Its end, by a close frame or (1006) without.
    Closed(u16),
}

impl Line {
    /// # Errors
    /// Where nobody answers, or not as a chat does.
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, Error> {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        }?;
        socket.set_recv_buffer_size(RECEIVE_BYTES)?;
        let stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        let mut request = format!("ws://{address}/ws").into_client_request()?;
        request.headers_mut().insert(
            "Sec-WebSocket-Protocol",
            HeaderValue::from_static(SUBPROTOCOL),
        );
        let (socket, _) = client_async(request, stream).await?;
        Ok(Self(socket))
    }

    /// # Errors
    /// Where the line has broken.
    pub(crate) async fn send(&mut self, message: &ClientMessage) -> Result<(), Error> {
        // The wire's types have nothing in them that JSON could not say.
        let text = serde_json::to_string(message).unwrap_or_default();
        self.0.send(Message::text(text)).await
    }

    /// The next thing that comes. May be dropped and called again. Answers the pings that have come
    /// before: the one behind a first `welcome` has the nick kept.
    pub(crate) async fn got(&mut self) -> Got {
        match self.0.next().await {
            Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                Ok(message) => Got::Message(message),
                Err(error) => Got::Garbage(format!("{error}: {text}")),
            },
            Some(Ok(Message::Close(frame))) => {
                Got::Closed(frame.map_or(1005, |frame| frame.code.into()))
            }
            Some(Ok(Message::Binary(_))) => Got::Garbage("a binary message".to_owned()),
            Some(Ok(_)) => Got::Sign,
            Some(Err(_)) | None => Got::Closed(1006),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;
    use tokio_tungstenite::tungstenite::protocol::Role;

    use super::*;

    #[tokio::test]
    async fn who_only_reads_answers_pings() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let connect = TcpStream::connect(listener.local_addr().unwrap());
        let (accepted, connected) = tokio::join!(listener.accept(), connect);
        let socket = |stream, role| WebSocketStream::from_raw_socket(stream, role, None);
        let mut server = socket(accepted.unwrap().0, Role::Server).await;
        let mut line = Line(socket(connected.unwrap(), Role::Client).await);
        server.send(Message::Ping("welcome".into())).await.unwrap();
        let reads = async {
            loop {
                line.got().await;
            }
        };
        tokio::select! {
            pong = server.next() => {
                assert_eq!(pong.unwrap().unwrap(), Message::Pong("welcome".into()));
            }
            () = reads => {}
        }
    }
}
