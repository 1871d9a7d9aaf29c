//! A project at a glance.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::SignedDuration;
use serde_json::{Value, json};
use underpass_model::part::{Admission, Part, PartFailure};
use underpass_store::{Error, Fetched, Kind, Lookup, Store, StoreLayer};

use crate::published::{
    ALLOWED, LINK, PG, SERVICES, admit, discover_endpoint, stored, with_active_connection,
    with_active_link, work,
};
use crate::published_google;
use crate::world::World;

const OVERVIEW: &str = "/v1/underpass/project/demo/overview";

/// Every view of a whole project.
const VIEWS: [&str; 4] = [
    OVERVIEW,
    "/v1/underpass/project/demo/connections",
    "/v1/underpass/project/demo/services",
    "/v1/underpass/project/demo/events?order=newest",
];

#[tokio::test]
async fn a_project_is_shown_at_a_glance() {
    let world = World::new().await;
    with_active_link(&world).await;
    let vpc = published_google::active_vpc(&world).await;
    world
        .admin()
        .put(published_google::PG_SWITCH, json!({"enabled": true}))
        .await
        .ok();
    let pg = published_google::pg("pg-2", &vpc);
    world.admin().post(SERVICES, pg).await.ok();
    let link = "/v1/project/demo/service/pg-2/privatelink/google";
    world.admin().post(link, json!({})).await.ok();

    with_active_connection(&world, "e1", "127.64.0.4").await;
    discover_endpoint(&world, ALLOWED, "e2").await;
    let id = discover_endpoint(&world, ALLOWED, "e3").await;
    let approve = format!("{LINK}/connections/{id}/approve");
    world.admin().post(&approve, json!({})).await.ok();
    admit(&world, &id, Admission::Approved).await;
    let shown = world.admin().get(OVERVIEW).await.ok().to_string();
    let shown: Value = serde_json::from_str(&shown.replace(id.as_str(), "[plc]")).unwrap();
    insta::assert_json_snapshot!(shown, @r#"
    {
      "conditions": [
        {
          "message": "Approved, but the address of its endpoint is not set, so it has no name",
          "privatelink_connection_id": "[plc]",
          "provider": "azure",
          "reason": "EndpointAddressMissing",
          "remedy": {
            "action": "set_endpoint_address",
            "command": "underpass service privatelink azure connection update pg-1 [plc] --endpoint-ip-address IP",
            "connection": "[plc]",
            "provider": "azure",
            "service": "pg-1",
            "text": "Set the address of the consumer's endpoint with `underpass service privatelink azure connection update pg-1 [plc] --endpoint-ip-address IP`"
          },
          "service_name": "pg-1",
          "service_type": "pg",
          "severity": "warning",
          "since": "2027-01-15T08:00:00Z",
          "state": "connected",
          "status": "false",
          "type": "address_known"
        }
      ],
      "conditions_total": 1,
      "connections": {
        "active": 1,
        "connected": 1,
        "disconnected": 0,
        "pending-user-approval": 1,
        "rejected": 0,
        "user-approved": 0
      },
      "links": {
        "azure": {
          "active": 1,
          "creating": 0,
          "deleting": 0
        },
        "google": {
          "active": 0,
          "creating": 1,
          "deleting": 0
        }
      },
      "services": 2
    }
    "#);
}

#[tokio::test]
async fn a_new_project_has_nothing_to_show() {
    let world = World::new().await;
    let shown = world.admin().get(OVERVIEW).await.ok();
    assert_eq!(shown["services"], 0);
    assert_eq!(shown["links"], json!({}));
    assert_eq!(shown["connections"]["active"], 0);
    assert_eq!(shown["conditions"], json!([]));
}

#[tokio::test]
async fn what_needs_a_person_is_told_in_order_and_counted_whole() {
    let world = World::new().await;
    with_active_link(&world).await;
    for number in 0..52 {
        let id = discover_endpoint(&world, ALLOWED, &format!("e{number}")).await;
        let approve = format!("{LINK}/connections/{id}/approve");
        world.pass(SignedDuration::from_secs(1));
        world.admin().post(&approve, json!({})).await.ok();
        admit(&world, &id, Admission::Approved).await;
    }
    let mut observed = stored(&world).await;
    let failure = PartFailure {
        code: "AuthorizationFailed".to_owned(),
        message: "put attachment: <b>no authorization</b>".to_owned(),
        remedy: Some("grant the role".to_owned()),
        attempts: 1,
        since: world.now(),
        retry_at: world.now(),
    };
    observed.failures.insert(Part::Attachment, failure);
    world.observe(&work(), &observed).await;
    let closed = json!({"user_config": {"privatelink_access": {"pg": false}}});
    world.admin().put(PG, closed).await.ok();

    let shown = world.admin().get(OVERVIEW).await.ok();
    assert_eq!(shown["conditions_total"], 54);
    let lines = shown["conditions"].as_array().unwrap();
    assert_eq!(lines.len(), 50);
    insta::assert_json_snapshot!(lines[..2], @r#"
    [
      {
        "message": "put attachment: <b>no authorization</b>",
        "privatelink_connection_id": null,
        "provider": "azure",
        "reason": "AuthorizationFailed",
        "remedy": {
          "action": "manual",
          "command": null,
          "instruction": "grant the role",
          "text": "grant the role"
        },
        "service_name": "pg-1",
        "service_type": "pg",
        "severity": "error",
        "since": "2027-01-15T08:00:52Z",
        "state": "active",
        "status": "false",
        "type": "reconciled"
      },
      {
        "message": "No component is open to links",
        "privatelink_connection_id": null,
        "provider": "azure",
        "reason": "NoOpenComponent",
        "remedy": {
          "action": "set_option",
          "command": "underpass service update pg-1 -c privatelink_access.pg=true",
          "option": "privatelink_access.pg",
          "service": "pg-1",
          "text": "Switch the option on with `underpass service update pg-1 -c privatelink_access.pg=true`",
          "value": true
        },
        "service_name": "pg-1",
        "service_type": "pg",
        "severity": "warning",
        "since": null,
        "state": "active",
        "status": "false",
        "type": "backend_registered"
      }
    ]
    "#);
    assert_eq!(lines[2]["since"], "2027-01-15T08:00:01Z");
    assert_eq!(lines[3]["since"], "2027-01-15T08:00:02Z");
    let services = world.admin().get(VIEWS[2]).await.ok();
    assert_eq!(services["services"][0]["problems"], 54);
}

#[tokio::test]
async fn who_waits_is_told_with_the_overview_as_in_the_queue() {
    let world = World::new().await;
    with_active_link(&world).await;
    with_active_connection(&world, "e1", "127.64.0.4").await;
    discover_endpoint(&world, ALLOWED, "e2").await;
    world.pass(jiff::SignedDuration::from_secs(1));
    discover_endpoint(&world, ALLOWED, "e3").await;
    let ours = "/v1/underpass/project/demo";
    let queue = format!("{ours}/connections?state=pending-user-approval&limit=1");
    let queue = world.admin().get(&queue).await.ok();
    assert_eq!(queue["total"], 2);
    let asked = format!("{ours}/overview?waiting=1");
    assert_eq!(world.admin().get(&asked).await.ok()["waiting"], queue);
    let plain = world.admin().get(&format!("{ours}/overview")).await.ok();
    assert_eq!(plain.get("waiting"), None);
}

#[tokio::test]
async fn views_of_a_project_are_for_its_members() {
    let world = World::new().await;
    let reader = world.reader().await;
    let foreigner = world.user("eve@example.net", &[]).await;
    for path in VIEWS {
        world.stranger().get(path).await.refusal(401);
        foreigner.get(path).await.refusal(403);
        reader.get(path).await.ok();
    }
}

#[tokio::test]
async fn views_of_a_project_do_not_read_its_logins() {
    let world = World::new().await;
    with_active_link(&world).await;
    with_active_connection(&world, "e1", "127.64.0.4").await;
    let client = world.on(Arc::new(WithoutLogins(Arc::clone(&world.app.store))));
    for path in VIEWS {
        client.get(path).await.ok();
    }
    client
        .get("/v1/underpass/project/demo/connections?service=pg-1")
        .await
        .ok();
}

/// A store in which looking for logins is a mistake.
struct WithoutLogins(Arc<dyn Store>);

#[async_trait]
impl StoreLayer for WithoutLogins {
    fn inner(&self) -> &dyn Store {
        &*self.0
    }

    async fn fetch(&self, lookups: &[Lookup]) -> Result<Fetched, Error> {
        for lookup in lookups {
            let kind = match lookup {
                Lookup::One(kind, _) | Lookup::Under(kind, _) => *kind,
                Lookup::Ended(rows) => rows.kind,
                Lookup::Owned(rows) => rows.kind(),
            };
            assert_ne!(kind, Kind::Credentials, "{lookup:?}");
        }
        self.0.fetch(lookups).await
    }
}
