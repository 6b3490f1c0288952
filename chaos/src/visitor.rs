//! A visitor who reads and writes through all that happens, and comes back each time: a client by
//! the book, on real lines.

mod attempt;
mod book;
mod company;
mod guest;
mod line;
mod met;
mod name;
mod others;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fastrand::Rng;
use shared::close::should_come_back;
use shared::{AuthorId, CloseCode, MessageId, MessageText, Nick, Seq, ServerMessage, Welcome};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};

pub use book::{Book, Draft, Violation};
pub use company::Company;
pub use guest::Guest;
pub use met::Met;
pub use others::{read_all, wants_nicks};

use crate::journal::Journal;
use crate::verdict::Account;
use book::Opened;
use line::{Got, Line};

/// What all visitors are to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Talk.
    Storm,
    /// Say nothing new, get out what was said, and read on.
    Calm,
    /// Go.
    Over,
}

impl Phase {
    /// Time for a handshake, for a message to leave, and for an answer: beyond, nothing moves on that
    /// line, or not on its way. In the calm all lines are whole, and only the machine may be slow.
    fn patience(self) -> Duration {
        match self {
            Self::Storm => Duration::from_secs(3),
            Self::Calm | Self::Over => Duration::from_secs(20),
        }
    }
}

/// How far a visitor is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Messages that were seen in the log.
    pub confirmed: usize,
    /// Messages that were not.
    pub unconfirmed: usize,
    /// Up to where nothing is missing.
    pub reached: Seq,
    /// Whether it is in the room.
    pub inside: bool,
    /// Who it is, and its nick, where that is certain.
    pub known_as: Option<(AuthorId, Nick)>,
    /// Times in the room.
    pub welcomes: u64,
    /// Who else is in the room, and itself, as it has been told.
    pub company: Company,
}

/// Who a visitor is, and what it needs.
#[derive(Debug)]
pub struct Visitor {
    /// What it is called at first.
    pub nick: Nick,
    /// Where it connects to.
    pub address: SocketAddr,
    /// Whether it stops reading now and then.
    pub slow: bool,
    /// Whether it changes its nick now and then.
    pub restless: bool,
    /// How many of a hundred texts are about as long as texts may be.
    pub long_percent: u32,
    /// Whether a killed server's log begins a new life.
    pub may_begin_anew: bool,
    /// Up to where anybody has read.
    pub heard_of: Arc<AtomicU64>,
    /// Decides what it says, and when.
    pub words: Rng,
    /// Decides all else. Not the same: what it says would hang on how often its line is cut.
    pub moods: Rng,
    /// What it is to do.
    pub phase: watch::Receiver<Phase>,
    /// Where it says how far it is.
    pub progress: watch::Sender<Progress>,
    /// Where it says what happened to it.
    pub journal: Journal,
}

/// Messages that one says while nothing gets out; then one waits.
const OUTBOX: usize = 40;

/// The first wait before coming back, and the longest: small, since the test is to see many.
const BACK_OFF_MS: (u64, u64) = (50, 800);

/// How often one comes back that does not say what it has read.
const FORGETFUL_PERCENT: u32 = 25;

/// How often one stays away for longer, and how long: for a room in full swing to say more than what
/// fits into a `welcome`, and at times more than what is recovered.
const AWAY_PERCENT: u32 = 10;
const AWAY_MS: std::ops::Range<u64> = 1_000..7_000;

/// Between a restless visitor's nicks.
const BETWEEN_NICKS_MS: std::ops::Range<u64> = 100..2_000;

/// Between a visitor's messages.
const PAUSE_MS: std::ops::Range<u64> = 5..100;

/// Between a slow visitor's absences, and how long they take.
const BETWEEN_STOPS_MS: std::ops::Range<u64> = 500..4_000;
const STOP_MS: std::ops::Range<u64> = 500..3_000;

/// When the visitor does what it does of its own accord.
struct Plans {
    say: Instant,
    stop: Option<Instant>,
    rename: Option<Instant>,
}

/// How a connection ended.
enum End {
    Closed(u16),
    /// Nobody said so, but the line is dead.
    Dead,
    /// The visitor has gone.
    Left,
}

