//! Our own routes: reasons, decisions, conditions, plan, history, connection information.

use serde_json::{Value, json};
use underpass_model::part::Admission;

use crate::published::{
    ALLOWED, LINK, OURS, PG, admit, discover_endpoint, with_active_connection, with_active_link,
    with_link, with_service, with_static_ips,
};
use crate::world::World;

#[tokio::test]
async fn a_connection_is_rejected_and_let_back_in() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = with_active_connection(&world, "e1", "127.64.0.4").await;
    let ours = format!("{OURS}/privatelink/azure/connections");
    let mut shown = world
        .admin()
        .post(&format!("{ours}/{id}/reject"), json!({}))
        .await
        .ok();
    assert!(
        world.zones.last().records.is_empty(),
        "the name goes with the decision"
    );
    shown["privatelink_connection_id"] = json!("[plc]");
    shown["next_action"] = json!(
        shown["next_action"]
            .as_str()
            .unwrap()
            .replace(id.as_str(), "[plc]")
    );
    insta::assert_json_snapshot!(shown, @r#"
    {
      "condition": null,
      "decided_at": "2027-01-15T08:00:00Z",
      "decision": "rejected",
      "failure": null,
      "first_seen_at": "2027-01-15T08:00:00Z",
      "label": null,
      "link_identifier": "536871",
      "location": "westeurope",
      "message": "please",
      "name": "privatelink-1-pg-1-demo.underpass.test",
      "next_action": "Approve it again with `underpass service privatelink azure connection restore pg-1 [plc]`",
      "ordinal": 1,
      "private_endpoint_id": "/subscriptions/8eefec94-5d63-40c9-983c-03ab083b411d/resourceGroups/rg1/providers/Microsoft.Network/privateEndpoints/e1",
      "privatelink_connection_id": "[plc]",
      "provider_name": "e1.guid",
      "reason": "rejected by a member of the project",
      "state": "rejected",
      "subscription_id": "8eefec94-5d63-40c9-983c-03ab083b411d",
      "user_ip_address": "127.64.0.4",
      "warning": null
    }
    "#);
    let compatible = world.admin().get(&format!("{LINK}/connections")).await.ok();
    assert_eq!(compatible, json!({"connections": []}));
    let refused = world
        .admin()
        .post(&format!("{LINK}/connections/{id}/approve"), json!({}))
        .await;
    assert!(refused.refusal(409).contains("connection restore"));

    let restored = world
        .admin()
        .post(&format!("{ours}/{id}/restore"), json!({}))
        .await
        .ok();
    assert_eq!(
        restored["state"], "active",
        "the provider has not carried out the rejection yet"
    );
    let listed = world.admin().get(&ours).await.ok();
    assert_eq!(listed["connections"][0]["decision"], "approved");
}

#[tokio::test]
async fn a_connection_is_called_something_in_our_own_lists_alone() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = with_active_connection(&world, "e1", "127.64.0.4").await;
    let ours = format!("{OURS}/privatelink/azure/connections");
    let put = async |label: Value| {
        let path = format!("{ours}/{id}/label");
        world.admin().put(&path, json!({ "label": label })).await
    };
    let labelled = put(json!("team blue")).await.ok();
    assert_eq!(labelled["label"], "team blue");
    assert_eq!(labelled["state"], "active", "nothing else changes");
    let listed = world.admin().get(&ours).await.ok();
    assert_eq!(listed["connections"][0]["label"], "team blue");
    let compatible = world.admin().get(&format!("{LINK}/connections")).await.ok();
    assert_eq!(compatible["connections"][0].get("label"), None);
    assert!(put(json!("a\nb")).await.refusal(400).contains("one line"));
    let reader = world.reader().await;
    let refused = reader.put(&format!("{ours}/{id}/label"), json!({})).await;
    refused.refusal(403);
    let bare = put(Value::Null).await.ok();
    assert_eq!(bare["label"], Value::Null);
}

