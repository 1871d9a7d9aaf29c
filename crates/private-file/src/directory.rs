//! Private directories, and syncing a directory.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use crate::error::Error;

/// The owner can list, enter and modify the directory.
const OWNER_ONLY: u32 = 0o700;

/// Creates a directory and its parents for the owner only. An existing directory is unchanged.
///
/// # Errors
/// If a directory cannot be created, or the path is a file.
pub fn create_directory(path: &Path) -> Result<(), Error> {
    DirBuilder::new()
        .recursive(true)
        .mode(OWNER_ONLY)
        .create(path)
        .map_err(Error::at("create directory", path))
}

/// Removes all permissions of other users from a directory.
///
/// # Errors
/// If the directory does not exist or belongs to another user.
pub fn restrict_directory(path: &Path) -> Result<(), Error> {
    fs::set_permissions(path, Permissions::from_mode(OWNER_ONLY))
        .map_err(Error::at("restrict the permissions of", path))
}

/// Directory of a file; the current one for a bare file name.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(directory) if directory != Path::new("") => directory,
        Some(_) | None => Path::new("."),
    }
}

/// Makes the entry of a file in its directory durable.
pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    File::open(parent(path))?.sync_all()
}
