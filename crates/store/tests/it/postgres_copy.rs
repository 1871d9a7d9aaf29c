//! Copies of a store in a file to a database.

use jiff::Timestamp;
use serde_json::json;
use underpass_model::cloud::Provider;
use underpass_model::event::Event;
use underpass_model::id::Generation;
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_store::{
    Change, Cipher, EventLimits, Expectation, Key, Kind, Lookup, OwnedRows, Room, Store, Write,
    copy_to_postgres,
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
    let copied = copy_to_postgres(&store_dir.file(), &database.options(), cipher()).await;
    let copied = copied.unwrap();
    assert_eq!((copied.documents, copied.work, copied.events), (3, 2, 2));

    let store = database.open().await;
    assert_eq!(store.fetch(&lookups).await.unwrap(), documents);
    assert_eq!(store.events(&project, 0, 10).await.unwrap(), history);
    assert_eq!(store.changes(1, 100).await.unwrap().unwrap(), changes);
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

    // Nothing is written over.
    let again = copy_to_postgres(&store_dir.file(), &database.options(), cipher()).await;
    assert!(again.unwrap_err().to_string().contains("postgresql://"));
    let other = Database::new();
    let wrong = Cipher::from_bytes(&[8; 32]);
    let refused = copy_to_postgres(&store_dir.file(), &other.options(), wrong).await;
    assert!(matches!(
        refused,
        Err(underpass_store::Error::WrongKey { .. })
    ));
}
