//! Members of a room without a socket: a probe actor keeps what the room sends.

use std::collections::VecDeque;
use std::sync::Arc;

use actix::prelude::*;
use shared::{
    CloseCode, Entry, Join, MessageId, MessageText, Nick, Position, Presence, Refused, RoomName,
    ServerMessage, Token,
};
use tokio::sync::mpsc;

use super::LIMIT;
use crate::chat_server::{Arrived, ChatServer, Deliver, Enter, Look, Say, Seat};
use crate::fanout::{Frames, Outflow};
use crate::room::{SessionId, Speaker};

/// Stands where a session would: keeps what the room sends.
struct Probe {
    deliveries: mpsc::UnboundedSender<Deliver>,
}

impl Actor for Probe {
    type Context = Context<Self>;
}

impl Handler<Deliver> for Probe {
    type Result = ();

    fn handle(&mut self, delivery: Deliver, _: &mut Self::Context) {
        let _ = self.deliveries.send(delivery);
    }
}

/// Where a session would be reached.
pub(super) fn probe(deliveries: mpsc::UnboundedSender<Deliver>) -> Recipient<Deliver> {
    Probe { deliveries }.start().recipient()
}

/// A member of the room, by way of a probe.
pub(super) struct Visitor {
    pub(super) speaker: Speaker,
    pub(super) token: Token,
    /// How many were in the room then.
    pub(super) online: u32,
    pub(super) outflow: Arc<Outflow>,
    pub(super) queue: VecDeque<ServerMessage>,
    pub(super) answered: u32,
    deliveries: mpsc::UnboundedReceiver<Deliver>,
}

impl Visitor {
    /// Sends `Enter`, and waits for nothing.
    pub(super) fn knock(
        room: &Recipient<Enter>,
        session: u64,
        join: Join,
        queue_bytes: usize,
    ) -> (Arc<Outflow>, mpsc::UnboundedReceiver<Deliver>) {
        let (sender, deliveries) = mpsc::unbounded_channel();
        let probe = Probe { deliveries: sender }.start();
        let outflow = Arc::new(Outflow::new(queue_bytes));
        let seat = Seat::new(
            SessionId(session),
            probe.recipient().into(),
            outflow.clone(),
        );
        room.do_send(Enter {
            join,
            fresh: None,
            seat,
        });
        (outflow, deliveries)
    }

    /// Sends `Look`, and waits for nothing.
    pub(super) fn look(
        room: &Recipient<Look>,
        session: u64,
        token: Option<Token>,
        after: Option<Position>,
        queue_bytes: usize,
    ) -> (Arc<Outflow>, mpsc::UnboundedReceiver<Deliver>) {
        let (sender, deliveries) = mpsc::unbounded_channel();
        let probe = Probe { deliveries: sender }.start();
        let outflow = Arc::new(Outflow::new(queue_bytes));
        let post = probe.recipient().into();
        room.do_send(Look {
            room: RoomName::default(),
            token,
            after,
            seat: Seat::new(SessionId(session), post, outflow.clone()),
        });
        (outflow, deliveries)
    }

    pub(super) async fn enter(room: &Addr<ChatServer>, session: u64, nick: &str) -> Self {
        Self::enter_with(room, session, join(nick), usize::MAX).await
    }

    pub(super) async fn enter_with(
        room: &Addr<ChatServer>,
        session: u64,
        join: Join,
        queue_bytes: usize,
    ) -> Self {
        let (outflow, mut deliveries) =
            Self::knock(&room.clone().recipient(), session, join, queue_bytes);
        let (frames, author) = match next(&mut deliveries).await {
            Deliver::Joined { frames, author, .. } => (frames, author),
            other => panic!("{other:?}"),
        };
        outflow.taken(frames.bytes());
        let mut queue = decode(&frames);
        let Some(ServerMessage::Welcome(welcome)) = queue.pop_front() else {
            panic!("no welcome")
        };
        let speaker = Speaker {
            author,
            session: SessionId(session),
        };
        room.do_send(Arrived(speaker.clone()));
        Self {
            speaker,
            token: welcome.token,
            online: welcome.online,
            outflow,
            deliveries,
            queue,
            answered: 0,
        }
    }

    pub(super) fn say(&self, room: &Addr<ChatServer>, number: usize, text: &str) {
        room.do_send(Say {
            from: self.speaker.clone(),
            id: id(number),
            text: message(text),
        });
    }

    pub(super) async fn message(&mut self) -> ServerMessage {
        loop {
            if let Some(message) = self.queue.pop_front() {
                return message;
            }
            match next(&mut self.deliveries).await {
                Deliver::Frames { frames, answered } => {
                    self.outflow.taken(frames.bytes());
                    self.answered += answered;
                    self.queue.extend(decode(&frames));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    pub(super) async fn entry(&mut self) -> Entry {
        loop {
            if let ServerMessage::Entry(entry) = self.message().await {
                return entry;
            }
        }
    }

    pub(super) async fn refused(&mut self) -> Refused {
        loop {
            if let ServerMessage::Refused(refused) = self.message().await {
                return refused;
            }
        }
    }

    pub(super) async fn presence(&mut self) -> Presence {
        loop {
            if let ServerMessage::Presence(presence) = self.message().await {
                return presence;
            }
        }
    }

    pub(super) async fn closed(&mut self) -> CloseCode {
        loop {
            if let Deliver::Close(code) = next(&mut self.deliveries).await {
                return code;
            }
        }
    }

    /// Whether an entry is among what has come so far.
    pub(super) fn shown_anything(&mut self) -> bool {
        while let Ok(delivery) = self.deliveries.try_recv() {
            if let Deliver::Frames { frames, .. } = delivery {
                self.queue.extend(decode(&frames));
            }
        }
        self.queue
            .iter()
            .any(|m| matches!(m, ServerMessage::Entry(_)))
    }
}

pub(super) async fn next(deliveries: &mut mpsc::UnboundedReceiver<Deliver>) -> Deliver {
    let next = tokio::time::timeout(LIMIT, deliveries.recv());
    next.await
        .expect("nothing came in time")
        .expect("the room is gone")
}

pub(super) fn decode(frames: &Frames) -> VecDeque<ServerMessage> {
    frames
        .texts()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect()
}

pub(super) fn join(nick: &str) -> Join {
    let nick = Nick::new(nick).unwrap();
    Join {
        nick,
        room: RoomName::default(),
        token: None,
        after: None,
    }
}

/// The same, as the visitor of a token.
pub(super) fn join_by(token: &Token, nick: &str) -> Join {
    Join {
        token: Some(token.clone()),
        ..join(nick)
    }
}

pub(super) fn id(number: usize) -> MessageId {
    MessageId::new(format!("room-test-{number:012}")).unwrap()
}

pub(super) fn message(text: &str) -> MessageText {
    MessageText::new(text).unwrap()
}
