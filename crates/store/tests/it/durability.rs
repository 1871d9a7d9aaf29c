//! Changes answered with `Ok` survive a kill of the process.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;
use tokio::task::JoinSet;
use underpass_model::event::Event;
use underpass_model::name::ProjectName;
use underpass_store::{
    Change, Cipher, Expectation, Key, Kind, Lineage, Lookup, Sqlite, Store, Write,
};

use crate::store_dir::StoreDir;

/// Passes the store's path to the child. Without it, the child's test does nothing.
const STORE: &str = "UNDERPASS_TEST_KILLED_STORE";

/// Concurrent writers in the child: 8, so that transactions contain several changes.
const WRITERS: usize = 8;

/// Numbers after which the child stops waiting to be killed: 50,000.
const MAX_NUMBERS: u64 = 50_000;

const REPORT: &str = "committed ";

fn project() -> ProjectName {
    "demo".parse().unwrap()
}

fn key(number: u64) -> Key {
    Key::user(&format!("n{number:06}"))
}

/// A row and an event about it.
fn numbered(number: u64) -> Change {
    let put = Write::Put(Kind::User, key(number), json!(number));
    Change {
        writes: vec![put],
        ..Change::new()
    }
    .expect(Expectation::Absent(Kind::User, key(number)))
    .event(Event {
        at: jiff::Timestamp::UNIX_EPOCH,
        project: project(),
        subject: number.to_string(),
        actor: "child".to_owned(),
        code: "committed".to_owned(),
        message: String::new(),
        details: serde_json::Value::Null,
    })
}

async fn stored(store: &Sqlite) -> BTreeSet<u64> {
    let fetched = store
        .fetch(&[Lookup::Under(Kind::User, Key::root())])
        .await
        .unwrap();
    fetched
        .records()
        .iter()
        .map(|record| record.body.parse::<u64>().unwrap())
        .collect()
}

/// The child: commits numbers until it is killed and reports each one answered with `Ok`.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_child_commits_numbers_until_killed() {
    #[expect(
        clippy::disallowed_methods,
        reason = "a child test gets its input from the environment only"
    )]
    let Some(path) = std::env::var_os(STORE) else {
        return;
    };
    let store = Arc::new(
        Sqlite::open(
            Path::new(&path),
            Cipher::from_bytes(&[1; 32]),
            Lineage::from_bits(1),
        )
        .unwrap(),
    );
    let first = stored(&store).await.last().map_or(0, |last| last + 1);
    let next = Arc::new(AtomicU64::new(first));
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let (store, next) = (Arc::clone(&store), Arc::clone(&next));
        writers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number > first + MAX_NUMBERS {
                    return;
                }
                store.commit(numbered(number)).await.unwrap();
                // Written directly, since the test harness captures what is printed.
                writeln!(std::io::stdout().lock(), "{REPORT}{number}").unwrap();
            }
        });
    }
    writers.join_all().await;
}

#[tokio::test]
async fn answered_changes_survive_a_kill() {
    let store_dir = StoreDir::new();
    let mut reported = BTreeSet::new();
    // Each round reopens the store and kills the child after so many reports.
    for reports in [1, 2, 13, 57, 211, 400] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "durability::a_child_commits_numbers_until_killed",
                "--nocapture",
            ])
            .env(STORE, store_dir.file())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut heard = 0;
        for line in output.lines() {
            // The first report ends a line that the test harness began.
            let line = line.unwrap();
            let Some((_, number)) = line.split_once(REPORT) else {
                continue;
            };
            reported.insert(number.parse::<u64>().unwrap());
            heard += 1;
            if heard == reports {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert!(heard >= reports, "the child exited after {heard} reports");

        let store = store_dir.open();
        let stored = stored(&store).await;
        let lost: Vec<_> = reported.difference(&stored).collect();
        assert!(lost.is_empty(), "answered with `Ok` but lost: {lost:?}");
        let history = store.events(&project(), 0, usize::MAX).await.unwrap();
        let told: BTreeSet<u64> = history
            .iter()
            .map(|(_, event)| event.subject.parse().unwrap())
            .collect();
        assert_eq!(
            told, stored,
            "a row without its event, or an event without its row"
        );
        assert_eq!(history.len(), stored.len());
    }
    println!("{} answered", reported.len());
}
