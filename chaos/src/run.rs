//! One run: what it is to be like, and what came of it.

mod stage;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::counts::Counts;
use crate::server::ServerError;
use crate::verdict::Finding;
use crate::visitor::Violation;
use stage::Stage;

/// What a run is like.
#[derive(Debug, Clone)]
pub struct Options {
    /// The server's program.
    pub server: PathBuf,
    /// What the server's log outlives.
    pub durability: Durability,
    /// Further arguments for it.
    pub server_args: Vec<String>,
    /// Decides all that is random.
    pub seed: u64,
    /// How many talk and read.
    pub visitors: usize,
    /// How many of a hundred texts are about as long as texts may be.
    pub long_percent: u32,
    /// When the storm may end.
    pub goal: Goal,
    /// What a line may live at most.
    pub lifetime: Duration,
    /// Between two kills of the server.
    pub between_kills: std::ops::Range<Duration>,
    /// Told how it goes, now and then.
    pub tell: fn(&str),
}

/// What the server's log outlives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Durability {
    /// A power cut, and so every kill.
    Power,
    /// Its process. A log that was killed begins a new life, and its readers begin anew.
    Process,
}

/// What must have happened before the storm ends: all of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Goal {
    /// So much time has passed.
    pub time: Duration,
    /// So many messages were seen by who sent them.
    pub messages: usize,
    /// The server was killed so often.
    pub kills: u64,
    /// So many lines were cut.
    pub cuts: u64,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Wrong {
    /// The server did not what it should, as a process.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The server said what the protocol rules out.
    #[error("against the protocol: {0}")]
    Violation(#[from] Violation),
    /// Something is missing, doubled, or out of order.
    #[error(transparent)]
    Finding(#[from] Finding),
    /// Somebody's nick was another's to have.
    #[error("{0}")]
    Nick(String),
    /// It did not come about in time.
    #[error("{0}")]
    Late(String),
    /// The run's own failure.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// A run that failed.
#[derive(Debug, thiserror::Error)]
#[error("seed {seed}: {wrong}\nlogs: {}", logs.display())]
pub struct Failure {
    seed: u64,
    wrong: Wrong,
    logs: PathBuf,
}

/// Runs, and checks.
///
/// # Errors
/// What went wrong first, and where its logs are; they are kept.
pub async fn run(options: Options) -> Result<Counts, Failure> {
    let failure = |wrong, logs| Failure {
        seed: options.seed,
        wrong,
        logs,
    };
    let logs = tempfile::Builder::new()
        .prefix("realtid-chaos-")
        .tempdir()
        .map_err(|error| failure(error.into(), std::env::temp_dir()))?;
    let outcome = match Stage::start(&options, logs.path()).await {
        Ok(stage) => stage.play(logs.path()).await,
        Err(wrong) => Err(wrong),
    };
    outcome.map_err(|wrong| failure(wrong, logs.keep()))
}
