//! The program `realtid-chaos`: one chaos run after another, and what they came to.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use chaos::counts::Counts;
use chaos::run::{Durability, Goal, Options, run};
use clap::Parser;

/// Has visitors talk through a proxy that cuts, delays, throttles and half-opens their lines, while
/// the server is killed and started again at random; then checks that nothing is missing, doubled
/// or out of order. The last line says what was counted; ends with 0 where all is well.
#[derive(Parser)]
#[command(name = "realtid-chaos", version, max_term_width = 100)]
struct Cli {
    /// The server's program; where absent, the 'realtid' beside this one
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,

    /// Further arguments for the server, separated by white space
    #[arg(
        long,
        value_name = "ARGUMENTS",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    server_args: String,

    /// Seeds, separated by commas: a run for each. Where absent, one that the time decides
    #[arg(long, visible_alias = "seed", value_delimiter = ',')]
    seeds: Vec<u64>,

    /// Seconds of disturbance in each run
    #[arg(long, default_value_t = 60)]
    seconds: u64,

    /// How many talk and read; every third one reads nothing for a while
    /// now and then, every second one changes its nick
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=500))]
    visitors: u16,

    /// How many of a hundred texts are about as long as texts may be
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(0..=100))]
    long_percent: u32,

    /// What the server's log outlives
    #[arg(long, value_enum, default_value = "power")]
    durability: Durability,
}

/// Short enough that most lines end within seconds, long enough that some fall behind.
const LIFETIME: Duration = Duration::from_secs(6);

const BETWEEN_KILLS: std::ops::Range<Duration> = Duration::from_secs(2)..Duration::from_secs(6);

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    let server = match cli.server {
        Some(server) => server,
        None => std::env::current_exe()?.with_file_name("realtid"),
    };
    if !server.is_file() {
        anyhow::bail!(
            "no server at {}: run 'cargo build -p realtid' first, or name one by --server",
            server.display()
        );
    }
    let mut seeds = cli.seeds;
    if seeds.is_empty() {
        let now = SystemTime::UNIX_EPOCH.elapsed()?;
        seeds.push(u64::from(now.subsec_micros()));
    }
    let (mut total, mut failed) = (Counts::default(), Vec::new());
    for &seed in &seeds {
        let outcome = run(Options {
            server: server.clone(),
            durability: cli.durability,
            server_args: cli
                .server_args
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            seed,
            visitors: cli.visitors.into(),
            long_percent: cli.long_percent,
            goal: Goal {
                time: Duration::from_secs(cli.seconds),
                ..Goal::default()
            },
            lifetime: LIFETIME,
            between_kills: BETWEEN_KILLS,
            tell,
        });
        match outcome.await {
            Ok(counts) => {
                total += counts;
                say(&format!("seed {seed}: {counts}: all there, once, in order"))?;
            }
            Err(failure) => {
                failed.push(seed.to_string());
                say(&format!("FAILED {failure}"))?;
            }
        }
    }
    let names: Vec<_> = seeds.iter().map(u64::to_string).collect();
    let verdict = if failed.is_empty() {
        "all there, once, in order".to_owned()
    } else {
        format!("FAILED with {}", failed.join(", "))
    };
    say(&format!(
        "chaos: seeds {}: {total}: {verdict}",
        names.join(", ")
    ))?;
    Ok(ExitCode::from(u8::from(!failed.is_empty())))
}

fn say(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{line}").context("nobody reads the output")
}

fn tell(line: &str) {
    // Told while it runs, for who watches; without one it goes on.
    let _ = writeln!(std::io::stderr(), "{line}");
}
