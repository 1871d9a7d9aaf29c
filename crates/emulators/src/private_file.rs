//! Files that only their owner may read, written whole or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Readable and writable by the owner alone.
const OWNER_ONLY: u32 = 0o600;

/// Readable by everybody: for what is public, such as a certificate authority's certificate.
const PUBLIC: u32 = 0o644;

/// A file or directory of the data directory could not be used.
#[derive(Debug, thiserror::Error)]
#[error("{action} {}; check that the directory exists, is writable and has space", path.display())]
pub struct Error {
    /// What was attempted, a verb.
    action: &'static str,
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl Error {
    /// Names the attempt and the path, for use with `map_err`.
    pub(crate) fn at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self {
            action,
            path,
            source,
        }
    }
}

/// Makes a directory that only its owner may enter; an existing one is left as it is.
pub(crate) fn create_dir(path: &Path) -> Result<(), Error> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(Error::at("create directory", path))
}

/// Replaces a file with one only its owner may read.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<(), Error> {
    replace(path, content, OWNER_ONLY).map_err(Error::at("write", path))
}

/// Replaces a file with one that everybody may read.
pub(crate) fn write_public(path: &Path, content: &[u8]) -> Result<(), Error> {
    replace(path, content, PUBLIC).map_err(Error::at("write", path))
}

/// Reads a private file; `None` when there is none yet.
///
/// Rights that somebody widened are narrowed again.
pub(crate) fn read_private(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    let content = match fs::read(path) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::at("read", path)(error)),
    };
    fs::set_permissions(path, Permissions::from_mode(OWNER_ONLY))
        .map_err(Error::at("restrict the rights of", path))?;
    Ok(Some(content))
}

/// Opens a file nobody else may read, empty, for the caller to fill and [`publish`].
pub(crate) fn create(path: &Path) -> io::Result<File> {
    create_with(path, OWNER_ONLY)
}

fn create_with(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(mode);
    let file = options.open(path)?;
    // The mode above counts only for a new file; a leftover may have another.
    file.set_permissions(Permissions::from_mode(mode))?;
    Ok(file)
}

/// Gives a filled file its final name so that a crash leaves the old or the new one whole.
pub(crate) fn publish(file: &File, from: &Path, to: &Path) -> io::Result<()> {
    file.sync_all()?;
    fs::rename(from, to)?;
    match to.parent() {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}

fn replace(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let fresh = path.with_added_extension("new");
    let mut file = create_with(&fresh, mode)?;
    file.write_all(content)?;
    publish(&file, &fresh, path)
}
