//! Opening a store, and what is refused.

use std::error::Error as _;
use std::os::unix::fs::PermissionsExt as _;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use underpass_model::cloud::Provider;
use underpass_model::event::Event;
use underpass_model::id::Generation;
use underpass_model::name::ProjectName;
use underpass_model::project::Project;
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_store::{Change, Error, HistoryPage, Key, Kind, Lookup, Record, Store, Write};

use crate::place::Place;

fn demo() -> Key {
    Key::project(&"demo".parse::<ProjectName>().unwrap())
}

fn ca_key(place: &str) -> Change {
    Change {
        writes: vec![Write::Put(Kind::CaKey, demo(), json!({"key_pem": place}))],
        ..Change::new()
    }
}

fn lookup() -> [Lookup; 1] {
    [Lookup::One(Kind::CaKey, demo())]
}

#[tokio::test]
async fn what_was_committed_is_there_when_opened_again() {
    let place = Place::new();
    let first = place.open();
    first.commit(ca_key("swordfish")).await.unwrap();
    let before = first.fetch(&lookup()).await.unwrap();
    drop(first);
    let second = place.open();
    assert_eq!(second.fetch(&lookup()).await.unwrap(), before);
    second.commit(ca_key("swordfish")).await.unwrap();
    let version = |records: &[Record]| records[0].version;
    let after = second.fetch(&lookup()).await.unwrap();
    assert!(version(after.records()) > version(before.records()));
}

#[tokio::test]
async fn the_file_is_for_its_owner_alone_and_holds_no_secret_in_clear() {
    let place = Place::new();
    let store = place.open();
    store.commit(ca_key("swordfish")).await.unwrap();
    let mut files = 0;
    for entry in std::fs::read_dir(place.file().parent().unwrap()).unwrap() {
        let path = entry.unwrap().path();
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
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
    let place = Place::new();
    let store = place.open();
    let change = ca_key("swordfish");
    assert!(!format!("{change:?}").contains("swordfish"));
    store.commit(change).await.unwrap();
    let fetched = store.fetch(&lookup()).await.unwrap();
    assert!(!format!("{fetched:?} {store:?}").contains("swordfish"));
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_left_alone() {
    let place = Place::new();
    drop(place.open());
    let edit = rusqlite::Connection::open(place.file()).unwrap();
    edit.pragma_update(None, "user_version", 999).unwrap();
    drop(edit);
    let before = std::fs::read(place.file()).unwrap();
    let refusal = place.try_open(1).unwrap_err();
    assert!(
        matches!(refusal, Error::Newer { found: 999, .. }),
        "{refusal:?}"
    );
    let text = refusal.to_string();
    assert!(
        text.contains("was written by a newer version of Underpass"),
        "{text}"
    );
    assert_eq!(std::fs::read(place.file()).unwrap(), before);
}

#[test]
fn a_store_with_another_key_is_refused() {
    let place = Place::new();
    drop(place.open());
    let refusal = place.try_open(2).unwrap_err();
    assert!(matches!(refusal, Error::WrongKey { .. }), "{refusal:?}");
    assert!(
        refusal.to_string().contains("encrypted with another key"),
        "{refusal}"
    );
    drop(place.open());
}

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    let place = Place::new();
    let text = "This is not a database, but it is long enough to be mistaken for one. ".repeat(9);
    std::fs::write(place.file(), &text).unwrap();
    let refusal = place.try_open(1).unwrap_err();
    assert!(matches!(refusal, Error::Open { .. }), "{refusal:?}");
    assert!(
        refusal
            .source()
            .unwrap()
            .to_string()
            .contains("not a database")
    );
    assert_eq!(std::fs::read_to_string(place.file()).unwrap(), text);
}

#[test]
fn a_directory_that_is_not_there_is_refused() {
    let place = Place::new();
    let path = place.file().join("missing");
    let cipher = underpass_store::Cipher::from_bytes(&[1; 32]);
    let refusal = underpass_store::Sqlite::open(&path, cipher).unwrap_err();
    assert!(matches!(refusal, Error::Open { .. }), "{refusal:?}");
}

#[tokio::test]
async fn an_encrypted_row_moved_to_another_key_does_not_decrypt() {
    let place = Place::new();
    let store = place.open();
    store.commit(ca_key("swordfish")).await.unwrap();
    drop(store);
    let edit = rusqlite::Connection::open(place.file()).unwrap();
    edit.execute("UPDATE record SET key = 'other'", []).unwrap();
    drop(edit);
    let store = place.open();
    let other = Key::project(&"other".parse::<ProjectName>().unwrap());
    let refusal = store
        .fetch(&[Lookup::One(Kind::CaKey, other)])
        .await
        .unwrap_err();
    assert!(
        matches!(refusal, Error::Encryption { kind: "ca_key", .. }),
        "{refusal:?}"
    );
}

#[tokio::test]
async fn a_damaged_row_is_named() {
    let place = Place::new();
    let store = place.open();
    let put = Write::Put(Kind::Project, demo(), json!({"name": "demo"}));
    store
        .commit(Change {
            writes: vec![put],
            ..Change::new()
        })
        .await
        .unwrap();
    drop(store);
    let edit = rusqlite::Connection::open(place.file()).unwrap();
    edit.execute("UPDATE record SET body = '{\"na'", [])
        .unwrap();
    drop(edit);
    let store = place.open();
    let fetched = store.fetch(&[Lookup::One(Kind::Project, demo())]).await;
    let refusal = fetched.unwrap().one::<Project>(&demo()).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "read project `demo`: stored by another version, or damaged"
    );
}

#[tokio::test]
async fn work_of_a_process_that_is_gone_is_free_at_once() {
    let place = Place::new();
    let now = Timestamp::UNIX_EPOCH;
    let later = now + SignedDuration::from_mins(3);
    let key = WorkKey::Link(
        "demo".parse().unwrap(),
        "pg-1".parse().unwrap(),
        Provider::Azure,
    );
    let store = place.open();
    let ask = Change::new().enqueue(Enqueue {
        key: key.clone(),
        due_at: now,
        generation: Generation(1),
        priority: Priority::User,
    });
    store.commit(ask).await.unwrap();
    let [lost] = store
        .claim("gone", now, later, 8)
        .await
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(store.claim("other", now, later, 8).await.unwrap(), []);
    drop(store);
    let store = place.open();
    let [found] = store
        .claim("next", now, later, 8)
        .await
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!((found.key, found.generation), (key, lost.generation));
    assert_ne!(found.epoch, lost.epoch);
}

#[tokio::test]
async fn a_store_of_an_older_version_is_brought_up_to_date() {
    let place = Place::new();
    let event = Event {
        at: Timestamp::UNIX_EPOCH,
        project: "demo".parse().unwrap(),
        subject: "service/pg-1".to_owned(),
        actor: "someone".to_owned(),
        code: "service.created".to_owned(),
        message: "Something happened".to_owned(),
        details: json!(null),
    };
    let store = place.open();
    store
        .commit(Change::new().event(event.clone()))
        .await
        .unwrap();
    drop(store);
    let edit = rusqlite::Connection::open(place.file()).unwrap();
    edit.execute("DROP INDEX event_by_subject", []).unwrap();
    edit.pragma_update(None, "user_version", 1).unwrap();
    drop(edit);
    let page = HistoryPage {
        subject: Some("service".to_owned()),
        ..HistoryPage::after(0, 10)
    };
    let found = place.open().history(&event.project, &page).await.unwrap();
    assert_eq!(found, [(1, event)]);
}
