//! Events of open pages.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{ACCEPT, COOKIE, HOST, RETRY_AFTER};
use axum::http::{Request, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;
use underpass_model::credentials::Secret;

use crate::visitor::Visitor;
use crate::world::World;

const EVENTS: &str = "/console/project/demo/changes";

/// Pages of one user that are updated.
const SHARE: usize = 8;

/// Time within which an open page must leave after the end of its session.
const SECONDS: Duration = Duration::from_secs(10);

/// Opens a page, which receives events.
async fn subscribe(world: &World, visitor: &Visitor) -> Response {
    let request = Request::builder()
        .uri(EVENTS)
        .header(HOST, "127.0.0.1:8780")
        .header(COOKIE, visitor.cookie())
        .header(ACCEPT, "text/event-stream")
        .body(Body::empty())
        .unwrap();
    world.stranger().router.oneshot(request).await.unwrap()
}

#[tokio::test]
async fn the_sessions_of_one_token_do_not_use_all_updates() {
    let world = World::new().await;
    let token = world.reader().await.token.unwrap();
    let mut open = Vec::new();
    for _ in 0..2 {
        let visitor = Visitor::with(&world, &token).await;
        for _ in 0..SHARE / 2 {
            open.push(subscribe(&world, &visitor).await);
        }
    }
    assert!(open.iter().all(|it| it.status() == StatusCode::OK));
    let visitor = Visitor::with(&world, &token).await;
    let refused = subscribe(&world, &visitor).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key(RETRY_AFTER));
    let other = world.visitor().await;
    assert_eq!(subscribe(&world, &other).await.status(), StatusCode::OK);
    open.pop();
    assert_eq!(subscribe(&world, &visitor).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_open_page_ends_within_seconds_after_its_token_is_revoked() {
    let world = World::new().await;
    let body = json!({"description": "mine"});
    let made = world.admin().post("/v1/access_token", body).await.ok();
    let typed = Secret::new(made["full_token"].as_str().unwrap().to_owned());
    let visitor = Visitor::with(&world, &typed).await;
    let reply = subscribe(&world, &visitor).await;
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
