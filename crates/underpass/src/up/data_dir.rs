//! Where an `up` keeps everything, for itself alone.
//!
//! The lock is held by an open file, so the system lets go of it when the process ends, however
//! it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use underpass_model::credentials::Secret;

use crate::failure::Failure;
use crate::private_file;
use crate::ready::CLIENT_FILE;

/// The form of the directory as a whole. Raised when an older program could not read it.
const SCHEMA: u32 = 1;

const LOCK: &str = "lock";
const SCHEMA_FILE: &str = "schema";
const TOKEN: &str = "token";

/// A locked data directory.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    /// Held as long as we live.
    _lock: File,
}

impl DataDir {
    /// Opens the directory, made if there is none.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        private_file::make_directory(path)?;
        refuse_foreign(path)?;
        private_file::close_directory(path)?;
        let lock = lock(path)?;
        check_schema(&path.join(SCHEMA_FILE))?;
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// The directory itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A file or directory in it.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The operator's token file.
    pub(crate) fn token_file(&self) -> PathBuf {
        self.join(TOKEN)
    }

    /// The operator's token, drawn the first time.
    pub(crate) fn token(&self, draw: impl FnOnce() -> Secret) -> Result<Secret, Failure> {
        let path = self.token_file();
        if let Some(token) = private_file::read(&path)? {
            return Ok(Secret::new(token.trim().to_owned()));
        }
        let token = draw();
        private_file::write(&path, format!("{}\n", token.expose()).as_bytes())?;
        Ok(token)
    }

    /// Where clients look for a running `up`.
    pub(crate) fn client_file(&self) -> PathBuf {
        self.join(CLIENT_FILE)
    }
}

/// Refuses a directory that is somebody else's: it would be closed to them.
fn refuse_foreign(path: &Path) -> Result<(), Failure> {
    let mut entries = std::fs::read_dir(path)
        .map_err(|error| Failure::refused(format!("read {}: {error}", path.display())))?;
    // A start that was cut right after the lock leaves the lock alone.
    let is_ours = path.join(LOCK).is_file();
    if is_ours || entries.next().is_none() {
        return Ok(());
    }
    Err(Failure::refused(format!(
        "{} is not empty and no data directory",
        path.display()
    ))
    .hint("name a --data-dir of its own for `up`"))
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
            "another `up` runs on {}",
            directory.display()
        ))
        .hint("stop it, or name another --data-dir")),
        Err(TryLockError::Error(error)) => Err(Failure::refused(format!(
            "lock {}: {error}",
            path.display()
        ))),
    }
}

fn check_schema(path: &Path) -> Result<(), Failure> {
    let Some(text) = private_file::read(path)? else {
        return private_file::write(path, format!("{SCHEMA}\n").as_bytes());
    };
    match text.trim().parse::<u32>() {
        Ok(schema) if schema <= SCHEMA => Ok(()),
        Ok(schema) => Err(Failure::refused(format!(
            "{} has form {schema}, this program reads up to form {SCHEMA}",
            path.parent().unwrap_or(path).display()
        ))
        .hint("a newer version wrote it: use that version, or name another --data-dir")),
        Err(error) => Err(Failure::refused(format!(
            "read {}: {error}",
            path.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scratch(PathBuf);

    impl Scratch {
        fn new() -> Self {
            let name = format!("underpass-data-dir-{}", crate::ids::uuid().unwrap());
            Self(std::env::temp_dir().join(name))
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_directory_belongs_to_one_up_at_a_time() {
        let scratch = Scratch::new();
        let first = DataDir::open(&scratch.0).unwrap();
        assert!(DataDir::open(&scratch.0).is_err());
        drop(first);
        assert!(DataDir::open(&scratch.0).is_ok());
    }

    #[test]
    fn what_a_newer_version_wrote_is_left_alone() {
        let scratch = Scratch::new();
        drop(DataDir::open(&scratch.0).unwrap());
        std::fs::write(scratch.0.join(SCHEMA_FILE), "99\n").unwrap();
        let refused = DataDir::open(&scratch.0).unwrap_err();
        assert!(refused.to_string().contains("form 99"), "{refused}");
    }

    #[test]
    fn a_directory_that_holds_other_things_is_refused_untouched() {
        use std::os::unix::fs::PermissionsExt as _;
        let scratch = Scratch::new();
        std::fs::create_dir(&scratch.0).unwrap();
        std::fs::write(scratch.0.join("letter"), "dear").unwrap();
        let mode = || std::fs::metadata(&scratch.0).unwrap().permissions().mode();
        let before = mode();
        assert!(DataDir::open(&scratch.0).is_err());
        assert_eq!(mode(), before);
    }

    #[test]
    fn the_token_is_drawn_once() {
        let scratch = Scratch::new();
        let directory = DataDir::open(&scratch.0).unwrap();
        let first = directory.token(|| Secret::new("one".to_owned())).unwrap();
        let second = directory.token(|| Secret::new("two".to_owned())).unwrap();
        assert_eq!((first.expose(), second.expose()), ("one", "one"));
    }
}
