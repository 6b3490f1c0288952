//! What a whole program does not show of an import.

use std::fs;

use super::*;

const HEADER: &str =
    r#"{"type":"header","format":"realtid-export","version":1,"exported_at":1763800100000}"#;

/// Imports the room `other` from these lines; answers with what progress it told of.
fn import_other(text: &str) -> (Result<Summary, ArchiveError>, Vec<u64>) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("export.jsonl");
    fs::write(&file, text).unwrap();
    let mut told = Vec::new();
    let other = [RoomName::new("other").unwrap()];
    let database = directory.path().join("realtid.db");
    let done = import(&database, &other, &file, false, |entries| {
        told.push(entries);
    });
    (done, told)
}

#[test]
fn progress_is_told_once() {
    let entry = |seq| {
        format!(
            r#"{{"type":"entry","seq":{seq},"at":1,"kind":"said","id":"i{seq}","author":"a","nick":"A","body":""}}"#
        )
    };
    let mut lines = vec![
        HEADER.to_owned(),
        r#"{"type":"room","room":"lobby","next_seq":1000000}"#.to_owned(),
    ];
    lines.extend((1..=PROGRESS).map(entry));
    lines.push(r#"{"type":"room","room":"other","next_seq":1}"#.to_owned());
    lines.push(format!(
        r#"{{"type":"end","rooms":2,"entries":{PROGRESS}}}"#
    ));
    let (done, told) = import_other(&(lines.join("\n") + "\n"));
    let done = done.unwrap();
    assert_eq!((done.rooms, done.entries), (1, 0));
    assert_eq!(told, [PROGRESS]);
}

#[test]
fn a_line_without_an_end_is_too_long_where_it_fills_its_bound() {
    let bound = usize::try_from(LINE_BYTES).unwrap();
    for (bytes, why) in [
        (bound - 1, "the file was cut off"),
        (bound, "longer than any line"),
    ] {
        let (done, _) = import_other(&format!("{HEADER}\n{}", "x".repeat(bytes)));
        let error = done.unwrap_err().to_string();
        assert!(error.contains(why), "{bytes}: {error}");
    }
}
