use std::cell::Cell;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::super::{Sqlite, changes, lineage, schema};
use super::*;
use crate::change::{Change, Write};
use crate::encryption::Cipher;
use crate::key::Key;
use crate::kind::Kind;
use crate::store::Store as _;

/// A directory with a store.
struct Directory {
    dir: TempDir,
    /// Openings so far, each of which draws a lineage.
    openings: Cell<u128>,
}

/// The content of a store's file that is closed, and of the file beside it.
#[derive(Clone)]
struct Copied {
    store: Option<Vec<u8>>,
    witness: Option<Vec<u8>>,
}

/// The last durable write before the process died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Crash {
    BeforeTheFirstWrite,
    Announced,
    InTheStore,
    Begun,
}

const CRASHES: [Crash; 4] = [
    Crash::BeforeTheFirstWrite,
    Crash::Announced,
    Crash::InTheStore,
    Crash::Begun,
];

fn cipher() -> Cipher {
    Cipher::from_bytes(&[1; 32])
}

fn at() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

impl Directory {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            openings: Cell::new(0),
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("store.sqlite")
    }

    fn draw(&self) -> Lineage {
        self.openings.set(self.openings.get() + 1);
        Lineage::from_bits(self.openings.get())
    }

    fn open(&self) -> Sqlite {
        Sqlite::open(&self.path(), cipher(), self.draw()).unwrap()
    }

    /// Opens the store and closes it.
    fn opened(&self) -> Option<OlderStore> {
        self.open().older().cloned()
    }

    /// Opens the store, changes it as often, and closes it.
    async fn run(&self, times: usize) {
        let store = self.open();
        for _ in 0..times {
            change(&store).await;
        }
    }

    fn copy(&self) -> Copied {
        Copied {
            store: fs::read(self.path()).ok(),
            witness: fs::read(path_beside(&self.path())).ok(),
        }
    }

    /// Puts a store in the place of the store; the file beside it stays.
    fn put(&self, copy: &Copied) {
        set(&self.path(), copy.store.as_deref());
    }

    /// Puts back both files.
    fn put_all(&self, copy: &Copied) {
        self.put(copy);
        set(&path_beside(&self.path()), copy.witness.as_deref());
    }

    /// As a store of an earlier version, which knew no lineage.
    fn forget_lineage(&self, has_witness: bool) {
        let connection = schema::open(&self.path(), &cipher()).unwrap();
        connection
            .execute_batch(
                "DROP TABLE lineage; DROP INDEX static_ip_by_owner; DROP INDEX token_by_owner;
                DROP INDEX work_by_turn; ALTER TABLE work DROP COLUMN project;
                CREATE INDEX work_by_account ON work (account, priority, ready_at, key);
                PRAGMA user_version = 6;",
            )
            .unwrap();
        let number = changes::last(&connection).unwrap();
        drop(connection);
        let text = json!({"position": number}).to_string();
        let witness = has_witness.then_some(text.into_bytes());
        set(&path_beside(&self.path()), witness.as_deref());
    }

    fn witness(&self) -> Value {
        let text = fs::read(path_beside(&self.path())).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    /// Begins a lineage until a crash, as [`Sqlite::open`] and [`Sqlite::accept_as_newest`] do.
    fn begin_until(&self, crash: Crash) {
        let connection = schema::open(&self.path(), &cipher()).unwrap();
        let position = StorePosition {
            lineage: lineage::read(&connection).unwrap(),
            number: changes::last(&connection).unwrap(),
        };
        let older = compare(&self.path(), position).unwrap();
        let next = self.draw();
        let witness = Witness::start(&self.path(), position.number, next).unwrap();
        if crash == Crash::BeforeTheFirstWrite {
            return;
        }
        match older {
            None => witness.announce(position).unwrap(),
            Some(_) => witness.announce_replacement().unwrap(),
        }
        if crash == Crash::Announced {
            return;
        }
        lineage::write(&connection, next).unwrap();
        if crash == Crash::Begun {
            witness.begin().unwrap();
        }
    }
}

