//! Events of open pages.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{ACCEPT, COOKIE, HOST};
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;
use underpass_model::credentials::Secret;

use crate::visitor::Visitor;
use crate::world::World;

const EVENTS: &str = "/console/project/demo/changes";

/// Time within which an open page must leave after the end of its session.
const SECONDS: Duration = Duration::from_secs(10);

#[tokio::test]
async fn an_open_page_ends_within_seconds_after_its_token_is_revoked() {
    let world = World::new().await;
    let body = json!({"description": "mine"});
    let made = world.admin().post("/v1/access_token", body).await.ok();
    let typed = Secret::new(made["full_token"].as_str().unwrap().to_owned());
    let visitor = Visitor::with(&world, &typed).await;
    let request = Request::builder()
        .uri(EVENTS)
        .header(HOST, "127.0.0.1:8780")
        .header(COOKIE, visitor.cookie())
        .header(ACCEPT, "text/event-stream")
        .body(Body::empty())
        .unwrap();
    let reply = world.stranger().router.oneshot(request).await.unwrap();
    assert_eq!(reply.status(), StatusCode::OK);
    let prefix = made["token_prefix"].as_str().unwrap();
    let revoked = format!("/v1/access_token/{prefix}");
    world.admin().delete(&revoked).await.ok();
    let events = tokio::time::timeout(SECONDS, reply.into_body().collect()).await;
    let events = events.unwrap().unwrap().to_bytes();
    let events = String::from_utf8(events.to_vec()).unwrap();
    assert!(events.ends_with("event: end\ndata: end\n\n"), "{events}");
    assert!(!events.contains("change"), "nothing is told: {events}");
}
