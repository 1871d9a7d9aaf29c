//! A file that replaces another one when it is complete.
//!
//! It is written beside its destination under a random name. Its content is made durable before it
//! is renamed, and the directory after that, so a crash leaves the old file or the new one. The
//! random name is created exclusively: concurrent writers do not share it, and a symbolic link is
//! not followed.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::directory::{parent, sync_parent};
use crate::error::Error;

/// The owner reads and writes.
const OWNER_ONLY: u32 = 0o600;

/// Every user reads.
const PUBLIC: u32 = 0o644;

/// End of the names of pending files.
const SUFFIX: &str = ".new";

/// A file that is deleted when dropped, unless it is [persisted](PendingFile::persist).
#[derive(Debug)]
pub struct PendingFile {
    file: NamedTempFile,
    destination: PathBuf,
}

impl PendingFile {
    /// Creates an empty file, for the owner only, that will replace `destination`.
    ///
    /// # Errors
    /// If the directory does not exist or is not writable.
    pub fn create(destination: &Path) -> Result<Self, Error> {
        Self::with_mode(destination, OWNER_ONLY).map_err(Error::at("create", destination))
    }

    /// Creates an empty file, readable by every user, that will replace `destination`.
    pub(crate) fn create_public(destination: &Path) -> io::Result<Self> {
        Self::with_mode(destination, PUBLIC)
    }

    fn with_mode(destination: &Path, mode: u32) -> io::Result<Self> {
        let file = tempfile::Builder::new()
            .prefix(&prefix(destination))
            .suffix(SUFFIX)
            .tempfile_in(parent(destination))?;
        // Set here because the umask limits the mode at creation.
        file.as_file()
            .set_permissions(Permissions::from_mode(mode))?;
        Ok(Self {
            file,
            destination: destination.to_owned(),
        })
    }

    /// Path of the pending file, for programs that write or read a file by its name.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Replaces the destination, durably, and returns the open file.
    ///
    /// # Errors
    /// If the content cannot be made durable, the destination is a directory, or the directory
    /// cannot be made durable. The old file is unchanged in the first two cases.
    pub fn persist(self) -> Result<File, Error> {
        let destination = self.destination.clone();
        self.replace_destination()
            .map_err(Error::at("write", &destination))
    }

    /// Becomes the destination, durably, which must not exist, and returns the open file.
    ///
    /// # Errors
    /// As for [`PendingFile::persist`]; also if the destination exists.
    pub fn persist_new(self) -> Result<File, Error> {
        let destination = self.destination;
        let file = self.file;
        let persist = || {
            file.as_file().sync_all()?;
            let file = file.persist_noclobber(&destination)?;
            sync_parent(&destination)?;
            Ok(file)
        };
        persist().map_err(Error::at("create", &destination))
    }

    pub(crate) fn replace_destination(self) -> io::Result<File> {
        self.file.as_file().sync_all()?;
        let file = self.file.persist(&self.destination)?;
        sync_parent(&self.destination)?;
        Ok(file)
    }
}

impl Write for PendingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_file_mut().flush()
    }
}

/// Deletes the pending files of a destination that crashed processes left.
///
/// The caller must be the only writer of the destination.
///
/// # Errors
/// If the directory cannot be read, or a file cannot be deleted.
pub fn remove_leftovers(destination: &Path) -> Result<(), Error> {
    let directory = parent(destination);
    let prefix = prefix(destination);
    let is_leftover = |name: &OsStr| {
        let name = name.as_bytes();
        name.starts_with(prefix.as_bytes()) && name.ends_with(SUFFIX.as_bytes())
    };
    let entries = fs::read_dir(directory).map_err(Error::at("read directory", directory))?;
    for entry in entries {
        let entry = entry.map_err(Error::at("read directory", directory))?;
        if is_leftover(&entry.file_name()) {
            let path = entry.path();
            fs::remove_file(&path).map_err(Error::at("delete", &path))?;
        }
    }
    Ok(())
}

/// Beginning of the names of a destination's pending files.
fn prefix(destination: &Path) -> OsString {
    let mut prefix = destination.file_name().unwrap_or_default().to_owned();
    prefix.push(".");
    prefix
}
