//! Requests in progress and reads of whole projects: those of one tenant delay no other.

use std::sync::Arc;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tower::ServiceExt as _;
use underpass_model::auth::Role;
use underpass_model::credentials::Secret;
use underpass_store::{Error, Fetched, Key, Kind, Lookup, Memory, Store, StoreLayer};

use crate::world::{Client, World, project};

/// Requests in progress of one project or token in every world.
const LIMIT: usize = 64;

/// Reads of one project: one runs, and so many wait.
const WAITING: usize = 32;

const OVERVIEW: &str = "/v1/underpass/project/demo/overview";

/// A store that reads the connections of `demo` when it may.
struct Gated {
    inner: Memory,
    gate: Arc<Semaphore>,
}

#[async_trait]
impl StoreLayer for Gated {
    fn inner(&self) -> &dyn Store {
        &self.inner
    }

    async fn fetch(&self, lookups: &[Lookup]) -> Result<Fetched, Error> {
        let gated = Lookup::Under(Kind::Connection, Key::project(&project()));
        if lookups.contains(&gated) {
            self.gate.acquire().await.unwrap().forget();
        }
        self.inner.fetch(lookups).await
    }
}

/// Makes a token that may read a project.
async fn narrowed(world: &World, project: &str) -> Client {
    let body = json!({"underpass": {"only_projects": [project], "read_only": true}});
    let made = world.admin().post("/v1/access_token", body).await.ok();
    let full = made["full_token"].as_str().unwrap().to_owned();
    world.client(Some(Secret::new(full)))
}

/// Begins a request, whose answer is not read.
async fn begin(client: &Client, path: &str) -> Response {
    let token = client.token.as_ref().unwrap().expose();
    let request = Request::get(path)
        .header("host", "127.0.0.1")
        .header("authorization", format!("aivenv1 {token}"))
        .body(Body::empty())
        .unwrap();
    client.router.clone().oneshot(request).await.unwrap()
}

#[tokio::test]
async fn requests_in_progress_of_a_token_are_limited() {
    let world = World::new().await;
    let tenant = narrowed(&world, "demo").await;
    let mut held = Vec::new();
    for _ in 0..LIMIT {
        held.push(begin(&tenant, "/v1/me").await);
    }
    assert!(held.iter().all(|it| it.status() == StatusCode::OK));
    let refused = tenant.get("/v1/me").await;
    assert_eq!(refused.headers["retry-after"], "1");
    let message = refused.refusal(429);
    assert!(message.contains("has 64 requests in progress, as many as it may have"));
    tenant.get("/v1/project/demo").await.refusal(429);
    // A probe, another token and an operator are not concerned.
    assert_eq!(tenant.get("/healthz").await.status, 200);
    narrowed(&world, "demo").await.get("/v1/me").await.ok();
    let mut of_operator = Vec::new();
    for _ in 0..=LIMIT {
        of_operator.push(begin(&world.admin(), "/v1/project/demo").await);
    }
    world.admin().get("/v1/project/demo").await.ok();
    held.pop();
    tenant.get("/v1/me").await.ok();
    // The size of an answer is known before it is read.
    let held = held.pop().unwrap();
    assert!(
        axum::body::HttpBody::size_hint(held.body())
            .exact()
            .is_some()
    );
}

#[tokio::test]
async fn requests_in_progress_of_a_project_and_of_a_user_are_limited() {
    let world = World::new().await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let tenant = narrowed(&world, "demo").await;
        for _ in 0..LIMIT / 2 {
            held.push(begin(&tenant, "/v1/project/demo").await);
        }
    }
    let reader = world.reader().await;
    let message = reader.get("/v1/project/demo").await.refusal(429);
    assert!(
        message.starts_with("Project `demo` has 64 requests"),
        "{message}"
    );
    reader.get("/v1/me").await.ok();
    drop(held);
    reader.get("/v1/project/demo").await.ok();
    // A user has any number of tokens, with one limit.
    let mut held = Vec::new();
    for _ in 0..2 {
        let made = reader.post("/v1/access_token", json!({})).await.ok();
        let full = made["full_token"].as_str().unwrap().to_owned();
        let client = world.client(Some(Secret::new(full)));
        for _ in 0..LIMIT / 2 {
            held.push(begin(&client, "/v1/me").await);
        }
    }
    let message = reader.get("/v1/me").await.refusal(429);
    assert!(
        message.starts_with("User `reader@example.net` has 64"),
        "{message}"
    );
}

#[tokio::test]
async fn reads_of_one_project_wait_in_its_own_queue() {
    let gate = Arc::new(Semaphore::new(0));
    let inner = Memory::new();
    let world = World::on_store(Arc::new(Gated {
        inner,
        gate: Arc::clone(&gate),
    }))
    .await;
    let body = json!({"project": "other"});
    world.admin().post("/v1/project", body).await.ok();
    let mut asked = JoinSet::new();
    for _ in 0..WAITING + 2 {
        let tenant = narrowed(&world, "demo").await;
        asked.spawn(async move { tenant.get(OVERVIEW).await });
    }
    // The others wait.
    let refused = asked.join_next().await.unwrap().unwrap();
    assert_eq!(refused.headers["retry-after"], "1");
    let message = refused.refusal(429);
    assert!(
        message.starts_with("32 requests that read the whole project wait"),
        "{message}"
    );
    // Requests that read less, and reads of other projects, do not.
    let tenant = narrowed(&world, "demo").await;
    tenant.get("/v1/project/demo").await.ok();
    tenant.get("/v1/project/demo/vpcs").await.ok();
    let other = world
        .user("eve@example.net", &[("other", Role::Admin)])
        .await;
    for path in [
        "/v1/underpass/project/other/overview",
        "/v1/underpass/project/other/connections",
        "/v1/project/other/service",
    ] {
        other.get(path).await.ok();
    }
    gate.add_permits(WAITING + 1);
    while let Some(answer) = asked.join_next().await {
        answer.unwrap().ok();
    }
}

#[tokio::test]
async fn lists_and_searches_are_reads_of_whole_projects() {
    let gate = Arc::new(Semaphore::new(0));
    let inner = Memory::new();
    let world = World::on_store(Arc::new(Gated {
        inner,
        gate: Arc::clone(&gate),
    }))
    .await;
    let mut asked = JoinSet::new();
    for _ in 0..WAITING + 2 {
        let tenant = narrowed(&world, "demo").await;
        asked.spawn(async move { tenant.get(OVERVIEW).await });
    }
    asked.join_next().await.unwrap().unwrap().refusal(429);
    let tenant = narrowed(&world, "demo").await;
    for path in [
        "/v1/underpass/project/demo/connections",
        "/v1/underpass/project/demo/services",
        "/v1/underpass/project/demo/events",
        "/v1/underpass/project/demo/static-ips?query=1",
        "/v1/underpass/project/demo/vpcs",
        "/v1/project/demo/service",
        "/v1/project/demo/static-ips",
    ] {
        let refused = tenant.get(path).await;
        assert_eq!(refused.status, 429, "{path}: {}", refused.text);
    }
}
