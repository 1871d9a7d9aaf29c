//! Static IPs.

use serde_json::{Value, json};
use underpass_model::part::{AzurePart, Facts, Part, Spec};
use underpass_model::service::Service;
use underpass_model::static_ip::StaticIp;
use underpass_model::work::WorkKey;
use underpass_store::{Change, Key, Kind, Lookup};

use crate::published::{OURS, PG, associate_static_ip, nic, with_active_link};
use crate::world::{World, project, seen};

const PATH: &str = "/v1/project/demo/static-ips";

async fn made(world: &World) -> (String, WorkKey) {
    let ip = world
        .admin()
        .post(PATH, json!({"cloud_name": "azure-westeurope"}))
        .await
        .ok();
    let id = ip["static_ip_address_id"].as_str().unwrap();
    (
        id.to_owned(),
        WorkKey::StaticIp(project(), id.parse().unwrap()),
    )
}

async fn there(world: &World, work: &WorkKey) {
    let facts = Facts {
        id: Some("/subscriptions/1/ip".to_owned()),
        address: Some("20.0.0.7".parse().unwrap()),
        ..Facts::default()
    };
    world
        .observe(
            work,
            &seen([(Part::Azure(AzurePart::Address), Spec::Present, facts)]),
        )
        .await;
}

async fn service(world: &World) {
    let body = json!({
        "service_name": "pg-1", "service_type": "pg", "plan": "startup-4",
        "cloud": "azure-westeurope",
    });
    world
        .admin()
        .post("/v1/project/demo/service", body)
        .await
        .ok();
}

async fn state(world: &World) -> Value {
    world.admin().get(PATH).await.ok()["static_ips"][0]["state"].clone()
}

