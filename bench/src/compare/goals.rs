//! The goals of the comparison, and whether they are reached: each is one number, and a bound to it.

use super::results::Record;
use super::servers::BASE;
use super::summary::{Summary, ratio};

/// A number of a server on a workload.
type Measure = fn(&Summary) -> Option<f64>;

/// What the number must be.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// A goal.
struct Goal {
    what: &'static str,
    measure: Measure,
    /// Workload and server of the number.
    of: (&'static str, &'static str),
    /// Workload and server of the number that it is divided by, where it is a ratio.
    by: Option<(&'static str, &'static str)>,
    bound: Bound,
}

/// A goal beside what was reached.
#[derive(Debug, Clone, PartialEq)]
pub struct Reached {
    /// What it is about.
    pub what: &'static str,
    /// The bound in words.
    pub bound: String,
    /// The number measured, where it was.
    pub value: Option<f64>,
    /// What that means.
    pub verdict: Verdict,
}

/// Whether a goal is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The number is within the bound.
    Met,
    /// It is not.
    Missed,
    /// All runs of one of the two servers failed: it could not do the work.
    Failed,
    /// There was no run.
    NotMeasured,
}

const PER_CPU: Measure = |summary| summary.per_cpu;
const KIB: Measure = |summary| summary.kib;
const FRAMES: Measure = |summary| summary.frames;
const CPU: Measure = |summary| summary.cpu;
const P99: Measure = |summary| summary.latency.map(|[_, p99, _]| p99);
/// The less the better, so that "less CPU" is a ratio below 1.
const CPU_EACH: Measure = |summary| ratio(1.0, summary.per_cpu?);

const FAIR: &str = "realtid-sqlite-no-writer-first";
const MOUNTED: &str = "realtid-sqlite-mounted";
const ALONE: &str = "realtid-sqlite-no-presence";

const fn versus(
    workload: &'static str,
    what: &'static str,
    peer: &'static str,
    least: f64,
) -> Goal {
    Goal {
        what,
        measure: PER_CPU,
        of: (workload, BASE),
        by: Some((workload, peer)),
        bound: Bound::AtLeast(least),
    }
}

const fn memory(what: &'static str, peer: &'static str, most: f64) -> Goal {
    Goal {
        what,
        measure: KIB,
        of: ("e", BASE),
        by: Some(("e", peer)),
        bound: Bound::AtMost(most),
    }
}

const fn steady(what: &'static str, workload: &'static str, peer: &'static str) -> Goal {
    Goal {
        what,
        measure: CPU_EACH,
        of: (workload, BASE),
        by: Some((workload, peer)),
        bound: Bound::AtMost(1.0),
    }
}

const fn alone(
    what: &'static str,
    measure: Measure,
    of: (&'static str, &'static str),
    bound: Bound,
) -> Goal {
    Goal {
        what,
        measure,
        of,
        by: None,
        bound,
    }
}

const GOALS: &[Goal] = &[
    versus("a", "(a) deliveries per CPU second, to ws", "ws", 40.0),
    versus("a", "(a) to socket.io", "socketio", 45.0),
    versus("a", "(a) to axum + broadcast", "axum-broadcast", 6.0),
    versus(
        "a",
        "(a) to the kernel's limit, one write per client and loop",
        "kernel-batch",
        1.0,
    ),
    versus("b", "(b) to ws", "ws", 3.0),
    Goal {
        of: ("b", FAIR),
        ..versus("b", "(b) to ws, writer not first", "ws", 1.6)
    },
    versus("b", "(b) to socket.io", "socketio", 4.0),
    versus("b", "(b) to axum + broadcast", "axum-broadcast", 2.0),
    Goal {
        of: ("b", FAIR),
        ..versus(
            "b",
            "(b) to the kernel's limit, one write per delivery, writer not first",
            "kernel-single",
            0.9,
        )
    },
    versus("c", "(c) to ws", "ws", 50.0),
    versus("c", "(c) to socket.io", "socketio", 60.0),
    versus("c", "(c) to axum + broadcast", "axum-broadcast", 15.0),
    versus(
        "c",
        "(c) to the kernel's limit, one write per client and loop",
        "kernel-batch",
        1.0,
    ),
    alone(
        "(d) frames for each join",
        FRAMES,
        ("d", BASE),
        Bound::AtMost(4.0),
    ),
    Goal {
        measure: CPU,
        of: ("d", BASE),
        by: Some(("d", ALONE)),
        what: "(d) CPU, to that without presence",
        bound: Bound::AtMost(1.5),
    },
    memory("(e) memory of a connection, to ws", "ws", 1.0 / 3.0),
    memory("(e) to socket.io", "socketio", 1.0 / 6.0),
    memory("(e) to axum + broadcast", "axum-broadcast", 1.0 / 50.0),
    alone(
        "(e) KiB of a connection",
        KIB,
        ("e", BASE),
        Bound::AtMost(2.5),
    ),
    alone(
        "(e) KiB of a connection, mounted",
        KIB,
        ("e", MOUNTED),
        Bound::AtMost(16.0),
    ),
    steady(
        "(f) CPU of a delivery at 20 messages a second, to ws",
        "f20",
        "ws",
    ),
    steady("(f) the same, to socket.io", "f20", "socketio"),
    steady("(f) the same, to axum + broadcast", "f20", "axum-broadcast"),
    steady("(f) CPU of a delivery at 500 a second, to ws", "f500", "ws"),
    steady("(f) the same, to socket.io", "f500", "socketio"),
    steady(
        "(f) the same, to axum + broadcast",
        "f500",
        "axum-broadcast",
    ),
    steady(
        "(f) CPU of a delivery at 2,000 a second, to ws",
        "f2000",
        "ws",
    ),
    steady("(f) the same, to socket.io", "f2000", "socketio"),
    steady(
        "(f) the same, to axum + broadcast",
        "f2000",
        "axum-broadcast",
    ),
    alone(
        "(f) p99 at 2,000 a second, ms",
        P99,
        ("f2000", BASE),
        Bound::AtMost(25.0),
    ),
    Goal {
        measure: CPU_EACH,
        of: ("growth-8000", BASE),
        by: Some(("growth-500", BASE)),
        what: "growth: CPU of a delivery at 8,000 members, to that at 500",
        bound: Bound::AtMost(1.5),
    },
];

