//! Finished things are kept within limits.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::json;
use underpass_model::connection::Connection;
use underpass_model::credentials::Secret;
use underpass_model::ended_connection::{ENDED_KEPT, EndedConnection};
use underpass_model::ended_link::EndedLink;
use underpass_model::event::{Event, SYSTEM_ACTOR};
use underpass_server::bootstrap::{self, Bootstrap};
use underpass_server::limits::Limits;
use underpass_server::request_rates::RequestRates;
use underpass_server::retention::Retention;
use underpass_server::retention_limits::RetentionLimits;
use underpass_store::{Change, Key, Kind, Lookup};

use crate::published::{with_active_connection, with_active_link};
use crate::world::{World, project};

const EVENTS: &str = "/v1/underpass/project/demo/events";

fn retention(world: &World, limits: RetentionLimits) -> Retention {
    let store = Arc::clone(&world.app.store);
    let clock = Arc::clone(&world.app.clock);
    let limits = Limits {
        retention: limits,
        ..Limits::default()
    };
    Retention::new(store, clock, limits.into(), RequestRates::default())
}

/// Takes steps until nothing is left; returns their number.
async fn trim(world: &World, limits: RetentionLimits) -> usize {
    let retention = retention(world, limits);
    let mut steps = 1;
    while retention.trim(world.now()).await.unwrap() {
        steps += 1;
        assert!(steps < 100, "it never ends");
    }
    steps
}

/// The events of endpoints that a consumer makes and deletes.
async fn churn(world: &World, endpoints: u32) {
    for number in 0..endpoints {
        let subject = format!("service/pg-1/privatelink/azure/connection/plc{number:012}");
        let event = |code: &str| Event {
            at: world.now(),
            project: project(),
            subject: subject.clone(),
            actor: SYSTEM_ACTOR.to_owned(),
            code: code.to_owned(),
            message: "Something happened".to_owned(),
            details: json!(null),
        };
        let change = Change::new()
            .event(event("connection.discovered"))
            .event(event("connection.disconnected"));
        world.app.store.commit(change).await.unwrap();
    }
}

async fn count(world: &World, kind: Kind) -> usize {
    world.app.store.count(kind, &Key::root()).await.unwrap()
}