#[tokio::test]
async fn a_static_ip_goes_through_its_documented_states() {
    let world = World::new().await;
    let admin = world.admin();
    let (id, work) = made(&world).await;
    let one = format!("{PATH}/{id}");
    let association = format!("{one}/association");
    assert_eq!(world.due().await, [work.to_string()]);
    assert_eq!(state(&world).await, "creating");
    there(&world, &work).await;
    insta::assert_json_snapshot!(
        admin.get(PATH).await.ok(),
        {".static_ips[0].static_ip_address_id" => "[id]"},
        @r#"
    {
      "static_ips": [
        {
          "cloud_name": "azure-westeurope",
          "ip_address": "20.0.0.7",
          "service_name": null,
          "state": "created",
          "static_ip_address_id": "[id]",
          "termination_protection": false
        }
      ]
    }
    "#);

    service(&world).await;
    let kept = admin
        .post(&association, json!({"service_name": "pg-1"}))
        .await
        .ok();
    assert_eq!(
        (&kept["state"], &kept["service_name"]),
        (&json!("available"), &json!("pg-1"))
    );
    admin
        .post(&association, json!({"service_name": "pg-1"}))
        .await
        .ok();
    admin.delete(&one).await.refusal(409);

    let on = json!({"user_config": {"static_ips": true}});
    admin.put("/v1/project/demo/service/pg-1", on).await.ok();
    assert_eq!(state(&world).await, "assigned");
    let message = admin.delete(&association).await.refusal(409);
    assert!(message.contains("static_ips=false"), "{message}");
    let off = json!({"user_config": {"static_ips": false}});
    admin.put("/v1/project/demo/service/pg-1", off).await.ok();
    assert_eq!(admin.delete(&association).await.ok()["state"], "created");

    assert_eq!(admin.delete(&one).await.ok()["state"], "deleting");
    admin.delete(&one).await.ok();
    world
        .remove::<StaticIp>(Key::static_ip(&project(), &id.parse().unwrap()))
        .await;
    admin.delete(&one).await.refusal(404);
}

#[tokio::test]
async fn a_static_ip_is_kept_for_one_service_of_its_own_region() {
    let world = World::new().await;
    let (id, _) = made(&world).await;
    let path = format!("{PATH}/{id}/association");
    let message = world
        .admin()
        .post(&path, json!({"service_name": "pg-1"}))
        .await
        .refusal(404);
    assert_eq!(message, "Service pg-1 does not exist");
    let elsewhere = json!({
        "service_name": "pg-2", "service_type": "pg", "plan": "startup-4", "cloud": "azure-eastus",
    });
    world
        .admin()
        .post("/v1/project/demo/service", elsewhere)
        .await
        .ok();
    world
        .admin()
        .post(&path, json!({"service_name": "pg-2"}))
        .await
        .refusal(400);
    let google = world
        .admin()
        .post(PATH, json!({"cloud_name": "google-europe-west1"}))
        .await;
    assert!(google.refusal(400).contains("Azure only"));
}

#[tokio::test]
async fn a_protected_static_ip_is_not_deleted() {
    let world = World::new().await;
    let (id, _) = made(&world).await;
    let one = format!("{PATH}/{id}");
    let protect = |on| json!({"termination_protection": on});
    assert_eq!(
        world.admin().patch(&one, protect(true)).await.ok()["termination_protection"],
        true
    );
    world.admin().delete(&one).await.refusal(409);
    world.admin().patch(&one, protect(false)).await.ok();
    world.admin().delete(&one).await.ok();
}

#[tokio::test]
async fn the_clouds_own_name_is_shown_once_it_is_known() {
    let world = World::new().await;
    let (id, work) = made(&world).await;
    let path = format!("/v1/underpass/project/demo/static-ips/{id}");
    assert_eq!(world.admin().get(&path).await.ok()["azure"], Value::Null);
    there(&world, &work).await;
    let shown = world.admin().get(&path).await.ok();
    assert_eq!(
        shown["azure"],
        json!({"public_ip_id": "/subscriptions/1/ip"})
    );
}

/// Two nodes for `pg-1`, where its two static IPs suffice for one.
fn two_nodes() -> Value {
    let node = |name: &str| json!({"name": name, "address": "127.0.0.1", "cloud": {"azure": {"nic_id": nic(name)}}});
    json!({"underpass": {"nodes": [node("n1"), node("n2")]}})
}

#[tokio::test]
async fn a_published_service_is_scaled_out_once_it_has_the_static_ips() {
    let world = World::new().await;
    with_active_link(&world).await;
    let admin = world.admin();
    let before = admin.get(PG).await.ok();
    let refused = admin.put(PG, two_nodes()).await;
    assert!(refused.text.contains("static_ips_missing"));
    let message = refused.refusal(400);
    assert!(
        message.starts_with("Service `pg-1` needs 4 static IP addresses in use")
            && message.contains("It has 2. ")
            && message.contains("--add-node NODE --auto-static-ips`, or associate 2 more"),
        "{message}"
    );
    assert_eq!(admin.get(PG).await.ok(), before, "nothing was written");
    for _ in 0..2 {
        associate_static_ip(&world).await;
    }
    admin.put(PG, two_nodes()).await.ok();
}

#[tokio::test]
async fn surplus_static_ips_of_a_published_service_are_dissociated() {
    let world = World::new().await;
    with_active_link(&world).await;
    let admin = world.admin();
    let surplus = associate_static_ip(&world).await;
    let path = format!("{PATH}/{surplus}/association");
    assert_eq!(admin.delete(&path).await.ok()["service_name"], Value::Null);
    admin
        .post(&path, json!({"service_name": "pg-1"}))
        .await
        .ok();
    let all = admin.get(PATH).await.ok();
    let ids: Vec<&str> = all["static_ips"]
        .as_array()
        .unwrap()
        .iter()
        .map(|ip| ip["static_ip_address_id"].as_str().unwrap())
        .collect();
    let [one, other, _] = ids[..] else {
        panic!("{all}");
    };
    admin
        .delete(&format!("{PATH}/{one}/association"))
        .await
        .ok();
    let message = admin
        .delete(&format!("{PATH}/{other}/association"))
        .await
        .refusal(409);
    assert!(
        message.contains("has 2 static IP addresses and must keep 2")
            && message.contains("`underpass static-ip create --cloud azure-westeurope`"),
        "{message}"
    );
}

#[tokio::test]
async fn a_stored_link_with_too_few_static_ips_says_so_until_they_come() {
    let world = World::new().await;
    with_active_link(&world).await;
    let key = Key::service(&project(), &"pg-1".parse().unwrap());
    let lookup = [Lookup::One(Kind::Service, key.clone())];
    let fetched = world.app.store.fetch(&lookup).await.unwrap();
    let mut stored = fetched.one::<Service>(&key).unwrap().unwrap();
    let mut second = stored.value.nodes[0].clone();
    second.name = "n2".parse().unwrap();
    stored.value.nodes.push(second);
    let change = Change::new().update(&stored).unwrap();
    world.app.store.commit(change).await.unwrap();

    let reasons = async || {
        let overview = world
            .admin()
            .get("/v1/underpass/project/demo/overview")
            .await
            .ok();
        let conditions = overview["conditions"].as_array().unwrap().clone();
        let words = conditions
            .iter()
            .map(|it| format!("{} {}", it["severity"], it["reason"]));
        words.collect::<Vec<_>>()
    };
    assert_eq!(reasons().await, [r#""warning" "StaticIpsMissing""#]);
    let link = format!("{OURS}/privatelink/azure");
    let action = world.admin().get(&link).await.ok()["next_action"].clone();
    assert!(
        action
            .to_string()
            .contains("service update pg-1 --auto-static-ips"),
        "{action}"
    );
    let services = "/v1/underpass/project/demo/services";
    let listed = world.admin().get(services).await.ok();
    assert_eq!(listed["services"][0]["problems"], 1);
    for _ in 0..2 {
        associate_static_ip(&world).await;
    }
    assert!(reasons().await.is_empty());
}
