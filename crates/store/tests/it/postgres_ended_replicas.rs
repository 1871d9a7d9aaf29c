//! Leases of replicas that ended.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use underpass_model::cloud::Provider;
use underpass_model::id::Generation;
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_store::{Change, Claim, Postgres, Room, Store};

use crate::postgres_server::Database;

/// Several times what the end of leases takes.
const LONG: Duration = Duration::from_mins(1);

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

async fn enqueue(store: &Postgres, service: &str) {
    let key = WorkKey::Link(
        "demo".parse().unwrap(),
        service.parse().unwrap(),
        Provider::Azure,
    );
    let request = Enqueue {
        key,
        due_at: now(),
        generation: Generation(1),
        priority: Priority::User,
    };
    store.commit(Change::new().enqueue(request)).await.unwrap();
}

async fn claim(store: &Postgres) -> Vec<Claim> {
    let until = now() + SignedDuration::from_mins(3);
    let claimed = store.claim("worker", now(), until, &Room::of(10)).await;
    claimed.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_leases_of_a_replica_that_ended_are_ended_by_another_one() {
    let database = Database::new();
    let (ends, stays) = (database.open().await, database.open().await);
    enqueue(&ends, "pg-1").await;
    let mut left = stays.news().unwrap().left_work;
    assert_eq!(claim(&ends).await.len(), 1);
    assert_eq!(claim(&stays).await, []);
    drop(ends);
    let told = tokio::time::timeout(LONG, left.changed()).await;
    told.expect("the work is left").unwrap();
    assert_eq!(claim(&stays).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_leases_of_a_replica_that_loses_its_connections_stay() {
    let database = Database::new();
    let (worker, other) = (database.open().await, database.open().await);
    enqueue(&worker, "pg-1").await;
    assert_eq!(claim(&worker).await.len(), 1);
    let mut left = other.news().unwrap().left_work;
    for _ in 0..4 {
        database.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE pid <> pg_backend_pid() AND application_name = 'underpass'",
        );
        let ended = tokio::time::timeout(Duration::from_secs(2), left.changed()).await;
        assert!(ended.is_err(), "the replica still runs");
    }
    assert_eq!(claim(&other).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lease_of_an_earlier_release_ends_by_time_alone() {
    let database = Database::new();
    let store = database.open().await;
    enqueue(&store, "pg-1").await;
    assert_eq!(claim(&store).await.len(), 1);
    // Its owner was named without a replica.
    database.sql("UPDATE work SET lease_owner = '127.0.0.1:8780/1'");
    let mut left = store.news().unwrap().left_work;
    let ended = tokio::time::timeout(Duration::from_secs(8), left.changed()).await;
    assert!(ended.is_err(), "nothing tells whether its holder runs");
    assert_eq!(claim(&store).await, []);
}
