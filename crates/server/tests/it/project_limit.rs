//! Limits of a project: numbers of objects, and requests per second.

use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};
use underpass_model::auth::Role;

use crate::published::{ALLOWED, LINK, SERVICES, with_static_ips};
use crate::world::{Reply, World};

const LIMITS: &str = "/v1/underpass/project/demo/limits";

fn service(name: &str) -> Value {
    json!({"service_name": name, "service_type": "pg", "cloud": "azure-westeurope"})
}

fn code(answer: &Reply) -> String {
    let body = answer.json();
    body["errors"][0]["error_code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn services_are_limited_and_an_operator_raises_the_limit() {
    let world = World::new().await;
    let admin = world.admin();
    admin.put(LIMITS, json!({"services": 2})).await.ok();
    for name in ["pg-1", "pg-2"] {
        admin.post(SERVICES, service(name)).await.ok();
    }
    let refused = admin.post(SERVICES, service("pg-3")).await;
    assert_eq!(code(&refused), "project_limit_reached");
    insta::assert_snapshot!(refused.refusal(409), @"Project `demo` has 2 services, and its limit `services` is 2. Delete some first. Or ask an operator to raise it with `underpass project limits set demo --services NUMBER`");
    admin.put(LIMITS, json!({"services": 3})).await.ok();
    admin.post(SERVICES, service("pg-3")).await.ok();
    admin.post(SERVICES, service("pg-4")).await.refusal(409);
    admin.delete(&format!("{SERVICES}/pg-3")).await.ok();
    admin.post(SERVICES, service("pg-4")).await.ok();
}

#[tokio::test]
async fn concurrent_requests_do_not_exceed_a_limit() {
    let world = World::new().await;
    let admin = world.admin();
    admin.put(LIMITS, json!({"services": 3})).await.ok();
    let names: Vec<_> = (0..8).map(|number| format!("pg-{number}")).collect();
    let requests = names.iter().map(|name| admin.post(SERVICES, service(name)));
    let answers = join_all(requests).await;
    let made = answers.iter().filter(|answer| answer.status == 200);
    assert_eq!(made.count(), 3);
}

#[tokio::test]
async fn vpcs_static_ips_and_links_are_limited() {
    let world = World::new().await;
    let admin = world.admin();
    with_static_ips(&world).await;
    let limits = json!({"vpcs": 1, "static_ips": 2, "links": 0});
    admin.put(LIMITS, limits).await.ok();
    let vpc = json!({"cloud_name": "azure-westeurope", "network_cidr": "10.70.0.0/24"});
    let static_ip = json!({"cloud_name": "azure-westeurope"});
    let link = json!({"user_subscription_ids": [ALLOWED]});
    for (path, body) in [
        ("/v1/project/demo/vpcs", vpc),
        ("/v1/project/demo/static-ips", static_ip),
        (LINK, link),
    ] {
        let refused = admin.post(path, body.clone()).await;
        assert_eq!(refused.status, 409, "{path}: {}", refused.text);
        assert_eq!(code(&refused), "project_limit_reached");
        let name = json!({"vpcs": null, "static_ips": null, "links": null});
        admin.put(LIMITS, name).await.ok();
        admin.post(path, body).await.ok();
        let limits = json!({"vpcs": 1, "static_ips": 2, "links": 0});
        admin.put(LIMITS, limits).await.ok();
    }
}

#[tokio::test]
async fn limits_are_shown_and_only_an_operator_sets_them() {
    let world = World::new().await;
    let admin = world.admin();
    admin.post(SERVICES, service("pg-1")).await.ok();
    let set = admin.put(LIMITS, json!({"services": 7})).await.ok();
    assert_eq!(set, admin.get(LIMITS).await.ok());
    let first = json!({"name": "services", "limit": 7, "present": 1, "own": true});
    assert_eq!(set["limits"][0], first);
    let last = json!({"name": "request_burst", "limit": 1_000_000, "present": null, "own": false});
    assert_eq!(set["limits"][5], last);
    for bad in [
        json!({"service": 1}),
        json!({"services": 1_000_001}),
        json!({"requests_per_second": 0}),
    ] {
        let refused = admin.put(LIMITS, bad).await;
        assert_eq!(code(&refused), "project_limit");
        refused.refusal(400);
    }
    assert_eq!(admin.get(LIMITS).await.ok(), set, "nothing changed");
    let reader = world.reader().await;
    assert_eq!(reader.get(LIMITS).await.ok(), set);
    reader
        .put(LIMITS, json!({"services": 9}))
        .await
        .refusal(403);
}

#[tokio::test]
async fn requests_of_a_project_are_limited_and_others_are_not() {
    let world = World::new().await;
    let admin = world.admin();
    let limits = json!({"requests_per_second": 2, "request_burst": 3});
    admin.put(LIMITS, limits).await.ok();
    let tenant = world
        .user("tenant@example.net", &[("demo", Role::Admin)])
        .await;
    for _ in 0..3 {
        tenant.get(SERVICES).await.ok();
    }
    let refused = tenant.get(SERVICES).await;
    assert_eq!(refused.headers["retry-after"], "1");
    insta::assert_snapshot!(refused.refusal(429), @"Project `demo` made more than 2 requests per second after 3 in a burst. Retry in 1 s. An operator raises the limit with `underpass project limits set demo --requests-per-second NUMBER`");
    // A change is refused before its effect.
    tenant.post(SERVICES, service("pg-1")).await.refusal(429);
    tenant.get("/v1/me").await.ok();
    // The programs of the operator are not limited by what tenants ask for.
    admin.get(SERVICES).await.ok();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(world.stranger().get(path).await.status, 200, "{path}");
    }
    world.pass(SignedDuration::from_millis(500));
    tenant.get(SERVICES).await.ok();
    tenant.get(SERVICES).await.refusal(429);
    world.pass(SignedDuration::from_secs(10));
    let page = tenant.get(SERVICES).await.ok();
    assert_eq!(page["services"], json!([]));
}
