//! One WebSocket connection: what is sent waits until it is open, what comes in goes to a
//! callback, and its end is told once.

use std::future::poll_fn;
use std::pin::Pin;

use futures::channel::mpsc;
use futures::future::{AbortHandle, Either, abortable, select};
use futures::{Sink, SinkExt, StreamExt};
use gloo_net::websocket::{Message, State, WebSocketError, futures::WebSocket};
use shared::{CloseCode, SUBPROTOCOL};
use wasm_bindgen_futures::spawn_local;
use yew::Callback;

/// What a connection has to tell.
#[derive(Debug)]
pub enum SocketEvent {
    /// One text frame.
    Text(String),
    /// It is over; nothing comes after this.
    Closed(u16),
}

/// One connection. Dropped, it closes, opened or not, and tells nothing more.
#[derive(Debug)]
pub struct Socket {
    outgoing: mpsc::UnboundedSender<String>,
    running: Option<AbortHandle>,
}

impl Socket {
    /// Begins to connect. An address that cannot be one counts as a line that broke.
    pub fn open(url: &str, on: Callback<SocketEvent>) -> Self {
        let (outgoing, queue) = mpsc::unbounded();
        // `trunk serve` hands a WebSocket on without its subprotocols, and a browser gives up where
        // one that it offered does not come back.
        let opened = if cfg!(debug_assertions) {
            WebSocket::open(url)
        } else {
            WebSocket::open_with_protocol(url, SUBPROTOCOL)
        };
        let running = match opened {
            Ok(socket) => {
                let (run, handle) = abortable(run(socket, queue, on));
                spawn_local(async move {
                    // Ended from outside or by itself: whoever ended it knows.
                    let _ = run.await;
                });
                Some(handle)
            }
            // Later, as all other events: the one who opens it is not ready for it yet.
            Err(_) => {
                spawn_local(async move {
                    on.emit(SocketEvent::Closed(CloseCode::Abnormal.code()));
                });
                None
            }
        };
        Self { outgoing, running }
    }

    /// Sends a text frame, once the connection is open.
    pub fn send(&self, text: String) {
        // Fails only after the end, which is told by then.
        let _ = self.outgoing.unbounded_send(text);
    }

    /// Closes after all that was sent before.
    pub fn finish(mut self) {
        self.running = None;
        self.outgoing.close_channel();
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Nothing may reach the server later, such as the join of an attempt that was given up.
        // With `run` goes its WebSocket, which closes when it is dropped.
        if let Some(running) = &self.running {
            running.abort();
        }
    }
}

async fn run(
    mut socket: WebSocket,
    mut queue: mpsc::UnboundedReceiver<String>,
    on: Callback<SocketEvent>,
) {
    let mut code = CloseCode::Abnormal.code();
    loop {
        let next = match select(queue.next(), socket.next()).await {
            Either::Left((text, _)) => Either::Left(text),
            Either::Right((event, _)) => Either::Right(event),
        };
        match next {
            Either::Left(Some(text)) => {
                let ready = poll_fn(|cx| Pin::new(&mut socket).poll_ready(cx)).await;
                if ready.is_ok() && matches!(socket.state(), State::Open) {
                    // A failure to send is followed by the close event.
                    let _ = socket.start_send_unpin(Message::Text(text));
                }
            }
            Either::Left(None) => break,
            Either::Right(Some(Ok(Message::Text(text)))) => on.emit(SocketEvent::Text(text)),
            Either::Right(Some(Err(WebSocketError::ConnectionClose(close)))) => code = close.code,
            // `ConnectionError` comes before the close event that carries the code: read on.
            Either::Right(Some(_)) => {}
            Either::Right(None) => {
                on.emit(SocketEvent::Closed(code));
                break;
            }
        }
    }
    let _ = socket.close(Some(CloseCode::Normal.code()), None);
}
