//! The connections of a whole project: what is asked for, in which order, page by page.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::published::{ALLOWED, LINK, OURS, SERVICES, discover_endpoint, with_active_link};
use crate::published_google;
use crate::world::{Client, World};

const QUEUE: &str = "/v1/underpass/project/demo/connections";

/// Three endpoints of a consumer, first seen a minute apart.
async fn with_queue(world: &World) -> Vec<String> {
    with_active_link(world).await;
    let mut ids = Vec::new();
    for name in ["Billing", "orders", "stock"] {
        ids.push(discover_endpoint(world, ALLOWED, name).await.to_string());
        world.pass(SignedDuration::from_mins(1));
    }
    ids
}

async fn ids(client: &Client, query: &str) -> Vec<String> {
    let answer = client.get(&format!("{QUEUE}{query}")).await.ok();
    assert!(answer["total"].as_u64().unwrap() >= of(&answer).len() as u64);
    of(&answer)
}

fn of(answer: &Value) -> Vec<String> {
    let rows = answer["connections"].as_array().unwrap();
    rows.iter()
        .map(|row| {
            row["privatelink_connection_id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect()
}

#[tokio::test]
async fn the_longest_waiting_comes_first_with_all_there_is_to_know() {
    let world = World::new().await;
    let queue = with_queue(&world).await;
    let answer = world.admin().get(QUEUE).await.ok();
    assert_eq!(of(&answer), queue);
    let shown = json!({
        "connections": [answer["connections"][0]],
        "total": answer["total"],
        "next_after": answer["next_after"],
    });
    let text = shown.to_string().replace(&queue[0], "[plc]");
    let shown: Value = serde_json::from_str(&text).unwrap();
    insta::assert_json_snapshot!(shown, @r#"
    {
      "connections": [
        {
          "condition": null,
          "decided_at": null,
          "decision": "undecided",
          "failure": null,
          "first_seen_at": "2027-01-15T08:00:00Z",
          "label": null,
          "link_identifier": "536871",
          "location": "westeurope",
          "message": "please",
          "name": "privatelink-1-pg-1-demo.underpass.test",
          "next_action": "Approve it with `underpass service privatelink azure connection approve pg-1 [plc]`",
          "ordinal": 1,
          "private_endpoint_id": "/subscriptions/8eefec94-5d63-40c9-983c-03ab083b411d/resourceGroups/rg1/providers/Microsoft.Network/privateEndpoints/Billing",
          "privatelink_connection_id": "[plc]",
          "provider": "azure",
          "provider_name": "Billing.guid",
          "reason": null,
          "service_name": "pg-1",
          "service_type": "pg",
          "state": "pending-user-approval",
          "subscription_id": "8eefec94-5d63-40c9-983c-03ab083b411d",
          "user_ip_address": null,
          "warning": null
        }
      ],
      "next_after": null,
      "total": 3
    }
    "#);
    let listed = format!("{OURS}/privatelink/azure/connections");
    let listed = world.admin().get(&listed).await.ok();
    let (of_link, of_project) = (&listed["connections"][0], &answer["connections"][0]);
    for (member, value) in of_link.as_object().unwrap() {
        assert_eq!(&of_project[member], value, "{member}");
    }
}

#[tokio::test]
async fn the_queue_is_narrowed_down() {
    let world = World::new().await;
    let queue = with_queue(&world).await;
    let [billing, orders, stock] = [&queue[0], &queue[1], &queue[2]];
    let admin = world.admin();
    let approve = format!("{LINK}/connections/{orders}/approve");
    admin.post(&approve, json!({})).await.ok();
    let label = format!("{OURS}/privatelink/azure/connections/{stock}/label");
    admin.put(&label, json!({"label": "Team Blue"})).await.ok();

    let pending = ids(&admin, "?state=pending-user-approval").await;
    assert_eq!(pending, [billing.as_str(), stock]);
    let either = "?state=user-approved,%20pending-user-approval,";
    assert_eq!(ids(&admin, either).await.len(), 3);
    assert_eq!(ids(&admin, "?state=active").await, [""; 0]);
    assert_eq!(ids(&admin, "?provider=azure").await.len(), 3);
    assert_eq!(ids(&admin, "?provider=google").await, [""; 0]);
    assert_eq!(ids(&admin, "?service=pg-1").await.len(), 3);
    for (query, found) in [
        ("bIlling", vec![billing.as_str()]),
        ("team%20blue", vec![stock]),
        ("PLEASE", vec![billing, stock, orders]),
        ("PG-1", vec![billing, stock, orders]),
        (orders, vec![orders]),
        ("e%25", vec![]),
        ("nothing", vec![]),
    ] {
        assert_eq!(
            ids(&admin, &format!("?query={query}")).await,
            found,
            "{query}"
        );
    }
    let blank = "?state=&service=&provider=&query=%20&after=";
    assert_eq!(ids(&admin, blank).await.len(), 3, "a form left blank");
}

#[tokio::test]
async fn a_service_of_another_name_is_not_taken_along() {
    let world = World::new().await;
    let queue = with_queue(&world).await;
    let vpc = published_google::active_vpc(&world).await;
    let other = published_google::pg("pg-10", &vpc);
    world.admin().post(SERVICES, other).await.ok();
    assert_eq!(ids(&world.admin(), "?service=pg-1").await, queue);
    assert_eq!(ids(&world.admin(), "?service=pg-10").await, [""; 0]);
}

#[tokio::test]
async fn a_page_goes_on_where_the_last_one_ended_whatever_happened() {
    let world = World::new().await;
    let queue = with_queue(&world).await;
    let admin = world.admin();
    let pending = "?state=pending-user-approval&limit=1";
    let first = admin.get(&format!("{QUEUE}{pending}")).await.ok();
    assert_eq!(of(&first), queue[..1]);
    assert_eq!(first["total"], 3);
    let next = first["next_after"].as_str().unwrap().to_owned();
    insta::assert_snapshot!(next.replace(&queue[0], "[plc]"), @"2027-01-15T08:00:00Z_[plc]");
    // The last connection of the page left the queue, and another was added.
    let approve = format!("{LINK}/connections/{}/approve", queue[0]);
    admin.post(&approve, json!({})).await.ok();
    let late = discover_endpoint(&world, ALLOWED, "late").await.to_string();
    let second = admin
        .get(&format!("{QUEUE}{pending}&after={next}"))
        .await
        .ok();
    assert_eq!(of(&second), queue[1..2]);
    let next = second["next_after"].as_str().unwrap();
    let rest = admin.get(&format!("{QUEUE}?limit=200&after={next}")).await;
    let rest = rest.ok();
    assert_eq!(of(&rest), [&*queue[2], &late, &queue[0]]);
    assert_eq!(rest["next_after"], Value::Null);
    let all = admin.get(&format!("{QUEUE}?limit=0")).await.ok();
    assert_eq!(of(&all).len(), 1, "no page is empty without need");
}

#[tokio::test]
async fn pending_connections_come_first_the_longest_waiting_on_top() {
    let world = World::new().await;
    let queue = with_queue(&world).await;
    let admin = world.admin();
    let approve = format!("{LINK}/connections/{}/approve", queue[0]);
    admin.post(&approve, json!({})).await.ok();
    let order = [&*queue[1], &queue[2], &queue[0]];
    assert_eq!(ids(&admin, "").await, order);
    // The same over pages, of which one ends behind the pending ones.
    let mut pages = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("{QUEUE}?limit=1&after={after}");
        let page = admin.get(&path).await.ok();
        pages.extend(of(&page));
        let Some(next) = page["next_after"].as_str() else {
            break;
        };
        after = next.to_owned();
    }
    assert_eq!(pages, order);
    let reject = format!("{OURS}/privatelink/azure/connections/{}/reject", queue[1]);
    admin.post(&reject, json!({})).await.ok();
    let first = admin.get(&format!("{QUEUE}?limit=2")).await.ok();
    let next = first["next_after"].as_str().unwrap();
    assert!(next.starts_with("decided_"), "{next}");
    assert_eq!(of(&first), [&*queue[2], &queue[0]]);
    let rest = format!("?limit=2&after={next}");
    assert_eq!(ids(&admin, &rest).await, [&*queue[1]]);
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_said() {
    let world = World::new().await;
    let refusal = async |query: &str, status| {
        let reply = world.admin().get(&format!("{QUEUE}?{query}")).await;
        let code = reply.json()["errors"][0]["error_code"].clone();
        format!("{}: {}", code.as_str().unwrap(), reply.refusal(status))
    };
    insta::assert_snapshot!(refusal("state=active,pending", 400).await, @"unknown_connection_state: `pending` is not a state of a connection. Valid values: pending-user-approval, user-approved, connected, active, rejected, disconnected");
    insta::assert_snapshot!(refusal("provider=gcp", 400).await, @"unknown_provider: `gcp` is not a provider of privatelinks. Valid values: azure, google, aws");
    insta::assert_snapshot!(refusal("service=pg-1", 404).await, @"service_not_found: Service pg-1 does not exist");
    insta::assert_snapshot!(refusal("after=5", 400).await, @"invalid_query: Invalid query parameters: after: specify the `next_after` of the previous page unchanged, or omit it for the first page");
    refusal("limit=many", 400).await;
    refusal("service=a%2Fb", 400).await;
}
