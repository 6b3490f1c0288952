//! Measures Realtid beside other servers, each in turn, and writes `docs/benchmarks.md`. What the
//! servers and the workloads are is in the library's `compare`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use realtid_bench::compare::results::{self, Facts, Record, Run, Writer};
use realtid_bench::compare::servers::{self, Places, SERVERS, Server};
use realtid_bench::compare::start::{Runner, can_pin};
use realtid_bench::compare::workloads::{self, Workload};
use realtid_bench::compare::{facts, render, words};

/// What --quick measures.
const QUICK_SERVERS: [&str; 5] = [
    "realtid-sqlite-direct",
    "realtid-memory-direct",
    "realtid-sqlite-mounted",
    "ws",
    "axum-broadcast",
];
const QUICK_WORKLOADS: [&str; 4] = ["a", "b", "d", "f500"];

/// Results and document of a whole measurement; those of a part must not take their place.
const WHOLE: (&str, &str) = ("target/bench/results.jsonl", "docs/benchmarks.md");
const PART: (&str, &str) = ("target/bench/part.jsonl", "target/bench/part.md");

/// Bytes of a message's text.
const TEXT_BYTES: u16 = 96;

/// Measures Realtid beside other servers and writes docs/benchmarks.md. Run it from the repository's
/// root, with everything built: 'make bench' does both.
#[derive(Parser)]
#[command(max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Measure, keep the results as lines of JSON, and write the document
    Run(Measure),
    /// Write the document and its plots once more, from results that were kept
    Render(Render),
}

#[derive(Args)]
struct Measure {
    /// Short windows, one round, fewer servers and workloads: to see that it works
    #[arg(long)]
    quick: bool,

    /// Workloads, by their keys, separated by commas; all where absent
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,

    /// Servers, by their keys, separated by commas; all where absent
    #[arg(long, value_delimiter = ',')]
    servers: Vec<String>,

    /// Rounds, in each of which every server has its turn
    #[arg(long, default_value_t = 3)]
    rounds: u32,

    /// Seconds of sending that count, in one run
    #[arg(long, default_value_t = 3.0, value_parser = seconds)]
    seconds: f64,

    /// Seconds of sending before them
    #[arg(long, default_value_t = 0.5, value_parser = seconds)]
    warm_up: f64,

    /// The program realtid
    #[arg(long, default_value = "target/release/realtid")]
    realtid: PathBuf,

    /// The directory of the peers
    #[arg(long, default_value = "bench/peers")]
    peers: PathBuf,

    /// The built site, whose size is told where it is there
    #[arg(long, default_value = "dist")]
    dist: PathBuf,

    /// Where the results go [default: target/bench/results.jsonl, or part.jsonl there where not all
    /// is measured]; data and logs of the servers lie beside them meanwhile
    #[arg(long)]
    out: Option<PathBuf>,

    /// Where the document goes, with its plots in 'images' beside it [default: docs/benchmarks.md, or
    /// part.md beside the results where not all is measured]
    #[arg(long)]
    document: Option<PathBuf>,
}

#[derive(Args)]
struct Render {
    /// The results
    #[arg(long, default_value = WHOLE.0)]
    from: PathBuf,

    /// The document; plots go to 'images' beside it
    #[arg(long, default_value = WHOLE.1)]
    to: PathBuf,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Task::Run(measure) => measure.run(),
        Task::Render(render) => write_document(&render.from, &render.to),
    }
}

