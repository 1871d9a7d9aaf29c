//! An emulator's data directory: the journal, and the secrets made once.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::change::Change;
use crate::error::Error;
use crate::journal::Journal;
use crate::secret::Secret;
use crate::{ids, private_file};

/// A directory that this process alone uses.
pub(crate) struct DataDir {
    path: PathBuf,
    pub(crate) journal: Arc<Journal>,
}

// === impl DataDir ===

impl DataDir {
    /// Opens or makes the directory, and gives all changes of the journal `name` in it.
    ///
    /// A second process is refused before it could change anything.
    pub(crate) fn open(path: &Path, name: &'static str) -> Result<(Self, Vec<Change>), Error> {
        private_file::create_dir(path)?;
        let (journal, changes) = Journal::open(path, name)?;
        let path = path.to_owned();
        let journal = Arc::new(journal);
        Ok((Self { path, journal }, changes))
    }

    /// The path itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A key nobody can guess, the same at each start.
    pub(crate) fn key(&self, file: &str) -> Result<Vec<u8>, Error> {
        self.read_or_create(file, || Ok(ids::secret_bytes()?.to_vec()))
    }

    /// A secret as text, the same at each start.
    pub(crate) fn secret(&self, file: &str) -> Result<Secret, Error> {
        let content =
            self.read_or_create(file, || Ok(ids::secret()?.reveal().as_bytes().to_vec()))?;
        Ok(Secret::new(String::from_utf8_lossy(&content).trim()))
    }

    /// The content of a private file, made by `make` the first time.
    fn read_or_create(
        &self,
        file: &str,
        make: impl FnOnce() -> Result<Vec<u8>, Error>,
    ) -> Result<Vec<u8>, Error> {
        let path = self.file(file);
        if let Some(content) = private_file::read_private(&path)? {
            return Ok(content);
        }
        let content = make()?;
        private_file::write_private(&path, &content)?;
        Ok(content)
    }
}
