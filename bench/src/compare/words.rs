//! Numbers and runs in words.

use super::results::{Record, Run};
use super::summary::Summary;

/// One run in a line, for who watches.
#[must_use]
pub fn one_line(run: &Run) -> String {
    let Some(report) = &run.report else {
        return format!(
            "FAILED: {}",
            run.error.as_deref().unwrap_or("no reason told")
        );
    };
    let records = [Record::Run(Box::new(run.clone()))];
    let summary = Summary::of(&records, &run.workload, &run.server).unwrap_or_default();
    if !report.valid {
        return format!("NOT VALID: {}", report.problems.join("; "));
    }
    let mut told = Vec::new();
    let mut tell = |value: Option<f64>, unit: &str| {
        told.extend(value.map(|value| format!("{} {unit}", number(value))));
    };
    if report.deliveries > 0 {
        tell(
            summary.per_cpu.map(|per_cpu| per_cpu / 1e3),
            "k deliveries per CPU second",
        );
        tell(summary.latency.map(|[p50, ..]| p50), "ms p50");
        tell(summary.latency.map(|[_, p99, _]| p99), "ms p99");
        tell(summary.core.map(|core| core * 100.0), "% of a core");
        tell(
            summary
                .behind
                .filter(|behind| *behind > 0.0)
                .map(|behind| behind * 100.0),
            "% undelivered",
        );
    } else {
        tell(summary.frames, "frames a client");
        tell(summary.kib, "KiB a client");
        tell(summary.cpu.filter(|cpu| *cpu > 0.0), "CPU seconds");
    }
    told.join(", ")
}

/// Three digits or more: `4,319`, `46.1`, `0.29`.
#[must_use]
pub fn number(value: f64) -> String {
    match value.abs() {
        100.0.. => grouped(&format!("{value:.0}")),
        10.0.. => format!("{value:.1}"),
        0.0 => "0".to_owned(),
        ..0.01 => format!("{value:.4}"),
        _ => format!("{value:.2}"),
    }
}

fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_or_more() {
        for (value, text) in [
            (0.0, "0"),
            (0.0025, "0.0025"),
            (0.125, "0.12"),
            (9.5, "9.50"),
            (46.06, "46.1"),
            (999.4, "999"),
            (1_234_567.0, "1,234,567"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
