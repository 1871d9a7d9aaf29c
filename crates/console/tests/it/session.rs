//! Sign-in, home and sign-out, as a browser without scripts sees them.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use axum::http::header::{LOCATION, RETRY_AFTER, SET_COOKIE};
use serde_json::json;
use underpass_model::credentials::Secret;

use crate::published::{ALLOWED, LINK, discover_endpoint, with_active_link};
use crate::visitor::Visitor;
use crate::world::World;

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
    let listed = listed["tokens"].as_array().unwrap().iter();
    let listed: BTreeSet<_> = listed
        .map(|it| it["description"].as_str().unwrap())
        .collect();
    assert_eq!(
        listed,
        BTreeSet::from(["created at the first start", "mine"])
    );
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
async fn an_open_page_does_not_keep_a_session_alive() {
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
async fn an_unknown_address_of_the_console_is_a_page() {
    let world = World::new().await;
    let visitor = world.visitor().await;
    let reply = visitor.get("/console/nothing/here").await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert!(
        reply.text.contains("The console has no page"),
        "{}",
        reply.text
    );
    let home = r#"href="/console""#;
    assert!(reply.text.contains(home), "{}", reply.text);
    let reply = world.stranger().get("/console/nothing").await;
    assert_eq!(
        reply.headers[LOCATION],
        "/console/sign-in?next=%2Fconsole%2Fnothing"
    );
}

#[tokio::test]
async fn a_sign_in_after_too_many_says_when_to_try_again() {
    let world = World::new().await;
    let body = json!({"underpass": {"only_projects": ["demo"], "read_only": true}});
    let made = world.admin().post("/v1/access_token", body).await.ok();
    let token = Secret::new(made["full_token"].as_str().unwrap().to_owned());
    for _ in 0..20 {
        let reply = Visitor::knock(&world, &token).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.text);
    }
    let reply = Visitor::knock(&world, &token).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(reply.headers[RETRY_AFTER], "1");
    assert!(reply.text.contains("Retry in 1 s"), "{}", reply.text);
    assert!(
        reply.text.contains("name=\"token\""),
        "the form is shown again"
    );
    world.visitor().await.page(HOME).await;
}
