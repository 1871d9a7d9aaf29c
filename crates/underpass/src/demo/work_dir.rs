//! A directory that goes when the story is over.

use std::path::{Path, PathBuf};

use underpass_private_file as private_file;

use crate::failure::Failure;
use crate::ids;

/// A directory of our own.
pub(super) struct WorkDir {
    path: PathBuf,
    keep: bool,
}

impl WorkDir {
    /// In the system's temporary directory, or at `keep`, which is left behind.
    pub(super) fn new(keep: Option<&Path>) -> Result<Self, Failure> {
        let path = match keep {
            Some(path) => std::path::absolute(path)
                .map_err(|error| Failure::usage(format!("resolve {}: {error}", path.display())))?,
            None => Self::fresh("demo")?,
        };
        private_file::create_directory(&path)?;
        Ok(Self {
            path,
            keep: keep.is_some(),
        })
    }

    /// A name that nobody uses, in the system's temporary directory.
    pub(super) fn fresh(what: &str) -> Result<PathBuf, Failure> {
        Ok(std::env::temp_dir().join(format!("underpass-{what}-{}", ids::uuid()?.simple())))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for WorkDir {
    fn drop(&mut self) {
        if !self.keep
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %error, "remove the demo's directory");
        }
    }
}
