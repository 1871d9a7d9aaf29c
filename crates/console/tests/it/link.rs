//! The pages of links, as a browser without scripts sees them.

use axum::http::StatusCode;
use serde_json::json;
use underpass_model::auth::Role;
use underpass_model::id::ConnectionId;
use underpass_model::part::Admission;

use crate::PORTAL;
use crate::published::{
    ALLOWED, LINK, OURS, PG, SERVICES, active_vpc, admit, associate_static_ip, discover_endpoint,
    pg, with_active_connection, with_active_link, with_service, with_static_ips,
};
use crate::published_google;
use crate::service::between;
use crate::visitor::Visitor;
use crate::world::World;

const LINK_PAGE: &str = "/console/project/demo/service/pg-1/privatelink/azure";

#[tokio::test]
async fn a_link_is_made_opened_and_removed() {
    let world = World::new().await;
    with_static_ips(&world).await;
    let visitor = world.visitor().await;
    let refused = visitor
        .post(&format!("{LINK_PAGE}/create"), &[("subscription", "mine")])
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(
        refused.text.contains(">mine</textarea>"),
        "what was typed stays"
    );
    assert!(
        !refused.text.contains("data-changes"),
        "a page that answers a form is not fetched anew"
    );
    let made = visitor
        .done(&format!("{LINK_PAGE}/create"), &[("subscription", ALLOWED)])
        .await;
    assert!(made.contains("The link is being created") && made.contains("state-creating"));

    let other = "11111111-2222-4333-8444-555555555555";
    let added = visitor
        .done(&format!("{LINK_PAGE}/subscriptions"), &[("add", other)])
        .await;
    assert!(added.contains(other) && added.contains(ALLOWED));
    visitor
        .done(&format!("{LINK_PAGE}/subscriptions"), &[("remove", other)])
        .await;
    let link = world.admin().get(LINK).await.ok();
    assert_eq!(link["user_subscription_ids"], json!([ALLOWED]));

    let mistyped = visitor
        .post(&format!("{LINK_PAGE}/remove"), &[("typed", "pg-2")])
        .await;
    assert_eq!(mistyped.status, StatusCode::BAD_REQUEST);
    assert!(mistyped.text.contains("The link was not removed"));
    visitor
        .done(&format!("{LINK_PAGE}/remove"), &[("typed", "pg-1")])
        .await;
    assert_eq!(world.admin().get(LINK).await.ok()["state"], "deleting");
}

