//! A project's history from its newest end, and about one thing.

use serde_json::{Value, json};

use crate::published::{ALLOWED, SERVICES, discover_endpoint, with_active_link};
use crate::published_google;
use crate::world::World;

const EVENTS: &str = "/v1/underpass/project/demo/events";

fn numbers(answer: &Value) -> Vec<u64> {
    let events = answer["events"].as_array().unwrap();
    events
        .iter()
        .map(|event| event["seq"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn the_history_is_read_from_its_newest_end() {
    let world = World::new().await;
    with_active_link(&world).await;
    let admin = world.admin();
    let all = admin.get(EVENTS).await.ok();
    assert_eq!(all.get("next_before"), None, "as it was");
    let mut expected = numbers(&all);
    expected.reverse();
    let mut path = format!("{EVENTS}?order=newest&limit=2");
    let mut read = Vec::new();
    loop {
        let page = admin.get(&path).await.ok();
        assert_eq!(page.get("next_after"), None);
        read.extend(numbers(&page));
        let Some(before) = page["next_before"].as_u64() else {
            break;
        };
        path = format!("{EVENTS}?order=newest&limit=2&before={before}");
    }
    assert_eq!(read, expected);
    let fits = format!("{EVENTS}?order=newest&limit={}", expected.len());
    assert_eq!(admin.get(&fits).await.ok()["next_before"], Value::Null);
    let since = format!("{EVENTS}?order=newest&after={}", expected[1]);
    assert_eq!(numbers(&admin.get(&since).await.ok()), expected[..1]);
    admin
        .get(&format!("{EVENTS}?order=random"))
        .await
        .refusal(400);
}

#[tokio::test]
async fn the_history_of_a_service_is_not_that_of_its_namesakes() {
    let world = World::new().await;
    with_active_link(&world).await;
    let vpc = published_google::active_vpc(&world).await;
    let other = published_google::pg("pg-10", &vpc);
    world.admin().post(SERVICES, other).await.ok();
    let id = discover_endpoint(&world, ALLOWED, "e1").await;
    let approve =
        format!("/v1/project/demo/service/pg-1/privatelink/azure/connections/{id}/approve");
    world.admin().post(&approve, json!({})).await.ok();
    let subjects = async |query: &str| -> Vec<String> {
        let answer = world.admin().get(&format!("{EVENTS}?{query}")).await.ok();
        let events = answer["events"].as_array().unwrap();
        events
            .iter()
            .map(|event| event["subject"].as_str().unwrap().to_owned())
            .map(|subject| subject.replace(id.as_str(), "[plc]"))
            .collect()
    };
    insta::assert_json_snapshot!(subjects("order=newest&limit=3&subject=service/pg-1").await, @r#"
    [
      "service/pg-1/privatelink/azure/connection/[plc]",
      "service/pg-1/privatelink/azure",
      "service/pg-1"
    ]
    "#);
    assert_eq!(subjects("subject=service/pg-10").await, ["service/pg-10"]);
    assert_eq!(subjects("subject=service/pg-10/").await, ["service/pg-10"]);
    assert_eq!(subjects("subject=service/pg").await, [""; 0]);
    assert_eq!(subjects("subject=").await, subjects("").await);
}
