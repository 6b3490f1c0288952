//! The registry: room name to its ChatServer. Starts a room on demand and anew should it have
//! died; decides which rooms there are.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use actix::prelude::*;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use shared::{CloseCode, Fault, RefusalCode, Refused, RoomName, ServerMessage};

use crate::chat_server::{Abandon, ChatServer, Drain, Enter, RoomConfig};
use crate::fanout::Frames;
use crate::history::History;

/// The rooms of one server.
pub struct Rooms {
    names: BTreeSet<RoomName>,
    config: RoomConfig,
    history: Arc<dyn History>,
    live: HashMap<RoomName, Addr<ChatServer>>,
    draining: bool,
}

impl Rooms {
    /// A registry of the rooms named.
    pub fn new(
        names: impl IntoIterator<Item = RoomName>,
        config: RoomConfig,
        history: Arc<dyn History>,
    ) -> Self {
        let names = names.into_iter().collect();
        Self {
            names,
            config,
            history,
            live: HashMap::new(),
            draining: false,
        }
    }

    fn room(&mut self, name: &RoomName) -> Option<&Addr<ChatServer>> {
        if !self.names.contains(name) {
            return None;
        }
        // A room that died has closed its sessions with 'come back': here they do.
        if self.live.get(name).is_some_and(|room| !room.connected()) {
            tracing::warn!(room = %name, "a room died and is started anew");
            self.live.remove(name);
        }
        Some(self.live.entry(name.clone()).or_insert_with(|| {
            ChatServer::new(name.clone(), self.config.clone(), self.history.clone()).start()
        }))
    }
}

impl Actor for Rooms {
    type Context = Context<Self>;
}

impl Handler<Enter> for Rooms {
    type Result = ();

    fn handle(&mut self, enter: Enter, _: &mut Self::Context) {
        if self.draining {
            return enter.seat.close(CloseCode::GoingAway);
        }
        match self.room(&enter.join.room) {
            Some(room) => room.do_send(enter),
            None => {
                let why = format!("there is no room '{}' here", enter.join.room);
                let refused = Refused::new("join", Fault::new(RefusalCode::UnknownRoom, why));
                enter
                    .seat
                    .turn_away(Frames::encode(&[ServerMessage::Refused(refused)]));
            }
        }
    }
}

impl Handler<Abandon> for Rooms {
    type Result = ();

    fn handle(&mut self, abandoned: Abandon, _: &mut Self::Context) {
        if let Some(room) = self.live.get(&abandoned.room) {
            room.do_send(abandoned);
        }
    }
}

impl Handler<Drain> for Rooms {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Drain, _: &mut Self::Context) -> Self::Result {
        self.draining = true;
        join_all(self.live.values().map(|room| room.send(Drain)))
            .map(|_| ())
            .boxed_local()
    }
}
