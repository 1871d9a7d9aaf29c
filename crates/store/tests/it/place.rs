//! A directory with a store in it.

use std::path::PathBuf;

use underpass_store::{Cipher, Error, Sqlite};

/// Removed with everything in it when dropped.
pub(crate) struct Place(tempfile::TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.path().join("store.sqlite")
    }

    pub(crate) fn try_open(&self, key: u8) -> Result<Sqlite, Error> {
        Sqlite::open(&self.file(), Cipher::from_bytes(&[key; 32]))
    }

    pub(crate) fn open(&self) -> Sqlite {
        self.try_open(1).unwrap()
    }
}