fn set(path: &Path, content: Option<&[u8]>) {
    match content {
        Some(content) => fs::write(path, content).unwrap(),
        None => drop(fs::remove_file(path)),
    }
}

async fn change(store: &Sqlite) {
    let change = Change {
        writes: vec![Write::Put(Kind::User, Key::user("one"), json!("text"))],
        ..Change::new()
    };
    store.commit(change).await.unwrap();
}

/// A copy of the store that was opened and changed in another directory.
async fn fork(copy: &Copied, times: usize) -> Copied {
    let elsewhere = Directory::new();
    elsewhere.openings.set(1 << 64);
    elsewhere.put_all(copy);
    elsewhere.run(times).await;
    elsewhere.copy()
}

#[tokio::test]
async fn a_store_that_is_opened_again_is_not_older() {
    let directory = Directory::new();
    for _ in 0..3 {
        let store = directory.open();
        assert_eq!(store.older(), None);
        change(&store).await;
    }
    assert_eq!(directory.witness()["position"], 3);
    let mode = fs::metadata(path_beside(&directory.path())).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn a_store_after_a_crash_is_not_older() {
    let directory = Directory::new();
    let store = directory.open();
    change(&store).await;
    // What a killed process leaves: the file lags.
    let crashed = Directory::new();
    for name in ["store.sqlite", "store.sqlite-wal", "store.position"] {
        let (from, to) = (
            directory.dir.path().join(name),
            crashed.dir.path().join(name),
        );
        fs::copy(from, to).unwrap();
    }
    drop(store);
    assert_eq!(crashed.opened(), None);
}

#[tokio::test]
async fn a_store_of_an_earlier_version_gets_a_lineage() {
    for has_witness in [true, false] {
        let directory = Directory::new();
        directory.run(2).await;
        directory.forget_lineage(has_witness);
        let earlier = directory.copy();
        assert_eq!(directory.opened(), None, "{has_witness}");
        assert!(directory.witness()["lineage"].is_string());
        directory.put(&earlier);
        assert!(matches!(
            directory.opened(),
            Some(OlderStore::OtherLineage { found: None, .. })
        ));
    }
}

#[tokio::test]
async fn a_store_that_is_not_the_newest_one_is_so_at_every_opening_until_it_is_accepted() {
    let directory = Directory::new();
    directory.run(1).await;
    let copy = directory.copy();
    let higher = fork(&copy, 7).await;
    let like = fork(&copy, 1).await;
    directory.run(1).await;
    let newest = directory.copy();
    let empty = Copied {
        store: None,
        witness: None,
    };
    for replacement in [&copy, &higher, &like, &empty] {
        directory.put_all(&newest);
        directory.put(replacement);
        // Changes that were made without accepting it do not make it newer.
        for _ in 0..2 {
            let store = directory.open();
            assert!(store.older().is_some());
            change(&store).await;
        }
        assert_eq!(directory.copy().witness, newest.witness);
        let store = directory.open();
        assert!(store.older().is_some());
        store.accept_as_newest().await.unwrap();
        change(&store).await;
        drop(store);
        assert_eq!(directory.opened(), None);
        // Every other one is not the newest one now, also the one that was replaced.
        let accepted = directory.copy();
        for other in [&newest, &copy, &higher, &like, &empty] {
            directory.put_all(&accepted);
            directory.put(other);
            assert!(directory.opened().is_some());
        }
    }
}

#[tokio::test]
async fn a_start_with_an_empty_store_does_not_hide_that_an_old_copy_is_put_back() {
    let directory = Directory::new();
    directory.run(1).await;
    let copy = directory.copy();
    directory.run(5).await;
    let empty = Copied {
        store: None,
        witness: None,
    };
    directory.put(&empty);
    let store = directory.open();
    assert_eq!(store.older(), Some(&OlderStore::Lost { expected: 6 }));
    store.accept_as_newest().await.unwrap();
    drop(store);
    directory.put(&copy);
    assert!(matches!(
        directory.opened(),
        Some(OlderStore::OtherLineage { .. })
    ));
}

#[tokio::test]
async fn a_copy_without_the_file_beside_it_is_not_known_to_be_the_newest_one() {
    let directory = Directory::new();
    directory.run(1).await;
    set(&path_beside(&directory.path()), None);
    assert_eq!(directory.opened(), Some(OlderStore::Unknown));
    directory.open().accept_as_newest().await.unwrap();
    assert_eq!(directory.opened(), None);
}

#[tokio::test]
async fn a_restored_store_is_older_even_without_later_changes() {
    let directory = Directory::new();
    directory.run(1).await;
    mark_restored(&directory.path(), at()).unwrap();
    assert_eq!(directory.opened(), Some(OlderStore::Restored(at())));
    directory.open().accept_as_newest().await.unwrap();
    assert_eq!(directory.opened(), None);
}

#[tokio::test]
async fn a_crash_while_a_lineage_begins_is_no_false_alarm_and_hides_no_other_store() {
    let fresh = Directory::new();
    let of_numbers = Directory::new();
    of_numbers.run(2).await;
    of_numbers.forget_lineage(true);
    let without_file = Directory::new();
    without_file.run(2).await;
    without_file.forget_lineage(false);
    let usual = Directory::new();
    usual.run(1).await;
    let copy = usual.copy();
    let higher = fork(&copy, 7).await;
    usual.run(1).await;
    let empty = Copied {
        store: None,
        witness: None,
    };
    let others = [&copy, &higher, &empty];
    for (directory, others) in [
        (&fresh, [].as_slice()),
        (&of_numbers, [&empty].as_slice()),
        (&without_file, [].as_slice()),
        (&usual, others.as_slice()),
    ] {
        let begun = directory.copy();
        for first in CRASHES {
            for second in CRASHES {
                directory.put_all(&begun);
                directory.begin_until(first);
                directory.begin_until(second);
                let crashed = directory.copy();
                assert_eq!(directory.opened(), None, "{first:?} {second:?}");
                assert_eq!(directory.opened(), None, "{first:?} {second:?}");
                for other in others {
                    directory.put_all(&crashed);
                    directory.put(other);
                    assert!(directory.opened().is_some(), "{first:?} {second:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_crash_while_a_replacement_is_accepted_repeats_the_alarm_until_the_store_has_the_lineage()
{
    let directory = Directory::new();
    directory.run(1).await;
    let copy = directory.copy();
    let higher = fork(&copy, 7).await;
    directory.run(1).await;
    let newest = directory.copy();
    let with_witness = |store: &Copied, witness: Option<&[u8]>| Copied {
        witness: witness.map(<[u8]>::to_vec),
        ..store.clone()
    };
    let of_newest = newest.witness.as_deref();
    let empty = Copied {
        store: None,
        witness: None,
    };
    directory.put_all(&newest);
    mark_restored(&directory.path(), at()).unwrap();
    let restored = directory.copy();
    let replacements = [
        with_witness(&copy, of_newest),
        with_witness(&higher, of_newest),
        with_witness(&empty, of_newest),
        with_witness(&newest, Some(b"unreadable")),
        with_witness(&newest, None),
        restored,
    ];
    for replacement in &replacements {
        for crash in CRASHES {
            directory.put_all(replacement);
            // The hold is stored before.
            let store = directory.open();
            assert!(store.older().is_some());
            change(&store).await;
            drop(store);
            directory.begin_until(crash);
            let crashed = directory.copy();
            let is_accepted = matches!(crash, Crash::InTheStore | Crash::Begun);
            assert_eq!(directory.opened().is_none(), is_accepted, "{crash:?}");
            if !is_accepted {
                directory.put_all(&crashed);
                directory.open().accept_as_newest().await.unwrap();
            }
            assert_eq!(directory.opened(), None, "{crash:?}");
            for other in [&copy, &higher, &empty] {
                directory.put_all(&crashed);
                directory.put(other);
                // Without both files it is a new directory.
                let is_new = crashed.witness.is_none() && other.store.is_none();
                assert_eq!(directory.opened().is_none(), is_new, "{crash:?}");
            }
        }
    }
}
