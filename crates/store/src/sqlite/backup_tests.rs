use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use super::schema;
use super::{Restored, Sqlite};
use crate::backup::{BackupSource as _, RestoreError};
use crate::change::{Change, Write};
use crate::encryption::Cipher;
use crate::error::Error;
use crate::key::Key;
use crate::kind::Kind;
use crate::lineage::Lineage;
use crate::lookup::Lookup;
use crate::store::Store as _;

const STORE: &str = "store.sqlite";

fn cipher() -> Cipher {
    Cipher::from_bytes(&[1; 32])
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

struct Directory(TempDir);

impl Directory {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn open(&self) -> Sqlite {
        Sqlite::open(&self.join(STORE), cipher(), Lineage::from_bits(1)).unwrap()
    }

    fn back_up(&self, store: &Sqlite) -> PathBuf {
        let path = self.join("backup");
        let pieces = store.back_up(at(0)).unwrap();
        let bytes: Vec<u8> = pieces.flat_map(Result::unwrap).collect();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn restore(&self, backup: &Path, second: i64) -> Result<Restored, RestoreError> {
        Sqlite::restore(backup, &self.join(STORE), &cipher(), at(second))
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Writes a text to two rows in one change, of which one is encrypted.
async fn write(store: &Sqlite, text: &str) {
    let write = |kind| Write::Put(kind, Key::user("one"), json!(text));
    let change = Change {
        writes: vec![write(Kind::User), write(Kind::Credentials)],
        ..Change::new()
    };
    store.commit(change).await.unwrap();
}

/// The texts of both rows.
async fn texts(store: &Sqlite) -> Vec<String> {
    let kinds = [Kind::User, Kind::Credentials];
    let lookups = kinds.map(|kind| Lookup::One(kind, Key::user("one")));
    let fetched = store.fetch(&lookups).await.unwrap();
    let body = |record: &crate::Record| -> String { serde_json::from_str(&record.body).unwrap() };
    fetched.records().iter().map(body).collect()
}

#[tokio::test]
async fn a_restored_store_is_as_it_was_when_it_was_backed_up() {
    let directory = Directory::new();
    let store = directory.open();
    write(&store, "before").await;
    let backup = directory.back_up(&store);
    write(&store, "after").await;
    drop(store);

    let restored = directory.restore(&backup, 60).unwrap();
    let replaced = directory.join("store.sqlite.before-20270115T080100Z");
    assert_eq!(
        restored,
        Restored {
            made_at: at(0),
            replaced: Some(replaced.clone())
        }
    );
    let mode = fs::metadata(directory.join(STORE)).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    assert_eq!(texts(&directory.open()).await, ["before", "before"]);
    let kept = Sqlite::open(&replaced, cipher(), Lineage::from_bits(2)).unwrap();
    assert_eq!(texts(&kept).await, ["after", "after"]);
    drop(kept);
    assert_eq!(
        directory.names(),
        [
            "backup",
            "store.position",
            STORE,
            "store.sqlite.before-20270115T080100Z"
        ]
    );
}

#[tokio::test]
async fn a_restore_that_fails_leaves_a_store_that_is_not_older() {
    let directory = Directory::new();
    let store = directory.open();
    write(&store, "before").await;
    let backup = directory.back_up(&store);
    write(&store, "after").await;
    drop(store);
    // The name under which the replaced store would be kept.
    fs::write(directory.join("store.sqlite.before-20270115T080100Z"), "").unwrap();
    directory.restore(&backup, 60).unwrap_err();
    let store = directory.open();
    assert_eq!(store.older(), None);
    assert_eq!(texts(&store).await, ["after", "after"]);
}

#[tokio::test]
async fn what_a_crash_left_in_the_log_stays_with_the_replaced_store() {
    let directory = Directory::new();
    let store = directory.open();
    write(&store, "before").await;
    let backup = directory.back_up(&store);
    write(&store, "after").await;
    // As after a crash: the log was not merged into the database.
    let crashed = Directory::new();
    for name in [STORE, "store.sqlite-wal", "store.sqlite-shm"] {
        fs::copy(directory.join(name), crashed.join(name)).unwrap();
    }

    let restored = crashed.restore(&backup, 60).unwrap();
    assert_eq!(texts(&crashed.open()).await, ["before", "before"]);
    let kept = Sqlite::open(&restored.replaced.unwrap(), cipher(), Lineage::from_bits(2)).unwrap();
    assert_eq!(texts(&kept).await, ["after", "after"]);
}

#[tokio::test]
async fn a_store_is_restored_to_where_none_is() {
    let directory = Directory::new();
    let store = directory.open();
    write(&store, "kept").await;
    let backup = directory.back_up(&store);
    drop(store);
    fs::remove_file(directory.join(STORE)).unwrap();
    assert_eq!(directory.restore(&backup, 60).unwrap().replaced, None);
    assert_eq!(texts(&directory.open()).await, ["kept", "kept"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_during_writes_contains_whole_changes_and_delays_none() {
    let directory = Directory::new();
    let store = Arc::new(directory.open());
    write(&store, "0").await;
    let stop = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn({
        let (store, stop) = (Arc::clone(&store), Arc::clone(&stop));
        async move {
            let mut number = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                number += 1;
                write(&store, &number.to_string()).await;
            }
            number
        }
    });
    let mut last = 0;
    for round in 0..20 {
        let committed: u64 = texts(&store).await.first().unwrap().parse().unwrap();
        let backup = directory.back_up(&store);
        let restored = Directory::new();
        restored.restore(&backup, round).unwrap();
        let found = texts(&restored.open()).await;
        let [user, secret] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(user, secret, "a part of a change was copied");
        let number: u64 = user.parse().unwrap();
        assert!(number >= committed && number >= last);
        last = number;
    }
    stop.store(true, Ordering::Relaxed);
    assert!(writer.await.unwrap() >= last);
    let names = directory.names();
    assert!(!names.iter().any(|name| name.contains(".new")), "{names:?}");
}

#[tokio::test]
async fn a_backup_that_cannot_be_used_leaves_the_store_as_it_is() {
    let directory = Directory::new();
    let store = directory.open();
    write(&store, "kept").await;
    let backup = directory.back_up(&store);
    drop(store);
    let whole = fs::read(&backup).unwrap();
    fs::write(&backup, whole.get(..whole.len() - 1).unwrap()).unwrap();
    let error = directory.restore(&backup, 60).unwrap_err();
    assert!(matches!(error, RestoreError::Altered { .. }));

    fs::write(&backup, whole).unwrap();
    let stranger = Cipher::from_bytes(&[2; 32]);
    let error = Sqlite::restore(&backup, &directory.join(STORE), &stranger, at(60)).unwrap_err();
    assert!(matches!(error, RestoreError::OtherKey { .. }));
    assert_eq!(directory.names(), ["backup", "store.position", STORE]);
    assert_eq!(texts(&directory.open()).await, ["kept", "kept"]);
}

#[test]
fn a_copy_with_a_newer_schema_or_another_content_is_refused() {
    let directory = Directory::new();
    drop(directory.open());
    let path = directory.join(STORE);
    let check = || schema::check_copy(&path, &cipher(), Path::new("backup"));
    check().unwrap();

    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    // The next release's schema, which this one can use.
    check().unwrap();
    connection
        .execute("UPDATE compatibility SET min_reader = 99", [])
        .unwrap();
    let error = check().unwrap_err();
    assert!(matches!(
        error,
        RestoreError::Store(Error::Newer { found: 99, .. })
    ));
    connection.pragma_update(None, "user_version", 1).unwrap();
    connection.execute("DELETE FROM seal", []).unwrap();
    assert!(matches!(check(), Err(RestoreError::Damaged { .. })));
    drop(connection);

    fs::write(&path, "no database").unwrap();
    assert!(matches!(check(), Err(RestoreError::Damaged { .. })));
}
