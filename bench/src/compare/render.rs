//! Results as a document: tables and plots, and the goals beside what was reached. The same results
//! give the same document.

use std::fmt::Write as _;

use super::goals::{self, Reached, Verdict};
use super::plots::{self, Bar};
use super::results::{Facts, Record};
use super::servers::{BASE, SERVERS};
use super::summary::{Summary, ratio};
use super::words::number;
use super::workloads::{self, MEMBERS, Mode, Workload};

/// The document, and the plots that it shows.
#[derive(Debug)]
pub struct Rendered {
    /// Markdown.
    pub document: String,
    /// File names and SVG.
    pub plots: Vec<(String, String)>,
}

/// Renders results. What was not measured is left out, or said to be so.
///
/// # Errors
/// Where a plot cannot be made.
pub fn render(records: &[Record]) -> anyhow::Result<Rendered> {
    let facts = records.iter().find_map(|record| match record {
        Record::Facts(facts) => Some(facts),
        Record::Run(_) => None,
    });
    let facts =
        facts.ok_or_else(|| anyhow::anyhow!("the results do not say where they are from"))?;
    let mut rendered = Rendered {
        document: beginning(facts),
        plots: Vec::new(),
    };
    rendered.document += &goals_table(&goals::reached(records));
    for workload in workloads::all() {
        if !workload.key.starts_with("growth") {
            rendered.workload(records, &workload)?;
        }
    }
    rendered.growth(records)?;
    rendered.document += &bundle(facts);
    rendered.document += &faults(records, facts);
    Ok(rendered)
}

fn beginning(facts: &Facts) -> String {
    let cores = if facts.pinned {
        "Server and load generator have a core each."
    } else {
        "**Server and load generator were not pinned to cores of their own.**"
    };
    let mut text = format!(
        "# Benchmarks\n\n\
         Realtid beside what one would write or take instead, in one run, on the same work: the same JSON, \
         joined and said over WebSockets on one machine. Written by `make bench`, which measures all of it \
         anew (`make bench ARGS=\"--help\"` tells what can be set); `compare render` writes it again from \
         the results kept.\n\n\
         {}, {}. {cores} {}, in which every server had its turn; windows of {} s \
         after {} s of sending that does not count; texts of {} bytes.\n\n\
         - **Deliveries** are messages received, over all clients: one message to a room of 500 is 500 of \
         them. Each run counts that every client gets every message once; one that lacks a delivery or a \
         connection is no result, and is told of at the end.\n\
         - **Per CPU second**: over the CPU time of the server's process in the window, user and system, as \
         the kernel tells it. That is what a server costs, whatever the generator does.\n\
         - **Closed loop**: a sender sends the next message when its own comes back, so a server that answers \
         the writer first is sent more; the rows \"writer not first\" are without that. **Open loop**: \
         messages come at a steady rate, and latency is told from when one was due: the same work for all.\n\
         - Realtid runs with everything on (one worker, presence, tokens, every message on disk before \
         anyone sees it, where it says SQLite); its limits of rate and number are off. The peers keep no \
         history and tell nobody who is there.\n\n",
        facts.date,
        facts.machine,
        match facts.rounds {
            1 => "One round".to_owned(),
            rounds => format!("Medians of {rounds} rounds"),
        },
        facts.seconds,
        facts.warm_up,
        facts.text_bytes,
    );
    text += "| | version |\n|---|---|\n";
    for (name, version) in &facts.versions {
        let _ = writeln!(text, "| {name} | {version} |");
    }
    text.push('\n');
    text
}

fn goals_table(goals: &[Reached]) -> String {
    let mut text = "## Goals\n\nRatios are of Realtid with SQLite in this run.\n\n\
         | | goal | measured | |\n|---|---|---|---|\n"
        .to_owned();
    for goal in goals {
        let met = match goal.verdict {
            Verdict::Met => "met",
            Verdict::Missed => "**not met**",
            Verdict::Failed => "one of the two could not do it: see the end",
            Verdict::NotMeasured => "not measured",
        };
        let value = goal.value.map_or("-".to_owned(), number);
        let _ = writeln!(text, "| {} | {} | {value} | {met} |", goal.what, goal.bound);
    }
    text.push('\n');
    text
}

