//! What was answered `Ok` is there after the process was killed.

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
use underpass_store::{Change, Cipher, Expectation, Key, Kind, Lookup, Sqlite, Store, Write};

use crate::place::Place;

/// Names the store to the child; where it is not set, the child's test has nothing to do.
const STORE: &str = "UNDERPASS_TEST_KILLED_STORE";

/// Writers at work in the child when it is killed, so that transactions carry several changes.
const WRITERS: usize = 8;

/// Numbers after which the child gives up waiting to be killed.
const MOST: u64 = 50_000;

const REPORT: &str = "committed ";

fn project() -> ProjectName {
    "demo".parse().unwrap()
}

fn key(number: u64) -> Key {
    Key::user(&format!("n{number:06}"))
}

/// A row and the event that tells of it.
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

/// The child: commits numbers and reports each once it was told `Ok`, until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_child_commits_numbers_until_killed() {
    #[expect(
        clippy::disallowed_methods,
        reason = "a child test is told by its environment only"
    )]
    let Some(path) = std::env::var_os(STORE) else {
        return;
    };
    let store = Arc::new(Sqlite::open(Path::new(&path), Cipher::from_bytes(&[1; 32])).unwrap());
    let first = stored(&store).await.last().map_or(0, |last| last + 1);
    let next = Arc::new(AtomicU64::new(first));
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let (store, next) = (Arc::clone(&store), Arc::clone(&next));
        writers.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number > first + MOST {
                    return;
                }
                store.commit(numbered(number)).await.unwrap();
                // Past the harness, which would keep what is printed.
                writeln!(std::io::stdout().lock(), "{REPORT}{number}").unwrap();
            }
        });
    }
    writers.join_all().await;
}

#[tokio::test]
async fn what_was_answered_survives_a_kill() {
    let place = Place::new();
    let mut reported = BTreeSet::new();
    // Each round reopens what the last one left, killed after so many reports.
    for reports in [1, 2, 13, 57, 211, 400] {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "durability::a_child_commits_numbers_until_killed",
                "--nocapture",
            ])
            .env(STORE, place.file())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut heard = 0;
        for line in output.lines() {
            // The harness begins a line that the first report ends.
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
        assert!(
            heard >= reports,
            "the child ended by itself after {heard} reports"
        );

        let store = place.open();
        let stored = stored(&store).await;
        let lost: Vec<_> = reported.difference(&stored).collect();
        assert!(lost.is_empty(), "answered `Ok`, but not there: {lost:?}");
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
