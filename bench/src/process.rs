//! What the kernel tells of a process: its CPU time and its memory. Linux only; elsewhere nothing.

use std::fs;
use std::time::Duration;

/// `/proc/PID/stat` counts in hundredths of a second, on every Linux that programs are built for.
const TICK: Duration = Duration::from_millis(10);

/// The CPU time of a process: user and system, of all its threads, those that have ended included.
#[must_use]
pub fn cpu_time(pid: u32) -> Option<Duration> {
    let whole = ticks(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?;
    // Exact to the nanosecond, but without the threads that have ended.
    let mut living = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
        // A thread that has ended meanwhile has no file.
        let Ok(schedstat) = fs::read_to_string(task.path().join("schedstat")) else {
            continue;
        };
        living += schedstat.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(whole.max(Duration::from_nanos(living)))
}

/// The memory of a process that is resident, in KiB.
#[must_use]
pub fn resident_kib(pid: u32) -> Option<u64> {
    vm_rss(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// The 14th and the 15th field, counted after the name, which may contain anything.
fn ticks(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(TICK * (user + system))
}

fn vm_rss(status: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_read_behind_a_name_with_spaces_and_brackets() {
        let stat = "17 (a) b (c) S 1 17 17 0 -1 4194560 100 0 0 0 250 51 0 0 20 0 3 0 1 2 3";
        assert_eq!(ticks(stat), Some(Duration::from_millis(3010)));
        assert_eq!(ticks("17 (cut) S 1"), None);
    }

    #[test]
    fn resident_memory_is_read_in_kib() {
        assert_eq!(
            vm_rss("Name:\tx\nVmRSS:\t  12345 kB\nThreads:\t1\n"),
            Some(12_345)
        );
        assert_eq!(vm_rss("Name:\tx\n"), None);
    }
}
