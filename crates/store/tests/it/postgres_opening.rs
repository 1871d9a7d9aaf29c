//! Opening of a database: keys, versions, and copies from earlier times.

use std::path::Path;

use serde_json::json;
use underpass_store::{
    Change, Cipher, Error, Key, Kind, Lineage, OlderStore, Postgres, PostgresOptions, Store, Write,
};

use crate::postgres_server::{Database, Server, open};

fn put(name: &str) -> Change {
    Change {
        writes: vec![Write::Put(Kind::User, Key::user(name), json!(1))],
        ..Change::new()
    }
}

fn with_file(url: String, directory: &Path) -> PostgresOptions {
    PostgresOptions {
        position_file: Some(directory.join("store.position")),
        ..PostgresOptions::new(url)
    }
}

async fn commit(store: &Postgres, names: &[&str]) {
    for name in names {
        store.commit(put(name)).await.unwrap();
    }
}

#[tokio::test]
async fn another_key_is_refused_and_secrets_are_not_stored_in_plain_text() {
    let database = Database::new();
    let store = database.open().await;
    let key = Key::user("secret");
    let body = json!({"password": "hunter2"});
    let change = Change {
        writes: vec![Write::Put(Kind::Credentials, key, body)],
        ..Change::new()
    };
    store.commit(change).await.unwrap();
    let stored = database.sql("SELECT body FROM record");
    assert!(
        stored.contains("sealed") && !stored.contains("hunter2"),
        "{stored}"
    );
    let other = Cipher::from_bytes(&[8; 32]);
    let refused = Postgres::connect(&database.options(), other)
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::WrongKey { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_left_alone() {
    let database = Database::new();
    database.sql("CREATE TABLE customers (id int)");
    let cipher = Cipher::from_bytes(&[7; 32]);
    let refused = Postgres::connect(&database.options(), cipher).await;
    let Err(Error::Open { source, .. }) = refused else {
        panic!("it is used");
    };
    let message = source.to_string();
    assert!(
        message.contains("the table `customers` of another program"),
        "{message}"
    );
    let tables = database.sql("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()");
    assert_eq!(tables.trim(), "1");
}

#[tokio::test]
async fn replicas_that_start_at_the_same_time_migrate_once() {
    let database = Database::new();
    let stores = tokio::join!(database.open(), database.open(), database.open());
    commit(&stores.0, &["a"]).await;
    commit(&stores.1, &["b"]).await;
    commit(&stores.2, &["c"]).await;
    assert_eq!(database.sql("SELECT count(*) FROM lineage"), "1");
    assert_eq!(database.sql("SELECT last FROM sequence"), "3");
}

#[tokio::test]
async fn a_newer_schema_is_used_while_it_allows_this_version_and_refused_afterwards() {
    let database = Database::new();
    let running = database.open().await;
    // A release that adds.
    database.sql("ALTER TABLE record ADD note text; UPDATE compatibility SET schema = 100");
    commit(&running, &["a"]).await;
    let opened = database.open().await;
    commit(&opened, &["b"]).await;
    // A later one that removes: a replica that still runs is stopped, too.
    database.sql("UPDATE compatibility SET min_reader = 100");
    let refused = running.commit(put("c")).await.unwrap_err();
    assert!(
        refused.is_outage() && !refused.is_uncertain(),
        "{refused:?}"
    );
    let cipher = Cipher::from_bytes(&[1; 32]);
    let refused = Postgres::connect(&database.options(), cipher)
        .await
        .unwrap_err();
    assert!(
        matches!(refused, Error::Newer { found: 100, .. }),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_address_without_a_server_is_refused_without_its_password() {
    let options = PostgresOptions::new("postgresql://me:hunter2@127.0.0.1:1/underpass");
    let cipher = Cipher::from_bytes(&[1; 32]);
    let refused = Postgres::connect(&options, cipher).await.unwrap_err();
    assert!(refused.is_outage(), "{refused:?}");
    assert!(!format!("{refused:?}").contains("hunter2"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_an_earlier_time_are_recognised_at_the_next_start_and_by_a_running_replica() {
    let server = Server::start();
    let replicas = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let options = [0, 1].map(|index: usize| with_file(server.url(), replicas[index].path()));
    let store = open(&options[0]).await;
    commit(&store, &["a"]).await;
    server.run("stop");
    let copy = tempfile::tempdir().unwrap();
    server.copy_to(&copy.path().join("data"));
    server.run("start");
    commit(&store, &["b", "c"]).await;
    let other = open(&options[1]).await;
    assert_eq!(other.older(), None);
    drop(other);
    server.run("stop");
    server.put_back(&copy.path().join("data"));
    server.run("start");
    // The running replica writes nothing over it.
    let refused = store.commit(put("d")).await.unwrap_err();
    assert!(
        refused.is_outage() && !refused.is_uncertain(),
        "{refused:?}"
    );
    drop(store);
    let store = open(&options[0]).await;
    let put_back = OlderStore::PutBack {
        found: 1,
        expected: 3,
    };
    assert_eq!(store.older(), Some(&put_back));
    // It is found until it is accepted, and then by no replica.
    drop(store);
    let store = open(&options[0]).await;
    assert_eq!(store.older(), Some(&put_back));
    commit(&store, &["held"]).await;
    store.accept_as_newest().await.unwrap();
    commit(&store, &["e"]).await;
    assert_eq!(open(&options[1]).await.older(), None);
    drop(store);
    assert_eq!(open(&options[0]).await.older(), None);
}

/// The lineage of the numbers of changes.
async fn lineage(store: &Postgres) -> Option<Lineage> {
    store.changes(0, 1).await.unwrap().unwrap().lineage
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_lags_is_recognised_and_one_that_does_not_takes_over() {
    let primary = Server::start();
    let replica = tempfile::tempdir().unwrap();
    let store = open(&with_file(primary.url(), replica.path())).await;
    commit(&store, &["a"]).await;
    let standby = primary.standby();
    // The address of a replica names both servers.
    let hosts = [&primary, &standby].map(|server| server.path().display().to_string());
    let both = |hosts: &[String]| {
        let url = format!("host={} user=postgres dbname=postgres", hosts.join(","));
        with_file(url, replica.path())
    };
    drop(store);
    let store = open(&both(&hosts)).await;
    commit(&store, &["b"]).await;
    while standby.sql("SELECT count(*) FROM record") != "2" {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let before = lineage(&store).await;
    primary.run("stop");
    standby.run("promote");
    // Nothing was lost: the running replica goes on.
    commit(&store, &["c"]).await;
    // Readers of changes are told of the other lineage with the numbers.
    let after = lineage(&store).await;
    assert!(before.is_some() && after.is_some() && before != after);
    assert_eq!(standby.sql("SELECT count(*) FROM lineage"), "2");
    drop(store);
    let store = open(&both(&hosts)).await;
    assert_eq!(store.older(), None);

    let lagging = standby.standby();
    lagging.run("stop");
    commit(&store, &["d", "e"]).await;
    let hosts = [&standby, &lagging].map(|server| server.path().display().to_string());
    drop(store);
    let store = open(&both(&hosts)).await;
    standby.run("stop");
    lagging.run("start");
    lagging.run("promote");
    // A replica that knows less has written on.
    let fresh = open(&PostgresOptions::new(lagging.url())).await;
    commit(&fresh, &["x", "y", "z", "zz"]).await;
    assert_ne!(lineage(&store).await, after);
    let refused = store.commit(put("f")).await.unwrap_err();
    assert!(refused.is_outage(), "{refused:?}");
    drop(store);
    let store = open(&both(&hosts)).await;
    let found = store.older();
    assert!(
        matches!(
            found,
            Some(OlderStore::PutBack {
                found: 3,
                expected: 5
            })
        ),
        "{found:?}"
    );
}
