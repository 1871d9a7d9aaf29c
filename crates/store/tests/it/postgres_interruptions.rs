//! Lost connections and servers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;
use underpass_store::{
    Change, Error, Expectation, Key, Kind, Lookup, Postgres, PostgresOptions, Store, Write,
};

use crate::postgres_server::{Database, Server, open};

const WRITERS: usize = 8;

fn counter(writer: usize) -> Key {
    Key::user(&format!("counter{writer}"))
}

fn put(key: Key, number: u64) -> Change {
    Change {
        writes: vec![Write::Put(Kind::User, key, json!(number))],
        ..Change::new()
    }
}

async fn value(store: &Postgres, key: &Key) -> Result<(u64, u64), Error> {
    let lookup = Lookup::One(Kind::User, key.clone());
    let fetched = store.fetch(&[lookup]).await?;
    let record = fetched.records().first().unwrap();
    Ok((record.version, record.body.parse().unwrap()))
}

/// Answers that a writer got to its changes.
#[derive(Debug, Default)]
struct Told {
    committed: u64,
    refused: u64,
}

/// Counts upwards until it is stopped. Each writer has a counter of its own, so a conflict means that a
/// change was committed whose writer was told otherwise.
async fn count(store: Arc<Postgres>, writer: usize, stop: Arc<AtomicBool>) -> Told {
    let key = counter(writer);
    let mut told = Told::default();
    while !stop.load(Ordering::Relaxed) {
        let (version, number) = match value(&store, &key).await {
            Ok(read) => read,
            Err(error) => {
                assert!(error.is_outage(), "{error:?}");
                continue;
            }
        };
        assert_eq!(number, told.committed, "what is stored is what was told");
        let expected = Expectation::Version(Kind::User, key.clone(), version);
        match store
            .commit(put(key.clone(), number + 1).expect(expected))
            .await
        {
            Ok(()) => told.committed += 1,
            Err(error) => {
                assert!(error.is_outage() && !error.is_uncertain(), "{error:?}");
                told.refused += 1;
            }
        }
    }
    told
}

async fn count_during(options: &PostgresOptions, disturb: impl AsyncFnOnce()) -> Vec<Told> {
    let stores = [Arc::new(open(options).await), Arc::new(open(options).await)];
    for writer in 0..WRITERS {
        stores[0].commit(put(counter(writer), 0)).await.unwrap();
    }
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&stores[writer % 2]);
        writers.spawn(count(store, writer, Arc::clone(&stop)));
    }
    disturb().await;
    stop.store(true, Ordering::Relaxed);
    let told = writers.join_all().await;
    let fetched = stores[0]
        .fetch(&[Lookup::Under(Kind::User, Key::root())])
        .await
        .unwrap();
    let sum: u64 = fetched
        .records()
        .iter()
        .map(|record| record.body.parse::<u64>().unwrap())
        .sum();
    assert_eq!(sum, told.iter().map(|told| told.committed).sum::<u64>());
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn lost_connections_lose_and_double_no_change() {
    let database = Database::new();
    let told = count_during(&database.options(), async || {
        for _ in 0..60 {
            tokio::time::sleep(Duration::from_millis(25)).await;
            database.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE pid <> pg_backend_pid() AND application_name = 'underpass'",
            );
        }
    })
    .await;
    assert!(told.iter().all(|told| told.committed > 0), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_crashes_and_comes_back_loses_no_change() {
    let server = Server::start();
    let told = count_during(&PostgresOptions::new(server.url()), async || {
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_millis(300)).await;
            tokio::task::block_in_place(|| server.run("restart"));
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    })
    .await;
    assert!(told.iter().all(|told| told.committed > 0), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_a_server_calls_are_refused_as_an_outage_and_succeed_again() {
    let server = Server::start();
    let store = open(&PostgresOptions::new(server.url())).await;
    store.commit(put(counter(0), 1)).await.unwrap();
    server.run("stop");
    let refusals = [
        store.commit(put(counter(0), 2)).await.unwrap_err(),
        store.check().await.unwrap_err(),
        value(&store, &counter(0)).await.unwrap_err(),
        store.changes(0, 10).await.map(drop).unwrap_err(),
    ];
    for error in refusals {
        assert!(error.is_outage() && !error.is_uncertain(), "{error:?}");
    }
    server.run("start");
    store.commit(put(counter(0), 3)).await.unwrap();
    assert_eq!(value(&store, &counter(0)).await.unwrap().1, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_commit_whose_outcome_cannot_be_learned_is_told_as_one() {
    let server = Server::start();
    let store = Arc::new(open(&PostgresOptions::new(server.url())).await);
    // A trigger that makes the commit itself slow, so that the server ends in its middle.
    server.sql(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(30); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON record DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION wait()",
    );
    let commit = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.commit(put(counter(0), 1)).await })
    };
    tokio::time::sleep(Duration::from_millis(500)).await;
    server.run("stop");
    let error = commit.await.unwrap().unwrap_err();
    assert!(error.is_outage() && error.is_uncertain(), "{error:?}");
}
