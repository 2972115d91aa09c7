//! The data directory: private to its owner, used by one process at a time.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use crate::failure::Failure;

/// Makes the directory with mode 0700, or takes an empty one.
pub fn make(path: &Path) -> Result<(), Failure> {
    let entries = std::fs::read_dir(path).map(Iterator::count);
    match entries {
        Ok(1..) => {
            return Err(Failure::new(
                "TNR-CLI-0004",
                format!("{} is not empty", path.display()),
                "name a directory that does not exist yet",
            ));
        }
        Ok(_) => {}
        Err(_) => std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(|e| Failure::file("the directory", path, &e))?,
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
        .map_err(|e| Failure::file("the directory", path, &e))
}

/// Writes a new file that only its owner may read.
pub fn write_private(path: &Path, text: &str) -> Result<(), Failure> {
    let fail = |e: std::io::Error| Failure::file("the file", path, &e);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(fail)?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(fail)
}

/// Refuses a secret file that others may read.
pub fn check_private(what: &str, path: &Path) -> Result<(), Failure> {
    let metadata = std::fs::metadata(path).map_err(|e| Failure::file(what, path, &e))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Failure::new(
        "TNR-CLI-0005",
        format!(
            "{what} {} may be read by others (mode {mode:o})",
            path.display()
        ),
        format!("chmod 600 {}", path.display()),
    ))
}

/// The lock of a data directory; let go when dropped, or when the process ends however it ends.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code, reason = "held for its lock")] File);

/// Takes the lock.
pub fn lock(directory: &Path) -> Result<Lock, Failure> {
    let path = directory.join("lock");
    let fail = |e: std::io::Error| Failure::file("the lock", &path, &e);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(fail)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let _ = (&file).take(32).read_to_string(&mut holder);
            return Err(Failure::new(
                "TNR-CLI-0006",
                format!(
                    "the data directory {} is in use by the process {}",
                    directory.display(),
                    crate::output::printable(holder.trim())
                ),
                "stop that process first; one data directory serves one process",
            ));
        }
        Err(std::fs::TryLockError::Error(error)) => return Err(fail(error)),
    }
    file.set_len(0).map_err(fail)?;
    writeln!(file, "{}", std::process::id()).map_err(fail)?;
    Ok(Lock(file))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_second_lock_is_refused_with_the_holder() {
        let dir = tempfile::tempdir().unwrap();
        let first = lock(dir.path()).unwrap();
        let refused = lock(dir.path()).unwrap_err();
        assert!(
            refused.problem.contains(&std::process::id().to_string()),
            "{}",
            refused.problem
        );
        drop(first);
        lock(dir.path()).unwrap();
    }

    #[test]
    fn private_means_private() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        make(&data).unwrap();
        assert_eq!(
            std::fs::metadata(&data).unwrap().permissions().mode() & 0o777,
            0o700
        );
        let key = data.join("key");
        write_private(&key, "x").unwrap();
        check_private("the key", &key).unwrap();
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(
            check_private("the key", &key).unwrap_err().code,
            "TNR-CLI-0005"
        );
        assert!(make(&data).is_err(), "it is not empty any more");
        assert!(write_private(&key, "y").is_err(), "nothing is overwritten");
    }
}
