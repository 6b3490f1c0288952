//! The registry: room name to its ChatServer. Starts a room on demand and anew should it have
//! died; decides which rooms there are, and ends those that visitors opened and left.

mod homes;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use shared::{CloseCode, Fault, RefusalCode, Refused, RoomName, ServerMessage};

use crate::chat_server::refusals;
use crate::chat_server::{
    Abandon, ChatServer, Drain, Enter, IsIdle, Look, Retire, RoomConfig, Seat, Stores,
};
use crate::fanout::Frames;
use crate::room::SessionId;
use crate::visitors::{PRUNED, Visitors};

pub use homes::Homes;

/// Between two looks for visitors who have not been here for too long.
const PRUNE_INTERVAL: Duration = Duration::from_secs(3_600);

/// Between two looks at which opened rooms are idle.
const LOOK_INTERVAL: Duration = Duration::from_secs(60);

/// Time that a room has to tell whether it is idle.
const ASK_TIMEOUT: Duration = Duration::from_secs(5);

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
    homes: Homes,
    live: HashMap<RoomName, Live>,
    /// Who waits for a room to give way to theirs.
    waiting: HashMap<SessionId, Caller>,
    /// How many have wanted to enter so far.
    sent: u64,
    draining: bool,
}

/// A room that has been started.
struct Live {
    room: Addr<ChatServer>,
    /// Looks in a row at which it was idle.
    idle: u32,
    /// The count when somebody was sent there last.
    sent: u64,
}

/// Who wants to see a room, from inside or outside.
enum Caller {
    Enter(Enter),
    Look(Look),
}

impl Caller {
    fn room(&self) -> &RoomName {
        match self {
            Self::Enter(enter) => &enter.join.room,
            Self::Look(look) => &look.room,
        }
    }

    fn into_seat(self) -> Seat {
        match self {
            Self::Enter(enter) => enter.seat,
            Self::Look(look) => look.seat,
        }
    }

    fn session(&self) -> SessionId {
        match self {
            Self::Enter(enter) => enter.seat.id(),
            Self::Look(look) => look.seat.id(),
        }
    }

    fn send(self, room: &Addr<ChatServer>) {
        match self {
            Self::Enter(enter) => room.do_send(enter),
            Self::Look(look) => room.do_send(look),
        }
    }
}

/// What a room that visitors opened told when it was asked.
struct Told {
    name: RoomName,
    idle: bool,
    /// When it was asked: nobody has been sent there since, if this is still its own.
    sent: u64,
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
            homes: Homes::default(),
            live: HashMap::new(),
            waiting: HashMap::new(),
            sent: 0,
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

    /// Has rooms live on the threads offered there.
    #[must_use]
    pub fn on(self, homes: Homes) -> Self {
        Self { homes, ..self }
    }

    fn room(&mut self, name: &RoomName) -> Result<&mut Live, Refused> {
        // A room that died has closed its sessions with 'come back': here they do.
        if self.live.get(name).is_some_and(|l| !l.room.connected()) {
            tracing::warn!(room = %name, "a room died and is started anew");
            self.live.remove(name);
        }
        if !self.is_there(name) {
            self.may_open(name)?;
        }
        Ok(self.live.entry(name.clone()).or_insert_with(|| {
            let (name, config, stores) = (name.clone(), self.config.clone(), self.stores.clone());
            let make = move || ChatServer::new(name.clone(), config.clone(), stores.clone());
            Live {
                room: self.homes.start(make),
                idle: 0,
                sent: 0,
            }
        }))
    }

