//! Incarnations of a project: nothing of a deleted project belongs to the next one of its name.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::Request;
use futures_util::stream;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::sync::Notify;
use underpass_model::auth::Token;
use underpass_model::credentials::Secret;
use underpass_model::id::ProjectIncarnation;
use underpass_model::ordinals::ConnectionOrdinals;
use underpass_model::project::Project;
use underpass_model::service::Service;
use underpass_model::static_ip::StaticIp;
use underpass_model::vpc::ProjectVpc;
use underpass_store::{Change, Key, Kind, Lookup};

use crate::published::{ALLOWED, PG, discover_endpoint, with_active_link, with_service};
use crate::world::{Client, World, project};

const DEMO: &str = "/v1/project/demo";
const EVENTS: &str = "/v1/underpass/project/demo/events";

async fn made(world: &World, projects: &[&str]) -> (Client, String) {
    let body = json!({"underpass": {"only_projects": projects}});
    let answer = world.admin().post("/v1/access_token", body).await.ok();
    let full = answer["full_token"].as_str().unwrap().to_owned();
    (world.client(Some(Secret::new(full.clone()))), full)
}

async fn create(world: &World, name: &str) {
    let body = json!({"project": name});
    world.admin().post("/v1/project", body).await.ok();
}

/// Deletes the project `demo` and gives its name away.
async fn replace(world: &World) {
    world.admin().delete(DEMO).await.ok();
    world.pass(SignedDuration::from_secs(1));
    create(world, "demo").await;
}

