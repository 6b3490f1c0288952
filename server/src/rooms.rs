//! The registry: room name to its ChatServer. Starts a room on demand and anew should it have
//! died; decides which rooms there are, and ends those that visitors opened and left.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use shared::{CloseCode, Fault, RefusalCode, Refused, RoomName, ServerMessage};

use crate::chat_server::{Abandon, ChatServer, Drain, Enter, IsIdle, Retire, RoomConfig, Stores};
use crate::fanout::Frames;
use crate::visitors::{PRUNED, Visitors};

/// Between two looks for visitors who have not been here for too long.
const PRUNE_INTERVAL: Duration = Duration::from_secs(3_600);

/// Between two looks at which opened rooms are idle.
const LOOK_INTERVAL: Duration = Duration::from_secs(60);

/// Looks in a row at which a room is idle, and then ends: some minutes, so that everyone's line may
/// break and come back, and not many, since others want its place.
const IDLE_LOOKS: u32 = 5;

/// What is to be waited for an opened room to end.
const TOO_MANY_ROOMS_RETRY_MS: u64 = 60_000;

/// The rooms of one server.
pub struct Rooms {
    names: BTreeSet<RoomName>,
    /// How many rooms there may be in all, where visitors may open others than those named.
    open: Option<usize>,
    config: RoomConfig,
    stores: Stores,
    live: HashMap<RoomName, Live>,
    draining: bool,
}

/// A room that has been started.
struct Live {
    room: Addr<ChatServer>,
    /// Looks in a row at which it was idle, since somebody was sent there.
    idle: u32,
}

impl Rooms {
    /// A registry of the rooms named.
    pub fn new(
        names: impl IntoIterator<Item = RoomName>,
        config: RoomConfig,
        stores: Stores,
    ) -> Self {
        let names = names.into_iter().collect();
        Self {
            names,
            open: None,
            config,
            stores,
            live: HashMap::new(),
            draining: false,
        }
    }

    /// Lets visitors open rooms by joining them, until there are `most` in all. Those named are
    /// there in any case.
    #[must_use]
    pub fn open(mut self, most: usize) -> Self {
        self.open = Some(most);
        self
    }

    fn room(&mut self, name: &RoomName) -> Result<&mut Live, Refused> {
        // A room that died has closed its sessions with 'come back': here they do.
        if self.live.get(name).is_some_and(|l| !l.room.connected()) {
            tracing::warn!(room = %name, "a room died and is started anew");
            self.live.remove(name);
        }
        if !self.names.contains(name) && !self.live.contains_key(name) {
            self.may_open(name)?;
        }
        Ok(self.live.entry(name.clone()).or_insert_with(|| Live {
            room: ChatServer::new(name.clone(), self.config.clone(), self.stores.clone()).start(),
            idle: 0,
        }))
    }

    fn may_open(&self, name: &RoomName) -> Result<(), Refused> {
        let Some(most) = self.open else {
            let why = format!("there is no room '{name}' here");
            return Err(Refused::new(
                "join",
                Fault::new(RefusalCode::UnknownRoom, why),
            ));
        };
        let opened = self
            .live
            .iter()
            .filter(|(name, live)| !self.names.contains(name) && live.room.connected());
        if self.names.len() + opened.count() < most {
            return Ok(());
        }
        let why = "the server has as many rooms as it may have, try again later";
        Err(Refused {
            retry_after_ms: Some(TOO_MANY_ROOMS_RETRY_MS),
            ..Refused::new("join", Fault::new(RefusalCode::TooManyRooms, why))
        })
    }

    /// Takes account of a look at an opened room; ends it if it has been idle for long.
    ///
    /// Visitors get in through here alone, and that begins the count anew: what a room said before
    /// somebody was sent there cannot end it.
    fn looked(&mut self, name: &RoomName, idle: bool) {
        if let Some(live) = self.live.get_mut(name) {
            live.idle = if idle { live.idle + 1 } else { 0 };
            if live.idle >= IDLE_LOOKS {
                live.room.do_send(Retire);
                self.live.remove(name);
            }
        }
    }

    /// Forgets who has not been here for so long that their token is good no more.
    fn prune(&mut self, ctx: &mut Context<Self>) {
        if self.config.token_ms > 0 {
            let before = self.config.clock.now_ms();
            let before = before.saturating_sub(self.config.token_ms);
            ctx.spawn(prune(self.stores.visitors.clone(), before).into_actor(self));
        }
    }
}

/// Step by step, so that what rooms ask for meanwhile does not wait for long.
async fn prune(visitors: Arc<dyn Visitors>, before: u64) {
    loop {
        match visitors.prune(before).await {
            Ok(PRUNED) => {}
            Ok(_) => return,
            Err(error) => {
                return tracing::warn!(%error, "could not forget visitors of long ago");
            }
        }
    }
}

impl Actor for Rooms {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if self.open.is_some() {
            ctx.run_interval(LOOK_INTERVAL, |_, ctx| ctx.notify(Look));
        }
        self.prune(ctx);
        ctx.run_interval(PRUNE_INTERVAL, Self::prune);
    }
}

impl Handler<Enter> for Rooms {
    type Result = ();

    fn handle(&mut self, enter: Enter, _: &mut Self::Context) {
        if self.draining {
            return enter.seat.close(CloseCode::GoingAway);
        }
        match self.room(&enter.join.room) {
            Ok(live) => {
                live.idle = 0;
                live.room.do_send(enter);
            }
            Err(refused) => enter
                .seat
                .turn_away(Frames::encode(&[ServerMessage::Refused(refused)])),
        }
    }
}

impl Handler<Abandon> for Rooms {
    type Result = ();

    fn handle(&mut self, abandoned: Abandon, _: &mut Self::Context) {
        if let Some(live) = self.live.get(&abandoned.room) {
            live.room.do_send(abandoned);
        }
    }
}

impl Handler<Drain> for Rooms {
    type Result = ResponseFuture<()>;

    fn handle(&mut self, _: Drain, _: &mut Self::Context) -> Self::Result {
        self.draining = true;
        join_all(self.live.values().map(|live| live.room.send(Drain)))
            .map(|_| ())
            .boxed_local()
    }
}

/// Looks which opened rooms are idle. Resolves when it is known.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Look;

impl Handler<Look> for Rooms {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: Look, _: &mut Self::Context) -> Self::Result {
        let names = &self.names;
        self.live
            .retain(|name, live| names.contains(name) || live.room.connected());
        let opened = self.live.iter().filter(|(name, _)| !names.contains(name));
        let asked: Vec<_> = opened
            .map(|(name, live)| {
                let name = name.clone();
                // A room that cannot answer is not idle.
                let idle = live.room.send(IsIdle).timeout(LOOK_INTERVAL);
                idle.map(|idle| (name, idle.unwrap_or(false)))
            })
            .collect();
        let answers = join_all(asked).into_actor(self);
        Box::pin(answers.map(|answers, rooms, _| {
            for (name, idle) in answers {
                rooms.looked(&name, idle);
            }
        }))
    }
}