#[tokio::test]
async fn the_path_of_a_connection_is_checked_on_a_page() {
    let world = World::new().await;
    with_active_link(&world).await;
    let plc = discover_endpoint(&world, ALLOWED, "e1").await;
    let visitor = world.visitor().await;
    let link = visitor.page(LINK_PAGE).await;
    let check = format!("{LINK_PAGE}/doctor?connection={plc}");
    assert!(link.contains(&check), "{link}");
    let page = visitor.page(&check).await;
    let approval = between(&page, "Approval: broken", "</li>");
    assert!(approval.contains("waits for a decision"), "{approval}");
    assert!(page.contains("hop-bad") && page.contains("hop-unchecked"));
    assert!(page.contains(&format!(
        "underpass doctor pg-1 {plc} --cloud azure --from-here"
    )));
    assert!(
        !page.contains("data-changes"),
        "a page that asks the cloud is not fetched anew"
    );
    let missing = visitor
        .get(&format!("{LINK_PAGE}/doctor?connection=plc000000000009"))
        .await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_connection_is_decided_about() {
    let world = World::new().await;
    with_active_link(&world).await;
    let plc = discover_endpoint(&world, ALLOWED, "e1").await;
    let visitor = world.visitor().await;
    let at = |verb: &str| format!("{LINK_PAGE}/connection/{plc}/{verb}");
    let ours = format!("{OURS}/privatelink/azure/connections");
    let refused = visitor
        .post(&at("approve"), &[("user_ip_address", "8.8.8.8")])
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let listed = world.admin().get(&ours).await.ok();
    assert_eq!(listed["connections"][0]["decision"], "undecided");
    visitor
        .done(&at("approve"), &[("user_ip_address", "127.64.0.5")])
        .await;
    visitor
        .done(&at("address"), &[("user_ip_address", "127.64.0.4")])
        .await;
    visitor
        .done(&at("label"), &[("label", "team <blue>")])
        .await;
    let shown = visitor.page(LINK_PAGE).await;
    assert!(
        shown.contains("team &#60;blue&#62;") && shown.contains("127.64.0.4"),
        "{shown}"
    );
    visitor.done(&at("reject"), &[]).await;
    let listed = world.admin().get(&ours).await.ok();
    assert_eq!(listed["connections"][0]["decision"], "rejected");
    assert!(
        world.zones.last().records.is_empty(),
        "a rejected connection has no name"
    );
    visitor.done(&at("restore"), &[]).await;
    let listed = world.admin().get(&ours).await.ok();
    assert_eq!(listed["connections"][0]["decision"], "approved");
}

#[tokio::test]
async fn removing_a_link_says_which_connections_it_cuts() {
    let world = World::new().await;
    with_active_link(&world).await;
    let visitor = world.visitor().await;
    let harmless = visitor.page(&format!("{LINK_PAGE}/remove")).await;
    assert!(harmless.contains("nothing is cut"));
    let plc = with_active_connection(&world, "e1", "127.64.0.4").await;
    let asked = visitor.page(&format!("{LINK_PAGE}/remove")).await;
    assert!(asked.contains("This cuts 1 connection:") && asked.contains(plc.as_str()));
    // Clients that know the endpoint's address need no name.
    let nameless = with_connected(&world, "e2").await;
    let asked = visitor.page(&format!("{LINK_PAGE}/remove")).await;
    assert!(asked.contains("This cuts 2 connections:") && asked.contains(nameless.as_str()));
}

#[tokio::test]
async fn a_connection_without_a_name_counts_wherever_flows_are_cut() {
    let world = World::new().await;
    with_active_link(&world).await;
    let plc = with_connected(&world, "e1").await;
    let waiting = discover_endpoint(&world, ALLOWED, "e2").await;
    let visitor = world.visitor().await;
    let service = "/console/project/demo/service/pg-1";
    let change = visitor.page(&format!("{service}/nodes/change")).await;
    let listed = between(&change, "id=\"with-flows\"", "</ul>");
    assert!(listed.contains("1 connection can carry flows"), "{listed}");
    assert!(listed.contains(plc.as_str()) && !listed.contains(waiting.as_str()));
    let settings = visitor.page(&format!("{service}/settings")).await;
    let removal = between(&settings, "id=\"removal\"", "</section>");
    assert!(
        removal.contains(plc.as_str()) && !removal.contains(waiting.as_str()),
        "{removal}"
    );
    let page = visitor.page(LINK_PAGE).await;
    let reject = |id: &str| between(&page, &format!("id=\"reject-{id}\""), "</details>");
    assert!(reject(plc.as_str()).contains("can carry flows"));
    assert!(reject(waiting.as_str()).contains("carries no flows"));
}

#[tokio::test]
async fn a_subscription_with_approved_connections_is_not_offered_for_removal() {
    let world = World::new().await;
    with_active_link(&world).await;
    let visitor = world.visitor().await;
    discover_endpoint(&world, ALLOWED, "e1").await;
    let label = format!("aria-label=\"Remove {ALLOWED}\"");
    let page = visitor.page(LINK_PAGE).await;
    assert!(page.contains(&label) && page.contains("Removing it rejects 1 pending connection"));
    with_connected(&world, "e2").await;
    let page = visitor.page(LINK_PAGE).await;
    assert!(!page.contains(&label) && page.contains("1 approved connection; reject it"));
}

/// A connection that is approved and has no address.
async fn with_connected(world: &World, name: &str) -> ConnectionId {
    let plc = discover_endpoint(world, ALLOWED, name).await;
    let approve = format!("{LINK}/connections/{plc}/approve");
    world.admin().post(&approve, json!({})).await.ok();
    admit(world, &plc, Admission::Approved).await;
    plc
}

#[tokio::test]
async fn a_service_without_a_link_is_offered_one() {
    let world = World::new().await;
    with_service(&world).await;
    let page = world.visitor().await.page(LINK_PAGE).await;
    assert!(page.contains("Offer this service privately"));
    assert!(page.contains("underpass service privatelink azure create pg-1"));
    assert!(page.contains("/v1/project/demo/service/pg-1/privatelink/azure"));
    world.admin().get(PG).await.ok();
}

#[tokio::test]
async fn a_form_offers_the_missing_static_ips_instead_of_a_refused_link() {
    let world = World::new().await;
    with_service(&world).await;
    let visitor = world.visitor().await;
    let page = visitor.page(LINK_PAGE).await;
    assert!(page.contains(">Make 2 static IPs</button>"), "{page}");
    assert!(!page.contains("Create link</button>"), "{page}");
    let prepare = format!("{LINK_PAGE}/prepare");
    let form = [("subscription", ALLOWED), ("do", "static-ips")];
    let back = visitor.done(&prepare, &form).await;
    assert!(
        back.contains("Service `pg-1` has 2 more static IPs"),
        "{back}"
    );
    assert!(back.contains(&format!(">{ALLOWED}</textarea>")), "{back}");
    assert!(back.contains("Create link</button>"), "{back}");
    // The button pressed twice makes no more.
    visitor.done(&prepare, &form).await;
    let all = world.admin().get("/v1/project/demo/static-ips").await.ok();
    assert_eq!(all["static_ips"].as_array().unwrap().len(), 2);
    let made = visitor
        .done(&format!("{LINK_PAGE}/create"), &[("subscription", ALLOWED)])
        .await;
    assert!(made.contains("state-creating"), "{made}");

    // The static IPs are there and not used.
    let world = World::new().await;
    with_service(&world).await;
    for _ in 0..2 {
        associate_static_ip(&world).await;
    }
    let page = world.visitor().await.page(LINK_PAGE).await;
    assert!(page.contains(">Use the static IPs</button>"), "{page}");
}

#[tokio::test]
async fn a_form_offers_the_missing_project_vpc() {
    let world = World::new().await;
    let mut service = pg("");
    service["project_vpc_id"] = json!(null);
    world.admin().post(SERVICES, service).await.ok();
    let visitor = world.visitor().await;
    let prepare = format!("{LINK_PAGE}/prepare");
    let page = visitor.page(LINK_PAGE).await;
    assert!(page.contains("value=\"10.70.0.0/24\""), "{page}");
    let refused = visitor
        .post(
            &prepare,
            &[
                ("subscription", ALLOWED),
                ("network_cidr", "10.0.0.0/8"),
                ("do", "create-vpc"),
            ],
        )
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text.contains(&format!(">{ALLOWED}</textarea>")));
    let form = [("network_cidr", "10.70.0.0/24"), ("do", "create-vpc")];
    let made = visitor.done(&prepare, &form).await;
    assert!(made.contains("is being created. This page shows"), "{made}");
    let vpc = active_vpc(&world).await;
    let page = visitor.page(LINK_PAGE).await;
    assert!(
        page.contains("Move into project VPC 10.64.0.0/24"),
        "{page}"
    );
    let moved = visitor
        .done(&prepare, &[("subscription", ALLOWED), ("use_vpc", &vpc)])
        .await;
    assert!(moved.contains("Make 2 static IPs"), "{moved}");
    assert!(moved.contains(&format!(">{ALLOWED}</textarea>")), "{moved}");
}