fn codes(events: &Value) -> Vec<&str> {
    let events = events["events"].as_array().unwrap();
    events
        .iter()
        .map(|it| it["code"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_token_ends_with_its_project() {
    let world = World::new().await;
    create(&world, "other").await;
    let (narrow, full) = made(&world, &["demo"]).await;
    let (wide, _) = made(&world, &["demo", "other"]).await;
    let session = underpass_server::session::begin(&world.app, &full, None).await;
    let session = world.client(Some(session.unwrap()));
    for client in [&narrow, &wide, &session] {
        client.get(DEMO).await.ok();
    }
    replace(&world).await;
    world.admin().get(DEMO).await.ok();
    let message = narrow.get(DEMO).await.refusal(401);
    assert!(message.contains("has expired or was revoked"), "{message}");
    narrow.get("/v1/me").await.refusal(401);
    session.get(DEMO).await.refusal(401);
    wide.get(DEMO).await.refusal(403);
    wide.get("/v1/project/other").await.ok();
    let me = wide.get("/v1/me").await.ok();
    assert_eq!(me["user"]["projects"], json!(["other"]));
    made(&world, &["demo"]).await.0.get(DEMO).await.ok();
}

#[tokio::test]
async fn a_token_that_the_deletion_missed_is_not_one_of_the_next_project() {
    let world = World::new().await;
    let (narrow, full) = made(&world, &["demo"]).await;
    let key = Key::token(&underpass_server::token::hash(&full));
    let lookup = [Lookup::One(Kind::Token, key.clone())];
    let fetched = world.app.store.fetch(&lookup).await.unwrap();
    let before = fetched.one::<Token>(&key).unwrap().unwrap().value;
    replace(&world).await;
    let change = Change::new().put(key, &before).unwrap();
    world.app.store.commit(change).await.unwrap();
    let message = narrow.get(DEMO).await.refusal(401);
    assert!(message.contains("were deleted"), "{message}");
}

#[tokio::test]
async fn a_token_of_an_earlier_build_keeps_its_project_and_ends_with_it() {
    let world = World::new().await;
    let (narrow, full) = made(&world, &["demo"]).await;
    let (token, demo) = (
        Key::token(&underpass_server::token::hash(&full)),
        Key::project(&project()),
    );
    let lookups = [
        Lookup::One(Kind::Token, token.clone()),
        Lookup::One(Kind::Project, demo.clone()),
    ];
    let fetched = world.app.store.fetch(&lookups).await.unwrap();
    let mut token = fetched.one::<Token>(&token).unwrap().unwrap();
    let mut demo = fetched.one::<Project>(&demo).unwrap().unwrap();
    token.value.incarnations.clear();
    demo.value.incarnation = ProjectIncarnation::default();
    let change = Change::new().update(&token).unwrap();
    let change = change.update(&demo).unwrap();
    world.app.store.commit(change).await.unwrap();
    narrow.get(DEMO).await.ok();
    replace(&world).await;
    narrow.get(DEMO).await.refusal(401);
}

#[tokio::test]
async fn a_token_is_restricted_only_to_projects_of_its_user() {
    let world = World::new().await;
    let body = json!({"underpass": {"only_projects": ["demo", "missing"]}});
    let refused = world.admin().post("/v1/access_token", body).await;
    assert!(refused.refusal(403).contains("`missing`"));
}

#[tokio::test]
async fn the_history_and_the_ca_of_a_project_end_with_it() {
    let world = World::new().await;
    let admin = world.admin();
    let tags = json!({"tags": {"a": "1"}});
    admin.put("/v1/project/demo/tags", tags).await.ok();
    let ca = admin.get("/v1/project/demo/kms/ca").await.ok();
    replace(&world).await;
    for order in ["oldest", "newest"] {
        let path = format!("{EVENTS}?order={order}&after=0&before=1000");
        let page = admin.get(&path).await.ok();
        assert_eq!(codes(&page), ["project.created"], "{order}");
    }
    assert_ne!(admin.get("/v1/project/demo/kms/ca").await.ok(), ca);
}

#[tokio::test]
async fn the_history_of_a_project_of_an_earlier_build_begins_after_the_last_deletion() {
    let world = World::new().await;
    replace(&world).await;
    let key = Key::project(&project());
    let lookup = [Lookup::One(Kind::Project, key.clone())];
    let fetched = world.app.store.fetch(&lookup).await.unwrap();
    let mut row = fetched.one::<Project>(&key).unwrap().unwrap();
    row.value.incarnation = ProjectIncarnation::default();
    row.value.history_after = 0;
    let change = Change::new().update(&row).unwrap();
    world.app.store.commit(change).await.unwrap();
    let page = world.admin().get(EVENTS).await.ok();
    assert_eq!(codes(&page), ["project.created"]);
}

#[tokio::test]
async fn no_row_of_a_deleted_project_is_left() {
    let world = World::new().await;
    with_active_link(&world).await;
    discover_endpoint(&world, ALLOWED, "e1").await;
    // Plays a defect that left everything but the objects that keep a project.
    let demo = Key::project(&project());
    let kept = [Kind::Service, Kind::Vpc, Kind::StaticIp];
    let lookups = kept.map(|kind| Lookup::Under(kind, demo.clone()));
    let fetched = world.app.store.fetch(&lookups).await.unwrap();
    let mut change = Change::new();
    for row in fetched.all::<Service>().unwrap() {
        change = change.delete(&row);
    }
    for row in fetched.all::<ProjectVpc>().unwrap() {
        change = change.delete(&row);
    }
    for row in fetched.all::<StaticIp>().unwrap() {
        change = change.delete(&row);
    }
    world.app.store.commit(change).await.unwrap();
    world.admin().delete(DEMO).await.ok();
    let all = Kind::ALL.map(|kind| Lookup::Under(kind, Key::root()));
    let left = world.app.store.fetch(&all).await.unwrap();
    let left: Vec<_> = left
        .records()
        .iter()
        // Unique in the installation, and kept by a service or a link.
        .filter(|row| !matches!(row.kind, Kind::HostLabel | Kind::NatRange))
        .filter(|row| row.key.as_str().split('/').any(|segment| segment == "demo"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_request_for_a_deleted_project_does_not_reach_the_next_one() {
    let cloud = json!({"cloud_name": "azure-westeurope"});
    let vpc = json!({"cloud_name": "azure-westeurope", "network_cidr": "10.65.0.0/24"});
    let certificate = "/v1/underpass/project/demo/service/pg-1/certificate";
    let user = "/v1/project/demo/service/pg-1/user";
    for (method, path, body) in [
        ("POST", "/v1/project/demo/static-ips", cloud),
        ("POST", "/v1/project/demo/vpcs", vpc),
        ("PUT", "/v1/project/demo/tags", json!({"tags": {"a": "1"}})),
        ("PUT", PG, json!({"termination_protection": true})),
        ("POST", user, json!({"username": "eve"})),
        ("POST", certificate, json!({})),
    ] {
        let world = World::new().await;
        let (read, sent) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let slow = {
            let (read, sent) = (Arc::clone(&read), Arc::clone(&sent));
            stream::once(async move {
                // The body is read after the authorization.
                read.notify_one();
                sent.notified().await;
                Ok::<_, Infallible>(Bytes::from(body.to_string()))
            })
        };
        let bearer = format!("Bearer {}", world.token().expose());
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:8780")
            .header("authorization", bearer)
            .body(Body::from_stream(slow))
            .unwrap();
        let admin = world.admin();
        let meanwhile = async {
            read.notified().await;
            replace(&world).await;
            with_service(&world).await;
            let before = world.history().await;
            sent.notify_one();
            before
        };
        let (reply, before) = tokio::join!(admin.exchange(request), meanwhile);
        reply.refusal(404);
        assert_eq!(world.history().await, before, "{method} {path}");
    }
}

#[tokio::test]
async fn a_private_name_never_passes_to_the_next_service_of_the_same_host_label() {
    let world = World::new().await;
    let register = async |project: &str, service: &str| {
        let body =
            json!({"service_name": service, "service_type": "pg", "cloud": "azure-westeurope"});
        let path = format!("/v1/project/{project}/service");
        world.admin().post(&path, body).await.ok();
    };
    let key = |project: &str, service: &str| {
        Key::service(&project.parse().unwrap(), &service.parse().unwrap())
    };
    let last = async |project: &str, service: &str| {
        let key = key(project, service);
        let lookup = [Lookup::One(Kind::ConnectionOrdinals, key.clone())];
        let fetched = world.app.store.fetch(&lookup).await.unwrap();
        let row = fetched.one::<ConnectionOrdinals>(&key).unwrap();
        row.map_or(0, |row| row.value.last)
    };
    register("demo", "pg-1").await;
    let counted = ConnectionOrdinals { last: 3 };
    let change = Change::new().put(key("demo", "pg-1"), &counted).unwrap();
    world.app.store.commit(change).await.unwrap();
    world.admin().delete(PG).await.ok();
    assert_eq!(last("demo", "pg-1").await, 0);
    // A new service of the same name.
    register("demo", "pg-1").await;
    assert_eq!(last("demo", "pg-1").await, 3);
    world.admin().delete(PG).await.ok();
    // One of a new project of the same name.
    replace(&world).await;
    register("demo", "pg-1").await;
    assert_eq!(last("demo", "pg-1").await, 3);
    world.admin().delete(PG).await.ok();
    // One of another project whose names make the same label.
    create(&world, "1-demo").await;
    register("1-demo", "pg").await;
    assert_eq!(last("1-demo", "pg").await, 3);
}
