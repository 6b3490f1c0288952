//! A WebSocket that carries a session, or wants to.
//!
//! By tungstenite, since it works on whatever reads and writes: a socket of one's own as well as a
//! mounted request. It looks at a frame's length before it gathers the frame, and puts fragments
//! together within a limit. actix-ws is for mounted requests alone, and actix-http's codec does
//! neither.

mod frames;
mod mount;

use std::cell::RefCell;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};

use super::line::{Carrier, Due, Goodbye, Line, Probing};
use super::packet::Packet;
use super::registry::{Entry, Slot};
use super::session::{self, Received};
use super::{Closed, Config, Session};
use frames::{End, Frames};

pub(super) use mount::mount;
pub use mount::subprotocol;

/// Bytes of a connection's read buffer, and of what is gathered before it is written: most
/// connections are idle most of the time.
const BUFFER: usize = 4 * 1024;

/// Bytes that are taken from the queue at once: what a peer does not take stays in the queue, where
/// it is bounded.
const BATCH: usize = 64 * 1024;

/// Time for an upgrade from polling to be completed. As Node.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);

/// How often a poll that waits is released, so that the client can stop polling. As Node.
const RELEASE_INTERVAL: Duration = Duration::from_millis(100);

/// Time for a peer to take what is said last, and to close.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A WebSocket connection that is agreed on. `!Send`: to be run on the thread it was made on.
pub struct Upgrade<S: Session> {
    purpose: Purpose<S>,
    config: Config,
}

enum Purpose<S> {
    Begin(S, Slot),
    Join(Entry),
}

impl<S: Session> Upgrade<S> {
    pub(super) fn begin(session: S, slot: Slot, config: Config) -> Self {
        let purpose = Purpose::Begin(session, slot);
        Self { purpose, config }
    }

    pub(super) fn join(entry: Entry, config: Config) -> Self {
        let purpose = Purpose::Join(entry);
        Self { purpose, config }
    }

    /// Runs it until it ends; `read` is what came behind the request already. Needs an actix System.
    pub async fn run<T: AsyncRead + AsyncWrite + Unpin + 'static>(self, io: T, read: Vec<u8>) {
        let limits = WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .write_buffer_size(BUFFER)
            .max_message_size(Some(self.config.max_payload))
            .max_frame_size(Some(self.config.max_payload));
        let ws = WebSocketStream::from_partially_read(io, read, Role::Server, Some(limits)).await;
        let frames = Frames(RefCell::new(ws));
        let farewell = match self.purpose {
            Purpose::Begin(session, slot) => {
                let begun = session::begin(session, slot, Carrier::WebSocket, &self.config);
                carry(&frames, &begun.entry).await
            }
            Purpose::Join(entry) => join(&frames, &entry).await,
        };
        // Who does not take it in time is cut off.
        let said = farewell.say(frames.0.into_inner());
        let _ = tokio::time::timeout(LAST_WORDS, said).await;
    }
}

/// Takes a session over from polling, and carries it. Where that fails the session goes on as it was.
async fn join<T: AsyncRead + AsyncWrite + Unpin>(frames: &Frames<T>, entry: &Entry) -> Farewell {
    let Some(probing) = entry.line.probe() else {
        return Farewell::plain();
    };
    let probed = tokio::select! {
        // It waits no longer than its session lives.
        _ = entry.line.ended() => return Farewell::plain(),
        probed = tokio::time::timeout(UPGRADE_TIMEOUT, probe(frames, &probing)) => probed,
    };
    match probed {
        Ok(Ok(())) if probing.take_over() => carry(frames, entry).await,
        Ok(Err(end)) => Farewell::after(end),
        _ => Farewell::plain(),
    }
}