    fn is_there(&self, name: &RoomName) -> bool {
        self.names.contains(name) || self.live.contains_key(name)
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

    /// Sends somebody on to the room that they want to see, where there is such a room or may be.
    fn send_on(&mut self, caller: Caller) {
        if self.draining {
            return caller.into_seat().close(CloseCode::GoingAway);
        }
        let name = caller.room();
        // No room is opened for who would not get in.
        let checked = match self.is_there(name) {
            true => Ok(()),
            false => self.check_nick(&caller),
        };
        self.sent += 1;
        let sent = self.sent;
        match checked.and_then(|()| self.room(name)) {
            Ok(live) => {
                live.sent = sent;
                caller.send(&live.room);
            }
            Err(refused) => caller
                .into_seat()
                .turn_away(Frames::encode(&[ServerMessage::Refused(refused)])),
        }
    }

    /// The same, once another room has given way where that would help.
    fn receive(&mut self, caller: Caller, ctx: &mut Context<Self>) {
        let name = caller.room();
        if self.is_there(name) || self.open.is_none() || self.may_open(name).is_ok() {
            return self.send_on(caller);
        }
        let session = caller.session();
        self.waiting.insert(session, caller);
        let told = self.ask().into_actor(self);
        ctx.spawn(told.map(move |told, rooms, _| {
            // Who has gone meanwhile is not let in.
            if let Some(caller) = rooms.waiting.remove(&session) {
                if rooms.check_nick(&caller).is_ok() {
                    rooms.make_room(caller.room(), &told);
                }
                rooms.send_on(caller);
            }
        }));
    }

    fn check_nick(&self, caller: &Caller) -> Result<(), Refused> {
        let Caller::Enter(Enter { join, .. }) = caller else {
            return Ok(());
        };
        let (rules, nick) = (&self.config.nicks, &join.nick);
        match rules.check(nick) {
            Ok(_) => Ok(()),
            Err(fault) => Err(refusals::nick("join", nick, fault, rules, |_| false)),
        }
    }

    /// Asks the rooms that visitors opened whether they are idle.
    fn ask(&mut self) -> impl Future<Output = Vec<Told>> + use<> {
        let names = &self.names;
        self.live
            .retain(|name, live| names.contains(name) || live.room.connected());
        let opened = self.live.iter().filter(|(name, _)| !names.contains(name));
        let asked: Vec<_> = opened
            .map(|(name, live)| {
                let (name, sent) = (name.clone(), live.sent);
                let idle = live.room.send(IsIdle).timeout(ASK_TIMEOUT);
                // A room that cannot answer is not idle.
                idle.map(move |idle| Told {
                    name,
                    idle: idle.unwrap_or(false),
                    sent,
                })
            })
            .collect();
        join_all(asked)
    }

    /// Takes account of a look at an opened room; ends it if it has been idle for long.
    ///
    /// Visitors get in through here alone, and that spoils the look, no more: what a room said
    /// before somebody was sent there cannot end it, and who is refused there cannot keep it.
    fn looked(&mut self, told: &Told) {
        if let Some(live) = self.live.get_mut(&told.name) {
            match told.idle {
                true if live.sent == told.sent => live.idle += 1,
                true => return,
                false => live.idle = 0,
            }
            if live.idle >= IDLE_LOOKS {
                self.retire(&told.name);
            }
        }
    }

    /// Ends the room that has been idle longest, where there are too many for another one.
    fn make_room(&mut self, name: &RoomName, told: &[Told]) {
        if self.live.contains_key(name) || self.may_open(name).is_ok() {
            return;
        }
        let idle = told.iter().filter_map(|told| {
            let live = self.live.get(&told.name)?;
            (told.idle && live.sent == told.sent).then_some((live.idle, &told.name))
        });
        if let Some((_, longest)) = idle.max_by_key(|(looks, _)| *looks) {
            self.retire(longest);
        }
    }

    fn retire(&mut self, name: &RoomName) {
        if let Some(live) = self.live.remove(name) {
            live.room.do_send(Retire);
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
            ctx.run_interval(LOOK_INTERVAL, |_, ctx| ctx.notify(Inspect));
        }
        self.prune(ctx);
        ctx.run_interval(PRUNE_INTERVAL, Self::prune);
    }
}

impl Handler<Enter> for Rooms {
    type Result = ();

    fn handle(&mut self, enter: Enter, ctx: &mut Self::Context) {
        self.receive(Caller::Enter(enter), ctx);
    }
}

impl Handler<Look> for Rooms {
    type Result = ();

    fn handle(&mut self, look: Look, ctx: &mut Self::Context) {
        self.receive(Caller::Look(look), ctx);
    }
}

impl Handler<Abandon> for Rooms {
    type Result = ();

    fn handle(&mut self, abandoned: Abandon, _: &mut Self::Context) {
        if let Some(caller) = self.waiting.remove(&abandoned.session) {
            caller.into_seat().release();
        } else if let Some(live) = self.live.get(&abandoned.room) {
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
pub(crate) struct Inspect;

impl Handler<Inspect> for Rooms {
    type Result = ResponseActFuture<Self, ()>;

    fn handle(&mut self, _: Inspect, _: &mut Self::Context) -> Self::Result {
        let told = self.ask().into_actor(self);
        Box::pin(told.map(|told, rooms, _| {
            for told in told {
                rooms.looked(&told);
            }
        }))
    }
}
