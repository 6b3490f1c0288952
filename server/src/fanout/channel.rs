//! One room on one worker: its log, who follows it, and the rounds in which it is written to them.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::audience::Load;
use super::log::Log;
use super::{Frames, Parcel, Socket};

/// Sockets written to in one go; then others have their turn: joins, answers, what comes in.
const TURN: usize = 64;

/// From the beginning of one round to that of the next, at least. A room where nothing was said for
/// as long waits for nothing; in a busy one each write carries all that was said meanwhile.
const SHORTEST: Duration = Duration::from_millis(5);

/// No room waits for longer, unless its rounds take longer: nobody sees that.
const LONGEST: Duration = Duration::from_millis(15);

/// In between, a room's rounds take one part in so many of its thread's time: the larger the room,
/// the more a round costs, and the more it pays to gather. And the largest leave so much of it to
/// others, such as the thread that stores what is said next, where there is but one core.
const SHARE: u32 = 4;

/// A room's part on a worker.
pub(super) struct Channel<P: Parcel> {
    pub(super) log: RefCell<Log>,
    sockets: RefCell<Vec<Rc<Socket<P>>>>,
    /// What every follower has been offered once the position is behind them all.
    loads: RefCell<VecDeque<(u64, Arc<Load<P>>)>>,
    /// Where what was said last begins.
    last: Cell<u64>,
    news: Notify,
    closed: Cell<bool>,
}

impl<P: Parcel> Channel<P> {
    /// A channel that nobody follows yet; it is written until it is closed.
    pub(super) fn open() -> Rc<Self> {
        let channel = Rc::new(Self {
            log: RefCell::new(Log::new()),
            sockets: RefCell::default(),
            loads: RefCell::default(),
            last: Cell::new(0),
            news: Notify::new(),
            closed: Cell::new(false),
        });
        actix_web::rt::spawn(Rounds(channel.clone()).run());
        channel
    }

    pub(super) fn close(&self) {
        self.closed.set(true);
        self.news.notify_one();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sockets.borrow().is_empty()
    }

    pub(super) fn add(&self, socket: Rc<Socket<P>>) {
        let mut sockets = self.sockets.borrow_mut();
        socket.place.set(sockets.len());
        sockets.push(socket);
    }

    pub(super) fn remove(&self, socket: &Socket<P>) {
        let mut sockets = self.sockets.borrow_mut();
        let place = socket.place.get();
        if place < sockets.len() {
            sockets.swap_remove(place);
        }
        if let Some(moved) = sockets.get(place) {
            moved.place.set(place);
        }
    }

    /// Adds frames, to be written soon.
    pub(super) fn append(&self, frames: &Frames, load: Arc<Load<P>>) {
        if self.closed.get() {
            return;
        }
        let mut log = self.log.borrow_mut();
        self.last.set(log.end());
        log.append(frames);
        self.loads.borrow_mut().push_back((log.end(), load));
        self.news.notify_one();
    }

    /// Writes to the sockets from `at` on, as many as there are in a turn. False after the last one.
    fn turn(&self, at: usize) -> bool {
        let sockets = self.sockets.borrow();
        for socket in sockets.iter().skip(at).take(TURN) {
            socket.flush();
        }
        at + TURN < sockets.len()
    }

    /// After a round: forgets what nobody needs, and sends away who is too far behind.
    fn settle(&self) {
        let end = self.log.borrow().end();
        let (mut slowest, mut offered) = (end, end);
        let mut late = Vec::new();
        for socket in self.sockets.borrow().iter() {
            let (position, open) = socket.position();
            if open {
                offered = offered.min(position);
            } else if end - position > socket.bound() && position < self.last.get() {
                // Whoever was up to date may take as long for one batch, however large.
                late.push(socket.clone());
                continue;
            }
            slowest = slowest.min(position);
        }
        for socket in late {
            socket.evict();
        }
        self.log.borrow_mut().trim(slowest);
        let mut loads = self.loads.borrow_mut();
        while loads.front().is_some_and(|(until, _)| *until <= offered) {
            loads.pop_front();
        }
        // Said during the round, or somebody changed places with one who left.
        if offered < end {
            self.news.notify_one();
        }
    }
}

/// The rounds of a channel. Should they end while it is open, nobody is left waiting for them: its
/// followers come back, and its room goes on.
struct Rounds<P: Parcel>(Rc<Channel<P>>);

impl<P: Parcel> Drop for Rounds<P> {
    fn drop(&mut self) {
        self.0.closed.set(true);
        self.0.loads.take();
        for socket in self.0.sockets.borrow().iter() {
            socket.hang_up();
        }
    }
}

/// From the beginning of a round that took so long to that of the next.
fn pace(round: Duration) -> Duration {
    (SHARE * round)
        .clamp(SHORTEST, LONGEST)
        .max(round + round / SHARE)
}

impl<P: Parcel> Rounds<P> {
    async fn run(self) {
        let channel = &self.0;
        loop {
            channel.news.notified().await;
            if channel.closed.get() {
                return;
            }
            let began = Instant::now();
            let mut at = 0;
            while channel.turn(at) {
                at += TURN;
                tokio::task::yield_now().await;
            }
            channel.settle();
            tokio::time::sleep_until(began + pace(began.elapsed())).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_a_round_takes_the_more_is_gathered() {
        let ms = Duration::from_millis;
        let paces = [0, 1, 2, 3, 4, 12, 40].map(|round| pace(ms(round)));
        assert_eq!(paces, [5, 5, 8, 12, 15, 15, 50].map(ms));
    }
}
