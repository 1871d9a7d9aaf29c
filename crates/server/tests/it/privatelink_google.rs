//! Links on Google as compatible clients ask for them.

use serde_json::{Value, json};
use underpass_model::part::Admission;

use crate::google_endpoint::{OURS, admit, claims, discover_endpoint, stored};
use crate::published::SERVICES;
use crate::published_google::{
    LINK, PG_SWITCH, active_vpc, instance, pg, publish, vpc, with_active_link, with_service, work,
};
use crate::world::World;

#[tokio::test]
async fn a_link_is_asked_for_built_and_taken_down() {
    let world = World::new().await;
    with_service(&world).await;
    insta::assert_json_snapshot!(world.admin().post(LINK, json!({})).await.ok(), @r#"
    {
      "google_service_attachment": null,
      "state": "creating"
    }
    "#);
    assert!(world.due().await.contains(&work().to_string()));
    publish(&world).await;
    insta::assert_json_snapshot!(world.admin().get(LINK).await.ok(), @r#"
    {
      "google_service_attachment": "projects/provider/regions/europe-west1/serviceAttachments/underpass-s1",
      "state": "active"
    }
    "#);
    let put = world.admin().send("PUT", LINK, "").await.ok();
    assert_eq!(put, world.admin().get(LINK).await.ok());
    let again = world.admin().post(LINK, json!({})).await;
    insta::assert_snapshot!(again.refusal(409), @"A private link already exists for service `pg-1` on google. Show it with `underpass service privatelink google get pg-1`");
    for _ in 0..2 {
        assert_eq!(world.admin().delete(LINK).await.ok()["state"], "deleting");
    }
    let again = world.admin().post(LINK, json!({})).await;
    assert!(again.refusal(409).contains("is being deleted"));
    let history = world.history().await;
    let links: Vec<_> = history
        .iter()
        .filter(|code| code.starts_with("link."))
        .collect();
    assert_eq!(links, ["link.created", "link.deleting"]);
}

#[tokio::test]
async fn a_link_is_asked_for_with_or_without_a_body() {
    for body in ["", "{}", "null", r#"{"principals": null}"#] {
        let world = World::new().await;
        with_service(&world).await;
        let made = world.admin().send("POST", LINK, body).await.ok();
        assert_eq!(made["state"], "creating", "{body}");
    }
}

#[tokio::test]
async fn a_link_that_is_not_there_is_told_so_that_clients_do_not_wait_for_it() {
    let world = World::new().await;
    with_service(&world).await;
    insta::assert_snapshot!(world.admin().get(LINK).await.refusal(404), @"Privatelink not found for service pg-1: it has none on google. Create one with `underpass service privatelink google create pg-1`");
    let refresh = format!("{LINK}/refresh");
    let approve = format!("{LINK}/connections/plc0123456789a/approve");
    let address = json!({"user_ip_address": "127.64.0.4"});
    for (method, path, body) in [
        ("PUT", LINK, &json!({})),
        ("DELETE", LINK, &json!({})),
        ("POST", refresh.as_str(), &json!({})),
        ("POST", approve.as_str(), &address),
    ] {
        let refusal = world
            .admin()
            .send(method, path, &body.to_string())
            .await
            .refusal(404);
        assert!(refusal.starts_with("Privatelink not found for service pg-1"));
    }
    world.admin().post(LINK, json!({})).await.ok();
    let unknown = world.admin().post(&approve, address).await;
    assert!(
        unknown
            .refusal(404)
            .starts_with("Privatelink connection plc0123456789a not found")
    );
    let ours = format!("{OURS}/plan");
    world.admin().get(&ours).await.ok();
}

#[tokio::test]
async fn where_no_links_are_made_every_route_says_that_there_is_none() {
    let world = World::new().await;
    with_service(&world).await;
    let aws = "/v1/project/demo/service/pg-1/privatelink/aws";
    for (method, rest) in [
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "/refresh"),
        ("GET", "/connections"),
        ("PUT", "/connections/plc0123456789a"),
        ("POST", "/connections/plc0123456789a/approve"),
    ] {
        let reply = world
            .admin()
            .send(method, &format!("{aws}{rest}"), "")
            .await;
        let refusal = reply.refusal(404);
        assert!(
            refusal.contains("none on aws"),
            "{method} {rest}: {refusal}"
        );
    }
}

#[tokio::test]
async fn features_that_are_off_are_named_with_their_switch() {
    let world = World::new().await;
    let vpc = active_vpc(&world).await;
    world.admin().post(SERVICES, pg("pg-1", &vpc)).await.ok();
    let refused = async || world.admin().post(LINK, json!({})).await.refusal(403);
    insta::assert_snapshot!(refused().await, @"Publishing PostgreSQL with Google Private Service Connect is off for project `demo`. Ask an operator to switch it on with `underpass project feature set demo privatelink_google_pg on`");
    world
        .admin()
        .put(PG_SWITCH, json!({"enabled": true}))
        .await
        .ok();
    let switch = "/v1/underpass/project/demo/features/privatelink_google";
    world
        .admin()
        .put(switch, json!({"enabled": false}))
        .await
        .ok();
    insta::assert_snapshot!(refused().await, @"Publishing with Google Private Service Connect is off for project `demo`. Ask an operator to switch it on with `underpass project feature set demo privatelink_google on`");
    assert!(claims(&world).await.is_empty(), "a refusal takes nothing");

    // Only PostgreSQL needs the second switch.
    world
        .admin()
        .put(switch, json!({"enabled": true}))
        .await
        .ok();
    world
        .admin()
        .put(PG_SWITCH, json!({"enabled": false}))
        .await
        .ok();
    let mut grafana = pg("graf", &vpc);
    grafana["service_type"] = json!("grafana");
    grafana["user_config"] = json!({});
    grafana["underpass"]["components"] = json!([{"component": "grafana", "port": 13000}]);
    world.admin().post(SERVICES, grafana).await.ok();
    let link = "/v1/project/demo/service/graf/privatelink/google";
    world.admin().post(link, json!({})).await.ok();
}

#[tokio::test]
async fn a_link_is_of_the_services_region_and_network() {
    let world = World::new().await;
    let near = active_vpc(&world).await;
    world
        .admin()
        .put(PG_SWITCH, json!({"enabled": true}))
        .await
        .ok();
    let refused = async |body: Value| world.admin().post(SERVICES, body).await.refusal(400);

    let mut far = pg("pg-2", &near);
    far["cloud"] = json!("google-us-east1");
    assert!(refused(far).await.contains("same cloud and region"));
    let mut machine = pg("pg-2", &near);
    machine["underpass"]["nodes"][0]["cloud"]["google"]["instance"] =
        json!(instance("n1").replace("europe-west1-b", "us-east1-b"));
    assert!(refused(machine).await.contains("its own region"));
    let mut translated = pg("pg-2", &near);
    translated["underpass"]["components"][0]["link_port"] = json!(25432);
    insta::assert_snapshot!(refused(translated).await, @"Component `pg` listens on port 15432, but has port 25432 on the link. Google Private Service Connect does not translate ports. Omit `link_port`, or let the component listen on 25432");

    let mut outside = pg("pg-1", &near);
    outside["project_vpc_id"] = Value::Null;
    world.admin().post(SERVICES, outside).await.ok();
    let nowhere = world.admin().post(LINK, json!({})).await.refusal(400);
    assert!(nowhere.contains("not in a project VPC"), "{nowhere}");

    let hosted = json!({
        "cloud_name": "google-europe-west1",
        "network_cidr": "10.65.0.0/24",
        "underpass": {"byoc": true},
    });
    let (hosted, _) = vpc(&world, hosted).await;
    world.admin().post(SERVICES, pg("pg-3", &hosted)).await.ok();
    let link = "/v1/project/demo/service/pg-3/privatelink/google";
    let byoc = world.admin().post(link, json!({})).await.refusal(400);
    assert!(byoc.contains("BYOC"), "{byoc}");

    let azure = world
        .admin()
        .post(
            "/v1/project/demo/service/pg-1/privatelink/azure",
            json!({"user_subscription_ids": []}),
        )
        .await;
    assert!(
        azure
            .refusal(400)
            .contains("`underpass service privatelink google create")
    );
}

#[tokio::test]
async fn a_connection_goes_from_pending_to_active() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = discover_endpoint(&world, 1).await;
    let list = async || {
        let connections = world.admin().get(&format!("{LINK}/connections")).await.ok();
        connections["connections"][0].clone()
    };
    insta::assert_json_snapshot!(
        list().await, {".privatelink_connection_id" => "[plc]"}, @r#"
    {
      "privatelink_connection_id": "[plc]",
      "psc_connection_id": "12870921937223781",
      "state": "pending-user-approval",
      "user_ip_address": null
    }
    "#);
    let approve = format!("{LINK}/connections/{id}/approve");
    let here = json!({"user_ip_address": "127.64.0.4"});
    let approved = world.admin().post(&approve, here.clone()).await.ok();
    insta::assert_json_snapshot!(approved, {".privatelink_connection_id" => "[plc]"}, @r#"
    {
      "privatelink_connection_id": "[plc]",
      "psc_connection_id": "12870921937223781",
      "state": "user-approved",
      "user_ip_address": "127.64.0.4"
    }
    "#);
    assert_eq!(list().await, approved);

    admit(&world, &id, Admission::Approved).await;
    assert_eq!(list().await["state"], "active");
    assert_eq!(world.admin().post(&approve, here).await.ok(), list().await);
    let decisions = async || {
        let history = world.history().await;
        let codes = history
            .into_iter()
            .filter(|code| code.starts_with("connection."));
        codes.collect::<Vec<_>>()
    };
    assert_eq!(
        decisions().await,
        ["connection.approved"],
        "twice changes nothing"
    );
    let name = "privatelink-1-pg-1-demo.underpass.test";

    let there = json!({"user_ip_address": "127.64.0.5"});
    let corrected = world.admin().post(&approve, there).await.ok();
    assert_eq!(corrected["user_ip_address"], "127.64.0.5");
    assert_eq!(world.zones.last().records[name].to_string(), "127.64.0.5");

    let path = format!("{LINK}/connections/{id}");
    let back = json!({"user_ip_address": "127.64.0.6"});
    assert_eq!(world.admin().put(&path, back).await.ok()["state"], "active");
    assert_eq!(world.zones.last().records[name].to_string(), "127.64.0.6");
}

#[tokio::test]
async fn an_approval_needs_the_address_and_writes_nothing_without_it() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = discover_endpoint(&world, 1).await;
    let before = (stored(&world).await, world.history().await);
    let approve = format!("{LINK}/connections/{id}/approve");
    let refused = async |body: &str| {
        world
            .admin()
            .send("POST", &approve, body)
            .await
            .refusal(400)
    };
    insta::assert_snapshot!(refused("").await, @"Invalid `user_ip_address`: null. Enter the IPv4 address of the endpoint (its forwarding rule) in the consumer's network (`--user-ip-address`)");
    for hostile in [
        r#"{"user_ip_address": null}"#,
        r#"{"user_ip_address": ""}"#,
        r#"{"user_ip_address": 2130706433}"#,
        r#"{"user_ip_address": "::1"}"#,
        r#"{"user_ip_address": "127.64.0.4/32"}"#,
        r#"{"user_ip_address": "127.64.0.4\r\nx"}"#,
        r#"{"user_ip_address": ["127.64.0.4"]}"#,
    ] {
        let refusal = refused(hostile).await;
        assert!(refusal.contains("(`--user-ip-address`)"), "{refusal}");
        assert!(!refusal.contains('\n'), "{refusal}");
    }
    let long = json!({"user_ip_address": "1".repeat(10_000)}).to_string();
    assert!(refused(&long).await.len() < 400);
    insta::assert_snapshot!(refused(r#"{"user_ip_address": "10.0.0.4"}"#).await, @"Address 10.0.0.4 is not a valid endpoint address: emulated consumers use 127.64.0.0/16, so endpoint addresses must be in it. Enter the endpoint's address in the consumer's network");
    assert_eq!((stored(&world).await, world.history().await), before);
}

#[tokio::test]
async fn a_connection_is_rejected_and_let_back_in() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = discover_endpoint(&world, 1).await;
    let approve = format!("{LINK}/connections/{id}/approve");
    let here = json!({"user_ip_address": "127.64.0.4"});
    world.admin().post(&approve, here.clone()).await.ok();
    admit(&world, &id, Admission::Approved).await;
    let ours = format!("{OURS}/connections/{id}");
    let rejected = world
        .admin()
        .post(&format!("{ours}/reject"), json!({}))
        .await
        .ok();
    assert_eq!(rejected["state"], "rejected");
    assert_eq!(rejected["link_identifier"], "12870921937223781");
    assert!(
        world.zones.last().records.is_empty(),
        "the name goes with the decision"
    );
    let listed = world.admin().get(&format!("{LINK}/connections")).await.ok();
    assert_eq!(listed, json!({"connections": []}));
    let refused = world.admin().post(&approve, here).await.refusal(409);
    assert!(
        refused.contains("privatelink google connection restore"),
        "{refused}"
    );
    admit(&world, &id, Admission::Rejected).await;
    let restored = world
        .admin()
        .post(&format!("{ours}/restore"), json!({}))
        .await
        .ok();
    assert_eq!(restored["state"], "user-approved");
    admit(&world, &id, Admission::Approved).await;
    let listed = world.admin().get(&format!("{OURS}/connections")).await.ok();
    assert_eq!(
        listed["connections"][0]["state"], "active",
        "its address was kept"
    );
}

#[tokio::test]
async fn a_connection_that_the_provider_cannot_carry_says_why() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = discover_endpoint(&world, 1).await;
    let approve = format!("{LINK}/connections/{id}/approve");
    let here = json!({"user_ip_address": "127.64.0.4"});
    world.admin().post(&approve, here).await.ok();
    admit(&world, &id, Admission::NeedsAttention).await;
    let listed = world.admin().get(&format!("{OURS}/connections")).await.ok();
    let shown = &listed["connections"][0];
    assert_eq!(shown["state"], "user-approved");
    insta::assert_snapshot!(shown["reason"].as_str().unwrap(), @"Approved, but the cloud reports that the published service needs attention before it carries the connection");
    insta::assert_snapshot!(shown["next_action"].as_str().unwrap(), @"Inspect the published service in Google Cloud, then list it again with `underpass service privatelink google refresh pg-1`");
}

#[tokio::test]
async fn two_endpoints_of_one_project_at_one_address_are_a_warning() {
    let world = World::new().await;
    with_active_link(&world).await;
    for number in 1..=2 {
        let id = discover_endpoint(&world, number).await;
        let approve = format!("{LINK}/connections/{id}/approve");
        let here = json!({"user_ip_address": "127.64.0.4"});
        world.admin().post(&approve, here).await.ok();
    }
    let listed = world.admin().get(&format!("{OURS}/connections")).await.ok();
    let warning = listed["connections"][0]["warning"].as_str().unwrap();
    assert!(
        warning.contains("of the same project has address 127.64.0.4"),
        "{warning}"
    );
}

#[tokio::test]
async fn our_view_of_a_link_has_the_clouds_own_members() {
    let world = World::new().await;
    with_active_link(&world).await;
    let shown = world.admin().get(OURS).await.ok();
    let members: Vec<_> = shown.as_object().unwrap().keys().collect();
    insta::assert_debug_snapshot!(members, @r#"
    [
        "backends",
        "conditions",
        "create_time",
        "established_flow_revocation",
        "generation",
        "google_service_attachment",
        "nat_capacity",
        "nat_in_use",
        "nat_ranges",
        "next_action",
        "next_step",
        "open_ports",
        "parts",
        "reserved_ports",
        "settled",
        "state",
        "topology",
        "update_time",
    ]
    "#);
    let plan = world.admin().get(&format!("{OURS}/plan")).await.ok();
    assert!(!plan["steps"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn readers_look_and_do_not_decide() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = discover_endpoint(&world, 1).await;
    let reader = world.reader().await;
    reader.get(LINK).await.ok();
    reader.get(&format!("{LINK}/connections")).await.ok();
    let here = json!({"user_ip_address": "127.64.0.4"});
    let approve = format!("{LINK}/connections/{id}/approve");
    reader.post(&approve, here).await.refusal(403);
    reader.delete(LINK).await.refusal(403);
    world.stranger().get(LINK).await.refusal(401);
}
