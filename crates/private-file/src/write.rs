//! Replacing a file as a whole.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::directory::sync_parent;
use crate::error::Error;
use crate::pending_file::PendingFile;

/// Replaces a file with one that only its owner can read and write, atomically and durably.
///
/// # Errors
/// If the directory is not writable, the path is a directory, or the content cannot be made durable.
pub fn write(path: &Path, content: &[u8]) -> Result<(), Error> {
    let mut file = PendingFile::create(path)?;
    file.write_all(content)
        .and_then(|()| file.replace_destination())
        .map(drop)
        .map_err(Error::at("write", path))
}

/// Replaces a file with one that every user can read, atomically and durably.
///
/// # Errors
/// As for [`write`].
pub fn write_public(path: &Path, content: &[u8]) -> Result<(), Error> {
    let replace = || {
        let mut file = PendingFile::create_public(path)?;
        file.write_all(content)?;
        file.replace_destination()
    };
    replace().map(drop).map_err(Error::at("write", path))
}

/// Creates an empty file for the owner only, durably, unless the path exists.
///
/// # Errors
/// If the directory is not writable.
pub fn create_if_missing(path: &Path) -> Result<(), Error> {
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    let synced = match created {
        Ok(file) => file.sync_all().and_then(|()| sync_parent(path)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    };
    synced.map_err(Error::at("create", path))
}
