//! Links, endpoints and accounts that change constantly: memory, descriptors, rows and latency must
//! stay flat, and in the end everything is as desired.

mod actors;
mod invariants;
mod minute;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;
use tokio::sync::watch;
use underpass_model::ended_connection::EndedLimits;
use underpass_server::retention_limits::RetentionLimits;

use self::actors::Actors;
use self::invariants::Invariants;
use self::minute::{HEADER, Minute};
use crate::fill::{self, SUBSCRIPTION};
use crate::memory_cloud::MemoryCloud;
use crate::rows::{all, service};
use crate::running::Running;

/// First argument that chooses this.
pub(crate) const WORD: &str = "churn";

const MINUTES: u32 = 20;

const LINKS: u32 = 2_000;

/// Cloud accounts; the last one fails at times.
const ACCOUNTS: u32 = 2;

/// Longest time until everything is as desired after the last change: 5 min, several times the longest
/// pause after the failures of an account.
const SETTLES_WITHIN: Duration = Duration::from_mins(5);

/// Limits of what is kept, so low that they are reached within the first minutes.
fn retention() -> RetentionLimits {
    RetentionLimits {
        events_per_service: 10,
        ended: EndedLimits {
            age: SignedDuration::from_mins(1),
            ..EndedLimits::default()
        },
        ended_links: 100,
        ..RetentionLimits::default()
    }
}

/// Changes everything for some minutes, prints a row for each, and checks the end.
pub(crate) async fn run(numbers: &[u32]) {
    let minutes = numbers.first().copied().unwrap_or(MINUTES);
    let links = numbers.get(1).copied().unwrap_or(LINKS);
    let directory = tempfile::tempdir().unwrap();
    let clouds: Vec<_> = (0..ACCOUNTS)
        .map(|_| Arc::new(MemoryCloud::default()))
        .collect();
    let running = Arc::new(Running::start(directory.path(), &clouds, retention()).await);
    publish(&running, &clouds, links).await;

    println!("{HEADER}");
    let (stop, stopped) = watch::channel(false);
    let actors = Actors::start(&running, &clouds, links, &stopped);
    let mut invariants = Invariants::default();
    for number in 1..=minutes {
        let minute = Minute::measure(&running, &actors, directory.path(), links).await;
        println!("| {number} {}", minute.row());
        invariants.check_always(&running, &clouds).await;
    }
    stop.send_replace(true);
    actors.end().await;
    for cloud in &clouds {
        cloud.is_down.store(false, Ordering::Relaxed);
    }
    let settled = tokio::time::timeout(SETTLES_WITHIN, async {
        while let Err(reason) = invariants.check_end(&running, &clouds, links).await {
            tracing::debug!(reason, "not settled yet");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    if settled.await.is_err() {
        let left = invariants.check_end(&running, &clouds, links).await;
        panic!("{}", left.unwrap_err());
    }
    println!("\nEverything is as desired: {}", invariants.summary());
}

/// Stores the services, and publishes all of them.
async fn publish(running: &Running, clouds: &[Arc<MemoryCloud>], links: u32) {
    for number in (0..links).filter(|number| fill::begins_project(*number)) {
        let project = json!({"project": fill::project(number)});
        running.client.send("POST", "/v1/project", &project).await;
    }
    fill::fill(&*running.app.store, 0..links, ACCOUNTS, running.now()).await;
    let link = |number: u32| {
        let path = format!("{}/privatelink/azure", service(number));
        let body = json!({"user_subscription_ids": [SUBSCRIPTION]});
        ("POST", path, body)
    };
    all(running, (0..links).map(link)).await;
    let published = || clouds.iter().map(|it| it.published().0).sum::<usize>();
    while published() < links as usize {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