/// All goals beside what was reached.
#[must_use]
pub fn reached(records: &[Record]) -> Vec<Reached> {
    GOALS
        .iter()
        .map(|goal| {
            let summary = |(workload, server)| Summary::of(records, workload, server);
            let both = [Some(goal.of), goal.by].map(|at| at.and_then(summary));
            let [of, by] = both.each_ref().map(|found| (goal.measure)(found.as_ref()?));
            let value = match goal.by {
                Some(_) => of.zip(by).and_then(|(of, by)| ratio(of, by)),
                None => of,
            };
            let failed = both.iter().flatten().any(|summary| summary.valid == 0);
            Reached {
                what: goal.what,
                bound: goal.bound.words(),
                value,
                verdict: match value {
                    Some(value) if goal.bound.holds(value) => Verdict::Met,
                    Some(_) => Verdict::Missed,
                    None if failed => Verdict::Failed,
                    None => Verdict::NotMeasured,
                },
            }
        })
        .collect()
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }

    fn words(self) -> String {
        match self {
            Self::AtLeast(bound) => format!(">= {bound}"),
            // A third is told as such.
            Self::AtMost(bound) if bound < 1.0 => format!("<= 1/{:.0}", 1.0 / bound),
            Self::AtMost(bound) => format!("<= {bound}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::render::tests::run;
    use crate::compare::{servers, workloads};

    #[test]
    fn goals_are_of_what_is_measured() {
        let all = workloads::all();
        for goal in GOALS {
            for (workload, server) in [Some(goal.of), goal.by].into_iter().flatten() {
                let workload = all.iter().find(|other| other.key == workload);
                let workload = workload.unwrap_or_else(|| panic!("{}", goal.what));
                assert!(servers::find(server).is_some(), "{}", goal.what);
                assert!(workload.servers.contains(&server), "{}", goal.what);
            }
        }
    }

    #[test]
    fn goals_are_met_missed_or_not_measured_by_the_figures() {
        let records = [
            run("a", BASE, 40_000, 1.0),
            run("a", "ws", 1_000, 1.0),
            run("a", "socketio", 1_000, 1.0),
            run("growth-500", BASE, 3_000, 1.0),
            run("growth-8000", BASE, 1_000, 1.0),
        ];
        let reached = reached(&records);
        let of = |what: &str| {
            let goal = reached
                .iter()
                .find(|goal| goal.what.starts_with(what))
                .unwrap();
            (goal.value, goal.verdict)
        };
        assert_eq!(
            of("(a) deliveries per CPU second, to ws"),
            (Some(40.0), Verdict::Met)
        );
        assert_eq!(of("(a) to socket.io"), (Some(40.0), Verdict::Missed));
        assert_eq!(of("(a) to axum"), (None, Verdict::NotMeasured));
        assert_eq!(of("growth"), (Some(3.0), Verdict::Missed));
    }

    #[test]
    fn a_peer_that_could_not_do_the_work_is_no_number() {
        let mut failed = run("a", "ws", 1, 1.0);
        if let Record::Run(run) = &mut failed {
            run.report = None;
        }
        let reached = reached(&[run("a", BASE, 40_000, 1.0), failed]);
        assert_eq!(
            (reached[0].value, reached[0].verdict),
            (None, Verdict::Failed)
        );
    }

    #[test]
    fn bounds_are_told_as_they_are_written() {
        assert_eq!(Bound::AtLeast(1.6).words(), ">= 1.6");
        assert_eq!(Bound::AtMost(1.0 / 6.0).words(), "<= 1/6");
        assert_eq!(Bound::AtMost(2.5).words(), "<= 2.5");
    }
}