#[tokio::test]
async fn events_of_churning_endpoints_displace_only_events_of_their_service() {
    let world = World::new().await;
    let admin = world.admin();
    let vpc = json!({"cloud_name": "azure-westeurope", "network_cidr": "10.64.0.0/24"});
    admin.post("/v1/project/demo/vpcs", vpc).await.ok();
    let before = world.history().await;
    churn(&world, 1500).await;
    let limits = RetentionLimits {
        events_per_service: 10,
        ..RetentionLimits::default()
    };
    assert!(trim(&world, limits).await > 2, "a step is bounded");
    let history = world.history().await;
    assert_eq!(history[..before.len()], before, "of the project");
    assert_eq!(history.len(), before.len() + 10);
    assert_eq!(trim(&world, limits).await, 1, "there is nothing to do");
    // Pages at removed positions go on with what there is.
    let first = before.len() + 1;
    let page = admin.get(&format!("{EVENTS}?after={first}")).await.ok();
    assert_eq!(page["events"].as_array().unwrap().len(), 10);
    let last = page["next_after"].as_u64().unwrap();
    let newest = format!("{EVENTS}?order=newest&before={}", last - 9);
    let page = admin.get(&newest).await.ok();
    assert_eq!(page["events"].as_array().unwrap().len(), before.len());
    churn(&world, 1).await;
    let page = admin.get(&format!("{EVENTS}?after={last}")).await.ok();
    assert_eq!(page["events"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn old_events_are_removed() {
    let world = World::new().await;
    churn(&world, 2).await;
    world.pass(SignedDuration::from_hours(24 * 399));
    churn(&world, 1).await;
    assert_eq!(trim(&world, RetentionLimits::default()).await, 1);
    assert!(world.history().await.len() > 2);
    world.pass(SignedDuration::from_hours(24 * 2));
    trim(&world, RetentionLimits::default()).await;
    assert_eq!(world.history().await.len(), 2);
}

#[tokio::test]
async fn ended_connections_and_links_are_removed_after_their_time() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = with_active_connection(&world, "pe-1", "127.64.0.4").await;
    let key = Key::connection(
        &project(),
        &"pg-1".parse().unwrap(),
        underpass_model::cloud::Provider::Azure,
        &id,
    );
    let lookup = Lookup::One(Kind::Connection, key.clone());
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    let connection = fetched.one::<Connection>(&key).unwrap().unwrap().value;
    let ended_at = world.now();
    let connection = EndedConnection {
        connection,
        ended_at,
    };
    let link = EndedLink {
        managed: "link/demo/pg-1/azure".to_owned(),
        ended_at,
    };
    let mut change = Change::new().put(key, &connection).unwrap();
    for id in ["link00000001", "link00000002"] {
        change = change.put(Key::ended_link(id), &link).unwrap();
    }
    world.app.store.commit(change).await.unwrap();
    world.pass(ENDED_KEPT);
    trim(&world, RetentionLimits::default()).await;
    assert_eq!(count(&world, Kind::EndedConnection).await, 1);
    let few = RetentionLimits {
        ended_links: 1,
        ..RetentionLimits::default()
    };
    trim(&world, few).await;
    assert_eq!(count(&world, Kind::EndedLink).await, 1);
    world.pass(SignedDuration::from_secs(1));
    trim(&world, RetentionLimits::default()).await;
    assert_eq!(count(&world, Kind::EndedConnection).await, 0);
    assert_eq!(count(&world, Kind::EndedLink).await, 0);
    assert_eq!(count(&world, Kind::Connection).await, 1);
}

#[tokio::test]
async fn ended_tokens_are_removed_and_valid_ones_stay() {
    let world = World::new().await;
    let admin = world.admin();
    let make = async |body| admin.post("/v1/access_token", body).await.ok();
    let revoked = make(json!({})).await;
    make(json!({"max_age_seconds": 60})).await;
    let valid = make(json!({})).await;
    let path = format!(
        "/v1/access_token/{}",
        revoked["token_prefix"].as_str().unwrap()
    );
    admin.delete(&path).await.ok();
    let few = RetentionLimits {
        ended_tokens: 0,
        ..RetentionLimits::default()
    };
    world.pass(SignedDuration::from_hours(24 * 30));
    trim(&world, RetentionLimits::default()).await;
    assert_eq!(count(&world, Kind::Token).await, 4);
    world.pass(SignedDuration::from_secs(1));
    trim(&world, RetentionLimits::default()).await;
    assert_eq!(count(&world, Kind::Token).await, 3);
    trim(&world, few).await;
    assert_eq!(count(&world, Kind::Token).await, 2);
    let valid = Secret::new(valid["full_token"].as_str().unwrap().to_owned());
    world.client(Some(valid)).get("/v1/me").await.ok();
}

#[tokio::test]
async fn the_token_of_the_token_file_stays_revoked() {
    let world = World::new().await;
    world.admin().post("/v1/access_token", json!({})).await.ok();
    world
        .admin()
        .post("/v1/me/expire_tokens", json!({}))
        .await
        .ok();
    world.pass(SignedDuration::from_hours(24 * 31));
    trim(&world, RetentionLimits::default()).await;
    assert_eq!(count(&world, Kind::Token).await, 1, "only that of the file");
    let again = Bootstrap {
        email: "ada@example.net".to_owned(),
        real_name: "Ada".to_owned(),
        project: project(),
        token: world.token(),
    };
    bootstrap::ensure(&world.app, &again).await.unwrap_err();
    world.admin().get("/v1/me").await.refusal(401);
}
