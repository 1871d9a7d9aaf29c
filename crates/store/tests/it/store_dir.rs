//! A temporary directory with a store.

use std::path::PathBuf;

use underpass_store::{Cipher, Error, Lineage, Sqlite};

/// A temporary directory with a store, removed when dropped.
pub(crate) struct StoreDir(tempfile::TempDir);

impl StoreDir {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.path().join("store.sqlite")
    }

    pub(crate) fn try_open(&self, key: u8) -> Result<Sqlite, Error> {
        Sqlite::open(
            &self.file(),
            Cipher::from_bytes(&[key; 32]),
            Lineage::from_bits(1),
        )
    }

    pub(crate) fn open(&self) -> Sqlite {
        self.try_open(1).unwrap()
    }
}