#[tokio::test]
async fn a_feature_that_is_off_is_switched_on_by_the_operator_only() {
    let world = World::new().await;
    with_static_ips(&world).await;
    let feature = "/v1/underpass/project/demo/features/privatelink_azure";
    let off = json!({"enabled": false});
    world.admin().put(feature, off).await.ok();
    let member = world
        .user("eve@example.net", &[("demo", Role::Admin)])
        .await;
    let member = Visitor::with(&world, &member.token.unwrap()).await;
    let page = member.page(LINK_PAGE).await;
    assert!(
        page.contains("feature_off") && !page.contains("enable-feature"),
        "{page}"
    );
    let visitor = world.visitor().await;
    let page = visitor.page(LINK_PAGE).await;
    assert!(page.contains("value=\"enable-feature\""), "{page}");
    let form = [("do", "enable-feature"), ("feature", "privatelink_azure")];
    let back = visitor.done(&format!("{LINK_PAGE}/prepare"), &form).await;
    assert!(back.contains("Create link</button>"), "{back}");
}

#[tokio::test]
async fn a_link_leads_to_the_portal_where_its_cloud_is_emulated() {
    let world = World::new().await;
    with_static_ips(&world).await;
    let visitor = world.visitor().await;
    visitor.done(&format!("{LINK_PAGE}/create"), &[]).await;
    let page = visitor.page(LINK_PAGE).await;
    assert!(!page.contains(PORTAL), "there is no alias yet: {page}");

    let world = World::new().await;
    with_active_link(&world).await;
    let reply = world.visitor().await.get(LINK_PAGE).await;
    let link = world.admin().get(LINK).await.ok();
    let target = link["azure_service_alias"].as_str().unwrap();
    let shown = format!(
        "<a href=\"{PORTAL}/create?target={target}\">Create an endpoint in emulated Azure</a>"
    );
    assert!(reply.text.contains(&shown), "{shown}: {}", reply.text);
    // The portal does not learn where the visitor comes from.
    assert_eq!(reply.headers["referrer-policy"], "same-origin");
    // Consumers' work is no change of the project.
    let reader = world.reading_visitor().await.page(LINK_PAGE).await;
    assert!(reader.contains(&shown), "{reader}");
    world.admin().delete(LINK).await.ok();
    let going = world.visitor().await.page(LINK_PAGE).await;
    assert!(!going.contains(PORTAL), "{going}");
}

#[tokio::test]
async fn a_link_of_a_cloud_without_a_portal_says_nothing_of_one() {
    let world = World::new().await;
    published_google::with_active_link(&world).await;
    let path = LINK_PAGE.replace("azure", "google");
    let page = world.visitor().await.page(&path).await;
    assert!(page.contains("Service attachment"), "{page}");
    assert!(!page.contains("emulated"), "{page}");
}
