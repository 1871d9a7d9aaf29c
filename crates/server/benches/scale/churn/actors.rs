//! Tasks that change something all the time: consumers, a provider's operator, and an account.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use underpass_model::connection::{Connection, Decision};
use underpass_store::{Key, Kind, Lookup};

use crate::fill::SUBSCRIPTION;
use crate::memory_cloud::MemoryCloud;
use crate::rows::service;
use crate::running::Running;

/// Interval in which a consumer replaces an endpoint.
const REPLACE: Duration = Duration::from_millis(50);

/// Interval in which the operator decides on what is pending.
const DECIDE: Duration = Duration::from_secs(1);

/// Interval in which the operator opens or closes a component.
const TOGGLE: Duration = Duration::from_millis(200);

/// Interval in which the operator deletes a link or requests one that was deleted.
const PUBLISH: Duration = Duration::from_millis(500);

/// Time in which the last account answers, and in which it does not.
const ACCOUNT_UP: Duration = Duration::from_secs(90);
const ACCOUNT_DOWN: Duration = Duration::from_secs(30);

/// Running tasks, with the number of their changes.
pub(super) struct Actors {
    tasks: JoinSet<()>,
    changes: Arc<AtomicU64>,
}

/// Needs of one task.
#[derive(Clone)]
struct Actor {
    running: Arc<Running>,
    clouds: Vec<Arc<MemoryCloud>>,
    links: u32,
    changes: Arc<AtomicU64>,
    stopped: watch::Receiver<bool>,
}

// === impl Actors ===

impl Actors {
    /// Starts all tasks; they end when they are told so.
    pub(super) fn start(
        running: &Arc<Running>,
        clouds: &[Arc<MemoryCloud>],
        links: u32,
        stopped: &watch::Receiver<bool>,
    ) -> Self {
        let changes = Arc::default();
        let actor = Actor {
            running: Arc::clone(running),
            clouds: clouds.to_vec(),
            links,
            changes: Arc::clone(&changes),
            stopped: stopped.clone(),
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(actor.clone().replace_endpoints());
        tasks.spawn(actor.clone().decide());
        tasks.spawn(actor.clone().toggle());
        tasks.spawn(actor.clone().delete_and_request());
        tasks.spawn(actor.fail_at_times());
        Self { tasks, changes }
    }

    /// Returns the number of changes so far.
    pub(super) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// Waits until all tasks have ended.
    pub(super) async fn end(self) {
        self.tasks.join_all().await;
    }
}

// === impl Actor ===

impl Actor {
    /// Waits; returns whether to go on.
    async fn goes_on(&mut self, pause: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(pause) => true,
            _changed = self.stopped.changed() => false,
        }
    }

    fn count(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
    }

    async fn replace_endpoints(mut self) {
        let mut rng = StdRng::seed_from_u64(1);
        while self.goes_on(REPLACE).await {
            let cloud = rng.random_range(0..self.clouds.len());
            let link = rng.random_range(0..self.links as usize / self.clouds.len());
            self.clouds[cloud].replace_endpoint(link);
            self.count();
        }
    }

    /// Approves three of four pending connections and gives each an address; rejects the others.
    async fn decide(mut self) {
        let mut number = 0_u32;
        while self.goes_on(DECIDE).await {
            let lookup = Lookup::Under(Kind::Connection, Key::root());
            let fetched = self.running.app.store.fetch(&[lookup]).await.unwrap();
            for row in fetched.all::<Connection>().unwrap() {
                if row.value.decision != Decision::Undecided {
                    continue;
                }
                number += 1;
                let words: Vec<&str> = row.key.as_str().split('/').collect();
                let [project, service, _, id] = words.as_slice() else {
                    panic!("the key of a connection: {}", row.key);
                };
                let path = format!(
                    "/v1/project/{project}/service/{service}/privatelink/azure/connections/{id}"
                );
                let (action, body) = if number.is_multiple_of(4) {
                    let own = path.replacen("/v1/", "/v1/underpass/", 1);
                    (format!("{own}/reject"), Value::Null)
                } else {
                    let [_, b, c, d] = number.to_be_bytes();
                    let address = format!("10.{b}.{c}.{d}");
                    (
                        format!("{path}/approve"),
                        json!({"user_ip_address": address}),
                    )
                };
                self.ask("POST", &action, &body).await;
            }
        }
    }

    async fn toggle(mut self) {
        let mut rng = StdRng::seed_from_u64(2);
        while self.goes_on(TOGGLE).await {
            let path = service(rng.random_range(0..self.links));
            let open = rng.random_bool(0.5);
            let body = json!({"user_config": {"privatelink_access": {"pgbouncer": open}}});
            self.ask("PUT", &path, &body).await;
        }
    }

    /// Deletes a link, or requests it if it was deleted before.
    async fn delete_and_request(mut self) {
        let mut rng = StdRng::seed_from_u64(3);
        let mut deleted = Vec::new();
        while self.goes_on(PUBLISH).await {
            let number = rng.random_range(0..self.links);
            let path = format!("{}/privatelink/azure", service(number));
            let status = self.ask("DELETE", &path, &Value::Null).await;
            // A link that is being deleted accepts another deletion.
            if status.is_success() && !deleted.contains(&path) {
                deleted.push(path);
            }
            self.request(&mut deleted).await;
        }
        // What is still being deleted cannot be requested yet.
        while !deleted.is_empty() {
            tokio::time::sleep(PUBLISH).await;
            for cloud in &self.clouds {
                cloud.is_down.store(false, Ordering::Relaxed);
            }
            self.request(&mut deleted).await;
        }
    }

    /// Requests links that were deleted, as far as they are gone.
    async fn request(&self, deleted: &mut Vec<String>) {
        let mut left = Vec::new();
        for path in deleted.drain(..) {
            let body = json!({"user_subscription_ids": [SUBSCRIPTION]});
            if !self.ask("POST", &path, &body).await.is_success() {
                left.push(path);
            }
        }
        *deleted = left;
    }

    /// Lets the last account fail, again and again.
    async fn fail_at_times(mut self) {
        let last = Arc::clone(&self.clouds[self.clouds.len() - 1]);
        loop {
            for (is_down, time) in [(false, ACCOUNT_UP), (true, ACCOUNT_DOWN)] {
                last.is_down.store(is_down, Ordering::Relaxed);
                if !self.goes_on(time).await {
                    last.is_down.store(false, Ordering::Relaxed);
                    return;
                }
            }
        }
    }

    /// Sends a request; what does not fit the state of the link is refused.
    async fn ask(&self, method: &str, path: &str, body: &Value) -> StatusCode {
        let (_, status, answer) = self.running.client.ask(method, path, body).await;
        let refused = [
            StatusCode::NOT_FOUND,
            StatusCode::CONFLICT,
            StatusCode::BAD_REQUEST,
        ];
        assert!(
            status.is_success() || refused.contains(&status),
            "{method} {path}: {status}: {answer}"
        );
        if status.is_success() {
            self.count();
        }
        status
    }
}
