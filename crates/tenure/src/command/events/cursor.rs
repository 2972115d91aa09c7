//! The cursor: a small file that says what the sink has, replaced whole, and used by one follower
//! at a time.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::place::Place;
use crate::failure::Failure;

/// The longest cursor that is read, in bytes.
const LONGEST: u64 = 4_096;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    after: u64,
    hash: String,
}

/// A cursor that nobody else uses.
#[derive(Debug)]
pub struct Cursor {
    path: PathBuf,
    #[allow(dead_code, reason = "held for its lock")]
    lock: File,
}

impl Cursor {
    /// Takes the cursor. It need not be there yet.
    pub fn open(path: PathBuf) -> Result<Self, Failure> {
        let beside = beside(&path, "lock");
        let fail = |e: std::io::Error| Failure::file("the cursor's lock", &beside, &e);
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&beside)
            .map_err(fail)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, lock }),
            Err(std::fs::TryLockError::WouldBlock) => Err(Failure::new(
                "TNR-EVENTS-0004",
                format!("another follower uses the cursor {}", path.display()),
                "stop it first, or give this one a cursor and a sink of its own",
            )),
            Err(std::fs::TryLockError::Error(error)) => Err(fail(error)),
        }
    }

    /// What it says; `None` before anything was followed.
    pub fn load(&self) -> Result<Option<Place>, Failure> {
        let fail = |e: &std::io::Error| Failure::file("the cursor", &self.path, e);
        let file = match File::open(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(|e| fail(&e))?,
        };
        let mut text = String::new();
        file.take(LONGEST)
            .read_to_string(&mut text)
            .map_err(|e| fail(&e))?;
        match serde_json::from_str::<Saved>(&text) {
            Ok(saved) => Ok(Some(Place {
                after: saved.after,
                hash: Some(saved.hash),
            })),
            Err(_) => Err(Failure::new(
                "TNR-EVENTS-0005",
                format!("{} is no cursor", self.path.display()),
                "find out what wrote it; remove it to begin anew, at the beginning or with --after",
            )),
        }
    }

    /// Replaces it: whoever reads it, also after a crash, sees what it said before or this.
    pub fn save(&self, place: &Place) -> Result<(), Failure> {
        let Some(hash) = place.hash.clone() else {
            return Ok(());
        };
        let after = place.after;
        let text = serde_json::to_string(&Saved { after, hash })
            .map_err(|e| Failure::new("TNR-CLI-0003", e.to_string(), "report it"))?;
        let new = beside(&self.path, "new");
        let write = || {
            let mut file = File::create(&new)?;
            writeln!(file, "{text}")?;
            file.sync_all()?;
            std::fs::rename(&new, &self.path)?;
            sync_folder(&self.path)
        };
        write().map_err(|e| Failure::file("the cursor", &self.path, &e))
    }
}

/// Makes the entry of a file in its folder durable.
pub fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

/// The same name with something behind it.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_cursor_is_kept_and_is_one_followers() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("siem.cursor");
        let cursor = Cursor::open(path.clone()).unwrap();
        assert_eq!(cursor.load().unwrap(), None);
        let place = Place {
            after: 7,
            hash: Some("ab".to_owned()),
        };
        cursor.save(&place).unwrap();
        let second = Cursor::open(path.clone()).unwrap_err();
        assert_eq!(second.code, "TNR-EVENTS-0004");
        drop(cursor);
        let cursor = Cursor::open(path.clone()).unwrap();
        assert_eq!(cursor.load().unwrap(), Some(place));
        for wrong in [
            "",
            "7",
            "{\"after\":7}",
            "{\"after\":7,\"hash\":\"a\",\"x\":1}",
        ] {
            std::fs::write(&path, wrong).unwrap();
            assert_eq!(
                cursor.load().unwrap_err().code,
                "TNR-EVENTS-0005",
                "{wrong}"
            );
        }
    }
}
