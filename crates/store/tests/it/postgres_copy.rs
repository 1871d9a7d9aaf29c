//! Copies of a store in a file to a database.

use jiff::Timestamp;
use serde_json::json;
use underpass_model::cloud::Provider;
use underpass_model::event::Event;
use underpass_model::id::Generation;
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_store::{
    Change, Cipher, CopiedRows, Error, EventLimits, Expectation, Key, Kind, Lineage, Lookup,
    OwnedRows, Room, Sqlite, Store, Write, copy_to_postgres,
};

use crate::postgres_server::Database;
use crate::store_dir::StoreDir;

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn put(kind: Kind, key: &str, body: serde_json::Value) -> Change {
    Change {
        writes: vec![Write::Put(kind, Key::user(key), body)],
        ..Change::new()
    }
}

fn event(number: usize) -> Event {
    Event {
        at: now(),
        project: "demo".parse().unwrap(),
        subject: "service/pg-1".to_owned(),
        actor: "someone".to_owned(),
        code: format!("told{number}"),
        message: "Something happened".to_owned(),
        details: json!({}),
    }
}

async fn fill(store: &dyn Store) {
    let mut changes = vec![
        put(Kind::Credentials, "secret", json!({"password": "hunter2"})),
        put(Kind::User, "removed", json!(1)),
        put(Kind::User, "kept", json!("ä\u{0}")),
        put(Kind::Token, "token", json!({"email": "a@example.com"})),
    ];
    changes.push(Change {
        writes: vec![Write::Remove(Kind::User, Key::user("removed"))],
        ..Change::new()
    });
    changes.extend((0..5).map(|number| Change::new().event(event(number))));
    for service in ["pg-1", "pg-2"] {
        changes.push(Change::new().enqueue(Enqueue {
            key: WorkKey::Link(
                "demo".parse().unwrap(),
                service.parse().unwrap(),
                Provider::Azure,
            ),
            due_at: now(),
            generation: Generation(1),
            priority: Priority::User,
        }));
    }
    for change in changes {
        store.commit(change).await.unwrap();
    }
    let limits = EventLimits {
        per_project: 2,
        per_service: 2,
        oldest: Timestamp::UNIX_EPOCH,
    };
    store.trim_events(&limits, 100).await.unwrap();
    let until = now() + jiff::SignedDuration::from_secs(60);
    let claims = store.claim("gone", now(), until, &Room::of(1)).await;
    assert_eq!(claims.unwrap().len(), 1);
}

#[tokio::test]
async fn a_copy_has_everything_with_its_versions_and_goes_on_with_its_numbers() {
    let store_dir = StoreDir::new();
    let source = store_dir.open();
    fill(&source).await;
    let lookups =
        [Kind::Credentials, Kind::User, Kind::Token].map(|kind| Lookup::Under(kind, Key::root()));
    let documents = source.fetch(&lookups).await.unwrap();
    let project = "demo".parse().unwrap();
    let history = source.events(&project, 0, 10).await.unwrap();
    let changes = source.changes(1, 100).await.unwrap().unwrap();
    drop(source);

    let database = Database::new();
    let cipher = || Cipher::from_bytes(&[1; 32]);
    let copied = copy(&store_dir, &database, cipher()).await;
    let copied = copied.unwrap();
    assert_eq!((copied.documents, copied.work, copied.events), (3, 2, 2));

    let store = database.open().await;
    assert_eq!(store.fetch(&lookups).await.unwrap(), documents);
    assert_eq!(store.events(&project, 0, 10).await.unwrap(), history);
    let copied = store.changes(1, 100).await.unwrap().unwrap();
    assert_eq!(
        (copied.rows, copied.position, copied.has_more),
        (changes.rows, changes.position, changes.has_more)
    );
    let owned = [Lookup::Owned(OwnedRows::tokens("a@example.com"))];
    assert_eq!(store.fetch(&owned).await.unwrap().records().len(), 1);
    // The holder of the lease is gone.
    let claims = store
        .claim("next", now(), now(), &Room::of(9))
        .await
        .unwrap();
    assert_eq!(claims.len(), 2);
    assert!(claims.iter().all(|claim| claim.epoch > changes.position));
    store.commit(Change::new().event(event(9))).await.unwrap();
    let next = store.events(&project, 0, 10).await.unwrap();
    assert_eq!(next.last().unwrap().0, history.last().unwrap().0 + 1);
    let version = documents.records()[0].version;
    let (kind, key) = (
        documents.records()[0].kind,
        documents.records()[0].key.clone(),
    );
    let unchanged = Change::new().expect(Expectation::Version(kind, key, version));
    store.commit(unchanged).await.unwrap();

    // The database is the store now.
    for refused in [
        copy(&store_dir, &Database::new(), cipher())
            .await
            .unwrap_err(),
        Sqlite::open(&store_dir.file(), cipher(), Lineage::from_bits(7)).unwrap_err(),
    ] {
        let reason = std::error::Error::source(&refused).unwrap().to_string();
        assert!(
            reason.contains("it was copied to postgresql://"),
            "{reason}"
        );
    }
    std::fs::remove_file(store_dir.file().with_extension("moved")).unwrap();

    // Nothing is written over, and a copy that was not made leaves the store as it was.
    let again = copy(&store_dir, &database, cipher()).await.unwrap_err();
    assert!(again.to_string().contains("postgresql://"));
    let reason = std::error::Error::source(&again).unwrap().to_string();
    assert!(reason.contains("already contains a store"), "{reason}");
    let wrong = Cipher::from_bytes(&[8; 32]);
    let refused = copy(&store_dir, &Database::new(), wrong).await;
    assert!(matches!(refused, Err(Error::WrongKey { .. })));
    drop(store_dir.open());
}

