//! Writes per second by many clients through the interface of the store, on SQLite and on PostgreSQL.
//!
//! ```text
//! cargo bench -p underpass-store --bench writes -- postgresql://USER@HOST/DATABASE
//! ```
//! The database is empty. Without an address, only SQLite is measured. Each client updates a document
//! of its own, as a request does: with the version that it read, an event, and work.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench reads the clock, prints its figures, and ends at the first failure"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::task::JoinSet;
use underpass_model::cloud::Provider;
use underpass_model::event::Event;
use underpass_model::id::Generation;
use underpass_model::work::{Enqueue, Priority, WorkKey};
use underpass_store::{
    Change, Cipher, Expectation, Key, Kind, Lineage, Lookup, Postgres, PostgresOptions, Sqlite,
    Store, Write,
};

const CLIENTS: usize = 32;
const TIME: Duration = Duration::from_secs(8);

/// About the size of a stored link.
const PADDING: usize = 1500;

#[tokio::main]
async fn main() {
    let directory = tempfile::tempdir_in(".").unwrap();
    let file = directory.path().join("store.sqlite");
    let sqlite = Sqlite::open(&file, cipher(), Lineage::from_bits(1)).unwrap();
    measure("SQLite", &[Arc::new(sqlite)]).await;
    let url = std::env::args().skip(1).find(|it| !it.starts_with("--"));
    let Some(url) = url else { return };
    for replicas in 1..=3 {
        let mut stores: Vec<Arc<dyn Store>> = Vec::new();
        for _ in 0..replicas {
            let options = PostgresOptions::new(&url);
            let opened = Postgres::connect(&options, cipher()).await.unwrap();
            stores.push(Arc::new(opened));
        }
        measure(&format!("PostgreSQL, replicas: {replicas}"), &stores).await;
    }
}

fn cipher() -> Cipher {
    Cipher::from_bytes(&[7; 32])
}

async fn measure(name: &str, stores: &[Arc<dyn Store>]) {
    let begin = Instant::now();
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let store = Arc::clone(stores.iter().cycle().nth(client).unwrap());
        clients.spawn(async move {
            let mut times = Vec::new();
            while begin.elapsed() < TIME {
                times.push(write(&*store, client).await);
            }
            times
        });
    }
    let mut times = clients.join_all().await.concat();
    times.sort_unstable();
    let rate = times.len() as u64 / TIME.as_secs();
    let at = |percent: usize| times.get(times.len() * percent / 100).copied();
    println!(
        "{name}: {rate} writes/s by {CLIENTS} clients; a write takes {:.1?} (median), {:.1?} (99 %)",
        at(50).unwrap_or_default(),
        at(99).unwrap_or_default()
    );
}

/// Reads and writes the document of a client; returns the time of the write.
async fn write(store: &dyn Store, client: usize) -> Duration {
    let service = format!("pg-{client}").parse().unwrap();
    let project = "demo".parse().unwrap();
    let key = Key::service(&project, &service);
    let lookup = [Lookup::One(Kind::Service, key.clone())];
    let fetched = store.fetch(&lookup).await.unwrap();
    let expected = match fetched.records().first() {
        Some(record) => Expectation::Version(Kind::Service, key.clone(), record.version),
        None => Expectation::Absent(Kind::Service, key.clone()),
    };
    let now = jiff::Timestamp::now();
    let body = json!({"at": now.to_string(), "padding": "x".repeat(PADDING)});
    let change = Change {
        writes: vec![Write::Put(Kind::Service, key, body)],
        ..Change::new().expect(expected)
    };
    let change = change
        .enqueue(Enqueue {
            key: WorkKey::Link(project.clone(), service, Provider::Azure),
            due_at: now,
            generation: Generation(1),
            priority: Priority::User,
        })
        .event(Event {
            at: now,
            project,
            subject: format!("service/pg-{client}"),
            actor: "someone".to_owned(),
            code: "service.updated".to_owned(),
            message: "The service was updated".to_owned(),
            details: json!({}),
        });
    let begin = Instant::now();
    store.commit(change).await.unwrap();
    begin.elapsed()
}