/// The protocol document's "Upgrade".
async fn probe<T: AsyncRead + AsyncWrite + Unpin>(
    frames: &Frames<T>,
    probing: &Probing,
) -> Result<(), End> {
    if frames.one().await? != Packet::Ping("probe".into()) {
        return Err(End::MALFORMED);
    }
    let answer = Packet::Pong("probe".into());
    frames.feed(answer).await.map_err(|_| End::BROKEN)?;
    frames.flush().await.map_err(|_| End::BROKEN)?;
    let release = async {
        let mut interval = tokio::time::interval(RELEASE_INTERVAL);
        loop {
            interval.tick().await;
            probing.release_poll();
        }
    };
    tokio::select! {
        () = release => Err(End::BROKEN),
        packet = frames.one() => match packet? {
            Packet::Upgrade => Ok(()),
            _ => Err(End::MALFORMED),
        },
    }
}

/// Carries a session until it or the connection ends.
async fn carry<T: AsyncRead + AsyncWrite + Unpin>(frames: &Frames<T>, entry: &Entry) -> Farewell {
    let line = &entry.line;
    // Where this is dropped halfway the connection has gone.
    let _carried = Carried(line);
    let farewell = tokio::select! {
        biased;
        // Even while a write hangs.
        reason = line.ended() => Farewell::of(reason),
        goodbye = write(frames, line) => goodbye,
        end = read(frames, entry) => Farewell::after(end),
    };
    line.end(farewell.reason);
    farewell
}

async fn write<T: AsyncRead + AsyncWrite + Unpin>(frames: &Frames<T>, line: &Line) -> Farewell {
    loop {
        match line.due(BATCH).await {
            Due::Packets(packets) => {
                for packet in packets {
                    if frames.feed(packet).await.is_err() {
                        return Farewell::after(End::BROKEN);
                    }
                }
                if frames.flush().await.is_err() {
                    return Farewell::after(End::BROKEN);
                }
            }
            Due::Close(goodbye) => return Farewell::goodbye(goodbye),
        }
    }
}

/// The session has one batch at a time, so a client is read no faster than it is dealt with.
async fn read<T: AsyncRead + AsyncWrite + Unpin>(frames: &Frames<T>, entry: &Entry) -> End {
    loop {
        entry.line.unpaused().await;
        let (packets, end) = frames.some().await;
        if !packets.is_empty() && entry.session.send(Received(packets)).await.is_err() {
            return End::BROKEN;
        }
        if let Some(end) = end {
            return end;
        }
    }
}

/// Ends its session when it is dropped, if it has not ended before.
struct Carried<'a>(&'a Line);

impl Drop for Carried<'_> {
    fn drop(&mut self) {
        self.0.end(Closed::Transport);
    }
}

/// How a connection ends.
struct Farewell {
    reason: Closed,
    frame: Option<CloseFrame>,
    /// What comes from the peer cannot be read as frames any more.
    garbled: bool,
}

impl Farewell {
    fn plain() -> Self {
        Self::of(Closed::ByServer)
    }

    fn of(reason: Closed) -> Self {
        Self {
            reason,
            frame: None,
            garbled: false,
        }
    }

    fn goodbye(goodbye: Goodbye) -> Self {
        let code = match goodbye {
            Goodbye::Done => CloseCode::Normal,
            Goodbye::Away => CloseCode::Away,
        };
        Self {
            frame: Some(close(code)),
            ..Self::plain()
        }
    }

    fn after(end: End) -> Self {
        Self {
            reason: end.reason,
            frame: end.code.map(close),
            garbled: end.garbled,
        }
    }

    /// Says it, and waits for the peer to close: closing with something unread would take it back.
    async fn say<T: AsyncRead + AsyncWrite + Unpin>(self, mut ws: WebSocketStream<T>) {
        use futures_util::StreamExt as _;

        // The peer's own close frame is answered by this, too.
        let said = ws.close(self.frame).await;
        if self.garbled && said.is_ok() {
            let mut scrap = [0; 512];
            while matches!(ws.get_mut().read(&mut scrap).await, Ok(1..)) {}
            return;
        }
        while let Some(Ok(_)) = ws.next().await {}
    }
}

fn close(code: CloseCode) -> CloseFrame {
    CloseFrame {
        code,
        reason: Default::default(),
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