async fn copy(store_dir: &StoreDir, to: &Database, cipher: Cipher) -> Result<CopiedRows, Error> {
    copy_to_postgres(&store_dir.file(), &to.options(), cipher, now(), &|_, _| ()).await
}

#[tokio::test]
async fn a_copy_whose_end_was_not_learned_is_recognised_when_it_is_repeated() {
    let store_dir = StoreDir::new();
    let source = store_dir.open();
    fill(&source).await;
    drop(source);
    let database = Database::new();
    let cipher = || Cipher::from_bytes(&[1; 32]);
    let copied = copy(&store_dir, &database, cipher()).await.unwrap();
    // As a crash between the commit and the completion of the mark leaves it.
    let mark = store_dir.file().with_extension("moved");
    let text = std::fs::read_to_string(&mark).unwrap();
    let begun = text.replace(r#""is_complete":true"#, r#""is_complete":false"#);
    assert_ne!(begun, text);
    std::fs::write(&mark, &begun).unwrap();
    let opened = Sqlite::open(&store_dir.file(), cipher(), Lineage::from_bits(7));
    let reason = std::error::Error::source(&opened.unwrap_err())
        .unwrap()
        .to_string();
    assert!(reason.contains("may be complete"), "{reason}");

    assert_eq!(copy(&store_dir, &database, cipher()).await.unwrap(), copied);
    assert_eq!(std::fs::read_to_string(&mark).unwrap(), text);
    // In another database, it did not happen.
    std::fs::write(&mark, &begun).unwrap();
    let other = Database::new();
    assert_eq!(copy(&store_dir, &other, cipher()).await.unwrap().events, 2);
    assert_eq!(
        other
            .open()
            .await
            .count(Kind::User, &Key::root())
            .await
            .unwrap(),
        1
    );
}

#[tokio::test]
async fn a_store_that_is_older_or_missing_is_not_copied() {
    let store_dir = StoreDir::new();
    let cipher = || Cipher::from_bytes(&[1; 32]);
    let database = Database::new();
    let missing = copy(&store_dir, &database, cipher()).await.unwrap_err();
    let reason = std::error::Error::source(&missing).unwrap().to_string();
    assert!(reason.contains("no store"), "{reason}");
    assert!(!store_dir.file().exists());
    drop(store_dir.open());
    let earlier = std::fs::read(store_dir.file()).unwrap();
    fill(&store_dir.open()).await;
    std::fs::write(store_dir.file(), earlier).unwrap();
    let older = copy(&store_dir, &database, cipher()).await.unwrap_err();
    let reason = std::error::Error::source(&older).unwrap().to_string();
    assert!(reason.contains("older than it was"), "{reason}");
}
