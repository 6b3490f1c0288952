//! A TCP proxy that mistreats the lines through it, by a plan or by command: cuts them, leaves them
//! half-open, delays, throttles or holds what passes, lets nobody in. It knows nothing of what the
//! bytes mean.

mod command;
mod line;
mod plan;
mod pump;
mod weather;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

pub use command::{Command, Unclear};
pub use line::Cut;
pub use plan::Plan;
pub use weather::{Direction, Lost, Weather};

use crate::journal::Journal;
use line::Orders;
use plan::{Fate, Turn};

/// Bytes of one segment, as over Ethernet: by it the kernel measures its buffers, and those of
/// loopback would hide a slow reader for megabytes.
const SEGMENT_BYTES: u32 = 1_460;

/// Bytes that the proxy's own sockets hold, for the same reason.
const SOCKET_BYTES: u32 = 32 * 1024;

/// How long to wait where accepting failed.
const ACCEPT_AGAIN: Duration = Duration::from_millis(20);

/// What a proxy has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Deeds {
    /// Lines opened, through to the server.
    pub lines: u64,
    /// Lines cut, on purpose.
    pub cuts: u64,
    /// Lines left half-open.
    pub half_opens: u64,
    /// Lines that delayed what passed.
    pub delayed: u64,
    /// Lines throttled.
    pub throttled: u64,
    /// Lines that stood still for a while.
    pub held: u64,
    /// Connections turned away, though there was a server.
    pub refused: u64,
}

/// A running proxy. Dropped, it resets every line.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    journal: Journal,
}

#[derive(Debug)]
struct State {
    to: SocketAddr,
    plan: Option<Plan>,
    refuses: bool,
    /// Of the lines to come, where there is no plan.
    weather: Weather,
    lines: BTreeMap<u64, watch::Sender<Orders>>,
    /// Connections so far, those turned away included: a line's number.
    accepted: u64,
    deeds: Deeds,
}

