//! A running chat: picks the history, holds the rooms, and stops in good order. How it is served is
//! others' business.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix::{Actor as _, Addr};
use shared::limits::{PAGE_BYTES, PAGE_ENTRIES, TEXT_BYTES, TEXT_CHARS, WIRE_BYTES};
use shared::{Limits, RoomName};
use socketio::{Protocol, engine};
use tokio::sync::watch;

use crate::chat_server::{Drain, Reads, RoomConfig, Stores};
use crate::clock::{Clock, Uptime};
use crate::config::{ChatConfig, HistoryKind, LimitsConfig, bound, deadline};
use crate::guests::{Door, Reception, Sockets};
use crate::history::{History, HistoryError, MemoryHistory, SqliteHistory};
use crate::quota::{Quotas, TooMany, Wait};
use crate::retention::{self, Retention};
use crate::room::SessionId;
use crate::room::batch::BatchBounds;
use crate::room::nick::NickRules;
use crate::room::roster::ClaimTerms;
use crate::rooms::{Homes, Rooms};
use crate::session::{Deadlines, Manners, Terms, Visitor};
use crate::visitors::MemoryVisitors;

/// Time that visitors' messages have to be stored in, once the server is to stop.
const DRAIN: Duration = Duration::from_secs(2);

/// Time for a client of socket.io to connect to a namespace, where there is no other. As Node.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(45);

/// Between the pings to a client of socket.io, which always has some. As Node.
const PING_INTERVAL: Duration = Duration::from_secs(25);

/// Time for its pong, where there is no silence that is too long. As Node.
const PING_TIMEOUT: Duration = Duration::from_secs(20);

/// Bytes of what a client of socket.io sends at once: several messages of a poll's.
const PAYLOAD: usize = 4 * WIRE_BYTES;

/// Packets in one poll of a client's: more than it may have in flight, and then it waits.
const PACKETS: usize = 256;

/// Attachments to an event: none of the chat's has any.
const ATTACHMENTS: usize = 10;

/// Between two looks at which quotas are full again, and need not be remembered.
const PRUNE_INTERVAL: Duration = Duration::from_secs(10);

/// Nicks of visitors who have gone that a room keeps at once: more than come back within the hold
/// time, and a few megabytes.
const HOLDS: usize = 10_000;

/// A running chat. Cloning gives another handle to the same one.
#[derive(Clone)]
pub struct Chat {
    rooms: Addr<Rooms>,
    homes: Homes,
    history: Arc<dyn History>,
    config: Arc<ChatConfig>,
    quotas: Arc<Quotas>,
    sessions: Arc<AtomicU64>,
    stopping: watch::Sender<bool>,
    /// Begun by the first who serves it.
    sockets: Arc<OnceLock<Sockets>>,
}

/// Why a chat did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Actors need an actix System; under `#[tokio::main]` there is none.
    #[error(
        "no actix System runs here: start the program with #[actix_web::main], or within actix::System::new().block_on(..)"
    )]
    NoSystem,
    /// The data directory cannot be made.
    #[error("cannot make the data directory {directory}: {error}")]
    DataDir {
        /// Which.
        directory: std::path::PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Pings that come too seldom.
    #[error(
        "the silence timeout must be longer than the ping interval, or everyone who only listens is sent away"
    )]
    Silence,
    /// The history cannot be opened.
    #[error(transparent)]
    History(#[from] HistoryError),
}

impl Chat {
    /// Starts a chat with the history that the configuration names.
    ///
    /// # Errors
    /// See [`StartError`].
    pub fn start(config: ChatConfig) -> Result<Self, StartError> {
        // First of all: a chat that cannot start leaves nothing behind on the disk.
        check_start(&config)?;
        let clock = Clock::system();
        let stores = match config.history {
            HistoryKind::Memory => in_memory(Arc::new(MemoryHistory::new(clock.clone()))),
            HistoryKind::Sqlite => {
                let directory = &config.data_dir;
                std::fs::create_dir_all(directory).map_err(|error| StartError::DataDir {
                    directory: directory.clone(),
                    error,
                })?;
                let file = config.database();
                let database = SqliteHistory::open(&file, config.durability, clock.clone())?;
                let database = Arc::new(database);
                Stores {
                    history: database.clone(),
                    visitors: database,
                }
            }
        };
        Ok(Self::launch(config, stores, clock))
    }

