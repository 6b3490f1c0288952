//! Reading an export back: line by line, each fault told with its number, all or nothing.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

use shared::RoomName;

use super::{ArchiveError, FORMAT, Header, Line, PROGRESS, Summary, VERSION, chosen};
use crate::history::{RawEntry, RawRoom, Restore};

#[cfg(test)]
mod tests;

/// Ten times the longest entry there can be: whatever is longer is none.
const LINE_BYTES: u64 = 1024 * 1024;

/// Numbers stay exact in JavaScript below this: the protocol promises it.
const NUMBERS: u64 = 1 << 53;

/// Puts the rooms named, or all where none is, from `file` into the database, which no server may have
/// open. Each begins a new epoch, and keeps numbers, times, ids and authors. A room that has entries is
/// refused, or emptied before where they are to be replaced. Tells `progress` how many entries it has
/// read, now and then.
///
/// # Errors
/// See [`ArchiveError`]; the database is then as it was.
pub fn import(
    database: &Path,
    rooms: &[RoomName],
    file: &Path,
    replace: bool,
    mut progress: impl FnMut(u64),
) -> Result<Summary, ArchiveError> {
    let failed = |error| ArchiveError::File(file.display().to_string(), error);
    let mut lines = Lines {
        from: BufReader::new(File::open(file).map_err(failed)?),
        number: 0,
    };
    lines.header(failed)?;
    let mut reading = Reading {
        wanted: rooms,
        replace,
        restore: Restore::begin(database)?,
        names: BTreeSet::new(),
        room: None,
        read: Summary::default(),
        done: Summary::default(),
    };
    loop {
        let Some(text) = lines.next(failed)? else {
            return Err(lines.fault("the file ends before its last line: it was cut off"));
        };
        let line: Line = serde_json::from_str(&text).map_err(|error| lines.no_json(&error))?;
        let before = reading.read.entries;
        let end = reading.line(line).map_err(|wrong| match wrong {
            Wrong::Line(why) => lines.fault(why),
            Wrong::Other(error) => error,
        })?;
        if end {
            break;
        }
        let entries = reading.read.entries;
        if entries > before && entries.is_multiple_of(PROGRESS) {
            progress(entries);
        }
    }
    if lines.next(failed)?.is_some() {
        return Err(lines.fault("there is more after the last line"));
    }
    reading.commit(file)
}

/// The lines of a file, counted.
struct Lines<R> {
    from: R,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    fn next(
        &mut self,
        failed: impl Fn(std::io::Error) -> ArchiveError,
    ) -> Result<Option<String>, ArchiveError> {
        let mut bytes = Vec::new();
        self.number += 1;
        let mut bounded = (&mut self.from).take(LINE_BYTES);
        bounded.read_until(b'\n', &mut bytes).map_err(failed)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.pop_if(|last| *last == b'\n').is_none() {
            return Err(self.fault(if bytes.len() as u64 == LINE_BYTES {
                "it is longer than any line of an export"
            } else {
                "it has no end: the file was cut off"
            }));
        }
        let text = String::from_utf8(bytes).map_err(|_| self.fault("it is not UTF-8"))?;
        Ok(Some(text))
    }

    fn header(
        &mut self,
        failed: impl Fn(std::io::Error) -> ArchiveError,
    ) -> Result<(), ArchiveError> {
        let text = self.next(failed)?.unwrap_or_default();
        let foreign = "this is no export of Realtid's: its first line is not the header of one";
        let header: Header = serde_json::from_str(&text).map_err(|_| self.fault(foreign))?;
        if header.format != FORMAT {
            return Err(self.fault(foreign));
        }
        if header.version != VERSION {
            let found = header.version;
            return Err(self.fault(format!(
                "the export is of version {found}, and this realtid reads version {VERSION}"
            )));
        }
        Ok(())
    }

    fn fault(&self, why: impl Into<String>) -> ArchiveError {
        ArchiveError::Line {
            number: self.number,
            why: why.into(),
        }
    }

