//! Changes while an account is on hold.

use jiff::SignedDuration;
use serde_json::{Value, json};
use underpass_model::name::AccountName;
use underpass_model::recovery::{AccountHold, HoldCause};
use underpass_model::work::WorkKey;
use underpass_server::reconcile::reconcile_pass;
use underpass_server::recovery::hold_all;
use underpass_store::{Claim, Key, Kind, Lookup, Room};

use crate::handle_claim::activate;
use crate::published::{
    ALLOWED, LINK, OURS, PG, associate_static_ip, discover_endpoint, with_active_link,
};
use crate::published_google;
use crate::recovery::resume;
use crate::world::World;

const RECOVERY: &str = "/v1/underpass/recovery";

/// Puts accounts on hold as the start of a replaced store does.
async fn replace_store(world: &World, accounts: &[&str]) {
    let accounts: Vec<AccountName> = accounts.iter().map(|it| it.parse().unwrap()).collect();
    hold_all(&*world.app.store, accounts.iter(), world.now())
        .await
        .unwrap();
}

/// Every row that a refused change would edit.
async fn rows(world: &World) -> Vec<(String, Value)> {
    let kinds = [
        Kind::Link,
        Kind::Connection,
        Kind::Service,
        Kind::Vpc,
        Kind::StaticIp,
    ];
    let lookups = kinds.map(|kind| Lookup::Under(kind, Key::root()));
    let fetched = world.app.store.fetch(&lookups).await.unwrap();
    let rows = fetched.records().iter();
    rows.map(|row| {
        (
            row.key.to_string(),
            serde_json::from_str(&row.body).unwrap(),
        )
    })
    .collect()
}

#[tokio::test]
async fn a_change_that_a_held_account_would_not_get_is_refused_over_every_route() {
    let world = World::new().await;
    with_active_link(&world).await;
    let pending = discover_endpoint(&world, ALLOWED, "pe-1").await;
    let rejected = discover_endpoint(&world, ALLOWED, "pe-2").await;
    let admin = world.admin();
    let of = |id| format!("{OURS}/privatelink/azure/connections/{id}");
    admin
        .post(&format!("{}/reject", of(&rejected)), json!({}))
        .await
        .ok();
    let surplus = associate_static_ip(&world).await;
    let surplus = format!("/v1/project/demo/static-ips/{surplus}");
    admin.delete(&format!("{surplus}/association")).await.ok();
    let vpcs = admin.get("/v1/project/demo/vpcs").await.ok();
    let vpc = vpcs["vpcs"][0]["project_vpc_id"].as_str().unwrap();

    replace_store(&world, &["azure", "google"]).await;
    let before = rows(&world).await;
    let closed = json!({"user_config": {"privatelink_access": {"pg": false}}});
    let nodes = json!({"underpass": {"nodes": []}});
    let list = json!({"user_subscription_ids": []});
    let refusals = [
        admin
            .post(&format!("{LINK}/connections/{pending}/approve"), json!({}))
            .await,
        admin
            .post(&format!("{}/reject", of(&pending)), json!({}))
            .await,
        admin
            .post(&format!("{}/restore", of(&rejected)), json!({}))
            .await,
        admin.put(PG, closed).await,
        admin.put(PG, nodes).await,
        admin.put(LINK, list).await,
        admin.delete(LINK).await,
        admin.delete(&surplus).await,
    ];
    for (number, refused) in refusals.iter().enumerate() {
        let message = refused.refusal(409);
        assert!(
            message.contains("recovery show"),
            "request {number}: {message}"
        );
        let code = &refused.json()["errors"][0]["error_code"];
        assert_eq!(code, "account_on_hold", "request {number}");
    }
    assert_eq!(rows(&world).await, before);

    // What no cloud gets is possible, and so is what a lost store is registered again with.
    admin
        .put(&format!("{}/label", of(&pending)), json!({"label": "blue"}))
        .await
        .ok();
    // What is requested during the hold is in no cloud, so it can be deleted again.
    world.pass(SignedDuration::from_secs(5));
    let new = json!({"cloud_name": "azure-westeurope"});
    let ip = admin.post("/v1/project/demo/static-ips", new).await.ok();
    let ip = ip["static_ip_address_id"].as_str().unwrap();
    let new = json!({"cloud_name": "azure-westeurope", "network_cidr": "10.77.0.0/24"});
    let empty = admin.post("/v1/project/demo/vpcs", new).await.ok();
    let empty = empty["project_vpc_id"].as_str().unwrap();
    let requested = [
        format!("/v1/project/demo/static-ips/{ip}"),
        format!("/v1/project/demo/vpcs/{empty}"),
    ];
    for path in &requested {
        admin.delete(path).await.ok();
    }
    let until = world.now() + SignedDuration::from_mins(3);
    let due = Room::of(100);
    let claims = world.app.store.claim("test", world.now(), until, &due);
    let is_requested = |claim: &Claim| match &claim.key {
        WorkKey::StaticIp(_, id) => id.as_str() == ip,
        WorkKey::Vpc(_, id) => id.to_string() == empty,
        WorkKey::Link(..) | WorkKey::Orphan(..) => false,
    };
    for claim in claims.await.unwrap().into_iter().filter(is_requested) {
        reconcile_pass(&world.engine(), &claim, until)
            .await
            .unwrap();
    }
    assert_eq!(admin.get(&requested[1]).await.status, 404);
    let ips = admin.get("/v1/project/demo/static-ips").await.ok();
    assert!(!ips.to_string().contains(ip), "{ips}");
    // A lost project VPC that finds its network is not deleted.
    let new = json!({"cloud_name": "azure-westeurope", "network_cidr": "10.77.0.0/24"});
    let found = admin.post("/v1/project/demo/vpcs", new).await.ok();
    let found = found["project_vpc_id"].as_str().unwrap();
    activate(&world, "demo", found, "azure-westeurope", "10.77.0.0/24").await;
    let path = format!("/v1/project/demo/vpcs/{found}");
    let message = admin.delete(&path).await.refusal(409);
    assert!(message.contains("recovery show"), "{message}");
    // An earlier rule refuses it for its own reason.
    let path = format!("/v1/project/demo/vpcs/{vpc}");
    admin.delete(&path).await.refusal(409);

    resume(&world, "azure", false).await.ok();
    let reject = format!("{}/reject", of(&pending));
    admin.post(&reject, json!({})).await.ok();
    admin.delete(LINK).await.ok();
}

#[tokio::test]
async fn the_end_of_one_hold_leaves_the_other() {
    let world = World::new().await;
    published_google::with_active_link(&world).await;
    replace_store(&world, &["azure"]).await;
    // The store knows the account of its project VPC, so that is on hold, too.
    let shown = world.admin().get(RECOVERY).await.ok();
    let names: Vec<_> = shown["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["account"].clone(), it["cause"].clone()))
        .collect();
    let replaced = json!("store_replaced");
    assert_eq!(
        names,
        [
            (json!("azure"), replaced.clone()),
            (json!("google"), replaced)
        ]
    );
    let admin = world.admin();
    admin.delete(published_google::LINK).await.refusal(409);
    resume(&world, "google", false).await.ok();
    admin.delete(published_google::LINK).await.ok();
    let key = Key::account_hold(&"azure".parse().unwrap());
    let lookup = Lookup::One(Kind::AccountHold, key.clone());
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    let hold = fetched.one::<AccountHold>(&key).unwrap().unwrap().value;
    assert_eq!(hold.cause, HoldCause::StoreReplaced);
}
