//! A room of 1,000,000 messages beside one of 1,000, in the same database: what visitors do in each,
//! and what it costs. Fills and asks through the history's own trait, as rooms do.
#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Parser;
use realtid::Clock;
use realtid::history::{
    Bounds, Draft, Durability, History, HistoryError, Keep, Span, SqliteHistory,
};
use realtid_bench::process::cpu_time;
use realtid_bench::{Samples, words};
use shared::limits::{PAGE_BYTES, PAGE_ENTRIES, WELCOME_ENTRIES};
use shared::{AuthorId, MessageId, MessageText, Nick, RoomName, Seq};

/// The room to compare with.
const SMALL: u64 = 1_000;

/// Removed by each measured step of retention.
const REMOVED: u64 = 100;

/// Steps of retention that are measured in each room.
const REMOVALS: u64 = 20;

/// Samples taken of one room before it is the other one's turn.
const TURN: usize = 20;

/// Missed by who comes back: as many as are ever given at once.
const MISSED: u64 = 500;

/// Measures a large room beside a small one, and prints a table.
#[derive(Parser)]
#[command(max_term_width = 100)]
struct Arguments {
    /// Messages in the large room
    #[arg(long, default_value_t = 1_000_000)]
    messages: u64,

    /// Samples of each thing measured, in each room
    #[arg(long, default_value_t = 400)]
    samples: usize,

    /// Where the database is made; a new directory in it is removed at the end
    #[arg(long, default_value = ".")]
    directory: PathBuf,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    anyhow::ensure!(
        arguments.messages >= 10 * SMALL,
        "the large room needs {} messages at least",
        10 * SMALL
    );
    let place = tempfile::tempdir_in(&arguments.directory).context("--directory")?;
    let mut bench = Bench::new(&place.path().join("bench.db"))?;
    let rooms = [
        bench.fill("small", SMALL)?,
        bench.fill("large", arguments.messages)?,
    ];
    bench.measure(&rooms, arguments.samples)
}

/// A room that has been filled.
struct Room {
    name: RoomName,
    entries: u64,
}

struct Bench {
    runtime: tokio::runtime::Runtime,
    history: SqliteHistory,
    file: PathBuf,
    /// What entries get as their time.
    now: Arc<AtomicU64>,
    said: u64,
    random: u64,
}

impl Bench {
    fn new(file: &Path) -> anyhow::Result<Self> {
        let now = Arc::new(AtomicU64::new(0));
        let shown = Arc::clone(&now);
        let clock = Clock::new(move || shown.load(Ordering::Relaxed));
        Ok(Self {
            runtime: tokio::runtime::Builder::new_current_thread().build()?,
            history: SqliteHistory::open(file, Durability::Power, clock)?,
            file: file.to_owned(),
            now,
            said: 0,
            random: 1,
        })
    }

    /// Fills a room: first what retention is to remove, step by step, then its messages.
    fn fill(&mut self, name: &str, entries: u64) -> anyhow::Result<Room> {
        let name = RoomName::new(name)?;
        let began = Instant::now();
        for step in 0..REMOVALS {
            self.now.store(removal_time(&name, step), Ordering::Relaxed);
            self.append(&name, REMOVED)?;
        }
        self.now.store(u64::MAX >> 12, Ordering::Relaxed);
        let mut filled = 0;
        while filled < entries {
            let batch = (entries - filled).min(1_000);
            self.append(&name, batch)?;
            filled += batch;
            if filled.is_multiple_of(100_000) || filled == entries {
                let took = words(began.elapsed());
                println!("{filled} of {entries} messages in '{name}' after {took}");
            }
        }
        Ok(Room { name, entries })
    }

    fn append(&mut self, room: &RoomName, count: u64) -> anyhow::Result<()> {
        let drafts = (0..count)
            .map(|_| self.draft())
            .collect::<anyhow::Result<_>>()?;
        let stored = self.runtime.block_on(self.history.append(room, drafts))?;
        anyhow::ensure!(stored.len() as u64 == count, "not everything was answered");
        Ok(())
    }

    /// A message of 20 to 180 characters, by one of 200 authors, with an id that sorts nowhere in
    /// particular, as clients' do.
    fn draft(&mut self) -> anyhow::Result<Draft> {
        self.said += 1;
        let (id, author) = (self.random(), self.random() % 200);
        let length = 20 + usize::try_from(self.random() % 160)?;
        let text = "Hej allihop, hur går det med kursmomentet? ".repeat(5);
        Ok(Draft {
            id: MessageId::new(format!("{id:016x}-{:016}", self.said))?,
            author: AuthorId::new(format!("author-{author:09}")),
            nick: Nick::new(&format!("nick {author}"))?,
            text: MessageText::new(text.chars().take(length).collect::<String>())?,
        })
    }

