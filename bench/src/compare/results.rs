//! Results as they are kept: lines of JSON, first what was measured where, then a line for each run.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::load::Report;

/// A line of the results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// Where and with what it was measured.
    Facts(Facts),
    /// One run.
    Run(Box<Run>),
}

/// Where and with what it was measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The day, `2026-11-22`.
    pub date: String,
    /// The machine in words: CPU, cores, memory, kernel.
    pub machine: String,
    /// Whether server and generator had a core each.
    pub pinned: bool,
    /// Rounds asked for.
    pub rounds: u32,
    /// Seconds of a window.
    pub seconds: f64,
    /// Seconds of sending before it.
    pub warm_up: f64,
    /// Bytes of a message's text.
    pub text_bytes: u16,
    /// Programs and libraries, with their versions.
    pub versions: Vec<(String, String)>,
    /// What was left out, and why.
    pub left_out: Vec<String>,
    /// The site's files: name, bytes raw, by gzip, by brotli.
    pub bundle: Vec<(String, [u64; 3])>,
}

/// One run of one server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// From 1.
    pub round: u32,
    /// The server's key.
    pub server: String,
    /// The workload's key.
    pub workload: String,
    /// What came of it.
    pub report: Option<Report>,
    /// Why nothing did.
    pub error: Option<String>,
}

/// Writes results as they come, so that a run which is broken off leaves those that it has.
pub struct Writer(File);

impl Writer {
    /// Begins a new file.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        let file = File::create(path).with_context(|| format!("{}", path.display()))?;
        Ok(Self(file))
    }

    /// Adds a line.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&mut self, record: &Record) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        Ok(self.0.write_all(&line)?)
    }
}

/// Reads what a `Writer` has written.
///
/// # Errors
/// Where it is not there, or something else.
pub fn read(path: &Path) -> anyhow::Result<Vec<Record>> {
    let file =
        File::open(path).with_context(|| format!("{}: 'compare run' makes it", path.display()))?;
    BufReader::new(file)
        .lines()
        .enumerate()
        .map(|(number, line)| {
            serde_json::from_str(&line?)
                .with_context(|| format!("line {} is no result", number + 1))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("deep/results.jsonl");
        let records = [
            Record::Facts(Facts {
                date: "2026-11-22".to_owned(),
                bundle: vec![("site.wasm".to_owned(), [3, 2, 1])],
                ..Facts::default()
            }),
            Record::Run(Box::new(Run {
                round: 1,
                server: "ws".to_owned(),
                workload: "a".to_owned(),
                report: None,
                error: Some("it did not start".to_owned()),
            })),
        ];
        let mut writer = Writer::create(&path).unwrap();
        for record in &records {
            writer.write(record).unwrap();
        }
        assert_eq!(read(&path).unwrap(), records);
    }
}
