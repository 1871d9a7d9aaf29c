//! Files that only their owner may read, written whole or not at all.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use crate::failure::Failure;

/// Makes a directory and its parents for the owner alone; one that is there stays as it is.
pub(crate) fn make_directory(path: &Path) -> Result<(), Failure> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| failure("make directory", path, &error))
}

/// Closes a directory to everyone but its owner.
pub(crate) fn close_directory(path: &Path) -> Result<(), Failure> {
    fs::set_permissions(path, Permissions::from_mode(0o700))
        .map_err(|error| failure("close to others", path, &error))
}

/// Writes a file for the owner alone, over whatever was there.
///
/// The content is durable before the name points to it, so a crash leaves the old file or the new
/// one.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let fresh = path.with_added_extension("new");
    let attempt = || -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&fresh)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&fresh, path)?;
        match path.parent() {
            Some(directory) if directory.as_os_str().is_empty() => File::open(".")?.sync_all(),
            Some(directory) => File::open(directory)?.sync_all(),
            None => Ok(()),
        }
    };
    attempt().map_err(|error| failure("write", path, &error))
}

/// Reads a file that need not be there.
pub(crate) fn read(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failure("read", path, &error)),
    }
}

fn failure(doing: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::refused(format!("{doing} {}: {error}", path.display()))
}