    /// A linear congruential generator (Knuth's MMIX): the same numbers in every run.
    fn random(&mut self) -> u64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.random >> 16
    }

    fn measure(&mut self, rooms: &[Room; 2], samples: usize) -> anyhow::Result<()> {
        let size = std::fs::metadata(&self.file)?.len() / (1 << 20);
        let [small, large] = rooms.each_ref().map(|room| room.entries);
        println!("the database is of {size} MiB; {samples} samples of each");
        println!();
        println!(
            "| | {small}: median | p99 | CPU | {large}: median | p99 | CPU | ratio of medians |"
        );
        println!("|---|---|---|---|---|---|---|---|");
        row(
            "join: the latest page",
            self.both(rooms, samples, Self::join)?,
        );
        row(
            "page before one in the middle",
            self.both(rooms, samples, Self::page)?,
        );
        row(
            "what was missed: 500",
            self.both(rooms, samples, Self::catch_up)?,
        );
        row(
            "append and commit one",
            self.both(rooms, samples, Self::say)?,
        );
        let steps = usize::try_from(REMOVALS)?;
        row(
            "remove the oldest 100",
            self.both(rooms, steps, Self::remove)?,
        );
        println!();
        // Numbers tell how many entries a room has once it was seen that they have no gap.
        for pass in ["first", "second"] {
            let began = Instant::now();
            let keep = Keep {
                since: 0,
                entries: large,
            };
            self.runtime.block_on(trim(&self.history, keep))?;
            println!(
                "{pass} pass of --keep-messages {large}: {}",
                words(began.elapsed())
            );
        }
        Ok(())
    }

    /// Takes samples of both rooms by turns, so that what else the machine does meets both.
    fn both(
        &mut self,
        rooms: &[Room; 2],
        samples: usize,
        work: fn(&mut Self, &Room, u64) -> anyhow::Result<()>,
    ) -> anyhow::Result<[Samples; 2]> {
        let mut both = <[Samples; 2]>::default();
        for first in (0..samples).step_by(TURN) {
            for (room, taken) in rooms.iter().zip(&mut both) {
                let cpu = cpu_time(std::process::id());
                let mut times = Vec::with_capacity(TURN);
                for sample in first..samples.min(first + TURN) {
                    let began = Instant::now();
                    work(self, room, sample as u64)?;
                    times.push(began.elapsed());
                }
                let spent = cpu
                    .zip(cpu_time(std::process::id()))
                    .map(|(before, after)| after - before);
                taken.add(times, spent);
            }
        }
        Ok(both)
    }

    fn read(&self, room: &Room, span: Span, entries: usize) -> anyhow::Result<()> {
        let bounds = Bounds {
            entries,
            bytes: PAGE_BYTES,
        };
        let page = self
            .runtime
            .block_on(self.history.read(&room.name, span, bounds))?;
        anyhow::ensure!(page.entries.len() == entries, "a page of another size");
        Ok(())
    }

    fn head(&self, room: &Room) -> Result<Seq, HistoryError> {
        Ok(self.runtime.block_on(self.history.head(&room.name))?.seq)
    }

    fn join(&mut self, room: &Room, _: u64) -> anyhow::Result<()> {
        let head = self.head(room)?;
        self.read(room, Span::Until(head), usize::from(WELCOME_ENTRIES))
    }

    fn page(&mut self, room: &Room, _: u64) -> anyhow::Result<()> {
        // Somewhere in the middle half: behind what was removed and what was not asked for.
        let seq = REMOVED * REMOVALS + room.entries / 4 + self.random() % (room.entries / 2);
        self.read(room, Span::Before(Seq(seq)), usize::from(PAGE_ENTRIES))
    }

    fn catch_up(&mut self, room: &Room, _: u64) -> anyhow::Result<()> {
        let until = self.head(room)?;
        let seq = Seq(until.0 - MISSED);
        self.read(room, Span::After { seq, until }, usize::try_from(MISSED)?)
    }

    fn say(&mut self, room: &Room, _: u64) -> anyhow::Result<()> {
        self.append(&room.name, 1)
    }

    fn remove(&mut self, room: &Room, step: u64) -> anyhow::Result<()> {
        let keep = Keep {
            since: removal_time(&room.name, step) + 1,
            entries: u64::MAX,
        };
        let removed = self.runtime.block_on(trim(&self.history, keep))?;
        anyhow::ensure!(removed as u64 == REMOVED, "{removed} were removed");
        Ok(())
    }
}

/// The time of what a step of retention removes in a room. Each is later than those before it, of
/// either room, as `Bench::both` takes its samples.
fn removal_time(room: &RoomName, step: u64) -> u64 {
    let (turn, step) = (step / TURN as u64, step % TURN as u64);
    let rooms_before = 2 * turn + u64::from(room.as_str() == "large");
    1 + rooms_before * TURN as u64 + step
}

/// A whole pass, as a server does it.
async fn trim(history: &SqliteHistory, keep: Keep) -> Result<usize, HistoryError> {
    let mut removed = 0;
    loop {
        let trimmed = history.trim(keep).await?;
        removed += trimmed.removed;
        if !trimmed.more {
            return Ok(removed);
        }
    }
}

fn row(what: &str, both: [Samples; 2]) {
    let [small, large] = &both;
    let cells = |samples: &Samples| {
        let cpu = samples.cpu_each().map_or("-".to_owned(), words);
        let [median, p99] = [50, 99].map(|percent| words(samples.percentile(percent)));
        format!("{median} | {p99} | {cpu}")
    };
    let median = |samples: &Samples| samples.percentile(50).max(Duration::from_nanos(1));
    let ratio = median(large).as_secs_f64() / median(small).as_secs_f64();
    println!(
        "| {what} | {} | {} | {ratio:.2} |",
        cells(small),
        cells(large)
    );
}
