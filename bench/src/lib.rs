//! What the measuring programs share: samples, what the kernel tells of a process, the load generator,
//! and the comparison with other servers.

pub mod compare;
pub mod load;
pub mod process;

use std::time::Duration;

/// Durations of the same thing done again and again.
#[derive(Debug, Default)]
pub struct Samples {
    times: Vec<Duration>,
    /// What all of them took of the CPUs together, where the system tells.
    cpu: Option<Duration>,
}

impl Samples {
    /// Adds what `times` took, which cost `cpu` in all.
    pub fn add(&mut self, times: impl IntoIterator<Item = Duration>, cpu: Option<Duration>) {
        self.times.extend(times);
        self.cpu = match (self.cpu, cpu) {
            (Some(so_far), Some(cpu)) => Some(so_far + cpu),
            (so_far, cpu) => so_far.or(cpu),
        };
    }

    /// The time that so many of a hundred stay within; zero where there are no samples.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.times.clone();
        sorted.sort_unstable();
        let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
        sorted.get(at).copied().unwrap_or_default()
    }

    /// CPU time of one.
    #[must_use]
    pub fn cpu_each(&self) -> Option<Duration> {
        let count = u32::try_from(self.times.len()).ok().filter(|n| *n > 0)?;
        Some(self.cpu? / count)
    }
}

/// `1,234.5 ms` as `1.23 s`, and so on: three digits at least.
#[must_use]
pub fn words(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    match micros {
        ..1e3 => format!("{micros:.0} us"),
        1e3..1e6 => format!("{:.2} ms", micros / 1e3),
        _ => format!("{:.2} s", micros / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted_samples() {
        let mut samples = Samples::default();
        samples.add((1..=100).rev().map(Duration::from_micros), None);
        assert_eq!(samples.percentile(50), Duration::from_micros(51));
        assert_eq!(samples.percentile(99), Duration::from_micros(100));
        assert_eq!(samples.percentile(100), Duration::from_micros(100));
        assert_eq!(Samples::default().percentile(50), Duration::ZERO);
    }

    #[test]
    fn cpu_time_is_shared_among_the_samples() {
        let mut samples = Samples::default();
        for _ in 0..2 {
            samples.add([Duration::ZERO; 5], Some(Duration::from_micros(50)));
        }
        assert_eq!(samples.cpu_each(), Some(Duration::from_micros(10)));
    }

    #[test]
    fn times_are_told_in_their_unit() {
        for (micros, told) in [(7, "7 us"), (1_234, "1.23 ms"), (1_234_567, "1.23 s")] {
            assert_eq!(words(Duration::from_micros(micros)), told);
        }
    }
}
