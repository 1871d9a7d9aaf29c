use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;

use super::super::Sqlite;
use super::*;
use crate::change::{Change, Write};
use crate::encryption::Cipher;
use crate::key::Key;
use crate::kind::Kind;
use crate::store::Store as _;

/// A directory with a store, and a copy of the store from before its last changes.
struct Directory(TempDir);

impl Directory {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("store.sqlite")
    }

    fn open(&self) -> Sqlite {
        Sqlite::open(&self.path(), Cipher::from_bytes(&[1; 32])).unwrap()
    }

    fn copy(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }

    fn put_back(&self, copy: &[u8]) {
        fs::write(self.path(), copy).unwrap();
    }

    fn witness(&self) -> Option<Record> {
        let text = fs::read(path_beside(&self.path())).ok()?;
        Some(serde_json::from_slice(&text).unwrap())
    }
}

async fn change(store: &Sqlite) {
    let change = Change {
        writes: vec![Write::Put(Kind::User, Key::user("one"), json!("text"))],
        ..Change::new()
    };
    store.commit(change).await.unwrap();
}

#[tokio::test]
async fn a_store_that_is_opened_again_is_not_older() {
    let directory = Directory::new();
    for _ in 0..3 {
        let store = directory.open();
        assert_eq!(store.older(), None);
        change(&store).await;
    }
    assert_eq!(directory.witness().unwrap().position, 3);
    let mode = fs::metadata(path_beside(&directory.path())).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn an_earlier_copy_is_older_at_every_opening_until_it_is_accepted() {
    let directory = Directory::new();
    change(&directory.open()).await;
    let copy = directory.copy();
    change(&directory.open()).await;
    directory.put_back(&copy);
    let put_back = OlderStore::PutBack {
        found: 1,
        expected: 2,
    };
    assert_eq!(directory.open().older(), Some(&put_back));
    // Changes that were made without accepting it do not make it newer.
    let store = directory.open();
    change(&store).await;
    drop(store);
    assert_eq!(directory.witness().unwrap().position, 2);

    directory.put_back(&copy);
    let store = directory.open();
    assert_eq!(store.older(), Some(&put_back));
    store.accept_as_newest().unwrap();
    drop(store);
    assert_eq!(directory.open().older(), None);
    assert_eq!(directory.witness().unwrap().position, 1);
}

#[tokio::test]
async fn a_store_after_a_crash_is_not_older() {
    let directory = Directory::new();
    let store = directory.open();
    change(&store).await;
    // What a killed process leaves: the file lags, or does not exist yet.
    let crashed = Directory::new();
    for name in ["store.sqlite", "store.sqlite-wal", "store.position"] {
        let (from, to) = (directory.0.path().join(name), crashed.0.path().join(name));
        if from.exists() {
            fs::copy(from, to).unwrap();
        }
    }
    drop(store);
    assert_eq!(crashed.open().older(), None);
}

#[tokio::test]
async fn nothing_is_known_without_the_file_and_of_an_empty_store() {
    let directory = Directory::new();
    change(&directory.open()).await;
    fs::remove_file(path_beside(&directory.path())).unwrap();
    assert_eq!(directory.open().older(), None);

    change(&directory.open()).await;
    fs::remove_file(directory.path()).unwrap();
    let store = directory.open();
    assert_eq!(store.older(), None);
    change(&store).await;
    drop(store);
    assert_eq!(directory.witness().unwrap().position, 1);
}

#[tokio::test]
async fn a_restored_store_is_older_even_without_later_changes() {
    let directory = Directory::new();
    change(&directory.open()).await;
    let at = Timestamp::from_second(1_800_000_000).unwrap();
    mark_restored(&directory.path(), at).unwrap();
    assert_eq!(directory.open().older(), Some(&OlderStore::Restored(at)));
    let store = directory.open();
    store.accept_as_newest().unwrap();
    drop(store);
    assert_eq!(directory.open().older(), None);
}

#[tokio::test]
async fn a_file_that_cannot_be_understood_is_no_proof_of_the_newest_store() {
    let directory = Directory::new();
    change(&directory.open()).await;
    fs::write(path_beside(&directory.path()), "{}x").unwrap();
    assert_eq!(directory.open().older(), Some(&OlderStore::Unreadable));
}
