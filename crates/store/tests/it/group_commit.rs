//! Concurrent writers.

use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinSet;
use underpass_model::id::Generation;
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_store::{Change, Expectation, Key, Kind, Lookup, Room, Sqlite, Store, Write};

use crate::store_dir::StoreDir;

fn counter() -> Key {
    Key::user("counter")
}

async fn read(store: &Sqlite) -> (u64, u64) {
    let fetched = store
        .fetch(&[Lookup::One(Kind::User, counter())])
        .await
        .unwrap();
    let record = fetched.records().first().unwrap();
    (record.version, record.body.parse().unwrap())
}

fn count(expected: u64, count: u64) -> Change {
    Change {
        writes: vec![Write::Put(Kind::User, counter(), json!(count))],
        ..Change::new().expect(Expectation::Version(Kind::User, counter(), expected))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_changes_to_one_row_none_is_lost() {
    const WRITERS: u64 = 16;
    const EACH: u64 = 20;
    let store_dir = StoreDir::new();
    let store = Arc::new(store_dir.open());
    let zero = Write::Put(Kind::User, counter(), json!(0));
    store
        .commit(Change {
            writes: vec![zero],
            ..Change::new()
        })
        .await
        .unwrap();
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            let (mut done, mut conflicts) = (0, 0_u64);
            while done < EACH {
                let (version, value) = read(&store).await;
                match store.commit(count(version, value + 1)).await {
                    Ok(()) => done += 1,
                    Err(error) => {
                        assert!(error.is_conflict(), "{error:?}");
                        conflicts += 1;
                    }
                }
            }
            conflicts
        });
    }
    let conflicts: u64 = writers.join_all().await.into_iter().sum();
    assert_eq!(read(&store).await.1, WRITERS * EACH);
    println!("{conflicts} conflicts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn refused_changes_do_not_disturb_those_committed_beside_them() {
    const CHANGES: u64 = 400;
    let store_dir = StoreDir::new();
    let store = Arc::new(store_dir.open());
    let mut writers = JoinSet::new();
    for number in 0..CHANGES {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            let key = Key::user(&format!("n{number}"));
            let put = Write::Put(Kind::User, key.clone(), json!(number));
            let mut change = Change {
                writes: vec![put],
                ..Change::new()
            };
            if number % 3 == 0 {
                change = change.expect(Expectation::Version(Kind::User, key, 1));
            }
            (number, store.commit(change).await)
        });
    }
    let mut committed = Vec::new();
    for (number, answer) in writers.join_all().await {
        match answer {
            Ok(()) => committed.push(number.to_string()),
            Err(error) => assert!(error.is_conflict() && number % 3 == 0, "{error:?}"),
        }
    }
    let fetched = store
        .fetch(&[Lookup::Under(Kind::User, Key::root())])
        .await
        .unwrap();
    let mut found: Vec<_> = fetched
        .records()
        .iter()
        .map(|record| record.body.clone())
        .collect();
    let order = |text: &String| text.parse::<u64>().ok();
    found.sort_by_key(order);
    committed.sort_by_key(order);
    assert_eq!(found, committed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_work_is_leased_twice() {
    const ROWS: usize = 100;
    let store_dir = StoreDir::new();
    let store = Arc::new(store_dir.open());
    let now = jiff::Timestamp::from_second(1_800_000_000).unwrap();
    let mut change = Change::new();
    for number in 0..ROWS {
        let service = format!("pg-{number}").parse().unwrap();
        let provider = underpass_model::cloud::Provider::Azure;
        change = change.enqueue(Enqueue {
            key: WorkKey::Link("demo".parse().unwrap(), service, provider),
            due_at: now,
            generation: Generation(1),
            priority: Priority::Background,
        });
    }
    store.commit(change).await.unwrap();
    let mut claimants = JoinSet::new();
    for claimant in 0..8 {
        let store = Arc::clone(&store);
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
    let mut claimed = claimants.join_all().await.concat();
    assert_eq!(claimed.len(), ROWS);
    claimed.sort();
    claimed.dedup_by(|(one, _), (other, _)| one == other);
    assert_eq!(claimed.len(), ROWS);
    claimed.sort_by_key(|(_, epoch)| *epoch);
    claimed.dedup_by_key(|(_, epoch)| *epoch);
    assert_eq!(claimed.len(), ROWS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_read_sees_a_change_whole_and_never_a_part() {
    const ROUNDS: u64 = 200;
    let store_dir = StoreDir::new();
    let store = Arc::new(store_dir.open());
    let keys = [Key::user("one"), Key::user("two")];
    let both = |number: u64| Change {
        writes: keys
            .clone()
            .map(|key| Write::Put(Kind::User, key, json!(number)))
            .into(),
        ..Change::new()
    };
    store.commit(both(0)).await.unwrap();
    let reader = {
        let store = Arc::clone(&store);
        let lookups = keys.clone().map(|key| Lookup::One(Kind::User, key));
        tokio::spawn(async move {
            let mut reads = 0_u64;
            loop {
                let fetched = store.fetch(&lookups).await.unwrap();
                let [one, two] = fetched.records() else {
                    panic!("both rows are there")
                };
                assert_eq!(one.body, two.body);
                reads += 1;
                if one.body == ROUNDS.to_string() {
                    return reads;
                }
                tokio::task::yield_now().await;
            }
        })
    };
    for number in 1..=ROUNDS {
        store.commit(both(number)).await.unwrap();
    }
    println!("{} reads", reader.await.unwrap());
}
