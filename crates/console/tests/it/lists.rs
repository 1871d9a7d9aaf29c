//! The long lists of the console: services, connections, events.

use jiff::SignedDuration;
use serde_json::json;

use crate::published::{ALLOWED, SERVICES, discover_endpoint, with_active_link};
use crate::world::World;

const LIST: &str = "/console/project/demo/service";
const CONNECTIONS: &str = "/console/project/demo/connection";
const EVENTS: &str = "/console/project/demo/event";

/// Where a page's link of that title leads.
fn leads(page: &str, title: &str) -> String {
    let end = page.find(&format!(">{title}</a>")).unwrap();
    let (_, link) = page[..end].rsplit_once("href=\"").unwrap();
    link.split('"').next().unwrap().replace("&#38;", "&")
}

async fn register(world: &World, name: &str, service_type: &str) {
    let cloud = "google-europe-west1";
    let body = json!({"service_name": name, "service_type": service_type, "cloud": cloud});
    world.admin().post(SERVICES, body).await.ok();
}

#[tokio::test]
async fn services_are_found_page_by_page() {
    let world = World::new().await;
    let ada = world.visitor().await;
    assert!(ada.page(LIST).await.contains("Register the first"));
    for number in 0..60 {
        let kind = if number % 2 == 0 { "pg" } else { "redis" };
        register(&world, &format!("{kind}-{number:02}"), kind).await;
    }
    let page = ada.page(LIST).await;
    assert!(page.contains("60 services"), "{page}");
    assert!(
        page.contains(">redis-39<") && !page.contains(">redis-41<"),
        "{page}"
    );
    let next = leads(&page, "Next 50");
    let page = ada.page(&next).await;
    assert!(
        page.contains(">redis-41<") && !page.contains("Next 50"),
        "{page}"
    );
    assert_eq!(leads(&page, "First page"), LIST);

    let page = ada.page(&format!("{LIST}?type=redis&query=-0")).await;
    assert!(page.contains("5 services found"), "{page}");
    assert!(page.contains("<option value=\"redis\" selected>"), "{page}");
    let page = ada.page(&format!("{LIST}?query=%22%3E%3Cscript%3E")).await;
    assert!(page.contains("No service matches"), "{page}");
    assert!(!page.contains("\"><script>"), "{page}");
    assert_eq!(ada.get(&format!("{LIST}?type=none")).await.status, 400);
}

#[tokio::test]
async fn a_link_shows_who_waits_and_where_to_decide() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = discover_endpoint(&world, ALLOWED, "<i>billing</i>").await;
    let ada = world.visitor().await;
    let link = "/console/project/demo/service/pg-1/privatelink/azure";
    let page = ada.page(LIST).await;
    assert!(page.contains(link) && page.contains("1 pending"), "{page}");

    let page = ada
        .page(&format!("{CONNECTIONS}?state=pending-user-approval"))
        .await;
    assert!(page.contains("1 connection found"), "{page}");
    assert_eq!(leads(&page, "Decide"), format!("{link}#{id}"));
    assert!(page.contains("&#60;i&#62;billing"), "{page}");
    assert!(!page.contains("<i>billing"), "{page}");
    for none in ["state=active,rejected", "service=pg-1&provider=google"] {
        let page = ada.page(&format!("{CONNECTIONS}?{none}")).await;
        assert!(page.contains("No connection matches"), "{page}");
    }
    let page = ada
        .page(&format!("{CONNECTIONS}?state=active,rejected"))
        .await;
    assert!(
        page.contains("<option value=\"active,rejected\" selected>"),
        "{page}"
    );
    assert!(page.contains("--state active --state rejected"), "{page}");
}

#[tokio::test]
async fn the_list_of_connections_approves_and_stays() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = discover_endpoint(&world, ALLOWED, "first").await;
    world.pass(SignedDuration::from_mins(1));
    let second = discover_endpoint(&world, ALLOWED, "second").await;
    let ada = world.visitor().await;
    let approve = format!("{LIST}/pg-1/privatelink/azure/connection/{id}/approve");
    let page = ada.page(CONNECTIONS).await;
    assert!(page.contains(&format!("action=\"{approve}\"")), "{page}");
    let pending = "pending-user-approval";
    let form = [
        ("from", "connections"),
        ("state", pending),
        ("user_ip_address", "8.8.8.8"),
    ];
    let refused = ada.post(&approve, &form).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    let form = [("from", "connections"), ("state", pending)];
    let page = ada.done(&approve, &form).await;
    assert!(page.contains(&format!("Approved {id}")), "{page}");
    assert!(page.contains("1 connection found"), "{page}");
    let page = ada.page(CONNECTIONS).await;
    let place = |id: &str| page.find(&format!("#{id}\"")).unwrap();
    assert!(place(second.as_str()) < place(id.as_str()), "{page}");
    assert!(!page.contains(&approve), "{page}");
    let reader = world.reading_visitor().await;
    let page = reader.page(CONNECTIONS).await;
    assert!(
        page.contains(">View</a>") && !page.contains("/approve"),
        "{page}"
    );
}

#[tokio::test]
async fn events_are_read_backwards_and_by_service() {
    let world = World::new().await;
    for number in 0..55 {
        register(&world, &format!("pg-{number:02}"), "pg").await;
        world.pass(SignedDuration::from_mins(1));
    }
    let reader = world.reading_visitor().await;
    let page = reader.page(EVENTS).await;
    let newest = page.find("service/pg-54").unwrap();
    assert!(newest < page.find("service/pg-53").unwrap());
    assert!(!page.contains("service/pg-04<"), "{page}");
    let older = reader.page(&leads(&page, "Next 50")).await;
    assert!(older.contains("service/pg-04<"), "{older}");
    assert_eq!(leads(&older, "Newest"), EVENTS);

    let one = reader.page(&format!("{EVENTS}?service=pg-07")).await;
    assert!(
        one.contains("service/pg-07<") && !one.contains("service/pg-08<"),
        "{one}"
    );
    assert!(
        one.contains("events --service pg-07 --project demo"),
        "{one}"
    );
    let all = reader.page(&format!("{EVENTS}?subject=service")).await;
    let next = leads(&all, "Next 50");
    assert!(
        next.starts_with(&format!("{EVENTS}?subject=service&before=")),
        "{next}"
    );
    let none = reader.page(&format!("{EVENTS}?subject=vpc")).await;
    assert!(none.contains("No event matches"), "{none}");
}
