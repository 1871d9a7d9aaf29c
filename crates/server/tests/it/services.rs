//! The services of a project, a line each.

use serde_json::{Value, json};

use crate::published::{
    ALLOWED, SERVICES, discover_endpoint, with_active_connection, with_active_link,
};
use crate::published_google;
use crate::world::{Client, World};

const LINES: &str = "/v1/underpass/project/demo/services";

/// A published PostgreSQL on Azure, and three services that are not, on Google.
async fn with_services(world: &World) {
    with_active_link(world).await;
    let vpc = published_google::active_vpc(world).await;
    for name in ["pg-2", "pg-10", "archive"] {
        let body = published_google::pg(name, &vpc);
        world.admin().post(SERVICES, body).await.ok();
    }
}

async fn names(client: &Client, query: &str) -> Vec<String> {
    let answer = client.get(&format!("{LINES}{query}")).await.ok();
    of(&answer)
}

fn of(answer: &Value) -> Vec<String> {
    let rows = answer["services"].as_array().unwrap();
    rows.iter()
        .map(|row| row["service_name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_service_is_a_line_with_its_links() {
    let world = World::new().await;
    with_services(&world).await;
    with_active_connection(&world, "e1", "127.64.0.4").await;
    let id = discover_endpoint(&world, ALLOWED, "e2").await;
    let answer = world.admin().get(LINES).await.ok();
    assert_eq!(of(&answer), ["archive", "pg-1", "pg-10", "pg-2"]);
    assert_eq!(answer["total"], 4);
    assert_eq!(answer["next_after"], Value::Null);
    assert_eq!(answer["services"][0]["links"], json!([]));
    let mut shown = answer["services"][1].clone();
    shown["project_vpc_id"] = json!("[vpc]");
    let text = shown.to_string().replace(id.as_str(), "[plc]");
    let shown: Value = serde_json::from_str(&text).unwrap();
    insta::assert_json_snapshot!(shown, @r#"
    {
      "cloud_name": "azure-westeurope",
      "create_time": "2027-01-15T08:00:00Z",
      "links": [
        {
          "connections": {
            "active": 1,
            "pending-user-approval": 1
          },
          "next_action": "Approve it with `underpass service privatelink azure connection approve pg-1 [plc]`",
          "provider": "azure",
          "settled": false,
          "state": "active"
        }
      ],
      "node_count": 1,
      "plan": "startup-4",
      "problems": 0,
      "project_vpc_id": "[vpc]",
      "service_name": "pg-1",
      "service_type": "pg",
      "state": "RUNNING",
      "update_time": "2027-01-15T08:00:00Z"
    }
    "#);
}

#[tokio::test]
async fn services_are_narrowed_down() {
    let world = World::new().await;
    with_services(&world).await;
    let admin = world.admin();
    assert_eq!(names(&admin, "?query=PG-1").await, ["pg-1", "pg-10"]);
    assert_eq!(names(&admin, "?query=westeurope").await, ["pg-1"]);
    assert_eq!(names(&admin, "?cloud=azure").await, ["pg-1"]);
    assert_eq!(names(&admin, "?cloud=google-europe-west1").await.len(), 3);
    assert_eq!(names(&admin, "?cloud=google-us-east1").await, [""; 0]);
    assert_eq!(names(&admin, "?type=pg").await.len(), 4);
    assert_eq!(names(&admin, "?type=kafka").await, [""; 0]);
    assert_eq!(names(&admin, "?query=&type=&cloud=&after=").await.len(), 4);
    let refused = admin.get(&format!("{LINES}?type=postgres")).await;
    assert!(refused.refusal(400).contains("Valid values: "));
    let refused = admin.get(&format!("{LINES}?cloud=westeurope")).await;
    assert!(refused.refusal(400).contains("is not known"));
}

#[tokio::test]
async fn services_are_read_page_by_page() {
    let world = World::new().await;
    with_services(&world).await;
    let admin = world.admin();
    let first = admin.get(&format!("{LINES}?limit=2")).await.ok();
    assert_eq!(of(&first), ["archive", "pg-1"]);
    assert_eq!(
        (&first["total"], &first["next_after"]),
        (&json!(4), &json!("pg-1"))
    );
    let second = admin.get(&format!("{LINES}?limit=2&after=pg-1")).await.ok();
    assert_eq!(of(&second), ["pg-10", "pg-2"]);
    assert_eq!(second["next_after"], Value::Null);
    let beyond = admin.get(&format!("{LINES}?after=zz")).await.ok();
    assert_eq!((of(&beyond), &beyond["total"]), (vec![], &json!(4)));
}
