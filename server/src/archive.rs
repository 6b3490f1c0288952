//! `export` and `import`: the messages of rooms as lines of JSON, for backups that people can read, and
//! for moving. Owns the format and the files; what is in a database is the history's.
//!
//! The first line is the header, the last one counts what stands between, so that a file that was cut
//! off is known. Each room is a line, followed by its entries by rising `seq`:
//!
//! ```json
//! {"type":"header","format":"realtid-export","version":1,"exported_at":1763800100000}
//! {"type":"room","room":"lobby","next_seq":2}
//! {"type":"entry","seq":1,"at":1763700000000,"kind":"said","id":"…","author":"…","nick":"Bo","body":"Hej!"}
//! {"type":"end","rooms":1,"entries":1}
//! ```

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use shared::RoomName;

use crate::clock::Clock;
use crate::history::{HistoryError, RawEntry, Snapshot};

mod import;

pub use import::import;

const FORMAT: &str = "realtid-export";

/// Grows when a line of today could be misread tomorrow.
const VERSION: u64 = 1;

/// Entries from one word of progress to the next.
const PROGRESS: u64 = 100_000;

#[derive(Serialize, Deserialize)]
struct Header {
    r#type: String,
    format: String,
    version: u64,
    /// Milliseconds since the Unix epoch.
    exported_at: u64,
}

/// What follows the header. Unknown fields are faults: what they say would be lost.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Room {
        room: String,
        next_seq: u64,
    },
    Entry(RawEntry),
    /// How many there were.
    End {
        rooms: u64,
        entries: u64,
    },
}

/// What was exported or imported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rooms.
    pub rooms: u64,
    /// Entries of them.
    pub entries: u64,
}

/// Why nothing was exported or imported.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Nothing to export.
    #[error("there is no database at {0}: is --data-dir right?")]
    NoDatabase(PathBuf),
    /// A room was asked for that is not there.
    #[error("there is no room '{0}' in {1}")]
    NoRoom(RoomName, String),
    /// The file cannot be read or written.
    #[error("{0}: {1}")]
    File(String, io::Error),
    /// The file is not as it should be.
    #[error("line {number}: {why}; nothing was imported")]
    Line {
        /// From 1.
        number: u64,
        /// What is wrong.
        why: String,
    },
    /// The database cannot be read or written.
    #[error(transparent)]
    History(#[from] HistoryError),
}

/// Writes the rooms named, or all where none is, as they are at this moment; the server may go on
/// meanwhile. To `file`, which is there wholly or not at all, or else to the standard output. Tells
/// `progress` how many entries it has written, now and then.
///
/// # Errors
/// See [`ArchiveError`].
pub fn export(
    database: &Path,
    rooms: &[RoomName],
    file: Option<&Path>,
    clock: &Clock,
    progress: impl FnMut(u64),
) -> Result<Summary, ArchiveError> {
    if !database.is_file() {
        return Err(ArchiveError::NoDatabase(database.to_owned()));
    }
    let snapshot = Snapshot::take(database)?;
    let Some(file) = file else {
        let failed = |error| ArchiveError::File("the standard output".to_owned(), error);
        let out = BufWriter::new(io::stdout().lock());
        let (summary, _) = write(&snapshot, rooms, out, clock, progress, failed)?;
        return Ok(summary);
    };
    let failed = |error| ArchiveError::File(file.display().to_string(), error);
    let mut partial = OsString::from(file);
    partial.push(".part");
    let partial = PathBuf::from(partial);
    let whole = File::create(&partial).map_err(failed).and_then(|out| {
        let out = BufWriter::new(out);
        let (summary, out) = write(&snapshot, rooms, out, clock, progress, failed)?;
        out.get_ref().sync_all().map_err(failed)?;
        fs::rename(&partial, file).map_err(failed)?;
        Ok(summary)
    });
    if whole.is_err() {
        // It says no more than that this failed.
        let _ = fs::remove_file(&partial);
    }
    whole
}

fn write<W: Write>(
    snapshot: &Snapshot,
    wanted: &[RoomName],
    mut out: W,
    clock: &Clock,
    mut progress: impl FnMut(u64),
    failed: impl Fn(io::Error) -> ArchiveError,
) -> Result<(Summary, W), ArchiveError> {
    let mut rooms = snapshot.rooms()?;
    if let Some(missing) = wanted
        .iter()
        .find(|wanted| rooms.iter().all(|room| room.name != wanted.as_str()))
    {
        let place = "the database".to_owned();
        return Err(ArchiveError::NoRoom(missing.clone(), place));
    }
    rooms.retain(|room| chosen(wanted, &room.name));
    let header = Header {
        r#type: "header".to_owned(),
        format: FORMAT.to_owned(),
        version: VERSION,
        exported_at: clock.now_ms(),
    };
    put(&mut out, &header).map_err(&failed)?;
    let mut put = |line: &Line| put(&mut out, line).map_err(&failed);

    let mut summary = Summary::default();
    for room in &rooms {
        summary.rooms += 1;
        put(&Line::Room {
            room: room.name.clone(),
            next_seq: room.next_seq,
        })?;
        snapshot.entries(room, |entry| {
            summary.entries += 1;
            if summary.entries.is_multiple_of(PROGRESS) {
                progress(summary.entries);
            }
            put(&Line::Entry(entry))
        })?;
    }
    put(&Line::End {
        rooms: summary.rooms,
        entries: summary.entries,
    })?;
    out.flush().map_err(&failed)?;
    Ok((summary, out))
}

fn put(out: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// Whether a room is among those named; where none is, all are.
fn chosen(rooms: &[RoomName], name: &str) -> bool {
    rooms.is_empty() || rooms.iter().any(|room| room.as_str() == name)
}
