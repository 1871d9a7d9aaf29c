//! The error of a restore.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// A failure to restore a store. The store is then as before, unless [`RestoreError::File`] says
/// that it cannot be replaced.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// A file operation failed.
    #[error("{action} `{}`", path.display())]
    File {
        /// The attempted operation, as a present-tense phrase.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        #[source]
        source: io::Error,
    },
    /// The file is no backup.
    #[error("`{}` is not a backup made by `underpass backup`", path.display())]
    NotABackup {
        /// The backup file.
        path: PathBuf,
    },
    /// The file has a format that this program does not know.
    #[error(
        "`{}` has another format than this version reads. Use the version of Underpass that made it",
        path.display()
    )]
    OtherFormat {
        /// The backup file.
        path: PathBuf,
    },
    /// The backup was made with another key.
    #[error(
        "`{}` was made with another key, or its beginning was altered. Use the key file of the store \
         that was backed up",
        path.display()
    )]
    OtherKey {
        /// The backup file.
        path: PathBuf,
    },
    /// The backup is incomplete or was altered.
    #[error(
        "`{}` is incomplete or was altered. Copy it again from where it is kept, or use another \
         backup",
        path.display()
    )]
    Altered {
        /// The backup file.
        path: PathBuf,
    },
    /// The restored store failed the integrity check of SQLite.
    #[error("the store in `{}` is damaged: {finding}. Use another backup", path.display())]
    Damaged {
        /// The backup file.
        path: PathBuf,
        /// The first finding.
        finding: String,
    },
    /// The restored store cannot be used.
    #[error("check the restored store")]
    Store(#[from] Error),
}

impl RestoreError {
    /// Adds operation and path to an error, for use with `map_err`.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}
