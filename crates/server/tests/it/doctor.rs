//! The control plane's half of a path.

use std::sync::Arc;

use serde_json::Value;
use underpass_clouds::ErrorKind;

use crate::fairness::Failing;
use crate::published::{self, OURS};
use crate::refresh::Listed;
use crate::world::{Reply, World};

fn hop<'a>(report: &'a Value, name: &str) -> &'a Value {
    let hops = report["hops"].as_array().unwrap();
    hops.iter().find(|hop| hop["hop"] == name).unwrap()
}

async fn check(world: &World, rest: &str) -> Value {
    let path = format!("{OURS}/privatelink/azure/doctor{rest}");
    world.admin().get(&path).await.ok()
}

#[tokio::test]
async fn a_service_without_a_link_is_told_how_to_get_one() {
    let world = World::with_cloud(Arc::new(Listed(Ok(())))).await;
    published::with_static_ips(&world).await;
    let report = check(&world, "").await;
    assert_eq!(report["broken"]["hop"], "link");
    assert_eq!(
        report["broken"]["command"],
        "underpass service privatelink azure create pg-1"
    );
    assert_eq!(hop(&report, "objects")["status"], "not_checked");
    assert_eq!(report["client"], Value::Null);
}

#[tokio::test]
async fn an_account_that_refuses_a_listing_is_the_broken_hop() {
    let denied = Err("the principal may not list");
    let world = World::with_cloud(Arc::new(Listed(denied))).await;
    published::with_link(&world).await;
    let report = check(&world, "").await;
    assert_eq!(report["broken"]["hop"], "account");
    let evidence = report["broken"]["evidence"].as_str().unwrap();
    assert!(
        evidence.contains("the principal may not list"),
        "{evidence}"
    );
    let command = report["broken"]["command"].as_str().unwrap();
    assert!(command.starts_with("underpass account check "), "{command}");
    // What was not read now is not shown as working.
    for name in ["rules", "backends"] {
        assert_ne!(hop(&report, name)["status"], "ok", "{name}");
    }
}

#[tokio::test]
async fn one_failed_listing_of_an_account_is_no_broken_hop() {
    for (kind, status) in [
        (ErrorKind::Retry { after: None }, Some(429)),
        (ErrorKind::Retry { after: None }, Some(503)),
        (ErrorKind::InDoubt, None),
    ] {
        let cloud = Arc::new(Failing::default());
        let world = World::with_cloud(Arc::clone(&cloud) as _).await;
        published::with_link(&world).await;
        *cloud.error.lock().unwrap() = Some((kind, status));
        // The second check finds an account that is not called for now.
        for _ in 0..2 {
            let report = check(&world, "").await;
            let account = hop(&report, "account");
            assert_eq!(account["status"], "not_checked", "{status:?}: {account}");
        }
    }
}

#[tokio::test]
async fn a_connection_or_component_that_does_not_exist_is_refused() {
    let world = World::with_cloud(Arc::new(Listed(Ok(())))).await;
    published::with_link(&world).await;
    let path = |rest: &str| format!("{OURS}/privatelink/azure/doctor{rest}");
    let admin = world.admin();
    let code = |reply: Reply, status| {
        reply.refusal(status);
        reply.json()["errors"][0]["error_code"].clone()
    };
    let reply = admin.get(&path("?component=postgres")).await;
    assert_eq!(code(reply, 400), "unknown_component");
    let reply = admin.get(&path("?connection=plc000000000009")).await;
    assert_eq!(code(reply, 404), "connection_not_found");
    let reply = admin.get(&path("?connection=nine")).await;
    assert_eq!(code(reply, 400), "malformed_id");
    let elsewhere = format!("{OURS}/privatelink/aws/doctor");
    admin.get(&elsewhere).await.refusal(400);
}
