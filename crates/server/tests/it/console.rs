//! The console's door, its home and the pages of links, as a browser without scripts sees them.

use axum::http::StatusCode;
use axum::http::header::{LOCATION, SET_COOKIE};
use serde_json::json;
use underpass_model::credentials::Secret;

use crate::published::{
    ALLOWED, LINK, OURS, PG, discover_endpoint, with_active_connection, with_active_link,
    with_service, with_static_ips,
};
use crate::published_google;
use crate::visitor::Visitor;
use crate::world::{PORTAL, World};

const HOME: &str = "/console/project/demo";
const LINK_PAGE: &str = "/console/project/demo/service/pg-1/privatelink/azure";

#[tokio::test]
async fn the_door_leads_to_the_sign_in_and_then_to_the_first_project() {
    let world = World::new().await;
    let reply = world.stranger().get("/").await;
    assert_eq!(reply.headers[LOCATION], "/console/sign-in");
    let reply = world.stranger().get(&format!("{HOME}/event?x=1")).await;
    assert_eq!(
        reply.headers[LOCATION],
        "/console/sign-in?next=%2Fconsole%2Fproject%2Fdemo%2Fevent%3Fx%3D1"
    );
    let visitor = world.visitor().await;
    let reply = visitor.get("/console").await;
    assert_eq!(reply.headers[LOCATION], HOME);
}

#[tokio::test]
async fn a_session_is_a_token_of_its_own_which_ends_with_its_origin() {
    let world = World::new().await;
    let made = world
        .admin()
        .post("/v1/access_token", json!({"description": "mine"}))
        .await
        .ok();
    let typed = Secret::new(made["full_token"].as_str().unwrap().to_owned());
    let visitor = Visitor::with(&world, &typed).await;
    assert!(!visitor.cookie().contains(typed.expose()));
    let listed = world.admin().get("/v1/access_token").await.ok();
    let sessions: Vec<_> = listed["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| {
            it["description"]
                .as_str()
                .unwrap()
                .starts_with("web console session")
        })
        .collect();
    assert_eq!(sessions.len(), 1);
    visitor.page(HOME).await;
    let prefix = made["token_prefix"].as_str().unwrap();
    world
        .admin()
        .delete(&format!("/v1/access_token/{prefix}"))
        .await
        .ok();
    assert_eq!(visitor.get(HOME).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_for_half_a_day() {
    let world = World::new().await;
    let visitor = world.visitor().await;
    world.pass(jiff::SignedDuration::from_hours(11));
    visitor.page(HOME).await;
    world.pass(jiff::SignedDuration::from_hours(11));
    visitor.page(HOME).await;
    world.pass(jiff::SignedDuration::from_hours(13));
    assert_eq!(visitor.get(HOME).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_page_that_somebody_left_open_does_not_keep_their_session_alive() {
    let world = World::new().await;
    let visitor = world.visitor().await;
    for _ in 0..2 {
        world.pass(jiff::SignedDuration::from_hours(5));
        assert_eq!(visitor.get_unattended(HOME).await.status, StatusCode::OK);
    }
    world.pass(jiff::SignedDuration::from_hours(3));
    assert_eq!(visitor.get(HOME).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn who_signs_out_is_out() {
    let world = World::new().await;
    let visitor = world.visitor().await;
    let forged = visitor.forge("/console/sign-out", &[]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let reply = visitor.post("/console/sign-out", &[]).await;
    assert_eq!(reply.headers[LOCATION], "/console/sign-in");
    let cookie = reply.headers[SET_COOKIE].to_str().unwrap();
    assert!(cookie.ends_with("Max-Age=0"), "{cookie}");
    assert_eq!(visitor.get(HOME).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn home_shows_who_waits_and_for_how_long() {
    let world = World::new().await;
    with_active_link(&world).await;
    let plc = discover_endpoint(&world, ALLOWED, "e1").await;
    world.pass(jiff::SignedDuration::from_mins(7));
    let home = world.visitor().await.page(HOME).await;
    for shown in ["7 min", plc.as_str(), ">e1</bdi>", "pg-1"] {
        assert!(home.contains(shown), "{shown} is not in {home}");
    }
}

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
    assert!(made.contains("The link is being made") && made.contains("state-creating"));

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
    assert!(mistyped.text.contains("Nothing was removed"));
    visitor
        .done(&format!("{LINK_PAGE}/remove"), &[("typed", "pg-1")])
        .await;
    assert_eq!(world.admin().get(LINK).await.ok()["state"], "deleting");
}

#[tokio::test]
async fn a_connection_is_decided_about() {
    let world = World::new().await;
    with_active_link(&world).await;
    let plc = discover_endpoint(&world, ALLOWED, "e1").await;
    let visitor = world.visitor().await;
    let at = |verb: &str| format!("{LINK_PAGE}/connection/{plc}/{verb}");
    let half = visitor
        .post(&at("approve"), &[("user_ip_address", "8.8.8.8")])
        .await;
    assert_eq!(half.status, StatusCode::BAD_REQUEST);
    assert!(half.text.contains("is approved, but has no address yet"));
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
    let ours = format!("{OURS}/privatelink/azure/connections");
    let listed = world.admin().get(&ours).await.ok();
    assert_eq!(listed["connections"][0]["decision"], "rejected");
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
    assert!(asked.contains("This cuts 1 active connection:") && asked.contains(plc.as_str()));
}

#[tokio::test]
async fn nothing_changes_by_a_form_from_elsewhere() {
    let world = World::new().await;
    with_active_link(&world).await;
    let plc = discover_endpoint(&world, ALLOWED, "e1").await;
    let visitor = world.visitor().await;
    for (path, fields) in [
        (format!("{LINK_PAGE}/remove"), [("typed", "pg-1")]),
        (format!("{LINK_PAGE}/subscriptions"), [("remove", ALLOWED)]),
        (
            format!("{LINK_PAGE}/connection/{plc}/approve"),
            [("user_ip_address", "")],
        ),
    ] {
        let forged = visitor.forge(&path, &fields).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "{path}");
    }
    let link = world.admin().get(LINK).await.ok();
    assert_eq!(link["state"], "active");
    let listed = world.admin().get(&format!("{LINK}/connections")).await.ok();
    assert_eq!(listed["connections"][0]["state"], "pending-user-approval");
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
        "<a href=\"{PORTAL}/create?target={target}\">Make an endpoint in the emulated Azure</a>"
    );
    assert!(reply.text.contains(&shown), "{shown}: {}", reply.text);
    // Where the visitor comes from is nobody's business there.
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
