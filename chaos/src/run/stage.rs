//! The server, the proxy before it, visitors through it, and a storm over them all; then calm, until
//! everything said has arrived.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use fastrand::Rng;
use shared::{Entry, Nick, Seq};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::{Durability, Goal, Options, Wrong};
use crate::counts::Counts;
use crate::journal::Journal;
use crate::proxy::{Command, Plan, Proxy};
use crate::server::Server;
use crate::verdict::{self, Account};
use crate::visitor::{
    Company, Guest, Met, Phase, Progress, Violation, Visitor, read_all, wants_nicks,
};

/// Settings by which the server notices within seconds what it would notice within a minute, and
/// evicts a reader that hangs back by half a second's talk. Variables: further arguments win.
const SETTINGS: [(&str, &str); 8] = [
    ("REALTID_PING_INTERVAL", "1"),
    ("REALTID_SILENCE_TIMEOUT", "5"),
    ("REALTID_CLOSE_TIMEOUT", "2"),
    // Less than the longest absence: some have gone when they come back.
    ("REALTID_GRACE_TIME", "5"),
    // A visitor who is late for lack of a processor is not to be sent away.
    ("REALTID_JOIN_TIMEOUT", "60"),
    ("REALTID_LIMIT_QUEUE_BYTES", "65536"),
    // All come from one address, more often than people do.
    ("REALTID_NO_RATE_LIMITS", "true"),
    ("REALTID_LIMIT_CONNECTIONS_PER_ADDRESS", "0"),
];

/// Beyond the time asked for, the storm must have reached its goal.
const GOAL_GUARD: Duration = Duration::from_secs(300);

/// Once it is calm: for everything to arrive. It takes seconds; the rest is for a slow machine.
const CALM: Duration = Duration::from_secs(180);

/// How often to look how it goes, and how often to tell.
const LOOK: Duration = Duration::from_millis(50);
const TELL: Duration = Duration::from_secs(5);

/// How long the server is dead.
const DEAD_MS: std::ops::Range<u64> = 0..1_500;

/// Between times when nobody is let in, and how long those take.
const BETWEEN_REFUSALS_MS: std::ops::Range<u64> = 3_000..12_000;
const REFUSAL_MS: std::ops::Range<u64> = 200..1_000;

/// Every how many visitors one reads slowly.
const SLOW: usize = 3;

/// Every how many one changes its nick now and then.
const RESTLESS: usize = 2;

/// What a visitor says in the end; a guest accounts for nothing.
type Visited = Result<(Option<Account>, Met), Violation>;

/// How many come and go as strangers.
const GUESTS: usize = 3;

/// A run under way.
pub(super) struct Stage<'a> {
    options: &'a Options,
    rng: Rng,
    server: Server,
    proxy: Proxy,
    visitors: JoinSet<Visited>,
    progress: Vec<(Nick, watch::Receiver<Progress>)>,
    heard_of: Arc<AtomicU64>,
    phase: watch::Sender<Phase>,
    journal: Journal,
    kills: u64,
}

impl<'a> Stage<'a> {
    pub(super) async fn start(options: &'a Options, logs: &Path) -> Result<Self, Wrong> {
        let mut rng = Rng::with_seed(options.seed);
        let journal = Journal::create(&logs.join("journal.log"))?;
        let durability = match options.durability {
            Durability::Power => "--durability=power",
            Durability::Process => "--durability=process",
        };
        let mut arguments = vec![durability.to_owned()];
        arguments.extend_from_slice(&options.server_args);
        let server = Server::start(&options.server, &SETTINGS, &arguments, logs).await?;
        let plan = Plan {
            seed: rng.u64(..),
            lifetime: options.lifetime,
        };
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let proxy = Proxy::start(any, server.address(), Some(plan), journal.clone()).await?;
        let (phase, _) = watch::channel(Phase::Storm);
        let mut stage = Self {
            options,
            rng,
            server,
            proxy,
            visitors: JoinSet::new(),
            progress: Vec::new(),
            heard_of: Arc::default(),
            phase,
            journal,
            kills: 0,
        };
        for number in 1..=options.visitors {
            stage.admit(number)?;
        }
        for number in 1..=GUESTS {
            stage.invite(number)?;
        }
        Ok(stage)
    }

