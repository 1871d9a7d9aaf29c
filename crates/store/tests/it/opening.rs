//! Opening a store, and refusals to open.

use std::error::Error as _;
use std::os::unix::fs::PermissionsExt as _;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use underpass_model::cloud::Provider;
use underpass_model::credentials::CaKey;
use underpass_model::event::Event;
use underpass_model::id::Generation;
use underpass_model::name::ProjectName;
use underpass_model::project::Project;
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_store::{
    Change, Defect, Error, EventLimits, HistoryPage, Key, Kind, Lookup, Record, Room, Store, Write,
};

use crate::store_dir::StoreDir;

fn demo() -> Key {
    Key::project(&"demo".parse::<ProjectName>().unwrap())
}

fn ca_key(key_pem: &str) -> Change {
    Change {
        writes: vec![Write::Put(Kind::CaKey, demo(), json!({"key_pem": key_pem}))],
        ..Change::new()
    }
}

fn lookup() -> [Lookup; 1] {
    [Lookup::One(Kind::CaKey, demo())]
}

#[tokio::test]
async fn committed_changes_survive_reopening() {
    let store_dir = StoreDir::new();
    let first = store_dir.open();
    first.commit(ca_key("swordfish")).await.unwrap();
    let before = first.fetch(&lookup()).await.unwrap();
    drop(first);
    let second = store_dir.open();
    assert_eq!(second.fetch(&lookup()).await.unwrap(), before);
    second.commit(ca_key("swordfish")).await.unwrap();
    let version = |records: &[Record]| records[0].version;
    let after = second.fetch(&lookup()).await.unwrap();
    assert!(version(after.records()) > version(before.records()));
}

#[tokio::test]
async fn the_file_is_for_its_owner_only_and_contains_no_plain_secret() {
    let store_dir = StoreDir::new();
    let store = store_dir.open();
    store.commit(ca_key("swordfish")).await.unwrap();
    let mut files = 0;
    for entry in std::fs::read_dir(store_dir.file().parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        let metadata = match std::fs::metadata(&path) {
            // The position of the store is replaced meanwhile.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            found => found.unwrap(),
        };
        let mode = metadata.permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
        let bytes = std::fs::read(&path).unwrap();
        assert!(
            !bytes.windows(9).any(|window| window == b"swordfish"),
            "{}",
            path.display()
        );
        files += 1;
    }
    assert!(files >= 2, "the database and its log");
}