#[tokio::test]
async fn a_backend_that_was_not_asked_about_is_not_checked() {
    let world = World::new().await;
    with_link(&world).await;
    let shown = world
        .admin()
        .get(&format!("{OURS}/privatelink/azure"))
        .await;
    insta::assert_json_snapshot!(shown.ok()["backends"], @r#"
    [
      {
        "checked_at": null,
        "component": "pg",
        "health": "not_checked",
        "node_name": "n1",
        "port": 15432,
        "reason": null,
        "since": null
      }
    ]
    "#);
}

fn without_backends(mut link: Value) -> Value {
    link.as_object_mut().unwrap().remove("backends");
    link
}

#[tokio::test]
async fn a_link_shows_its_conditions_and_plan() {
    let world = World::new().await;
    with_link(&world).await;
    let ours = format!("{OURS}/privatelink/azure");
    insta::assert_json_snapshot!(without_backends(world.admin().get(&ours).await.ok()), @r#"
    {
      "azure_service_alias": null,
      "azure_service_id": null,
      "conditions": [
        {
          "message": "A change is under way",
          "privatelink_connection_id": null,
          "reason": "Reconciling",
          "remedy": null,
          "severity": "info",
          "since": null,
          "status": "unknown",
          "type": "reconciled"
        },
        {
          "message": "Nodes and open components are registered",
          "privatelink_connection_id": null,
          "reason": "Complete",
          "remedy": null,
          "severity": "warning",
          "since": null,
          "status": "true",
          "type": "backend_registered"
        }
      ],
      "create_time": "2027-01-15T08:00:00Z",
      "established_flow_revocation": "unverified",
      "generation": 1,
      "next_action": "Wait until it is active. Check with `underpass service privatelink azure get pg-1`",
      "next_step": "create or update the load balancer",
      "open_ports": [
        {
          "backend_port": 15432,
          "component": "pg",
          "link_port": 25432
        }
      ],
      "parts": [
        {
          "desired": true,
          "failure": null,
          "part": "balancer",
          "phase": "absent",
          "satisfied": false,
          "since": null
        },
        {
          "desired": true,
          "failure": null,
          "part": "member:/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/n1",
          "phase": "absent",
          "satisfied": false,
          "since": null
        },
        {
          "desired": true,
          "failure": null,
          "part": "attachment",
          "phase": "absent",
          "satisfied": false,
          "since": null
        }
      ],
      "reserved_ports": {
        "pg": 25432,
        "pgbouncer": 16432
      },
      "settled": false,
      "state": "creating",
      "topology": "direct",
      "update_time": "2027-01-15T08:00:00Z",
      "user_subscription_ids": [
        "8eefec94-5d63-40c9-983c-03ab083b411d"
      ]
    }
    "#);
    insta::assert_json_snapshot!(world.admin().get(&format!("{ours}/plan")).await.ok(), @r#"
    {
      "generation": 1,
      "steps": [
        {
          "action": "put",
          "part": "balancer"
        },
        {
          "action": "put",
          "part": "member:/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/g/providers/Microsoft.Network/networkInterfaces/n1"
        },
        {
          "action": "put",
          "part": "attachment"
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn the_most_pressing_action_comes_first() {
    let world = World::new().await;
    with_active_link(&world).await;
    let action = async || {
        let link = world
            .admin()
            .get(&format!("{OURS}/privatelink/azure"))
            .await
            .ok();
        link["next_action"].as_str().map(str::to_owned)
    };
    assert!(
        action()
            .await
            .unwrap()
            .contains("Give the alias to the consumer")
    );
    let id = discover_endpoint(&world, ALLOWED, "e1").await;
    assert!(action().await.unwrap().contains("connection approve"));
    world
        .admin()
        .post(&format!("{LINK}/connections/{id}/approve"), json!({}))
        .await
        .ok();
    assert_eq!(action().await, None);
    admit(&world, &id, Admission::Approved).await;
    assert!(action().await.unwrap().contains("--endpoint-ip-address"));
    let closed = json!({"user_config": {"privatelink_access": {"pg": false}}});
    world.admin().put(PG, closed).await.ok();
    assert!(
        action()
            .await
            .unwrap()
            .contains("privatelink_access.pg=true")
    );
    world
        .admin()
        .put(PG, json!({"underpass": {"nodes": []}}))
        .await
        .ok();
    assert!(
        action()
            .await
            .unwrap()
            .contains("Register where the service runs")
    );
}

#[tokio::test]
async fn connection_information_holds_all_a_client_needs() {
    let world = World::new().await;
    with_active_link(&world).await;
    let info = format!("{OURS}/connection-info");
    let before = world
        .admin()
        .get(&format!("{info}?route=privatelink"))
        .await;
    insta::assert_snapshot!(before.refusal(409), @"Service `pg-1` has no active private link connection: it has no connection. Have the consumer create an endpoint, then refresh");
    let id = with_active_connection(&world, "e1", "127.64.0.4").await;
    let reply = world
        .admin()
        .get(&format!("{info}?privatelink_connection_id={id}"))
        .await;
    let mut shown = reply.ok()["connection_info"].take();
    shown["privatelink_connection_id"] = json!("[plc]");
    shown["ca"] = json!("[ca]");
    shown["tools"] = json!("[tools]");
    insta::assert_json_snapshot!(shown, @r#"
    {
      "access_cert": null,
      "access_key": null,
      "ca": "[ca]",
      "component": "pg",
      "dbname": "defaultdb",
      "host": "privatelink-1-pg-1-demo.underpass.test",
      "kafka_authentication_method": null,
      "other_components": [],
      "params": {
        "dbname": "defaultdb",
        "host": "privatelink-1-pg-1-demo.underpass.test",
        "password": "s3cret/pw",
        "port": "25432",
        "sslmode": "require",
        "user": "avnadmin"
      },
      "password": "s3cret/pw",
      "port": 25432,
      "privatelink_connection_id": "[plc]",
      "route": "privatelink",
      "service_name": "pg-1",
      "service_type": "pg",
      "ssl": true,
      "sslmode": "require",
      "tools": "[tools]",
      "uri": "postgres://avnadmin:s3cret%2Fpw@privatelink-1-pg-1-demo.underpass.test:25432/defaultdb?sslmode=require",
      "usage": "primary",
      "user": "avnadmin",
      "user_ip_address": "127.64.0.4"
    }
    "#);

    let strict = world
        .admin()
        .get(&format!("{info}?route=privatelink&sslmode=verify-full"))
        .await;
    let uri = strict.ok()["connection_info"]["uri"].take();
    assert!(
        uri.as_str()
            .unwrap()
            .ends_with(":25432/defaultdb?sslmode=verify-full"),
        "{uri}"
    );

    with_active_connection(&world, "e2", "127.64.0.5").await;
    let several = world
        .admin()
        .get(&format!("{info}?route=privatelink"))
        .await
        .refusal(409);
    assert!(
        several.contains("several active private link connections"),
        "{several}"
    );

    let reader = world.reader().await;
    let redacted = reader.get(&info).await.ok().to_string();
    assert!(!redacted.contains("s3cret"), "{redacted}");
}

#[tokio::test]
async fn connection_information_refuses_what_is_not_there() {
    let world = World::new().await;
    with_service(&world).await;
    let refusal = async |query: &str, status| {
        world
            .admin()
            .get(&format!("{OURS}/connection-info?{query}"))
            .await
            .refusal(status)
    };
    insta::assert_snapshot!(refusal("route=public", 409).await, @"Service `pg-1` does not offer `pg` on route `public`: its first node `n1` has no public address, and `public_access.pg` is off. Register the address and open the component with `underpass service update pg-1 --node n1=127.0.0.1,public=ADDRESS -c public_access.pg=true`");
    insta::assert_snapshot!(refusal("route=moon", 400).await, @"`moon` is not a route. Valid values: `dynamic`, `public`, `private`, `privatelink`");
    insta::assert_snapshot!(refusal("usage=primery", 400).await, @"Invalid query parameters: usage: unknown variant `primery`, expected `primary` or `replica`");
    insta::assert_snapshot!(refusal("username=eve", 404).await, @"User `eve` not found for service pg-1: it has avnadmin");
    insta::assert_snapshot!(refusal("component=prometheus", 409).await, @"Service `pg-1` offers nothing on route `dynamic` for prometheus with usage `primary`");
    insta::assert_snapshot!(refusal("privatelink_connection_id=plc0123456789a", 404).await, @"Privatelink connection plc0123456789a not found for service pg-1. Refresh, then list the connections: an endpoint that was created again has a new ID");
}

#[tokio::test]
async fn components_of_active_connections_are_in_the_service() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = with_active_connection(&world, "e1", "127.64.0.4").await;
    let private = async || -> Vec<Value> {
        let service = world.admin().get(PG).await.ok();
        let components = service["service"]["components"]
            .as_array()
            .cloned()
            .unwrap();
        components
            .into_iter()
            .filter(|it| it["route"] == "privatelink")
            .collect()
    };
    let shown = private().await;
    assert_eq!(
        shown,
        [json!({
            "component": "pg",
            "host": "privatelink-1-pg-1-demo.underpass.test",
            "port": 25432,
            "route": "privatelink",
            "usage": "primary",
            "privatelink_connection_id": id,
        })]
    );
    let closed = json!({"user_config": {"privatelink_access": {"pg": false}}});
    world.admin().put(PG, closed).await.ok();
    assert!(private().await.is_empty());
}

#[tokio::test]
async fn the_history_is_read_page_by_page() {
    let world = World::new().await;
    with_service(&world).await;
    let events = "/v1/underpass/project/demo/events";
    let first = world.admin().get(&format!("{events}?limit=1")).await.ok();
    assert_eq!(first["events"].as_array().unwrap().len(), 1);
    let after = &first["next_after"];
    let rest = world
        .admin()
        .get(&format!("{events}?after={after}"))
        .await
        .ok();
    let codes: Vec<_> = rest["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["code"])
        .collect();
    assert!(codes.contains(&&json!("service.created")), "{codes:?}");
    let event = rest["events"].as_array().unwrap().last().unwrap();
    assert!(
        event["actor"]
            .as_str()
            .unwrap()
            .starts_with("ada@example.net (")
    );
    world
        .admin()
        .get(&format!("{events}?after=x"))
        .await
        .refusal(400);
}

#[tokio::test]
async fn a_preflight_tells_what_a_creation_would_be_refused_for() {
    let world = World::new().await;
    with_service(&world).await;
    let check = format!("{OURS}/privatelink/azure/preflight");
    let outcome = world.admin().get(&check).await.ok();
    let refusal = &outcome["refusal"];
    assert_eq!(refusal["error_code"], "static_ips_missing");
    assert_eq!(refusal["remedy"]["action"], "provide_static_ips");
    let created = world
        .admin()
        .post(LINK, json!({"user_subscription_ids": []}))
        .await;
    assert_eq!(created.status, 400);
    assert_eq!(
        created.json()["errors"][0]["error_code"],
        refusal["error_code"]
    );
    // The check changed nothing.
    assert_eq!(world.admin().get(LINK).await.status, 404);
    let elsewhere = format!("{OURS}/privatelink/google/preflight");
    let outcome = world.admin().get(&elsewhere).await.ok();
    assert_eq!(outcome["refusal"]["error_code"], "wrong_cloud");

    let world = World::new().await;
    with_static_ips(&world).await;
    let outcome = world.admin().get(&check).await.ok();
    assert_eq!(outcome, json!({"refusal": null}));
    world
        .admin()
        .post(LINK, json!({"user_subscription_ids": []}))
        .await
        .ok();
    let outcome = world.admin().get(&check).await.ok();
    assert_eq!(outcome["refusal"]["error_code"], "link_exists");
}