    fn admit(&mut self, number: usize) -> Result<(), Wrong> {
        let nick = nick(&format!("Visitor {number}"))?;
        let (progress, seen) = watch::channel(Progress::default());
        self.progress.push((nick.clone(), seen));
        let visitor = Visitor {
            nick,
            address: self.proxy.address(),
            slow: number.is_multiple_of(SLOW),
            restless: number.is_multiple_of(RESTLESS),
            long_percent: self.options.long_percent,
            may_begin_anew: self.options.durability == Durability::Process,
            heard_of: self.heard_of.clone(),
            words: self.rng.fork(),
            moods: self.rng.fork(),
            phase: self.phase.subscribe(),
            progress,
            journal: self.journal.clone(),
        };
        self.visitors.spawn(async {
            let (account, met) = visitor.visit().await?;
            Ok((Some(account), met))
        });
        Ok(())
    }

    fn invite(&mut self, number: usize) -> Result<(), Wrong> {
        let guest = Guest {
            name: nick(&format!("Guest {number}"))?,
            address: self.proxy.address(),
            moods: self.rng.fork(),
            phase: self.phase.subscribe(),
            journal: self.journal.clone(),
        };
        self.visitors
            .spawn(async { Ok((None, guest.come_and_go().await?)) });
        Ok(())
    }

    /// Storms, calms, and checks.
    pub(super) async fn play(mut self, logs: &Path) -> Result<Counts, Wrong> {
        let began = Instant::now();
        let outcome = self.storm_and_calm(began).await;
        self.journal.flush();
        let seconds = outcome?;
        let reader = nick("Newcomer")?;
        let history = read_all(self.server.address(), reader);
        let history = history
            .await
            .map_err(|error| Wrong::Late(format!("the history cannot be read: {error}")))?;
        self.phase.send_replace(Phase::Over);
        let mut counts = Counts {
            seconds,
            messages: history.len() as u64,
            kills: self.kills,
            deeds: self.proxy.deeds(),
            visitors: self.options.visitors as u64,
            ..Counts::default()
        };
        let mut accounts = Vec::new();
        while let Some(visited) = self.visitors.join_next().await {
            let (account, met) = finished(visited)?;
            counts.met += met;
            accounts.extend(account);
        }
        self.journal.flush();
        self.server.check()?;
        self.server.check_log()?;
        let verdict = verdict::check(&history, &accounts);
        if verdict.is_err() {
            write(&logs.join("history.jsonl"), &history)?;
            for account in &accounts {
                let file = format!("{}.jsonl", account.nick);
                write(&logs.join(file), &account.transcript)?;
            }
        }
        Ok(verdict.map(|()| counts)?)
    }

    /// Returns how many seconds the storm took.
    async fn storm_and_calm(&mut self, began: Instant) -> Result<u64, Wrong> {
        self.storm(began).await?;
        let stormed = began.elapsed().as_secs();
        self.journal.note("run", "calm");
        self.proxy.obey(&Command::Clear);
        self.phase.send_replace(Phase::Calm);
        let deadline = Instant::now() + CALM;
        while !self.is_done() {
            if Instant::now() > deadline {
                return Err(Wrong::Late(self.missing()));
            }
            self.look().await?;
        }
        Ok(stormed)
    }

    async fn storm(&mut self, began: Instant) -> Result<(), Wrong> {
        let goal = self.options.goal;
        // Each its own: or what one decides would hang on when the other came.
        let (mut kills, mut refusals) = (self.rng.fork(), self.rng.fork());
        let mut kill_at = began + self.kill_pause(&mut kills);
        let mut refuse_at = began + pause(&mut refusals, BETWEEN_REFUSALS_MS);
        let mut tell_at = began + TELL;
        while !self.reached(goal, began) {
            if began.elapsed() > goal.time + GOAL_GUARD {
                return Err(Wrong::Late(format!(
                    "too little happened: {}",
                    self.so_far()
                )));
            }
            let now = Instant::now();
            if now >= kill_at {
                self.kill(pause(&mut kills, DEAD_MS)).await?;
                kill_at = Instant::now() + self.kill_pause(&mut kills);
            }
            if now >= refuse_at {
                self.proxy.obey(&Command::Refuse(true));
                sleep(pause(&mut refusals, REFUSAL_MS)).await;
                self.proxy.obey(&Command::Refuse(false));
                refuse_at = Instant::now() + pause(&mut refusals, BETWEEN_REFUSALS_MS);
            }
            if now >= tell_at {
                (self.options.tell)(&self.so_far());
                tell_at = now + TELL;
            }
            self.look().await?;
        }
        Ok(())
    }