    /// Starts a chat with a history of one's own. Visitors are remembered for as long as the chat
    /// runs.
    ///
    /// # Errors
    /// Where no actix System runs, or the pings come too seldom.
    pub fn with_history(config: ChatConfig, history: Arc<dyn History>) -> Result<Self, StartError> {
        check_start(&config)?;
        Ok(Self::launch(config, in_memory(history), Clock::system()))
    }

    fn launch(config: ChatConfig, stores: Stores, clock: Clock) -> Self {
        let limits = &config.limits;
        let room = RoomConfig {
            pending: BatchBounds {
                entries: bound(limits.limit_pending),
                bytes: bound(limits.limit_pending_bytes),
            },
            members: bound(limits.limit_members),
            limits: Limits {
                text_chars: TEXT_CHARS,
                text_bytes: TEXT_BYTES,
                in_flight: limits.limit_in_flight,
                page_entries: PAGE_ENTRIES,
                ping_ms: milliseconds(limits.ping_interval),
            },
            presence_ms: milliseconds(limits.presence_interval),
            nicks: NickRules::new(config.reserved_nicks.iter().cloned()),
            claims: ClaimTerms {
                grace_ms: milliseconds(config.grace_time),
                hold_ms: milliseconds(config.hold_time),
                holds: HOLDS,
            },
            token_ms: u64::from(config.token_days) * 24 * 60 * 60 * 1_000,
            clock,
            uptime: Uptime::system(),
        };
        let history = stores.history.clone();
        let stopping = watch::Sender::new(false);
        let retention = Retention {
            days: config.keep_days,
            messages: config.keep_messages,
        };
        if retention.removes() {
            actix::spawn(retention.run(
                history.clone(),
                room.clock.clone(),
                retention::INTERVAL,
                stopping.subscribe(),
            ));
        }
        let homes = Homes::default();
        let mut rooms = Rooms::new(config.rooms.iter().cloned(), room, stores).on(homes.clone());
        if config.open_rooms {
            rooms = rooms.open(bound(limits.limit_rooms));
        }
        let quotas = Arc::new(Quotas::new(limits));
        prune(&quotas);
        Self {
            rooms: rooms.start(),
            homes,
            history,
            quotas,
            config: Arc::new(config),
            sessions: Arc::default(),
            stopping,
            sockets: Arc::default(),
        }
    }

    /// Lets nobody in any more, stores what has been accepted, tells everyone to come back later,
    /// and closes the history. For a server about to stop; takes 2 s at most for its visitors.
    pub async fn drain(&self) {
        // It fails only where the rooms are gone, and everyone with them.
        if tokio::time::timeout(DRAIN, self.rooms.send(Drain))
            .await
            .is_err()
        {
            tracing::warn!("the drain took too long: clients will send again what was not stored");
        }
        // Those who have not joined are told, too.
        self.stopping.send_replace(true);
        if let Some(sockets) = self.sockets.get() {
            sockets.close();
        }
        self.history.close();
    }

    /// Says that the current thread serves connections.
    pub(crate) fn offer_home(&self) {
        self.homes.offer();
    }

    pub(crate) async fn check(&self) -> Result<(), HistoryError> {
        match self.config.rooms.first() {
            Some(room) => self.history.head(room).await.map(|_| ()),
            None => Ok(()),
        }
    }

    pub(crate) fn config(&self) -> &ChatConfig {
        &self.config
    }

    /// What all sessions keep to.
    pub(crate) fn deadlines(&self) -> Deadlines {
        let limits = &self.config.limits;
        Deadlines {
            ping: deadline(limits.ping_interval),
            silence: deadline(limits.silence_timeout),
            grace: deadline(limits.close_timeout),
            stopping: Some(self.stopping.subscribe()),
        }
    }

    /// Reads a room's history on the current thread, without the room.
    pub(crate) fn reads(&self, room: &RoomName) -> Reads {
        Reads::new(self.history.clone(), room.clone())
    }

