//! Replacement of the database file by the one in a backup.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use underpass_private_file::{PendingFile, remove_leftovers};

use super::{schema, witness};
use crate::backup::{RestoreError, decrypt};
use crate::encryption::Cipher;

/// The files of a store, as suffixes: the database, its log, and the index of the log.
const FILES: [&str; 3] = ["", "-wal", "-shm"];

/// A store that was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// Time of the backup.
    pub made_at: Timestamp,
    /// The store that was replaced, if there was one. SQLite opens it, with the files beside it.
    pub replaced: Option<PathBuf>,
}

/// Replaces the store by the one in a backup. See [`super::Sqlite::restore`].
pub(super) fn restore(
    backup: &Path,
    store: &Path,
    cipher: &Cipher,
    now: Timestamp,
) -> Result<Restored, RestoreError> {
    let unwritten = |error: underpass_private_file::Error| RestoreError::File {
        action: error.action,
        path: error.path,
        source: error.source,
    };
    remove_leftovers(store).map_err(unwritten)?;
    let mut pending = PendingFile::create(store).map_err(unwritten)?;
    let made_at = decrypt(backup, cipher, &mut pending)?;
    schema::check_copy(pending.path(), cipher, backup)?;
    let replaced = keep(store, now)?;
    // Before the replacement: a crash in between makes a store look restored that is not, and never
    // the reverse. After everything that can fail before it.
    witness::mark_restored(store, now).map_err(unwritten)?;
    // SQLite would apply the log of the old database to the new one.
    for suffix in ["-wal", "-shm"] {
        let path = with_suffix(store, suffix);
        remove(&path).map_err(RestoreError::file("delete", &path))?;
    }
    pending.persist().map_err(unwritten)?;
    Ok(Restored { made_at, replaced })
}

/// Keeps the files of the store under other names, beside it. They also keep their own names, so
/// that a crash never leaves a directory without a store.
fn keep(store: &Path, now: Timestamp) -> Result<Option<PathBuf>, RestoreError> {
    let kept = with_suffix(
        store,
        &format!(".before-{}", now.strftime("%Y%m%dT%H%M%SZ")),
    );
    let mut any = false;
    for suffix in FILES {
        let (from, to) = (with_suffix(store, suffix), with_suffix(&kept, suffix));
        match fs::hard_link(&from, &to) {
            Ok(()) => any = true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(RestoreError::file("keep the replaced store as", &to)(error)),
        }
    }
    Ok(any.then_some(kept))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}