    fn reached(&self, goal: Goal, began: Instant) -> bool {
        began.elapsed() >= goal.time
            && self.kills >= goal.kills
            && self.proxy.deeds().cuts >= goal.cuts
            && self.confirmed() >= goal.messages
    }

    async fn kill(&mut self, dead: Duration) -> Result<(), Wrong> {
        self.server.kill()?;
        self.kills += 1;
        self.journal
            .note("server", format_args!("killed, for {dead:?}"));
        sleep(dead).await;
        // Nobody but the stranger, for now.
        self.proxy.obey(&Command::Refuse(true));
        self.server.restart().await?;
        self.journal.note("server", "back");
        let kept = self.kept();
        let wanted = wants_nicks(self.server.address(), &kept).await;
        wanted.map_err(|what| Wrong::Nick(format!("after a kill, to a stranger: {what}")))?;
        self.proxy.obey(&Command::Refuse(false));
        Ok(())
    }

    /// The nicks that are their visitors', whatever becomes of the server. One's first `welcome` may
    /// not be known to have arrived; who has come back since has the nick for good.
    fn kept(&self) -> Vec<Nick> {
        let progress = self.progress.iter().map(|(_, p)| p.borrow());
        let back = progress.filter(|p| p.welcomes > 1);
        let known = back.filter_map(|p| p.known_as.clone());
        known.map(|(_, nick)| nick).collect()
    }

    /// A moment passes; whoever has failed meanwhile ends the run.
    async fn look(&mut self) -> Result<(), Wrong> {
        // Nobody goes before it is over.
        if let Ok(Some(visited)) = timeout(LOOK, self.visitors.join_next()).await {
            finished(visited)?;
        }
        Ok(self.server.check()?)
    }

    fn kill_pause(&self, rng: &mut Rng) -> Duration {
        let std::ops::Range { start, end } = self.options.between_kills;
        start + (end - start).mul_f64(rng.f64())
    }

    fn confirmed(&self) -> usize {
        self.progress
            .iter()
            .map(|(_, p)| p.borrow().confirmed)
            .sum()
    }

    /// Whether everything said has been seen by everyone, and everyone knows who is here.
    fn is_done(&self) -> bool {
        let head = Seq(self.confirmed() as u64);
        let all: Vec<_> = self
            .progress
            .iter()
            .map(|(_, p)| p.borrow().clone())
            .collect();
        let known: Option<Company> = all.iter().map(|p| p.known_as.clone()).collect();
        known.is_some_and(|company| {
            all.iter().all(|progress| {
                progress.inside
                    && progress.unconfirmed == 0
                    && progress.reached >= head
                    && progress.company == company
            })
        })
    }

    /// What is not as it should be in the calm.
    fn missing(&self) -> String {
        let mut lines = vec![format!(
            "{} s of calm, and not everything has arrived; {} messages were confirmed",
            CALM.as_secs(),
            self.confirmed()
        )];
        for (nick, progress) in &self.progress {
            let progress = progress.borrow();
            lines.push(format!("  {nick}: {:?}", *progress));
        }
        lines.join("\n")
    }

    fn so_far(&self) -> String {
        let deeds = self.proxy.deeds();
        format!(
            "seed {}: {} messages confirmed, {} kills, {} cuts, {} half-opens",
            self.options.seed,
            self.confirmed(),
            self.kills,
            deeds.cuts,
            deeds.half_opens
        )
    }
}

fn pause(rng: &mut Rng, ms: std::ops::Range<u64>) -> Duration {
    Duration::from_millis(rng.u64(ms))
}

fn nick(nick: &str) -> Result<Nick, Wrong> {
    Ok(Nick::new(nick).map_err(io::Error::other)?)
}

fn finished(
    visited: Result<Visited, tokio::task::JoinError>,
) -> Result<(Option<Account>, Met), Wrong> {
    Ok(visited.map_err(io::Error::other)??)
}

/// Writes entries as JSON lines.
fn write(path: &Path, entries: &[Entry]) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for entry in entries {
        serde_json::to_writer(&mut file, entry)?;
        writeln!(file)?;
    }
    file.flush()
}
