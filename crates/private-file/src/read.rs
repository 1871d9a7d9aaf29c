//! Reading, and checking permissions.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::error::Error;

/// Permissions of the group and of other users.
const OTHERS: u32 = 0o077;

/// Reads a file; `None` if it does not exist.
///
/// # Errors
/// If the file cannot be read.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    unless_missing(fs::read(path)).map_err(Error::at("read", path))
}

/// Reads a file as text; `None` if it does not exist.
///
/// # Errors
/// If the file cannot be read or is not UTF-8.
pub fn read_to_string(path: &Path) -> Result<Option<String>, Error> {
    unless_missing(fs::read_to_string(path)).map_err(Error::at("read", path))
}

/// Reads a file and removes the permissions of other users; `None` if it does not exist.
///
/// # Errors
/// If the file cannot be read or belongs to another user.
pub fn read_and_restrict(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let content = read(path)?;
    if content.is_some() {
        fs::set_permissions(path, Permissions::from_mode(0o600))
            .map_err(Error::at("restrict the permissions of", path))?;
    }
    Ok(content)
}

/// The permissions of a file, if they include any for other users.
///
/// # Errors
/// If the file does not exist.
pub fn exposed_mode(path: &Path) -> Result<Option<u32>, Error> {
    let metadata = fs::metadata(path).map_err(Error::at("read the permissions of", path))?;
    let mode = metadata.permissions().mode();
    Ok((mode & OTHERS != 0).then_some(mode & 0o7777))
}

fn unless_missing<T>(content: io::Result<T>) -> io::Result<Option<T>> {
    match content {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
