//! Medians over the rounds of one server and workload.

use super::results::{Record, Run};
use crate::load::Report;

/// What the rounds say together. Of runs that were valid only.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// Valid runs.
    pub valid: usize,
    /// All runs.
    pub runs: usize,
    /// The first thing that went wrong.
    pub problem: Option<String>,
    /// Deliveries in one CPU second of the server.
    pub per_cpu: Option<f64>,
    /// Deliveries in a second.
    pub per_second: Option<f64>,
    /// How much of a core the server took.
    pub core: Option<f64>,
    /// CPU seconds of the server in all.
    pub cpu: Option<f64>,
    /// Latencies in milliseconds: 50th, 99th, 99.9th percentile.
    pub latency: Option<[f64; 3]>,
    /// Share of the deliveries that were still to come some seconds after an open loop.
    pub behind: Option<f64>,
    /// Clients.
    pub clients: Option<f64>,
    /// Frames received, for each client.
    pub frames: Option<f64>,
    /// KiB of resident memory for each client.
    pub kib: Option<f64>,
}

impl Summary {
    /// Of all runs of a server on a workload; `None` where there is none.
    #[must_use]
    pub fn of(records: &[Record], workload: &str, server: &str) -> Option<Self> {
        let runs: Vec<&Run> = records
            .iter()
            .filter_map(|record| match record {
                Record::Run(run) if run.workload == workload && run.server == server => {
                    Some(&**run)
                }
                _ => None,
            })
            .collect();
        if runs.is_empty() {
            return None;
        }
        let valid: Vec<&Report> = runs
            .iter()
            .filter_map(|run| run.report.as_ref())
            .filter(|report| report.valid)
            .collect();
        let over = |value: &dyn Fn(&Report) -> Option<f64>| {
            median(valid.iter().filter_map(|report| value(report)).collect())
        };
        let latency = |of: fn(&crate::load::Latency) -> u64| {
            over(&|report| Some(real(of(report.latency.as_ref()?)) / 1e3))
        };
        let latency = [latency(|l| l.p50), latency(|l| l.p99), latency(|l| l.p999)];
        Some(Self {
            valid: valid.len(),
            runs: runs.len(),
            problem: runs.iter().find_map(|run| problem(run)),
            per_cpu: over(&|report| ratio(real(report.deliveries), report.server_cpu?)),
            per_second: over(&|report| ratio(real(report.deliveries), report.seconds)),
            core: over(&|report| ratio(report.server_cpu?, report.seconds)),
            cpu: over(&|report| report.server_cpu),
            latency: match latency {
                [Some(p50), Some(p99), Some(p999)] => Some([p50, p99, p999]),
                _ => None,
            },
            behind: over(&|report| {
                let all = report.frames.get("said").copied().unwrap_or_default() + report.behind;
                ratio(real(report.behind), real(all))
            }),
            clients: over(&|report| Some(real(report.clients as u64))),
            frames: over(&|report| {
                let frames: u64 = report.frames.values().sum();
                ratio(real(frames), real(report.clients as u64))
            }),
            kib: over(&|report| {
                let [before, after] = report.resident_kib?;
                ratio(
                    real(after.saturating_sub(before)),
                    real(report.clients as u64),
                )
            }),
        })
    }
}

fn problem(run: &Run) -> Option<String> {
    let report = run.report.as_ref();
    let told = report
        .filter(|report| !report.valid)
        .map(|report| report.problems.join("; "));
    run.error.clone().or(told)
}

/// The middle one, or the mean of the middle two.
#[must_use]
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let upper = values.get(values.len() / 2).copied()?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = values.get(values.len() / 2 - 1).copied()?;
    Some(f64::midpoint(lower, upper))
}

/// `None` where there is nothing to divide by.
#[must_use]
pub fn ratio(of: f64, by: f64) -> Option<f64> {
    (by > 0.0).then(|| of / by)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "counts of one run: far below 2^53"
)]
fn real(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::render::tests::run;

    #[test]
    fn the_median_is_the_middle_of_the_sorted_values() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0]), Some(3.0));
        assert_eq!(median(vec![9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 9.0]), Some(3.0));
    }

    #[test]
    fn runs_that_are_not_valid_count_for_nothing_but_are_told() {
        let mut records: Vec<_> = [1_000, 3_000, 2_000, 90_000]
            .map(|deliveries| run("a", "ws", deliveries, 2.0))
            .into();
        if let Record::Run(run) = &mut records[3] {
            let report = run.report.as_mut().unwrap();
            report.valid = false;
            report.problems = vec!["7 deliveries never came".to_owned()];
        }
        let summary = Summary::of(&records, "a", "ws").unwrap();
        assert_eq!((summary.valid, summary.runs), (3, 4));
        assert_eq!(summary.per_cpu, Some(1_000.0));
        assert_eq!(summary.problem.as_deref(), Some("7 deliveries never came"));
        assert_eq!(Summary::of(&records, "b", "ws"), None);
    }
}
