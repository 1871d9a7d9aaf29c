//! Links on Azure as compatible clients ask for them.

use serde_json::json;
use underpass_model::cloud_resource::CloudResource;
use underpass_model::link::Link;
use underpass_model::part::{Admission, Observed};
use underpass_store::{Change, CloudResourceReservation, Key, ResourceHolder};

use crate::published::{
    ALLOWED, LINK, OURS, PG, SERVICES, admit, discover_endpoint, nic, pg, publish,
    with_active_connection, with_active_link, with_link, with_service, with_static_ips, work,
};
use crate::world::{World, project};

const OTHER: &str = "11111111-1111-4111-8111-111111111111";

#[tokio::test]
async fn a_link_is_asked_for_built_and_taken_down() {
    let world = World::new().await;
    with_static_ips(&world).await;
    let asked = json!({"user_subscription_ids": [ALLOWED.to_uppercase(), ALLOWED]});
    insta::assert_json_snapshot!(world.admin().post(LINK, asked).await.ok(), @r#"
    {
      "azure_service_alias": null,
      "azure_service_id": null,
      "state": "creating",
      "user_subscription_ids": [
        "8eefec94-5d63-40c9-983c-03ab083b411d"
      ]
    }
    "#);
    assert!(
        world
            .due()
            .await
            .contains(&"link/demo/pg-1/azure".to_owned())
    );
    publish(&world).await;
    insta::assert_json_snapshot!(world.admin().get(LINK).await.ok(), @r#"
    {
      "azure_service_alias": "underpass-s1.guid.westeurope.azure.privatelinkservice",
      "azure_service_id": "/subscriptions/p/privateLinkServices/underpass-s1",
      "state": "active",
      "user_subscription_ids": [
        "8eefec94-5d63-40c9-983c-03ab083b411d"
      ]
    }
    "#);
    assert_eq!(world.admin().delete(LINK).await.ok()["state"], "deleting");
    assert_eq!(world.admin().delete(LINK).await.ok()["state"], "deleting");
    world.remove::<Observed>(Key::observed(&work())).await;
    let service = "pg-1".parse().unwrap();
    let key = Key::link(
        &project(),
        &service,
        underpass_model::cloud::Provider::Azure,
    );
    world.remove::<Link>(key).await;
    insta::assert_snapshot!(world.admin().get(LINK).await.refusal(404), @"Privatelink not found for service pg-1: it has none on azure. Create one with `underpass service privatelink azure create pg-1`");
    let history = world.history().await;
    let links: Vec<_> = history
        .iter()
        .filter(|code| code.starts_with("link."))
        .collect();
    assert_eq!(links, ["link.created", "link.deleting"]);
}

#[tokio::test]
async fn a_link_needs_a_list_of_subscriptions() {
    let world = World::new().await;
    with_static_ips(&world).await;
    let refusal = async |body| world.admin().post(LINK, body).await.refusal(400);
    insta::assert_snapshot!(refusal(json!({})).await, @"Invalid `user_subscription_ids`: a list of Azure subscription IDs is required. It may be empty; then no consumer can create an endpoint yet");
    insta::assert_snapshot!(refusal(json!({"user_subscription_ids": null})).await, @"Invalid `user_subscription_ids`: a list of Azure subscription IDs is required. It may be empty; then no consumer can create an endpoint yet");
    insta::assert_snapshot!(refusal(json!({"user_subscription_ids": [ALLOWED, "x"]})).await, @"Invalid `user_subscription_ids[1]`: `x` is not a subscription id: expected a UUID such as 8eefec94-5d63-40c9-983c-03ab083b411d");
    insta::assert_snapshot!(refusal(json!({"user_subscription_ids": [7]})).await, @"Invalid `user_subscription_ids[0]`: 7 is not a string");
    world
        .admin()
        .post(LINK, json!({"user_subscription_ids": []}))
        .await
        .ok();
}

#[tokio::test]
async fn a_link_needs_static_ips_in_use() {
    let world = World::new().await;
    with_service(&world).await;
    let refused = world
        .admin()
        .post(LINK, json!({"user_subscription_ids": []}))
        .await;
    insta::assert_snapshot!(refused.refusal(400), @"Service `pg-1` needs 2 static IP addresses in use for Azure Private Link, because the load balancer probes the nodes from outside the network. It has 0, and `static_ips` is off. Create static IP addresses, associate them and use them: `underpass service update pg-1 --auto-static-ips`");
}

#[tokio::test]
async fn a_service_has_one_link_per_cloud_and_only_on_its_own() {
    let world = World::new().await;
    with_link(&world).await;
    let again = world
        .admin()
        .post(LINK, json!({"user_subscription_ids": []}))
        .await;
    insta::assert_snapshot!(again.refusal(409), @"A private link already exists for service `pg-1` on azure. Change it with `underpass service privatelink azure update pg-1`");
    for (cloud, body) in [("google", json!({})), ("aws", json!({"principals": null}))] {
        let path = format!("{PG}/privatelink/{cloud}");
        let refused = world.admin().post(&path, body).await.refusal(400);
        assert!(
            refused.contains("`underpass service privatelink azure create"),
            "{refused}"
        );
        world.admin().get(&path).await.refusal(404);
        world
            .admin()
            .get(&format!("{path}/connections"))
            .await
            .refusal(404);
    }
    world
        .admin()
        .get(&format!("{PG}/privatelink/moon"))
        .await
        .refusal(404);
    world.admin().delete(LINK).await.ok();
    let deleting = world
        .admin()
        .post(LINK, json!({"user_subscription_ids": []}))
        .await;
    insta::assert_snapshot!(deleting.refusal(409), @"The private link of service `pg-1` is being deleted. Create it again once it is deleted");
}

#[tokio::test]
async fn a_missing_service_and_a_missing_link_are_told_apart() {
    let world = World::new().await;
    let missing = world
        .admin()
        .post(LINK, json!({"user_subscription_ids": []}))
        .await;
    insta::assert_snapshot!(missing.refusal(404), @"Service pg-1 does not exist");
    with_service(&world).await;
    for missing in [
        world.admin().get(LINK).await,
        world
            .admin()
            .put(LINK, json!({"user_subscription_ids": []}))
            .await,
        world.admin().delete(LINK).await,
        world.admin().get(&format!("{LINK}/connections")).await,
        world
            .admin()
            .send("POST", &format!("{LINK}/refresh"), "")
            .await,
    ] {
        let refusal = missing.refusal(404);
        assert!(
            refusal.starts_with("Privatelink not found for service pg-1"),
            "{refusal}"
        );
    }
}

#[tokio::test]
async fn a_connection_goes_from_pending_to_active() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = discover_endpoint(&world, ALLOWED, "my-endpoint").await;
    let list = async || {
        let connections = world.admin().get(&format!("{LINK}/connections")).await.ok();
        connections["connections"][0].clone()
    };
    let mut first = list().await;
    first["privatelink_connection_id"] = json!("[plc]");
    insta::assert_json_snapshot!(first, @r#"
    {
      "private_endpoint_id": "/subscriptions/8eefec94-5d63-40c9-983c-03ab083b411d/resourceGroups/rg1/providers/Microsoft.Network/privateEndpoints/my-endpoint",
      "privatelink_connection_id": "[plc]",
      "state": "pending-user-approval",
      "user_ip_address": null
    }
    "#);

    let path = format!("{LINK}/connections/{id}");
    let early = world
        .admin()
        .put(&path, json!({"user_ip_address": "127.64.0.4"}))
        .await;
    assert!(early.refusal(409).contains("is pending approval"));

    let approve = format!("{path}/approve");
    assert_eq!(
        world.admin().send("POST", &approve, "").await.ok()["state"],
        "user-approved"
    );
    assert_eq!(list().await["state"], "user-approved");
    assert_eq!(
        world.admin().send("POST", &approve, "").await.ok()["state"],
        "user-approved"
    );

    admit(&world, &id, Admission::Approved).await;
    assert_eq!(list().await["state"], "connected");
    assert!(world.zones.last().records.is_empty());

    let addressed = world
        .admin()
        .put(&path, json!({"user_ip_address": "127.64.0.4"}))
        .await
        .ok();
    assert_eq!(addressed["state"], "active");
    assert_eq!(addressed["user_ip_address"], "127.64.0.4");
    let name = "privatelink-1-pg-1-demo.underpass.test";
    assert_eq!(world.zones.last().records[name].to_string(), "127.64.0.4");

    let history = world.history().await;
    let decisions: Vec<_> = history
        .iter()
        .filter(|code| code.starts_with("connection."))
        .collect();
    assert_eq!(decisions, ["connection.approved", "connection.addressed"]);
}

#[tokio::test]
async fn an_address_is_an_ipv4_address_of_a_consumer() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = with_active_connection(&world, "e1", "127.64.0.4").await;
    let path = format!("{LINK}/connections/{id}");
    let refusal = async |ip| {
        world
            .admin()
            .put(&path, json!({"user_ip_address": ip}))
            .await
            .refusal(400)
    };
    insta::assert_snapshot!(refusal(json!(null)).await, @"Invalid `user_ip_address`: null. Enter the IPv4 address of the endpoint's network interface in the consumer's network (`--endpoint-ip-address`)");
    insta::assert_snapshot!(refusal(json!("::1")).await, @r#"Invalid `user_ip_address`: "::1". Enter the IPv4 address of the endpoint's network interface in the consumer's network (`--endpoint-ip-address`)"#);
    insta::assert_snapshot!(refusal(json!("10.0.0.4")).await, @"Address 10.0.0.4 is not a valid endpoint address: emulated consumers use 127.64.0.0/16, so endpoint addresses must be in it. Enter the endpoint's address in the consumer's network");
    world.admin().send("PUT", &path, "").await.refusal(400);
}

#[tokio::test]
async fn an_approval_with_a_bad_address_approves_nothing() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = discover_endpoint(&world, ALLOWED, "e1").await;
    let approve = format!("{LINK}/connections/{id}/approve");
    let before = world.history().await.len();
    for bad in [json!("BAD"), json!("::1"), json!("10.0.0.4"), json!(7)] {
        let body = json!({ "user_ip_address": bad });
        world.admin().post(&approve, body).await.refusal(400);
        let listed = world.admin().get(&format!("{LINK}/connections")).await.ok();
        assert_eq!(
            listed["connections"][0]["state"], "pending-user-approval",
            "{bad}"
        );
    }
    assert_eq!(world.history().await.len(), before);

    let body = json!({"user_ip_address": "127.64.0.4"});
    let approved = world.admin().post(&approve, body).await.ok();
    assert_eq!(approved["state"], "user-approved");
    assert_eq!(approved["user_ip_address"], "127.64.0.4");
    // Without an address, as compatible clients send it, the address stays.
    let again = world.admin().post(&approve, json!({})).await.ok();
    assert_eq!(again["user_ip_address"], "127.64.0.4");
}

#[tokio::test]
async fn two_connections_may_have_one_address_and_ours_warns() {
    let world = World::new().await;
    with_active_link(&world).await;
    with_active_connection(&world, "e1", "127.64.0.4").await;
    with_active_connection(&world, "e2", "127.64.0.4").await;
    let ours = format!("{OURS}/privatelink/azure/connections");
    let all = world.admin().get(&ours).await.ok()["connections"].take();
    assert!(all[0]["warning"].as_str().unwrap().contains("127.64.0.4"));
}

#[tokio::test]
async fn an_unknown_connection_says_what_to_do() {
    let world = World::new().await;
    with_active_link(&world).await;
    let unknown = format!("{LINK}/connections/plc0123456789a/approve");
    insta::assert_snapshot!(world.admin().post(&unknown, json!({})).await.refusal(404), @"Privatelink connection plc0123456789a not found for service pg-1. Refresh, then list the connections: an endpoint that was created again has a new ID");
    let nonsense = format!("{LINK}/connections/x/approve");
    insta::assert_snapshot!(world.admin().post(&nonsense, json!({})).await.refusal(400), @"`x` is not a private link connection id: expected plc followed by 11 to 12 lower-case hex digits");
}

#[tokio::test]
async fn only_documented_states_are_listed() {
    let world = World::new().await;
    with_active_link(&world).await;
    discover_endpoint(&world, OTHER, "foreign").await;
    let id = discover_endpoint(&world, ALLOWED, "mine").await;
    let listed = world.admin().get(&format!("{LINK}/connections")).await.ok();
    assert_eq!(listed["connections"].as_array().unwrap().len(), 1);
    assert_eq!(
        listed["connections"][0]["privatelink_connection_id"],
        id.as_str()
    );
}

#[tokio::test]
async fn the_list_of_subscriptions_never_cuts_what_is_approved() {
    let world = World::new().await;
    with_active_link(&world).await;
    with_active_connection(&world, "e1", "127.64.0.4").await;
    let dropped = world
        .admin()
        .put(LINK, json!({"user_subscription_ids": [OTHER]}))
        .await;
    assert!(
        dropped
            .refusal(409)
            .contains("would cut approved connections: plc")
    );
    let both = json!({"user_subscription_ids": [OTHER, ALLOWED]});
    let grown = world.admin().put(LINK, both).await.ok();
    assert_eq!(grown["user_subscription_ids"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_waiting_connection_goes_when_its_subscription_leaves_the_list() {
    let world = World::new().await;
    with_active_link(&world).await;
    discover_endpoint(&world, ALLOWED, "e1").await;
    world
        .admin()
        .put(LINK, json!({"user_subscription_ids": []}))
        .await
        .ok();
    let listed = world.admin().get(&format!("{LINK}/connections")).await.ok();
    assert_eq!(listed, json!({"connections": []}));
}

#[tokio::test]
async fn a_refresh_always_answers_with_an_object() {
    let world = World::new().await;
    with_active_link(&world).await;
    let reply = world
        .admin()
        .send("POST", &format!("{LINK}/refresh"), "")
        .await;
    assert!(reply.ok()["message"].is_string());
}

#[tokio::test]
async fn readers_look_and_do_not_decide() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = discover_endpoint(&world, ALLOWED, "e1").await;
    let reader = world.reader().await;
    reader.get(LINK).await.ok();
    reader.get(&format!("{LINK}/connections")).await.ok();
    reader
        .post(&format!("{LINK}/connections/{id}/approve"), json!({}))
        .await
        .refusal(403);
    reader
        .post(
            &format!("{OURS}/privatelink/azure/connections/{id}/reject"),
            json!({}),
        )
        .await
        .refusal(403);
    reader.delete(LINK).await.refusal(403);
    world.stranger().get(LINK).await.refusal(401);
}

#[tokio::test]
async fn an_interface_serves_one_link() {
    let world = World::new().await;
    with_link(&world).await;
    let vpc = world.admin().get(PG).await.ok()["service"]["project_vpc_id"].clone();
    let mut other = pg(vpc.as_str().unwrap());
    other["service_name"] = json!("pg-2");
    // Without a link, a service may share the interface.
    world.admin().post(SERVICES, other.clone()).await.ok();
    let link = LINK.replace("pg-1", "pg-2");
    let asked = json!({"user_subscription_ids": [ALLOWED]});
    let refused = world.admin().post(&link, asked).await;
    assert_eq!(
        refused.json()["errors"][0]["error_code"],
        "interface_in_use"
    );
    insta::assert_snapshot!(refused.refusal(409), @"The network interface of node `n1` is used by the privatelink of service `pg-1`. Azure accepts one internal load balancer for each interface, so it serves one privatelink. Register it with `underpass service update pg-2 --node n1=127.0.0.1,azure_nic=ID`");
    // An interface that only a service without a link uses is free.
    let elsewhere = nic("n9");
    other["underpass"]["nodes"][0]["cloud"]["azure"]["nic_id"] = json!(elsewhere);
    let nodes = json!({"underpass": {"nodes": other["underpass"]["nodes"]}});
    world
        .admin()
        .put(&PG.replace("pg-1", "pg-2"), nodes.clone())
        .await
        .ok();
    world.admin().put(PG, nodes).await.ok();
}

#[tokio::test]
async fn an_interface_that_another_project_owns_is_not_published() {
    let world = World::new().await;
    with_static_ips(&world).await;
    // As a store of an earlier version may say, once its reservations are complete.
    let resource = CloudResource::interface(&nic("n1"));
    let key = Key::cloud_resource(&resource);
    let other = ResourceHolder::Service("pg-9".parse().unwrap());
    let owner = CloudResourceReservation::new(resource, "other".parse().unwrap(), other);
    let change = Change::new().put(key, &owner).unwrap();
    world.app.store.commit(change).await.unwrap();
    let asked = json!({"user_subscription_ids": [ALLOWED]});
    let refused = world.admin().post(LINK, asked).await;
    assert_eq!(
        refused.json()["errors"][0]["error_code"],
        "cloud_resource_taken"
    );
    world.admin().get(LINK).await.refusal(404);
}