impl Visitor {
    /// Visits until all is over.
    ///
    /// # Errors
    /// Where the server does what the protocol rules out.
    pub async fn visit(mut self) -> Result<(Account, Met), Violation> {
        let now = Instant::now();
        let mut book = Book::new(self.nick.clone(), self.may_begin_anew, now);
        let mut plans = Plans {
            say: now,
            stop: self
                .slow
                .then(|| now + between(&mut self.moods, BETWEEN_STOPS_MS)),
            rename: self.restless.then_some(now),
        };
        let mut failures = 0;
        while *self.phase.borrow() != Phase::Over {
            let welcomes = book.met.welcomes;
            let patience = self.phase.borrow().patience();
            if let Ok(Ok(mut line)) = timeout(patience, Line::open(self.address)).await {
                let opened = Opened {
                    forgetful: self.moods.u32(..100) < FORGETFUL_PERCENT,
                    heard_of: Seq(self.heard_of.load(Ordering::Relaxed)),
                    patience,
                };
                book.opened(opened, Instant::now());
                match self.stay(&mut line, &mut book, &mut plans).await? {
                    End::Left => break,
                    End::Dead => self.note("takes the line for dead"),
                    End::Closed(code) => self.closed(code, &mut book)?,
                }
                book.ended(patience, Instant::now());
            }
            failures = if book.met.welcomes > welcomes {
                0
            } else {
                failures + 1
            };
            self.back_off(failures, &mut book, &mut plans).await;
        }
        let met = book.met;
        Ok((Account::from(book), met))
    }

    fn note(&self, what: &str) {
        self.journal.note(self.nick.as_str(), what);
    }

    fn closed(&self, code: u16, book: &mut Book) -> Result<(), Violation> {
        self.note(&format!("closed with {code}"));
        if !should_come_back(code) {
            return Err(book.violation(format!("sent away with {code}")));
        }
        book.met.evictions += u64::from(code == CloseCode::TooSlow.code());
        Ok(())
    }

    /// One connection, to its end.
    async fn stay(
        &mut self,
        line: &mut Line,
        book: &mut Book,
        plans: &mut Plans,
    ) -> Result<End, Violation> {
        loop {
            self.talk(book, plans);
            self.rename(book, plans);
            let patience = self.phase.borrow().patience();
            while let Some(message) = book.next(Instant::now()) {
                if !matches!(timeout(patience, line.send(&message)).await, Ok(Ok(()))) {
                    // What the server said before the line broke is still to be read.
                    break;
                }
            }
            self.tell(book);
            if book.attempt.is_dead(Instant::now()) {
                return Ok(End::Dead);
            }
            if let Some(away) = self.looks_away(book, plans) {
                sleep(away).await;
                book.attempt.looked_away(Instant::now());
            }
            let wake = book
                .attempt
                .wake_at()
                .map_or(plans.say, |at| at.min(plans.say));
            let got = tokio::select! {
                got = line.got() => got,
                () = sleep_until(wake) => continue,
                _ = self.phase.changed() => {
                    if *self.phase.borrow() == Phase::Over {
                        return Ok(End::Left);
                    }
                    continue;
                }
            };
            let now = Instant::now();
            book.attempt.heard(now);
            match got {
                Got::Message(message) => {
                    if let ServerMessage::Welcome(welcome) = &message {
                        self.note_welcome(welcome, book);
                    }
                    book.hear(message, now)?;
                }
                Got::Sign => {}
                Got::Garbage(what) => return Err(book.violation(what)),
                Got::Closed(code) => return Ok(End::Closed(code)),
            }
        }
    }

    fn note_welcome(&self, welcome: &Welcome, book: &Book) {
        let (seq, mine) = (welcome.position.seq, book.reached());
        let entries = welcome.entries.len();
        let Welcome {
            recovered, missed, ..
        } = welcome;
        self.note(&format!(
            "in at {seq} from {mine}: {entries} entries, {missed} missed, recovered: {recovered}"
        ));
    }