#[tokio::test]
async fn secrets_are_not_shown_when_debugging() {
    let store_dir = StoreDir::new();
    let store = store_dir.open();
    let change = ca_key("swordfish");
    assert!(!format!("{change:?}").contains("swordfish"));
    store.commit(change).await.unwrap();
    let fetched = store.fetch(&lookup()).await.unwrap();
    assert!(!format!("{fetched:?} {store:?}").contains("swordfish"));
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_unchanged() {
    let store_dir = StoreDir::new();
    drop(store_dir.open());
    let edit = rusqlite::Connection::open(store_dir.file()).unwrap();
    edit.execute_batch("UPDATE compatibility SET min_reader = 999; PRAGMA user_version = 999;")
        .unwrap();
    drop(edit);
    let before = std::fs::read(store_dir.file()).unwrap();
    let refusal = store_dir.try_open(1).unwrap_err();
    assert!(
        matches!(refusal, Error::Newer { found: 999, .. }),
        "{refusal:?}"
    );
    let text = refusal.to_string();
    assert!(
        text.contains("was written by a newer version of Underpass"),
        "{text}"
    );
    assert_eq!(std::fs::read(store_dir.file()).unwrap(), before);
}

#[tokio::test]
async fn a_store_of_a_newer_version_that_allows_it_is_used_and_not_migrated() {
    let store_dir = StoreDir::new();
    drop(store_dir.open());
    let edit = rusqlite::Connection::open(store_dir.file()).unwrap();
    // The next release adds a column and a table.
    edit.execute_batch(
        "ALTER TABLE record ADD COLUMN of_the_next_release TEXT;
        CREATE TABLE of_the_next_release (id INTEGER PRIMARY KEY) STRICT;
        PRAGMA user_version = 999;",
    )
    .unwrap();
    drop(edit);
    let store = store_dir.open();
    store.commit(ca_key("swordfish")).await.unwrap();
    let fetched = store.fetch(&lookup()).await.unwrap();
    assert_eq!(fetched.all::<CaKey>().unwrap().len(), 1);
    drop(store);
    let edit = rusqlite::Connection::open(store_dir.file()).unwrap();
    let schema: i64 = edit
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(schema, 999);
    // A later release removes what this one uses.
    edit.execute("UPDATE compatibility SET min_reader = 998", [])
        .unwrap();
    drop(edit);
    let refusal = store_dir.try_open(1).unwrap_err();
    assert!(
        matches!(
            refusal,
            Error::Newer {
                found: 999,
                min_reader: 998,
                ..
            }
        ),
        "{refusal:?}"
    );
    assert!(!refusal.to_string().contains('\n'), "{refusal}");
}

#[tokio::test]
async fn a_document_of_a_newer_format_and_a_damaged_text_are_set_aside() {
    let store_dir = StoreDir::new();
    let store = store_dir.open();
    let user = |name: &str| Write::Put(Kind::User, Key::user(name), json!(null));
    let change = Change {
        writes: vec![user("newer"), user("text")],
        ..Change::new()
    };
    store.commit(change).await.unwrap();
    drop(store);
    let edit = rusqlite::Connection::open(store_dir.file()).unwrap();
    edit.execute_batch(
        "UPDATE record SET format = 2 WHERE key = 'newer';
        UPDATE record SET body = CAST(x'7b22ff' AS TEXT) WHERE key = 'text';",
    )
    .unwrap();
    drop(edit);
    let store = store_dir.open();
    let all = [Lookup::Under(Kind::User, Key::root())];
    store.fetch(&all).await.unwrap().check();
    let listed = store.unreadable().await.unwrap();
    let listed: Vec<_> = listed
        .iter()
        .map(|row| (row.key.as_str(), row.defect))
        .collect();
    assert_eq!(
        listed,
        [("newer", Defect::Newer), ("text", Defect::Malformed)]
    );
    // What the other version stored is still there.
    let removal = Change {
        writes: vec![Write::Remove(Kind::User, Key::user("newer"))],
        ..Change::new()
    };
    assert!(store.commit(removal).await.unwrap_err().is_unreadable());
    drop(store);
    let edit = rusqlite::Connection::open(store_dir.file()).unwrap();
    let count: i64 = edit
        .query_row("SELECT count(*) FROM record", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 2);
}

#[tokio::test]
async fn work_of_an_unknown_kind_hides_no_other_work() {
    let store_dir = StoreDir::new();
    let now = Timestamp::UNIX_EPOCH;
    let later = now + SignedDuration::from_mins(3);
    let key = WorkKey::Link(
        "demo".parse().unwrap(),
        "pg-1".parse().unwrap(),
        Provider::Azure,
    );
    let store = store_dir.open();
    let ask = Change::new().enqueue(Enqueue {
        key: key.clone(),
        due_at: now + SignedDuration::from_secs(1),
        generation: Generation(1),
        priority: Priority::User,
    });
    store.commit(ask.clone()).await.unwrap();
    drop(store);
    let edit = rusqlite::Connection::open(store_dir.file()).unwrap();
    edit.execute("UPDATE work SET key = 'balloon/demo', due_at = 0", [])
        .unwrap();
    drop(edit);
    let store = store_dir.open();
    store.commit(ask).await.unwrap();
    let soon = now + SignedDuration::from_secs(2);
    assert_eq!(
        store.claim("one", soon, later, &Room::of(1)).await.unwrap(),
        []
    );
    let [claim] = store
        .claim("one", soon, later, &Room::of(1))
        .await
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(claim.key, key);
    // Nor does it keep a worker busy.
    assert!(store.next_due(&Room::of(1)).await.unwrap() > Some(soon));
}

#[test]
fn a_store_with_another_key_is_refused() {
    let store_dir = StoreDir::new();
    drop(store_dir.open());
    let refusal = store_dir.try_open(2).unwrap_err();
    assert!(matches!(refusal, Error::WrongKey { .. }), "{refusal:?}");
    assert!(
        refusal.to_string().contains("encrypted with another key"),
        "{refusal}"
    );
    drop(store_dir.open());
}

#[test]
fn a_file_that_is_no_store_is_refused_and_unchanged() {
    let store_dir = StoreDir::new();
    let text = "This is not a database, but it is long enough to be mistaken for one. ".repeat(9);
    std::fs::write(store_dir.file(), &text).unwrap();
    let refusal = store_dir.try_open(1).unwrap_err();
    assert!(matches!(refusal, Error::Open { .. }), "{refusal:?}");
    assert!(
        refusal
            .source()
            .unwrap()
            .to_string()
            .contains("not a database")
    );
    assert_eq!(std::fs::read_to_string(store_dir.file()).unwrap(), text);
}

#[test]
fn a_missing_directory_is_refused() {
    let store_dir = StoreDir::new();
    let path = store_dir.file().join("missing");
    let cipher = underpass_store::Cipher::from_bytes(&[1; 32]);
    let refusal =
        underpass_store::Sqlite::open(&path, cipher, underpass_store::Lineage::from_bits(1))
            .unwrap_err();
    assert!(matches!(refusal, Error::Open { .. }), "{refusal:?}");
}

#[tokio::test]
async fn an_encrypted_row_moved_to_another_key_does_not_decrypt() {
    let store_dir = StoreDir::new();
    let store = store_dir.open();
    store.commit(ca_key("swordfish")).await.unwrap();
    drop(store);
    let edit = rusqlite::Connection::open(store_dir.file()).unwrap();
    edit.execute("UPDATE record SET key = 'other'", []).unwrap();
    drop(edit);
    let store = store_dir.open();
    let other = Key::project(&"other".parse::<ProjectName>().unwrap());
    let fetched = store
        .fetch(&[Lookup::One(Kind::CaKey, other.clone())])
        .await
        .unwrap();
    let refusal = fetched.one::<CaKey>(&other).unwrap_err();
    assert!(
        matches!(refusal, Error::Encryption { kind: "ca_key", .. }),
        "{refusal:?}"
    );
    let [listed] = store.unreadable().await.unwrap().try_into().unwrap();
    assert_eq!(listed.defect, Defect::Undecryptable);
}

#[tokio::test]
async fn a_damaged_row_is_named() {
    let store_dir = StoreDir::new();
    let store = store_dir.open();
    let put = Write::Put(Kind::Project, demo(), json!({"name": "demo"}));
    store
        .commit(Change {
            writes: vec![put],
            ..Change::new()
        })
        .await
        .unwrap();
    drop(store);
    let edit = rusqlite::Connection::open(store_dir.file()).unwrap();
    edit.execute("UPDATE record SET body = '{\"na'", [])
        .unwrap();
    drop(edit);
    let store = store_dir.open();
    let fetched = store.fetch(&[Lookup::One(Kind::Project, demo())]).await;
    let refusal = fetched.unwrap().one::<Project>(&demo()).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "read project `demo`: stored by another version, or damaged"
    );
}

