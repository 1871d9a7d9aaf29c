//! Node certificates.

use serde_json::json;
use underpass_model::ordinals::ConnectionOrdinals;
use underpass_store::{Change, Key};

use crate::published::{
    ALLOWED, OURS, discover_endpoint, with_active_connection, with_active_link, with_service,
};
use crate::world::{World, project};

const PATH: &str = "/v1/underpass/project/demo/service/pg-1/certificate";

#[tokio::test]
async fn a_node_certificate_names_every_way_to_the_service() {
    let world = World::new().await;
    world.admin().post(PATH, json!({})).await.refusal(404);
    let service = json!({
        "service_name": "pg-1", "service_type": "pg", "plan": "startup-4",
        "cloud": "azure-westeurope",
    });
    world
        .admin()
        .post("/v1/project/demo/service", service)
        .await
        .ok();
    let desired = json!({"days": 30, "names": ["db.example.net"], "addresses": ["127.0.0.1"]});
    let issued = world.admin().post(PATH, desired).await.ok();
    let names: Vec<_> = issued["names"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .collect();
    assert_eq!(names[0], "pg-1-demo.underpass.test");
    assert!(names.contains(&"privatelink-64-pg-1-demo.underpass.test"));
    assert_eq!(names.last(), Some(&"db.example.net"));
    assert_eq!(issued["addresses"], json!(["127.0.0.1"]));
    assert_eq!(issued["not_after"], "2027-02-14T08:00:00Z");
    let ca = world.admin().get("/v1/project/demo/kms/ca").await.ok();
    assert_eq!(issued["ca"], ca["certificate"]);
    assert!(
        issued["private_key"]
            .as_str()
            .unwrap()
            .starts_with("-----BEGIN PRIVATE KEY")
    );
    assert_eq!(world.history().await.last().unwrap(), "certificate.issued");
}

#[tokio::test]
async fn what_a_certificate_would_hold_is_told_without_issuing_one() {
    let world = World::new().await;
    world.admin().get(PATH).await.refusal(404);
    with_service(&world).await;
    let before = world.history().await;
    let told = world.reader().await.get(PATH).await.ok();
    let issued = world.admin().post(PATH, json!({})).await.ok();
    assert_eq!(told["names"], issued["names"]);
    assert_eq!(told["addresses"], issued["addresses"]);
    assert_eq!(told["default_days"], 365);
    assert_eq!(told["max_days"], 825);
    assert_eq!(told["connections"], 0);
    assert_eq!(told["spare_connections"], 64);
    assert_eq!(told["missing_names"], json!([]));
    assert_eq!(told["max_added"], 64);
    assert!(told.get("private_key").is_none() && told.get("certificate").is_none());
    assert_eq!(
        world.history().await.len(),
        before.len() + 1,
        "looking is no event, issuing is one"
    );
}

#[tokio::test]
async fn a_certificate_has_the_names_of_all_live_connections() {
    let world = World::new().await;
    with_active_link(&world).await;
    // The connections up to the 700th have ended, except for these.
    let service = "pg-1".parse().unwrap();
    let key = Key::service(&project(), &service);
    let change = Change::new()
        .put(key, &ConnectionOrdinals { last: 700 })
        .unwrap();
    world.app.store.commit(change).await.unwrap();
    let active = with_active_connection(&world, "e1", "127.64.0.4").await;
    discover_endpoint(&world, ALLOWED, "e2").await;
    let rejected = discover_endpoint(&world, ALLOWED, "e3").await;
    let reject = format!("{OURS}/privatelink/azure/connections/{rejected}/reject");
    world.admin().post(&reject, json!({})).await.ok();
    let listed = format!("{OURS}/privatelink/azure/connections");
    let listed = world.admin().get(&listed).await.ok();
    let connections = listed["connections"].as_array().unwrap();
    let names: Vec<_> = connections.iter().map(|it| it["name"].clone()).collect();
    assert_eq!(
        connections[0]["privatelink_connection_id"],
        active.to_string()
    );
    let issued = world.admin().post(PATH, json!({})).await.ok();
    let issued_names = issued["names"].as_array().unwrap();
    assert!(issued_names.contains(&names[0]) && issued_names.contains(&names[1]));
    assert!(!issued_names.contains(&names[2]), "it is rejected");
    assert_eq!(
        (&issued["connections"], &issued["spare_connections"]),
        (&json!(2), &json!(62))
    );
    let next = "privatelink-762-pg-1-demo.underpass.test";
    assert!(issued_names.contains(&json!(next)), "{issued_names:?}");
    assert!(!issued_names.contains(&json!("privatelink-4-pg-1-demo.underpass.test")));
}

#[tokio::test]
async fn what_is_wrong_with_the_request_is_named() {
    let world = World::new().await;
    let message = async |body| world.admin().post(PATH, body).await.refusal(400);
    for days in [0, -1, 826, 100_000] {
        let refused = message(json!({"days": days})).await;
        assert!(refused.contains(&format!("`days` is {days}")), "{refused}");
    }
    assert!(
        message(json!({"names": ["not a name"]}))
            .await
            .contains("`not a name`")
    );
    assert!(
        message(json!({"addresses": ["x"]}))
            .await
            .contains("`addresses[0]`")
    );
}

#[tokio::test]
async fn a_live_name_that_the_last_certificate_lacks_is_a_condition_until_it_is_renewed() {
    let world = World::new().await;
    let admin = world.admin();
    with_active_link(&world).await;
    let missing = async || {
        let link = admin.get(&format!("{OURS}/privatelink/azure")).await.ok();
        let all = link["conditions"].as_array().unwrap().clone();
        let found = all
            .into_iter()
            .find(|it| it["type"] == "certificate_current");
        found.map(|it| {
            let (message, text) = (&it["message"], &it["remedy"]["text"]);
            format!("{}. {}", message.as_str().unwrap(), text.as_str().unwrap())
        })
    };
    // The names of the first connections are not among those of the next ones.
    let ordinals = Key::service(&project(), &"pg-1".parse().unwrap());
    let change = Change::new()
        .put(ordinals, &ConnectionOrdinals { last: 700 })
        .unwrap();
    world.app.store.commit(change).await.unwrap();
    discover_endpoint(&world, ALLOWED, "e1").await;
    assert_eq!(missing().await, None, "there is no certificate");
    admin.post(PATH, json!({})).await.ok();
    assert_eq!(missing().await, None, "pending connections are included");
    with_active_connection(&world, "e2", "127.64.0.6").await;
    insta::assert_snapshot!(missing().await.unwrap(), @"The certificate that was last issued for service `pg-1`, at 2027-01-15T08:00:00Z, lacks the names of approved connections: `privatelink-2-pg-1-demo.underpass.test`. Clients that verify the server's name fail there. Underpass does not see which certificate the servers use. Issue a certificate with `underpass service cert pg-1 --out DIR --force`, and install it on the servers");
    admin.get(PATH).await.ok();
    assert!(missing().await.is_some(), "an offer issues nothing");
    admin.post(PATH, json!({})).await.ok();
    assert_eq!(missing().await, None);
}