/// A column of a workload's table.
type Column = (&'static str, fn(&Summary, &Summary) -> Option<String>);

const PER_CPU: Column = ("thousand deliveries per CPU second", |own, _| {
    Some(number(own.per_cpu? / 1e3))
});
const TO_BASE: Column = ("to Realtid, SQLite", |own, base| {
    Some(number(ratio(own.per_cpu?, base.per_cpu?)?))
});
const PER_SECOND: Column = ("thousand a second", |own, _| {
    Some(number(own.per_second? / 1e3))
});
const CORE: Column = ("CPU, of one core", |own, _| {
    Some(format!("{:.1} %", own.core? * 100.0))
});
const P50: Column = ("p50, ms", |own, _| Some(number(own.latency?[0])));
const P99: Column = ("p99, ms", |own, _| Some(number(own.latency?[1])));
const P999: Column = ("p99.9, ms", |own, _| Some(number(own.latency?[2])));
const BEHIND: Column = ("undelivered 5 s after", |own, _| {
    Some(match own.behind? {
        0.0 => "none".to_owned(),
        share => format!("{:.0} %", share * 100.0),
    })
});
const FRAMES: Column = ("frames for each join", |own, _| Some(number(own.frames?)));
const JOIN_CPU: Column = ("CPU of a join, us", |own, _| {
    Some(number(own.cpu? * 1e6 / own.clients?))
});
const KIB: Column = ("KiB of a connection", |own, _| Some(number(own.kib?)));
const KIB_TO_BASE: Column = ("to Realtid, SQLite", |own, base| {
    Some(number(ratio(own.kib?, base.kib?)?))
});

fn columns(mode: Mode) -> &'static [Column] {
    match mode {
        Mode::Closed(_) => &[PER_CPU, TO_BASE, PER_SECOND, P50, P99],
        Mode::Open(_) => &[CORE, PER_CPU, P50, P99, P999, BEHIND],
        Mode::Storm => &[FRAMES, JOIN_CPU],
        Mode::Idle => &[KIB, KIB_TO_BASE],
    }
}

impl Rendered {
    fn workload(&mut self, records: &[Record], workload: &Workload) -> anyhow::Result<()> {
        let rows: Vec<_> = SERVERS
            .iter()
            .filter_map(|server| Some((server, Summary::of(records, workload.key, server.key)?)))
            .collect();
        if rows.is_empty() {
            return Ok(());
        }
        let base = rows.iter().find(|(server, _)| server.key == BASE);
        let base = base.map(|(_, summary)| summary.clone()).unwrap_or_default();
        let columns = columns(workload.mode);
        let heads: Vec<&str> = columns.iter().map(|(head, _)| *head).collect();
        let _ = writeln!(
            self.document,
            "## {}\n\n| | {} |\n|---|{}",
            workload.title,
            heads.join(" | "),
            "---|".repeat(heads.len())
        );
        for (server, summary) in &rows {
            let cells: Vec<String> = columns
                .iter()
                .map(|(_, cell)| cell(summary, &base).unwrap_or("-".to_owned()))
                .collect();
            let _ = writeln!(
                self.document,
                "| {} | {} |",
                server.title,
                cells.join(" | ")
            );
        }
        self.document.push('\n');
        let (value, unit): (fn(&Summary) -> Option<f64>, _) = match workload.mode {
            Mode::Closed(_) => (
                |own| Some(own.per_cpu? / 1e3),
                "thousand deliveries per CPU second of the server",
            ),
            Mode::Idle => (|own| own.kib, "KiB of memory for a connection"),
            Mode::Open(_) => (
                |own| Some(own.latency?[1]),
                "99th percentile of latency, ms",
            ),
            Mode::Storm => return Ok(()),
        };
        let bars: Vec<Bar> = rows
            .iter()
            .filter_map(|(server, summary)| {
                Some(Bar {
                    name: server.title,
                    value: value(summary)?,
                    own: server.key.starts_with("realtid"),
                })
            })
            .collect();
        let svg = plots::bars(&format!("{}: {unit}", workload.title), &bars)?;
        self.plot(workload.key, &format!("{unit}, as in the table"), svg);
        Ok(())
    }