#[tokio::test]
async fn work_of_an_ended_process_is_due_immediately() {
    let store_dir = StoreDir::new();
    let now = Timestamp::UNIX_EPOCH;
    let later = now + SignedDuration::from_mins(3);
    let key = WorkKey::Link(
        "demo".parse().unwrap(),
        "pg-1".parse().unwrap(),
        Provider::Azure,
    );
    let store = store_dir.open();
    let ask = Change::new().enqueue(Enqueue {
        key: key.clone(),
        due_at: now,
        generation: Generation(1),
        priority: Priority::User,
    });
    store.commit(ask).await.unwrap();
    let [lost] = store
        .claim("gone", now, later, &Room::of(8))
        .await
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(
        store
            .claim("other", now, later, &Room::of(8))
            .await
            .unwrap(),
        []
    );
    drop(store);
    let store = store_dir.open();
    let [found] = store
        .claim("next", now, later, &Room::of(8))
        .await
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!((found.key, found.generation), (key, lost.generation));
    assert_ne!(found.epoch, lost.epoch);
}

#[tokio::test]
async fn a_store_of_an_older_version_is_migrated() {
    let store_dir = StoreDir::new();
    let event = Event {
        at: Timestamp::UNIX_EPOCH,
        project: "demo".parse().unwrap(),
        subject: "service/pg-1".to_owned(),
        actor: "someone".to_owned(),
        code: "service.created".to_owned(),
        message: "Something happened".to_owned(),
        details: json!(null),
    };
    let store = store_dir.open();
    store
        .commit(Change::new().event(event.clone()))
        .await
        .unwrap();
    store.commit(ca_key("swordfish")).await.unwrap();
    let rows = store.fetch(&lookup()).await.unwrap();
    let changes = store.changes(0, 10).await.unwrap();
    drop(store);
    let edit = rusqlite::Connection::open(store_dir.file()).unwrap();
    edit.execute_batch(
        "DROP TABLE lineage;
        DROP TABLE compatibility;
        ALTER TABLE record DROP COLUMN format;
        DROP INDEX event_by_subject;
        DROP INDEX record_by_version;
        DROP TABLE removal;
        DROP INDEX work_by_turn;
        ALTER TABLE work DROP COLUMN project;
        ALTER TABLE work DROP COLUMN account;
        CREATE INDEX work_by_ready_at ON work (ready_at);
        DROP TABLE event_count;
        DROP INDEX ended_connection_by_end;
        DROP INDEX ended_link_by_end;
        DROP INDEX token_by_end;
        DROP INDEX static_ip_by_owner;
        DROP INDEX token_by_owner;",
    )
    .unwrap();
    edit.pragma_update(None, "user_version", 1).unwrap();
    drop(edit);
    let page = HistoryPage {
        subject: Some("service".to_owned()),
        ..HistoryPage::after(0, 10)
    };
    let store = store_dir.open();
    let found = store.history(&event.project, &page).await.unwrap();
    assert_eq!(found, [(1, event.clone())]);
    assert_eq!(store.fetch(&lookup()).await.unwrap(), rows);
    assert_eq!(store.changes(0, 10).await.unwrap(), changes);
    // Its events are counted.
    let limits = EventLimits {
        per_project: 10,
        per_service: 0,
        oldest: Timestamp::UNIX_EPOCH,
    };
    assert!(!store.trim_events(&limits, 10).await.unwrap());
    assert_eq!(store.history(&event.project, &page).await.unwrap(), []);
}