    fn no_json(&self, error: &serde_json::Error) -> ArchiveError {
        // The number of the line is that of the file.
        let why = error.to_string().replace("at line 1 column", "at column");
        self.fault(format!("it is no line of an export: {why}"))
    }
}

/// Why a line is not taken.
enum Wrong {
    Line(String),
    Other(ArchiveError),
}

impl<E: Into<ArchiveError>> From<E> for Wrong {
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

/// What has been read so far.
struct Reading<'a> {
    wanted: &'a [RoomName],
    replace: bool,
    restore: Restore,
    /// Of the rooms so far.
    names: BTreeSet<String>,
    room: Option<Current>,
    read: Summary,
    done: Summary,
}

/// The room whose entries come.
struct Current {
    /// None where it is not wanted.
    restored: Option<RawRoom>,
    next_seq: u64,
    last_seq: u64,
}

impl Reading<'_> {
    /// Takes a line; answers whether it is the last one.
    fn line(&mut self, line: Line) -> Result<bool, Wrong> {
        match line {
            Line::Room { room, next_seq } => self.room(room, next_seq)?,
            Line::Entry(entry) => self.entry(&entry)?,
            Line::End { rooms, entries } => {
                if self.read != (Summary { rooms, entries }) {
                    return Err(Wrong::Line(format!(
                        "it counts {rooms} rooms and {entries} entries, where there are {} and {}",
                        self.read.rooms, self.read.entries
                    )));
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn room(&mut self, room: String, next_seq: u64) -> Result<(), Wrong> {
        let name = RoomName::new(room.as_str()).map_err(|fault| Wrong::Line(fault.to_string()))?;
        if !(1..NUMBERS).contains(&next_seq) {
            return Err(Wrong::Line(format!(
                "{next_seq} is no number to go on with"
            )));
        }
        if !self.names.insert(room.clone()) {
            return Err(Wrong::Line(format!("the room '{room}' is there twice")));
        }
        self.read.rooms += 1;
        let restored = if chosen(self.wanted, &room) {
            self.done.rooms += 1;
            let restored = self.restore.room(&name, next_seq, self.replace)?;
            Some(restored.ok_or_else(|| {
                let why = "has messages already: --replace puts these in the place of those";
                Wrong::Line(format!("the room '{room}' {why}"))
            })?)
        } else {
            None
        };
        self.room = Some(Current {
            restored,
            next_seq,
            last_seq: 0,
        });
        Ok(())
    }

    fn entry(&mut self, entry: &RawEntry) -> Result<(), Wrong> {
        let (seq, wrong) = (entry.seq, |why: String| Err(Wrong::Line(why)));
        let Some(room) = &mut self.room else {
            return wrong("an entry stands before any room".to_owned());
        };
        if seq <= room.last_seq {
            let last = room.last_seq;
            return wrong(format!("seq {seq} follows {last}: numbers must rise"));
        }
        if seq >= room.next_seq {
            let next = room.next_seq;
            return wrong(format!(
                "seq {seq} is not below the room's next_seq, {next}"
            ));
        }
        if entry.at >= NUMBERS {
            return wrong(format!("{} is no time", entry.at));
        }
        room.last_seq = seq;
        self.read.entries += 1;
        if let Some(restored) = &room.restored {
            self.done.entries += 1;
            if !self.restore.entry(restored, entry)? {
                return wrong(format!("the id '{}' is in the room already", entry.id));
            }
        }
        Ok(())
    }

    fn commit(self, file: &Path) -> Result<Summary, ArchiveError> {
        let missing = |wanted: &&RoomName| !self.names.contains(wanted.as_str());
        if let Some(room) = self.wanted.iter().find(missing) {
            let place = file.display().to_string();
            return Err(ArchiveError::NoRoom(room.clone(), place));
        }
        self.restore.commit()?;
        Ok(self.done)
    }
}
