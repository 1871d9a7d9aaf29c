//! Several replicas on one database.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinSet;
use underpass_model::cloud::Provider;
use underpass_model::id::Generation;
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_store::{Change, Expectation, Key, Kind, Lookup, Postgres, Room, Store, Write};

use crate::postgres_server::Database;

/// Two replicas.
async fn replicas(database: &Database) -> [Arc<Postgres>; 2] {
    [
        Arc::new(database.open().await),
        Arc::new(database.open().await),
    ]
}

fn put(key: Key, number: u64) -> Change {
    Change {
        writes: vec![Write::Put(Kind::User, key, json!(number))],
        ..Change::new()
    }
}

async fn read(store: &Postgres, key: &Key) -> (u64, u64) {
    let lookup = Lookup::One(Kind::User, key.clone());
    let fetched = store.fetch(&[lookup]).await.unwrap();
    let record = fetched.records().first().unwrap();
    (record.version, record.body.parse().unwrap())
}

/// Commits a change from every replica many times concurrently; returns how many were accepted.
async fn race(stores: &[Arc<Postgres>], each: u64, change: impl Fn(usize, u64) -> Change) -> usize {
    let mut commits = JoinSet::new();
    for number in 0..each {
        for (replica, store) in stores.iter().enumerate() {
            let (store, change) = (Arc::clone(store), change(replica, number));
            commits.spawn(async move { store.commit(change).await });
        }
    }
    let answers = commits.join_all().await;
    for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert!(error.is_conflict(), "{error:?}");
    }
    answers.iter().filter(|answer| answer.is_ok()).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_changes_to_one_row_by_two_replicas_none_is_lost() {
    const WRITERS: usize = 8;
    const EACH: u64 = 15;
    let database = Database::new();
    let stores = replicas(&database).await;
    let counter = Key::user("counter");
    stores[0].commit(put(counter.clone(), 0)).await.unwrap();
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&stores[writer % 2]);
        let counter = counter.clone();
        writers.spawn(async move {
            let mut done = 0;
            while done < EACH {
                let (version, value) = read(&store, &counter).await;
                let expected = Expectation::Version(Kind::User, counter.clone(), version);
                match store
                    .commit(put(counter.clone(), value + 1).expect(expected))
                    .await
                {
                    Ok(()) => done += 1,
                    Err(error) => assert!(error.is_conflict(), "{error:?}"),
                }
            }
        });
    }
    writers.join_all().await;
    assert_eq!(read(&stores[1], &counter).await.1, WRITERS as u64 * EACH);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_row_is_made_once_and_a_limit_is_kept_whichever_replica_asks() {
    let database = Database::new();
    let stores = replicas(&database).await;
    for round in 0..10 {
        let only = Key::user(&format!("only{round}"));
        let absent = |_, number| {
            put(only.clone(), number).expect(Expectation::Absent(Kind::User, only.clone()))
        };
        assert_eq!(race(&stores, 8, absent).await, 1);

        let project = format!("demo{round}").parse().unwrap();
        let above = Key::project(&project);
        let child = |replica: usize, number: u64| {
            Key::service(&project, &format!("pg-{replica}-{number}").parse().unwrap())
        };
        let alone = |replica, number| {
            put(child(replica, number), number)
                .expect(Expectation::NoneUnder(Kind::User, above.clone()))
        };
        assert_eq!(race(&stores, 8, alone).await, 1);
        let few = |replica, number: u64| {
            put(child(replica, 100 + number), number).expect(Expectation::FewerUnder(
                Kind::User,
                above.clone(),
                5,
            ))
        };
        assert_eq!(race(&stores, 8, few).await, 4);
        assert_eq!(stores[0].count(Kind::User, &above).await.unwrap(), 5);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_work_is_leased_by_two_replicas() {
    const ROWS: usize = 100;
    let database = Database::new();
    let stores = replicas(&database).await;
    let now = jiff::Timestamp::from_second(1_800_000_000).unwrap();
    let mut change = Change::new();
    for number in 0..ROWS {
        let service = format!("pg-{number}").parse().unwrap();
        change = change.enqueue(Enqueue {
            key: WorkKey::Link("demo".parse().unwrap(), service, Provider::Azure),
            due_at: now,
            generation: Generation(1),
            priority: Priority::Background,
        });
    }
    stores[0].commit(change).await.unwrap();
    let mut claimants = JoinSet::new();
    for claimant in 0..8 {
        let store = Arc::clone(&stores[claimant % 2]);
        claimants.spawn(async move {
            let owner = format!("worker-{claimant}");
            let until = now + jiff::SignedDuration::from_secs(60);
            let mut claimed = Vec::new();
            loop {
                let claims = store.claim(&owner, now, until, &Room::of(7)).await.unwrap();
                if claims.is_empty() {
                    return claimed;
                }
                claimed.extend(claims.into_iter().map(|claim| (claim.key, claim.epoch)));
            }
        });
    }
    let claimed = claimants.join_all().await.concat();
    assert_eq!(claimed.len(), ROWS);
    let keys: BTreeSet<_> = claimed.iter().map(|(key, _)| key).collect();
    let epochs: BTreeSet<_> = claimed.iter().map(|(_, epoch)| epoch).collect();
    assert_eq!((keys.len(), epochs.len()), (ROWS, ROWS));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_that_follows_the_changes_of_two_replicas_misses_none() {
    const EACH: u64 = 150;
    const ALL: usize = 300;
    let database = Database::new();
    let stores = replicas(&database).await;
    let follower = {
        let store = Arc::clone(&stores[0]);
        tokio::spawn(async move {
            let (mut position, mut seen) = (0, BTreeSet::new());
            while seen.len() < ALL {
                let found = store.changes(position, 7).await.unwrap().unwrap();
                assert!(found.position >= position);
                position = found.position;
                seen.extend(found.rows.into_iter().map(|row| row.key));
            }
            seen
        })
    };
    let key = |replica: usize, number: u64| Key::user(&format!("r{replica}n{number}"));
    let committed = race(&stores, EACH, |replica, number| {
        put(key(replica, number), number)
    })
    .await;
    assert_eq!(committed, ALL);
    let found = tokio::time::timeout(std::time::Duration::from_secs(30), follower).await;
    let seen = found.expect("no change is missed").unwrap();
    assert!(
        (0..EACH).all(|number| seen.contains(&key(0, number)) && seen.contains(&key(1, number)))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_read_sees_a_change_of_another_replica_whole() {
    const ROUNDS: u64 = 100;
    let database = Database::new();
    let [writer, reader] = replicas(&database).await;
    let keys = [Key::user("one"), Key::user("two")];
    let both = |number: u64| Change {
        writes: keys
            .clone()
            .map(|key| Write::Put(Kind::User, key, json!(number)))
            .into(),
        ..Change::new()
    };
    writer.commit(both(0)).await.unwrap();
    // Two statements, which only a snapshot of a transaction shows in one state.
    let lookups = [
        Lookup::One(Kind::User, keys[0].clone()),
        Lookup::Under(Kind::User, Key::root()),
    ];
    let reads = tokio::spawn(async move {
        loop {
            let fetched = reader.fetch(&lookups).await.unwrap();
            let [one, two] = fetched.records() else {
                panic!("both rows are there")
            };
            assert_eq!((&one.body, one.version + 1), (&two.body, two.version));
            if one.body == ROUNDS.to_string() {
                return;
            }
        }
    });
    for number in 1..=ROUNDS {
        writer.commit(both(number)).await.unwrap();
    }
    reads.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_is_told_of_the_commits_of_another_also_after_a_lost_connection() {
    let database = Database::new();
    let [writer, reader] = replicas(&database).await;
    let mut hints = reader.news().unwrap().commits;
    for round in 0..3 {
        let deadline = std::time::Duration::from_secs(20);
        let told = tokio::time::timeout(deadline, async {
            // The connection may not be there yet.
            loop {
                let key = Key::user(&format!("round{round}"));
                hints.mark_unchanged();
                writer.commit(put(key, round)).await.unwrap();
                let soon = std::time::Duration::from_secs(2);
                if tokio::time::timeout(soon, hints.changed()).await.is_ok() {
                    return;
                }
            }
        });
        told.await.expect("a notification");
        database.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE pid <> pg_backend_pid() AND query LIKE 'LISTEN%'",
        );
    }
}

#[tokio::test]
async fn a_value_that_the_database_refuses_fails_its_change_only() {
    let database = Database::new();
    let [store, _] = replicas(&database).await;
    let mut commits = JoinSet::new();
    for number in 0..20 {
        let store = Arc::clone(&store);
        // PostgreSQL has no text with a zero byte.
        let zero = if number == 7 { "\0" } else { "" };
        let change = put(Key::user(&format!("n{number}{zero}")), number);
        commits.spawn(async move { (number, store.commit(change).await.is_ok()) });
    }
    let mut answers = commits.join_all().await;
    answers.sort_unstable();
    let refused: Vec<_> = answers.iter().filter(|(_, is_ok)| !is_ok).collect();
    assert_eq!(refused, [&(7, false)]);
    assert_eq!(store.count(Kind::User, &Key::root()).await.unwrap(), 19);
}