    fn growth(&mut self, records: &[Record]) -> anyhow::Result<()> {
        let mut lines = Vec::new();
        for server in SERVERS {
            let points: Vec<_> = MEMBERS
                .into_iter()
                .filter_map(|(key, members)| {
                    let per_cpu = Summary::of(records, key, server.key)?.per_cpu?;
                    Some((
                        f64::from(u32::try_from(members).ok()?),
                        ratio(1e6, per_cpu)?,
                    ))
                })
                .collect();
            if points.len() > 1 {
                lines.push((server.title, points));
            }
        }
        if lines.is_empty() {
            return Ok(());
        }
        self.document += "## Growth with members\n\n\
             CPU of one delivery in microseconds, 10 senders, 1 in flight each. How joining and paging grow \
             with the messages in a room is in [performance.md](performance.md).\n\n";
        let heads =
            MEMBERS.map(|(_, members)| number(f64::from(u32::try_from(members).unwrap_or(0))));
        let _ = writeln!(
            self.document,
            "| members | {} |\n|---|{}",
            heads.join(" | "),
            "---|".repeat(MEMBERS.len())
        );
        for (title, points) in &lines {
            let cells = MEMBERS.map(|(_, members)| {
                let found = points
                    .iter()
                    .find(|(x, _)| u32::try_from(members).is_ok_and(|m| f64::from(m) == *x));
                found.map_or("-".to_owned(), |(_, micros)| number(*micros))
            });
            let _ = writeln!(self.document, "| {title} | {} |", cells.join(" | "));
        }
        self.document.push('\n');
        let svg = plots::lines(
            "CPU of one delivery as the room grows",
            "members",
            "us",
            &lines,
        )?;
        self.plot(
            "growth",
            "CPU of one delivery by members, as in the table",
            svg,
        );
        Ok(())
    }

    fn plot(&mut self, key: &str, alt: &str, svg: String) {
        let name = format!("bench-{key}.svg");
        let _ = writeln!(self.document, "![{alt}](images/{name})\n");
        self.plots.push((name, svg));
    }
}

fn bundle(facts: &Facts) -> String {
    if facts.bundle.is_empty() {
        return String::new();
    }
    let mut text = "## The page's size\n\nWhat a browser loads at a first visit, in KiB.\n\n\
         | | raw | gzip | brotli |\n|---|---|---|---|\n"
        .to_owned();
    let mut all = [0; 3];
    for (name, sizes) in &facts.bundle {
        for (sum, size) in all.iter_mut().zip(sizes) {
            *sum += size;
        }
        let _ = writeln!(text, "| {name} | {} |", kib(sizes));
    }
    let _ = writeln!(text, "| **all** | {} |\n", kib(&all));
    text
}

#[allow(clippy::cast_precision_loss, reason = "files of some megabytes")]
fn kib(sizes: &[u64; 3]) -> String {
    sizes.map(|bytes| number(bytes as f64 / 1024.0)).join(" | ")
}

