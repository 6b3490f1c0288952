//! A room with all about it that a test may hold back or move: its stores, and its clock.

use tokio::sync::mpsc::UnboundedReceiver;

use super::held::HeldVisitors;
use super::visitor::join_by;
use super::*;
use crate::chat_server::messages::Expire;
use crate::clock::ManualClock;

pub(super) const GRACE: u64 = 30_000;
pub(super) const HOLD: u64 = 3_600_000;

/// A room, with all that a test may hold back or move.
pub(super) struct Stage {
    pub(super) room: Addr<ChatServer>,
    pub(super) history: Arc<HeldHistory>,
    pub(super) visitors: Arc<HeldVisitors>,
    pub(super) clock: ManualClock,
    pub(super) config: RoomConfig,
}

impl Stage {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(super) fn with(change: impl FnOnce(&mut RoomConfig)) -> Self {
        let (history, visitors) = (HeldHistory::new(Gate::Open), HeldVisitors::new());
        let clock = ManualClock::default();
        let mut config = RoomConfig {
            clock: clock.clock(),
            uptime: clock.uptime(),
            ..config()
        };
        change(&mut config);
        let stores = Stores {
            history: history.clone(),
            visitors: visitors.clone(),
        };
        Self {
            room: ChatServer::new(RoomName::default(), config.clone(), stores).start(),
            history,
            visitors,
            clock,
            config,
        }
    }

    pub(super) fn stores(&self) -> Stores {
        Stores {
            history: self.history.clone(),
            visitors: self.visitors.clone(),
        }
    }

    /// The room of another process: the first one's end has told it nothing.
    pub(super) fn restart(&mut self) {
        let (name, config) = (RoomName::default(), self.config.clone());
        self.room = ChatServer::new(name, config, self.stores()).start();
    }

    /// Moves the clock, once the room has done all that was asked for, and has it look.
    pub(super) async fn at(&self, ms: u64) {
        self.clock.set(ms);
        self.room.send(Expire).await.unwrap();
    }

    pub(super) async fn enter(&self, session: u64, nick: &str) -> Visitor {
        Visitor::enter(&self.room, session, nick).await
    }

    pub(super) async fn enter_by(&self, token: &Token, session: u64, nick: &str) -> Visitor {
        Visitor::enter_with(&self.room, session, join_by(token, nick), usize::MAX).await
    }

    pub(super) fn knock(&self, session: u64, join: Join) -> UnboundedReceiver<Deliver> {
        Visitor::knock(&self.room.clone().recipient(), session, join, usize::MAX).1
    }

    /// How a join is refused.
    pub(super) async fn turned_away(&self, join: Join) -> shared::Refused {
        match next(&mut self.knock(99, join)).await {
            Deliver::TurnedAway(frames) => match decode(&frames).pop_front() {
                Some(ServerMessage::Refused(refused)) => refused,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    /// A visitor without a token who wants that nick finds it taken.
    pub(super) async fn refuses_a_thief(&self, nick: &str) {
        let refused = self.turned_away(join(nick)).await;
        assert_eq!(refused.code, RefusalCode::NickTaken);
    }

    pub(super) async fn lose(&self, visitor: &Visitor) {
        let lost = Lost(visitor.speaker.clone());
        self.room.send(lost).await.unwrap();
    }

    pub(super) async fn leave(&self, visitor: &Visitor) {
        let leave = Leave(visitor.speaker.clone());
        self.room.send(leave).await.unwrap();
    }

    pub(super) async fn rename(&self, visitor: &Visitor, nick: &str) {
        let rename = Rename {
            from: visitor.speaker.clone(),
            nick: Nick::new(nick).unwrap(),
        };
        self.room.send(rename).await.unwrap();
    }

    pub(super) async fn abandon(&self, session: u64) {
        let abandon = Abandon {
            room: RoomName::default(),
            session: SessionId(session),
        };
        self.room.send(abandon).await.unwrap();
    }
}

/// All that is told up to the arrival of `nick`: joined and left.
pub(super) async fn told_until(visitor: &mut Visitor, nick: &str) -> (Vec<String>, Vec<String>) {
    let (mut joined, mut left) = (Vec::new(), Vec::new());
    while !joined.iter().any(|n| n == nick) {
        let presence = visitor.presence().await;
        assert!(presence.renamed.is_empty(), "{presence:?}");
        joined.extend(presence.joined.iter().map(|m| m.nick.to_string()));
        left.extend(presence.left.iter().map(|m| m.nick.to_string()));
    }
    (joined, left)
}

/// Has been told of all so far.
pub(super) async fn caught_up(visitor: &mut Visitor, online: u32) {
    while visitor.presence().await.online != online {}
}
