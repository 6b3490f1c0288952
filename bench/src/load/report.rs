//! What a run of the load generator tells: one line of JSON.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// The result of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Whether every connection lived and every delivery came, once. What is not valid is no result.
    pub valid: bool,
    /// Why it is not.
    pub problems: Vec<String>,
    /// Connections.
    pub clients: usize,
    /// Length of the window, in seconds.
    pub seconds: f64,
    /// Messages received within the window, over all connections.
    pub deliveries: u64,
    /// Messages sent within the window.
    pub messages: u64,
    /// Messages sent in the whole run.
    pub sent: u64,
    /// Bytes received within the window.
    pub bytes: u64,
    /// CPU seconds of the server within the window.
    pub server_cpu: Option<f64>,
    /// CPU seconds of the generator within the window. An open loop spins, so there it tells nothing.
    pub generator_cpu: Option<f64>,
    /// From sending, or in an open loop from when sending was due, to reading, of the messages sent
    /// within the window, at a sample of the connections.
    pub latency: Option<Latency>,
    /// Open loop: the longest that the generator itself was late, in microseconds.
    pub late_us: Option<u64>,
    /// Open loop: deliveries that were still to come some seconds after the end: the server could not
    /// keep up.
    pub behind: u64,
    /// Frames of rooms, by kind, in the whole run.
    pub frames: BTreeMap<String, u64>,
    /// The server's resident memory before the first connection and when all had joined, in KiB.
    pub resident_kib: Option<[u64; 2]>,
}

/// Latencies in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// How many were measured.
    pub samples: u64,
    /// The median.
    pub p50: u64,
    /// 99 of 100 stay within.
    pub p99: u64,
    /// 999 of 1,000 stay within.
    pub p999: u64,
    /// The longest.
    pub max: u64,
}

impl Latency {
    /// `None` where nothing was measured.
    #[must_use]
    pub fn of(histogram: &Histogram<u64>) -> Option<Self> {
        (!histogram.is_empty()).then(|| Self {
            samples: histogram.len(),
            p50: histogram.value_at_quantile(0.5),
            p99: histogram.value_at_quantile(0.99),
            p999: histogram.value_at_quantile(0.999),
            max: histogram.max(),
        })
    }
}