    /// Whether that address may be given a page without a visitor.
    ///
    /// # Errors
    /// How long to wait.
    pub(crate) fn may_page(&self, address: Option<IpAddr>) -> Result<(), Wait> {
        self.quotas.page(address)
    }

    /// A new visitor from that address, and the terms that its session keeps to.
    ///
    /// # Errors
    /// Where there are too many already.
    pub(crate) fn visitor(&self, address: Option<IpAddr>) -> Result<(Terms, Visitor), TooMany> {
        let allowance = Arc::new(self.quotas.connect(address)?);
        let limits = &self.config.limits;
        let terms = Terms {
            message_bytes: WIRE_BYTES,
            queue_bytes: bound(limits.limit_queue_bytes),
            allowance: Some(allowance.clone()),
        };
        let id = SessionId(self.sessions.fetch_add(1, Ordering::Relaxed));
        let visitor = Visitor::new(id, self.rooms.clone(), self.manners(), allowance);
        Ok((terms, visitor))
    }

    /// The server of socket.io: one for all threads, wherever it is asked for.
    pub(crate) fn sockets(&self, door: impl FnOnce() -> Arc<dyn Door>) -> Sockets {
        let begin = || {
            let limits = &self.config.limits;
            let reception = Reception {
                door: door(),
                rooms: self.rooms.clone(),
                room: self.config.rooms.first().cloned().unwrap_or_default(),
                manners: self.manners(),
                quotas: self.quotas.clone(),
                sessions: self.sessions.clone(),
                queue_bytes: bound(limits.limit_queue_bytes),
            };
            let connect_timeout = deadline(limits.join_timeout).unwrap_or(CONNECT_TIMEOUT);
            let protocol = Protocol::new(reception, connect_timeout, ATTACHMENTS);
            Sockets::new(protocol.max_bytes(PAYLOAD), engine(limits))
        };
        self.sockets.get_or_init(begin).clone()
    }

    fn manners(&self) -> Manners {
        let limits = &self.config.limits;
        Manners {
            credit: bound(limits.limit_in_flight),
            faults: bound(limits.limit_malformed),
            join_timeout: deadline(limits.join_timeout),
        }
    }
}

/// What socket.io's sessions keep to: found to be gone as soon as those of the WebSocket are.
fn engine(limits: &LimitsConfig) -> engine::Config {
    let ping_interval = deadline(limits.ping_interval).unwrap_or(PING_INTERVAL);
    let ping_timeout = deadline(limits.silence_timeout)
        .and_then(|silence| silence.checked_sub(ping_interval))
        .filter(|timeout| !timeout.is_zero());
    engine::Config {
        ping_interval,
        ping_timeout: ping_timeout.unwrap_or(PING_TIMEOUT),
        max_payload: PAYLOAD,
        max_packets: PACKETS,
        // What somebody has missed comes page by page, and twice as long where it comes as lines.
        max_queued: bound(limits.limit_queue_bytes).max(4 * PAGE_BYTES),
        max_sessions: bound(limits.limit_connections),
    }
}

/// Has full quotas forgotten, for as long as there are any.
fn prune(quotas: &Arc<Quotas>) {
    let quotas = Arc::downgrade(quotas);
    actix_web::rt::spawn(async move {
        let mut ticks = tokio::time::interval(PRUNE_INTERVAL);
        loop {
            ticks.tick().await;
            match quotas.upgrade() {
                Some(quotas) => quotas.prune(),
                None => return,
            }
        }
    });
}

/// A history, with visitors in memory beside it.
fn in_memory(history: Arc<dyn History>) -> Stores {
    Stores {
        history,
        visitors: Arc::new(MemoryVisitors::default()),
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn check_start(config: &ChatConfig) -> Result<(), StartError> {
    if actix::System::try_current().is_none() {
        return Err(StartError::NoSystem);
    }
    let silence = deadline(config.limits.silence_timeout);
    let pings = deadline(config.limits.ping_interval);
    if silence.is_some_and(|s| pings.is_none_or(|p| p >= s)) {
        return Err(StartError::Silence);
    }
    Ok(())
}