/// One server and one workload, for each round anew.
type Turn = (&'static Server, Workload);

impl Measure {
    fn run(mut self) -> anyhow::Result<()> {
        if self.quick {
            self.rounds = 1;
            self.seconds = 1.0;
            let keep = |given: &mut Vec<String>, quick: &[&str]| {
                if given.is_empty() {
                    *given = quick.iter().map(|key| (*key).to_owned()).collect();
                }
            };
            keep(&mut self.only, &QUICK_WORKLOADS);
            keep(&mut self.servers, &QUICK_SERVERS);
        }
        // Servers inherit it; those that can raise it themselves need not.
        rlimit::increase_nofile_limit(u64::MAX)?;
        let workloads = self.workloads()?;
        let whole = self.only.is_empty() && self.servers.is_empty();
        let (results, document) = if whole { WHOLE } else { PART };
        let results = self.out.clone().unwrap_or(results.into());
        let scratch = results.parent().unwrap_or(Path::new(".")).to_owned();
        fs::create_dir_all(&scratch).with_context(|| format!("{}", scratch.display()))?;
        let runner = Runner {
            places: Places::new(self.realtid.clone(), self.peers.clone())?,
            load: std::env::current_exe()?.with_file_name("load"),
            scratch,
            pinned: can_pin(),
            seconds: self.seconds,
            warm_up: self.warm_up,
            text_bytes: TEXT_BYTES,
        };
        let (ready, left_out) = self.servers(&runner)?;
        let mut out = Writer::create(&results)?;
        out.write(&Record::Facts(self.facts(&runner, left_out)?))?;
        let turns: Vec<Turn> = workloads
            .iter()
            .flat_map(|workload| {
                let takes_part = |server: &&&Server| workload.servers.contains(&server.key);
                ready
                    .iter()
                    .filter(takes_part)
                    .map(|server| (*server, *workload))
            })
            .collect();
        self.measure(&runner, &turns, &mut out)?;
        eprintln!("results are in {}", results.display());
        write_document(&results, &self.document.unwrap_or(document.into()))
    }

    fn measure(&self, runner: &Runner, turns: &[Turn], out: &mut Writer) -> anyhow::Result<()> {
        let rounds: Vec<(u32, &Turn)> = (1..=self.rounds)
            .flat_map(|round| turns.iter().map(move |turn| (round, turn)))
            .filter(|(round, (_, workload))| workload.rounds.is_none_or(|most| *round <= most))
            .collect();
        let takes = |turns: &[(u32, &Turn)]| -> Duration {
            let each =
                |(_, (_, workload)): &(u32, &Turn)| workload.takes(self.seconds, self.warm_up);
            turns.iter().map(each).sum()
        };
        eprintln!(
            "{} runs, about {} min",
            rounds.len(),
            takes(&rounds).as_secs().div_ceil(60)
        );
        for (at, (round, (server, workload))) in rounds.iter().enumerate() {
            let left = rounds.get(at..).map(takes).unwrap_or_default();
            eprint!(
                "[{}/{}, {} min left] round {round}, {}, {}: ",
                at + 1,
                rounds.len(),
                left.as_secs().div_ceil(60),
                workload.title,
                server.title
            );
            let began = Instant::now();
            let (report, error) = match runner.run(server, workload) {
                Ok(report) => (Some(report), None),
                Err(error) => (None, Some(format!("{error:#}"))),
            };
            let run = Run {
                round: *round,
                server: server.key.to_owned(),
                workload: workload.key.to_owned(),
                report,
                error,
            };
            eprintln!(
                "{} ({:.1} s)",
                words::one_line(&run),
                began.elapsed().as_secs_f64()
            );
            out.write(&Record::Run(Box::new(run)))?;
        }
        Ok(())
    }

    fn workloads(&self) -> anyhow::Result<Vec<Workload>> {
        let all = workloads::all();
        let keys: Vec<&str> = all.iter().map(|workload| workload.key).collect();
        for key in &self.only {
            anyhow::ensure!(
                keys.contains(&key.as_str()),
                "--only: there is no workload '{key}'; there are {}",
                keys.join(", ")
            );
        }
        let wanted = |workload: &Workload| {
            self.only.is_empty() || self.only.iter().any(|key| key == workload.key)
        };
        Ok(all.into_iter().filter(wanted).collect())
    }

    /// The servers that can be started, and why the others cannot.
    fn servers(&self, runner: &Runner) -> anyhow::Result<(Vec<&'static Server>, Vec<String>)> {
        for key in &self.servers {
            let keys: Vec<&str> = SERVERS.iter().map(|server| server.key).collect();
            anyhow::ensure!(
                servers::find(key).is_some(),
                "--servers: there is no server '{key}'; there are {}",
                keys.join(", ")
            );
        }
        let (mut ready, mut left_out) = (Vec::new(), Vec::new());
        for server in SERVERS {
            if !self.servers.is_empty() && !self.servers.iter().any(|key| key == server.key) {
                continue;
            }
            match server.command(&runner.places, 0, Path::new("")) {
                Ok(_) => ready.push(server),
                Err(why) => {
                    eprintln!("left out: {}: {why}", server.title);
                    left_out.push(format!("{}: {why}", server.title));
                }
            }
        }
        anyhow::ensure!(!ready.is_empty(), "no server can be started");
        if !runner.pinned {
            eprintln!("there are no two cores, or there is no 'taskset': nothing is pinned");
        }
        Ok((ready, left_out))
    }

    fn facts(&self, runner: &Runner, left_out: Vec<String>) -> anyhow::Result<Facts> {
        let places = &runner.places;
        Ok(Facts {
            date: facts::today(),
            machine: facts::machine(),
            pinned: runner.pinned,
            rounds: self.rounds,
            seconds: self.seconds,
            warm_up: self.warm_up,
            text_bytes: TEXT_BYTES,
            versions: facts::versions(&places.realtid, &places.node(), &places.rust()),
            left_out,
            bundle: facts::bundle(&self.dist)?,
        })
    }
}

fn write_document(results: &Path, document: &Path) -> anyhow::Result<()> {
    let rendered = render::render(&results::read(results)?)?;
    let images = document.parent().unwrap_or(Path::new(".")).join("images");
    fs::create_dir_all(&images)?;
    for (name, svg) in rendered.plots {
        fs::write(images.join(name), svg)?;
    }
    fs::write(document, rendered.document).with_context(|| format!("{}", document.display()))?;
    eprintln!("{} is written", document.display());
    Ok(())
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.1..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err("seconds, from 0.1 to 3600".to_owned()),
    }
}