impl Proxy {
    /// Listens at `listen`, and passes everything on to `to`.
    ///
    /// # Errors
    /// Where it cannot listen there.
    pub async fn start(
        listen: SocketAddr,
        to: SocketAddr,
        plan: Option<Plan>,
        journal: Journal,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        as_over_a_network(&SockRef::from(&listener))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                to,
                plan,
                refuses: false,
                weather: Weather::default(),
                lines: BTreeMap::new(),
                accepted: 0,
                deeds: Deeds::default(),
            }),
            journal,
        });
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Ok(Self {
            address,
            shared,
            accepting,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has done so far.
    #[must_use]
    pub fn deeds(&self) -> Deeds {
        self.shared.state().deeds
    }

    /// Does as told, and says how many open lines it concerned.
    pub fn obey(&self, command: &Command) -> usize {
        let mut state = self.shared.state();
        match *command {
            Command::Cut(how) => {
                let lines = state.change(|orders| orders.cut = Some(how));
                state.deeds.cuts += lines as u64;
                return lines;
            }
            // The lines to come are whole: a client that opens a new one is through.
            Command::Freeze(lost) => {
                let lines = state.change(|orders| orders.weather.lost = lost);
                state.deeds.half_opens += lines as u64;
                return lines;
            }
            Command::Delay { delay, jitter } => state.weather_of_all(|weather| {
                (weather.delay, weather.jitter) = (delay, jitter);
            }),
            Command::Throttle(rate) => state.weather_of_all(|w| w.bytes_per_second = Some(rate)),
            Command::Hold => state.weather_of_all(|weather| weather.hold = true),
            Command::Refuse(refuses) => state.refuses = refuses,
            Command::To(to) => state.to = to,
            Command::Clear => state.clear(),
            Command::Lines => {}
        }
        state.lines.len()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        // Their lines end with their orders.
        self.shared.state().lines.clear();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Changes the orders of every open line.
    fn change(&self, change: impl Fn(&mut Orders)) -> usize {
        for orders in self.lines.values() {
            orders.send_modify(&change);
        }
        self.lines.len()
    }

    fn weather_of_all(&mut self, change: impl Fn(&mut Weather)) {
        change(&mut self.weather);
        self.change(|orders| change(&mut orders.weather));
    }

    /// Fair weather for all. A line that has swallowed bytes cannot be mended: it is reset.
    fn clear(&mut self) {
        (self.plan, self.refuses, self.weather) = (None, false, Weather::default());
        self.change(|orders| {
            if orders.weather.lost.any() {
                orders.cut = Some(Cut::Reset);
            } else {
                orders.weather = Weather::default();
            }
        });
    }

    /// The number and the fate of the next line, and where it goes; no fate where it is refused.
    fn admit(&mut self) -> (u64, Option<Fate>, SocketAddr) {
        self.accepted += 1;
        let line = self.accepted;
        if self.refuses {
            self.deeds.refused += 1;
            return (line, None, self.to);
        }
        let fate = match self.plan {
            Some(plan) => plan.fate(line),
            None => Fate {
                weather: self.weather,
                turn: None,
            },
        };
        (line, Some(fate), self.to)
    }

    /// Hands out the orders of a line that is through to the server now.
    fn open(&mut self, line: u64, fate: Fate) -> watch::Receiver<Orders> {
        let (orders, obeyed) = watch::channel(Orders {
            weather: fate.weather,
            cut: None,
        });
        self.lines.insert(line, orders);
        self.deeds.lines += 1;
        self.deeds.delayed += u64::from(!fate.weather.delay.is_zero());
        self.deeds.throttled += u64::from(fate.weather.bytes_per_second.is_some());
        obeyed
    }

    /// Has a line's fate catch up with it, unless there is fair weather for all by now.
    fn turn(&mut self, line: u64, turn: Turn) {
        let (Some(orders), Some(_)) = (self.lines.get(&line), self.plan) else {
            return;
        };
        match turn {
            Turn::Cut(how) => {
                orders.send_modify(|orders| orders.cut = Some(how));
                self.deeds.cuts += 1;
            }
            Turn::Freeze(lost) => {
                orders.send_modify(|orders| orders.weather.lost = lost);
                self.deeds.half_opens += 1;
            }
            Turn::Hold(_) => {
                orders.send_modify(|orders| orders.weather.hold = true);
                self.deeds.held += 1;
            }
        }
    }

    fn mend(&self, line: u64) {
        if let Some(orders) = self.lines.get(&line) {
            orders.send_modify(|orders| orders.weather.hold = false);
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        // A failed accept is one connection's end (accept(2)), or descriptors have run out.
        match listener.accept().await {
            Ok((client, _)) => drop(tokio::spawn(serve(client, shared.clone()))),
            Err(error) => {
                shared
                    .journal
                    .note("proxy", format_args!("accept: {error}"));
                sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

/// One connection, from its beginning to its end.
async fn serve(client: TcpStream, shared: Arc<Shared>) {
    let (number, fate, to) = shared.state().admit();
    let name = format!("line {number}");
    let Some(fate) = fate else {
        shared.journal.note(&name, "refused");
        return line::reset(client);
    };
    let server = match connect(to).await {
        Ok(server) => server,
        Err(error) => {
            shared
                .journal
                .note(&name, format_args!("no server: {error}"));
            return line::reset(client);
        }
    };
    let peer = client.peer_addr().map_or(0, |peer| peer.port());
    shared
        .journal
        .note(&name, format_args!("from port {peer}: {fate:?}"));
    let orders = shared.state().open(number, fate);
    let carried = line::carry(client, server, orders, Rng::with_seed(number));
    tokio::select! {
        () = carried => {}
        () = meet(&shared, number, &name, fate) => {}
    }
    shared.state().lines.remove(&number);
    shared.journal.note(&name, "ended");
}

/// Brings a line's fate about; never ends by itself.
async fn meet(shared: &Shared, line: u64, name: &str, fate: Fate) {
    if let Some((after, turn)) = fate.turn {
        sleep(after).await;
        shared.journal.note(name, format_args!("{turn:?}"));
        shared.state().turn(line, turn);
        if let Turn::Hold(time) = turn {
            sleep(time).await;
            shared.state().mend(line);
        }
    }
    std::future::pending().await
}

async fn connect(to: SocketAddr) -> io::Result<TcpStream> {
    let socket = match to {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    as_over_a_network(&SockRef::from(&socket))?;
    let stream = socket.connect(to).await?;
    // Loopback connects a socket to itself, if its port is by chance the one that nobody has.
    if stream.local_addr()? == to {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn as_over_a_network(socket: &SockRef<'_>) -> io::Result<()> {
    socket.set_tcp_mss(SEGMENT_BYTES)?;
    socket.set_recv_buffer_size(SOCKET_BYTES as usize)?;
    socket.set_send_buffer_size(SOCKET_BYTES as usize)
}

#[cfg(test)]
mod tests;