    fn tell(&self, book: &Book) {
        self.heard_of.fetch_max(book.reached().0, Ordering::Relaxed);
        self.progress.send_replace(Progress {
            confirmed: book.confirmed.len(),
            unconfirmed: book.unconfirmed(),
            reached: book.reached(),
            inside: book.is_inside(),
            known_as: book.known_as(),
            welcomes: book.met.welcomes,
            company: book.company.clone(),
        });
    }

    /// Says what is due to be said, in the room or not.
    fn talk(&mut self, book: &mut Book, plans: &mut Plans) {
        let now = Instant::now();
        while now >= plans.say {
            plans.say += between(&mut self.words, PAUSE_MS);
            let storm = *self.phase.borrow() == Phase::Storm;
            if !storm || book.unconfirmed() >= OUTBOX {
                plans.say = now + Duration::from_millis(PAUSE_MS.end);
            } else if let Some(draft) = self.draft(book.said.len()) {
                book.say(draft);
            }
        }
    }

    /// Wants another nick, where it is time.
    fn rename(&mut self, book: &mut Book, plans: &mut Plans) {
        let now = Instant::now();
        let due = plans.rename.is_some_and(|at| now >= at);
        if due && book.is_inside() && *self.phase.borrow() == Phase::Storm {
            plans.rename = Some(now + between(&mut self.moods, BETWEEN_NICKS_MS));
            book.wants_another_nick();
        }
    }

    /// How long to read nothing now, if at all.
    fn looks_away(&mut self, book: &Book, plans: &mut Plans) -> Option<Duration> {
        let now = Instant::now();
        let due = plans.stop.is_some_and(|stop| now >= stop);
        if !due || !book.is_inside() || *self.phase.borrow() != Phase::Storm {
            return None;
        }
        let away = between(&mut self.moods, STOP_MS);
        plans.stop = Some(now + away + between(&mut self.moods, BETWEEN_STOPS_MS));
        self.note(&format!("reads nothing for {away:?}"));
        Some(away)
    }

    /// Mostly words, now and then a page, and some as long as may be: so that queues fill, and the
    /// pages of what was missed.
    fn draft(&mut self, number: usize) -> Option<Draft> {
        const FILL: [&str; 5] = ["å", "e\u{301}", " ", "\n", "😀"];
        let id = format!("{:032x}", self.words.u128(..));
        let (fill, with) = match self.words.u32(..20) {
            _ if self.words.u32(..100) < self.long_percent => {
                (self.words.usize(2_000..3_900), &FILL[4..])
            }
            0..14 => (self.words.usize(..20), &FILL[..]),
            14..18 => (self.words.usize(100..400), &FILL[..]),
            _ => (self.words.usize(1_000..1_900), &FILL[..]),
        };
        let mut text = format!("{} {number} ", self.nick);
        for _ in 0..fill {
            text.push_str(self.words.choice(with).unwrap_or(&"."));
        }
        text.push('.');
        Some(Draft {
            id: MessageId::new(id).ok()?,
            text: MessageText::new(text).ok()?,
        })
    }

    /// Waits before coming back, and goes on writing.
    async fn back_off(&mut self, failures: u32, book: &mut Book, plans: &mut Plans) {
        let (first, longest) = BACK_OFF_MS;
        let step = (first << failures.min(8)).min(longest);
        let mut wait = between(&mut self.moods, step / 2..step);
        if self.moods.u32(..100) < AWAY_PERCENT && *self.phase.borrow() == Phase::Storm {
            wait = between(&mut self.moods, AWAY_MS);
        }
        let until = Instant::now() + wait;
        let began = *self.phase.borrow();
        while Instant::now() < until && *self.phase.borrow() == began {
            self.talk(book, plans);
            self.tell(book);
            tokio::select! {
                () = sleep_until(until.min(plans.say)) => {}
                _ = self.phase.changed() => {}
            }
        }
    }
}

fn between(rng: &mut Rng, ms: std::ops::Range<u64>) -> Duration {
    Duration::from_millis(rng.u64(ms))
}

impl From<Book> for Account {
    fn from(book: Book) -> Self {
        Self {
            nick: book.nick().clone(),
            author: book.author().cloned(),
            first: book.first,
            transcript: book.transcript,
            said: book.said,
            sent: book.sent,
            confirmed: book.confirmed,
        }
    }
}