fn faults(records: &[Record], facts: &Facts) -> String {
    let mut text = String::new();
    for left_out in &facts.left_out {
        let _ = writeln!(text, "- Left out: {left_out}.");
    }
    for workload in workloads::all() {
        for server in SERVERS {
            let Some(summary) = Summary::of(records, workload.key, server.key) else {
                continue;
            };
            if summary.valid < summary.runs {
                let why = summary.problem.unwrap_or_default();
                let (bad, runs) = (summary.runs - summary.valid, summary.runs);
                let why = why.lines().next().unwrap_or_default();
                let _ = writeln!(
                    text,
                    "- {}, {}: {bad} of {runs} runs are no result: {why}",
                    workload.title, server.title
                );
            }
        }
    }
    if text.is_empty() {
        return text;
    }
    format!("## What is missing\n\n{text}")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::compare::results::Run;
    use crate::load::{Latency, Report};

    /// A valid run of 500 clients.
    pub fn run(workload: &str, server: &str, deliveries: u64, cpu: f64) -> Record {
        Record::Run(Box::new(Run {
            round: 1,
            server: server.to_owned(),
            workload: workload.to_owned(),
            report: Some(Report {
                valid: true,
                problems: Vec::new(),
                clients: 500,
                seconds: 2.0,
                deliveries,
                messages: deliveries / 500,
                sent: deliveries / 500,
                bytes: deliveries * 200,
                server_cpu: Some(cpu),
                generator_cpu: Some(0.1),
                latency: Some(Latency {
                    samples: 9,
                    p50: 1_500,
                    p99: 20_000,
                    p999: 30_000,
                    max: 40_000,
                }),
                late_us: None,
                behind: 0,
                frames: [("said".to_owned(), deliveries)].into(),
                resident_kib: Some([10_000, 11_000]),
            }),
            error: None,
        }))
    }

    fn facts() -> Record {
        Record::Facts(Facts {
            date: "2026-11-22".to_owned(),
            machine: "2 cores of a test".to_owned(),
            pinned: true,
            rounds: 3,
            seconds: 3.0,
            warm_up: 0.5,
            text_bytes: 96,
            versions: vec![("realtid".to_owned(), "0.2.0".to_owned())],
            left_out: vec!["socket.io: 'npm ci' has not been run".to_owned()],
            bundle: vec![
                ("a.wasm".to_owned(), [1_048_576, 409_600, 307_200]),
                ("a.js".to_owned(), [1_024, 512, 256]),
            ],
        })
    }

    #[test]
    fn a_row_tells_speed_ratio_and_latency() {
        let records = [
            facts(),
            run("a", BASE, 4_000_000, 1.0),
            run("a", "ws", 160_000, 2.0),
        ];
        let rendered = render(&records).unwrap();
        for line in [
            "| Realtid, SQLite | 4,000 | 1.00 | 2,000 | 1.50 | 20.0 |",
            "| ws (node) | 80.0 | 0.02 | 80.0 | 1.50 | 20.0 |",
            "| (a) deliveries per CPU second, to ws | >= 40 | 50.0 | met |",
            "| (a) to socket.io | >= 45 | - | not measured |",
            "| realtid | 0.2.0 |",
            "| **all** | 1,025 | 400 | 300 |",
            "- Left out: socket.io: 'npm ci' has not been run.",
            "![thousand deliveries per CPU second of the server, as in the table](images/bench-a.svg)",
        ] {
            assert!(
                rendered.document.lines().any(|found| found == line),
                "{line}\nis not in\n{}",
                rendered.document
            );
        }
        let names: Vec<&str> = rendered
            .plots
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(names, ["bench-a.svg"]);
    }

    #[test]
    fn growth_is_told_by_members() {
        let records = [
            facts(),
            run("growth-100", BASE, 1_000_000, 1.0),
            run("growth-8000", BASE, 500_000, 1.0),
        ];
        let rendered = render(&records).unwrap();
        let line = "| Realtid, SQLite | 1.00 | - | - | - | - | 2.00 |";
        assert!(rendered.document.contains(line), "{}", rendered.document);
        assert_eq!(rendered.plots[0].0, "bench-growth.svg");
    }

    #[test]
    fn a_run_that_failed_has_no_number_and_is_told_of() {
        let mut failed = run("b", "ws", 1, 1.0);
        if let Record::Run(run) = &mut failed {
            run.report = None;
            run.error = Some("it does not listen\nand more".to_owned());
        }
        let document = render(&[facts(), failed]).unwrap().document;
        assert!(
            document.contains("| ws (node) | - | - | - | - | - |"),
            "{document}"
        );
        assert!(document.contains("ws (node): 1 of 1 runs are no result: it does not listen\n"));
    }
}
