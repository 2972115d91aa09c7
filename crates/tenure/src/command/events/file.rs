//! A file as a sink: one line for each event. What stands in it says what it has, so that nothing
//! comes twice: a line that was cut off is taken away, and the next one is the one after the last.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use serde_json::Value;

use super::cursor::sync_folder;
use super::place::Place;
use super::{Schema, WireEvent};
use crate::failure::Failure;

/// The longest line that is looked for at the end of the file, in bytes.
const LONGEST: u64 = 1 << 20;

/// A file that events are written to.
pub struct EventFile {
    pub path: PathBuf,
    file: File,
}

impl EventFile {
    /// Opens it, or makes it.
    pub fn open(path: PathBuf) -> Result<Self, Failure> {
        let file = open(&path).map_err(|e| Failure::file("the file", &path, &e))?;
        Ok(Self { path, file })
    }

    /// The record of its last line; `None` where it has no line. A line that was cut off at the end is
    /// taken away. Only for whoever holds the lock of its cursor.
    pub fn last(&mut self, schema: Schema) -> Result<Option<Place>, Failure> {
        let tail = self.tail()?;
        let torn = tail.rsplit(|b| *b == b'\n').next().unwrap_or_default();
        let whole = tail[..tail.len() - torn.len()].strip_suffix(b"\n");
        let place = match whole {
            Some(lines) => {
                let line = lines.rsplit(|b| *b == b'\n').next().unwrap_or_default();
                Some(record(line, schema).ok_or_else(|| self.not_ours(schema))?)
            }
            None if is_begun(torn, schema) => None,
            None => return Err(self.not_ours(schema)),
        };
        if !torn.is_empty() {
            self.cut(torn.len() as u64)?;
        }
        Ok(place)
    }

    fn not_ours(&self, schema: Schema) -> Failure {
        let (path, schema) = (self.path.display(), schema.as_str());
        Failure::new(
            "TNR-EVENTS-0005",
            format!("{path} does not end with an event of tenure as {schema}"),
            "name another file, or the format in which this one was begun",
        )
    }

    /// Adds lines, durably. A file that was moved away meanwhile is left, and begun anew.
    pub fn add(&mut self, events: &[WireEvent]) -> Result<(), Failure> {
        let mut lines = String::new();
        for event in events {
            lines.push_str(&event.event.to_string());
            lines.push('\n');
        }
        let mut write = || {
            if self.was_moved()? {
                self.file = open(&self.path)?;
            }
            self.file.write_all(lines.as_bytes())?;
            self.file.sync_data()
        };
        write().map_err(|e| Failure::file("the file", &self.path, &e))
    }

    fn was_moved(&self) -> std::io::Result<bool> {
        let ours = self.file.metadata()?;
        match std::fs::metadata(&self.path) {
            Ok(there) => Ok((there.dev(), there.ino()) != (ours.dev(), ours.ino())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn cut(&self, torn: u64) -> Result<(), Failure> {
        let cut = || {
            let length = self.file.metadata()?.len();
            self.file.set_len(length.saturating_sub(torn))?;
            self.file.sync_all()
        };
        cut().map_err(|e| Failure::file("the file", &self.path, &e))
    }

    /// The end of the file.
    fn tail(&mut self) -> Result<Vec<u8>, Failure> {
        let mut read = || {
            let length = self.file.metadata()?.len();
            let from = length.saturating_sub(LONGEST);
            self.file.seek(SeekFrom::Start(from))?;
            let mut tail = Vec::new();
            (&self.file).take(LONGEST).read_to_end(&mut tail)?;
            Ok(tail)
        };
        read().map_err(|e: std::io::Error| Failure::file("the file", &self.path, &e))
    }
}

/// Every write goes to the end.
fn open(path: &std::path::Path) -> std::io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(path)?;
    sync_folder(path)?;
    Ok(file)
}

/// Whether bytes may be the beginning of the first line of a file of ours.
fn is_begun(bytes: &[u8], schema: Schema) -> bool {
    let first: &[u8] = match schema {
        Schema::Native => b"{\"act\":",
        Schema::Ocsf => b"{\"activity_id\":",
        Schema::Ecs => b"{\"@timestamp\":",
    };
    bytes.starts_with(first) || first.starts_with(bytes)
}

/// Number and hash of the record that a line is about.
fn record(line: &[u8], schema: Schema) -> Option<Place> {
    let line: Value = serde_json::from_slice(line).ok()?;
    let (seq, hash) = match schema {
        Schema::Native => ("/seq", "/hash"),
        Schema::Ocsf => ("/metadata/sequence", "/metadata/uid"),
        Schema::Ecs => ("/event/sequence", "/event/hash"),
    };
    Some(Place {
        after: line.pointer(seq)?.as_u64()?,
        hash: Some(line.pointer(hash)?.as_str()?.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn event(seq: u64) -> WireEvent {
        WireEvent {
            seq,
            hash: format!("h{seq}"),
            at: String::new(),
            kind: String::new(),
            severity: 1,
            event: json!({"act": "read", "seq": seq, "hash": format!("h{seq}")}),
        }
    }

    fn opened(path: &std::path::Path) -> (EventFile, Option<u64>) {
        let mut file = EventFile::open(path.to_owned()).unwrap();
        let last = file.last(Schema::Native).unwrap();
        (file, last.map(|place| place.after))
    }

    #[test]
    fn wherever_a_line_was_cut_off_the_file_ends_with_the_one_before() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("events.ndjson");
        let (mut file, last) = opened(&path);
        assert_eq!(last, None);
        file.add(&[event(1), event(2)]).unwrap();
        file.add(&[event(3)]).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let ends: Vec<usize> = (0..whole.len()).filter(|i| whole[*i] == b'\n').collect();
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let lines = ends.iter().filter(|end| **end < cut).count();
            let (_, last) = opened(&path);
            assert_eq!(last.unwrap_or(0), lines as u64, "cut at {cut}");
            let kept = std::fs::read(&path).unwrap();
            assert_eq!(
                kept,
                whole[..lines.checked_sub(1).map_or(0, |i| ends[i] + 1)]
            );
        }
    }

    #[test]
    fn a_file_that_was_moved_away_is_begun_anew() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("events.ndjson");
        let (mut file, _) = opened(&path);
        file.add(&[event(1)]).unwrap();
        std::fs::rename(&path, home.path().join("old")).unwrap();
        file.add(&[event(2)]).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1);
        assert_eq!(opened(&path).1, Some(2));
    }

    #[test]
    fn a_file_of_somebody_else_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("notes.txt");
        for text in [
            "no line",
            "a line\nand more",
            "{\"seq\":1,\"hash\":\"h\"}\n{\"mine\":true}\n",
            "\n",
            "{\"activity_id\":1",
        ] {
            std::fs::write(&path, text).unwrap();
            let mut file = EventFile::open(path.clone()).unwrap();
            let refused = file.last(Schema::Native).unwrap_err();
            assert_eq!(refused.code, "TNR-EVENTS-0005", "{text}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }
}
