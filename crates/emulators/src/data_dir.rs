//! Data directory of an emulator: the journal and the secrets.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use underpass_private_file as private_file;

use crate::change::Change;
use crate::error::Error;
use crate::journal::Journal;
use crate::secret::Secret;

use crate::ids;

/// A data directory, locked for this process.
pub(crate) struct DataDir {
    path: PathBuf,
    pub(crate) journal: Arc<Journal>,
}

// === impl DataDir ===

impl DataDir {
    /// Opens or creates the directory; returns all changes of the journal `name` in it.
    ///
    /// # Errors
    /// When another process uses the directory, or the journal cannot be read.
    pub(crate) fn open(path: &Path, name: &'static str) -> Result<(Self, Vec<Change>), Error> {
        private_file::create_directory(path)?;
        let (journal, changes) = Journal::open(path, name)?;
        let path = path.to_owned();
        let journal = Arc::new(journal);
        Ok((Self { path, journal }, changes))
    }

    /// Path of the directory.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Path of a file in the directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Reads a random key, or creates it at the first start.
    ///
    /// # Errors
    /// When the file cannot be read or written, or the system gives no random bytes.
    pub(crate) fn key(&self, file: &str) -> Result<Vec<u8>, Error> {
        self.read_or_create(file, || Ok(ids::secret_bytes()?.to_vec()))
    }

    /// Reads a secret as text, or creates it at the first start.
    ///
    /// # Errors
    /// When the file cannot be read or written, or the system gives no random bytes.
    pub(crate) fn secret(&self, file: &str) -> Result<Secret, Error> {
        let content =
            self.read_or_create(file, || Ok(ids::secret()?.reveal().as_bytes().to_vec()))?;
        Ok(Secret::new(String::from_utf8_lossy(&content).trim()))
    }

    /// Reads a private file, or creates it with the content of `make`.
    fn read_or_create(
        &self,
        file: &str,
        make: impl FnOnce() -> Result<Vec<u8>, Error>,
    ) -> Result<Vec<u8>, Error> {
        let path = self.file(file);
        if let Some(content) = private_file::read_and_restrict(&path)? {
            return Ok(content);
        }
        let content = make()?;
        private_file::write(&path, &content)?;
        Ok(content)
    }
}
