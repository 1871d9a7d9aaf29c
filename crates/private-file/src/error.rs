//! Error of file operations, with the path.

use std::io;
use std::path::{Path, PathBuf};

/// A file operation that failed.
#[derive(Debug, thiserror::Error)]
#[error(
    "failed to {action} {}. Check that the directory exists, is writable and has space",
    path.display()
)]
pub struct Error {
    /// Attempted operation, a verb with its object, such as "create directory".
    pub action: &'static str,
    /// File or directory of the operation.
    pub path: PathBuf,
    /// Error of the operating system.
    #[source]
    pub source: io::Error,
}

impl Error {
    /// Adds operation and path to an error, for use with `map_err`.
    pub fn at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self {
            action,
            path,
            source,
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        error.source
    }
}
