//! Work directory of the demo, deleted at its end.

use std::path::{Path, PathBuf};

use underpass_private_file as private_file;

use crate::failure::Failure;
use crate::ids;

/// A directory that is deleted when dropped, unless it is kept.
pub(super) struct WorkDir {
    path: PathBuf,
    is_kept: bool,
}

impl WorkDir {
    /// Creates the directory in the system's temporary directory, or at `kept`, which is kept.
    ///
    /// # Errors
    /// If the directory cannot be created.
    pub(super) fn new(kept: Option<&Path>) -> Result<Self, Failure> {
        let path = match kept {
            Some(path) => std::path::absolute(path)
                .map_err(|error| Failure::usage(format!("resolve {}: {error}", path.display())))?,
            None => Self::fresh("demo")?,
        };
        private_file::create_directory(&path)?;
        Ok(Self {
            path,
            is_kept: kept.is_some(),
        })
    }

    /// An unused path in the system's temporary directory.
    ///
    /// # Errors
    /// If the operating system provides no random bytes.
    pub(super) fn fresh(what: &str) -> Result<PathBuf, Failure> {
        Ok(std::env::temp_dir().join(format!("underpass-{what}-{}", ids::uuid()?.simple())))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for WorkDir {
    fn drop(&mut self) {
        if !self.is_kept
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %error, "failed to delete the work directory of the demo");
        }
    }
}
