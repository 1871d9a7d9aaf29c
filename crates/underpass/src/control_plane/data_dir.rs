//! Data directory of an `up` or `serve`, used by one process at a time.
//!
//! The lock is held by an open file, so the operating system releases it however the process ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use underpass_model::credentials::Secret;
use underpass_private_file as private_file;

use crate::failure::Failure;
use crate::ready::CLIENT_FILE;

/// Version of the directory's format. Raised when an older program could not read it.
const SCHEMA: u32 = 1;

/// Database of the store, in the data directory.
pub(crate) const STORE: &str = "store.sqlite";

/// Key file of the store, in the data directory.
pub(crate) const STORE_KEY: &str = "store.key";

const LOCK: &str = "lock";
const SCHEMA_FILE: &str = "schema";
/// File of the operator's access token.
pub(crate) const TOKEN: &str = "token";

/// A locked data directory.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    /// Holds the lock.
    _lock: File,
}

impl DataDir {
    /// Opens and locks the directory; creates it if it does not exist.
    ///
    /// # Errors
    /// If another process holds the lock, a newer version wrote the directory, or it contains other
    /// files.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        private_file::create_directory(path)?;
        refuse_foreign(path)?;
        private_file::restrict_directory(path)?;
        let lock = lock(path)?;
        check_schema(&path.join(SCHEMA_FILE))?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// Path of the directory.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Path of a file or directory in it.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Path of the file with the operator's access token.
    pub(crate) fn token_file(&self) -> PathBuf {
        self.join(TOKEN)
    }

    /// Access token of the operator; generated at the first start.
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub(crate) fn token(&self, draw: impl FnOnce() -> Secret) -> Result<Secret, Failure> {
        let path = self.token_file();
        if let Some(token) = private_file::read_to_string(&path)? {
            return Ok(Secret::new(token.trim().to_owned()));
        }
        let token = draw();
        private_file::write(&path, format!("{}\n", token.expose()).as_bytes())?;
        Ok(token)
    }

    /// Path of the file by which clients find a running `up`.
    pub(crate) fn client_file(&self) -> PathBuf {
        self.join(CLIENT_FILE)
    }
}

/// Refuses a directory with other files: other users would lose access to them.
fn refuse_foreign(path: &Path) -> Result<(), Failure> {
    let mut entries = std::fs::read_dir(path)
        .map_err(|error| Failure::refused(format!("read {}: {error}", path.display())))?;
    // A start that was interrupted after locking leaves only the lock.
    let is_ours = path.join(LOCK).is_file();
    if is_ours || entries.next().is_none() {
        return Ok(());
    }
    Err(Failure::refused(format!(
        "{} is neither empty nor a data directory of Underpass",
        path.display()
    ))
    .hint("choose another directory with --data-dir"))
}

fn lock(directory: &Path) -> Result<File, Failure> {
    let path = directory.join(LOCK);
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(|error| Failure::refused(format!("open {}: {error}", path.display())))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Failure::refused(format!(
            "another `underpass up` or `underpass serve` uses {}",
            directory.display()
        ))
        .hint("stop it, or choose another directory with --data-dir")),
        Err(TryLockError::Error(error)) => Err(Failure::refused(format!(
            "lock {}: {error}",
            path.display()
        ))),
    }
}

fn check_schema(path: &Path) -> Result<(), Failure> {
    let Some(text) = private_file::read_to_string(path)? else {
        private_file::write(path, format!("{SCHEMA}\n").as_bytes())?;
        return Ok(());
    };
    match text.trim().parse::<u32>() {
        Ok(schema) if schema <= SCHEMA => Ok(()),
        Ok(schema) => Err(Failure::refused(format!(
            "{} has format {schema}; this version reads formats up to {SCHEMA}",
            path.parent().unwrap_or(path).display()
        ))
        .hint(
            "use the newer version of underpass that wrote it, or choose another directory with \
             --data-dir",
        )),
        Err(error) => Err(Failure::refused(format!(
            "read {}: {error}",
            path.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_belongs_to_one_up_at_a_time() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let first = DataDir::open(&path).unwrap();
        assert!(DataDir::open(&path).is_err());
        drop(first);
        assert!(DataDir::open(&path).is_ok());
    }

    #[test]
    fn a_directory_of_a_newer_version_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        drop(DataDir::open(&path).unwrap());
        std::fs::write(path.join(SCHEMA_FILE), "99\n").unwrap();
        let refused = DataDir::open(&path).unwrap_err();
        assert!(refused.to_string().contains("format 99"), "{refused}");
    }

    #[test]
    fn a_directory_that_holds_other_things_is_refused_untouched() {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("letter"), "dear").unwrap();
        let mode = || std::fs::metadata(&path).unwrap().permissions().mode();
        let before = mode();
        assert!(DataDir::open(&path).is_err());
        assert_eq!(mode(), before);
    }

    #[test]
    fn the_token_is_generated_once() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let directory = DataDir::open(&path).unwrap();
        let first = directory.token(|| Secret::new("one".to_owned())).unwrap();
        let second = directory.token(|| Secret::new("two".to_owned())).unwrap();
        assert_eq!((first.expose(), second.expose()), ("one", "one"));
    }
}
