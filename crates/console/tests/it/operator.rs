//! The pages of operators: recovery and backup.

use axum::http::StatusCode;
use serde_json::json;
use underpass_model::auth::Role;
use underpass_model::cloud::Provider;
use underpass_model::decision_proof::ProvenDecision;
use underpass_model::id::ConnectionId;
use underpass_model::link::Link;
use underpass_store::{Key, Kind, Lookup};

use crate::held::{SUBSCRIPTION, hold, proven};
use crate::published::{discover_endpoint, stored, with_active_link, with_link, work};
use crate::service::between;
use crate::visitor::Visitor;
use crate::world::{World, project};

const RECOVERY: &str = "/console/recovery";

const HELD: &str = "/v1/underpass/recovery";

const LINK_PAGE: &str = "/console/project/demo/service/pg-1/privatelink/azure";

async fn link_id(world: &World) -> String {
    let key = Key::link(&project(), &"pg-1".parse().unwrap(), Provider::Azure);
    let lookup = Lookup::One(Kind::Link, key.clone());
    let fetched = world.app.store.fetch(&[lookup]).await.unwrap();
    let link = fetched.one::<Link>(&key).unwrap().unwrap();
    link.value.id.to_string()
}

/// An account on hold, with one approved connection that the store does not have.
async fn with_hold(world: &World) -> ConnectionId {
    with_link(world).await;
    discover_endpoint(world, SUBSCRIPTION, "pe-1").await;
    let id = ConnectionId::from_bits(77);
    let approved = proven(&id, ProvenDecision::Approved, 2);
    hold(world, &link_id(world).await, true, approved).await;
    id
}

async fn member(world: &World) -> Visitor {
    let member = world
        .user("eve@example.net", &[("demo", Role::Admin)])
        .await;
    Visitor::with(world, &member.token.unwrap()).await
}

#[tokio::test]
async fn only_operators_see_the_pages_of_the_installation() {
    let world = World::new().await;
    let home = "/console/project/demo";
    let shown = world.visitor().await.page(home).await;
    let member = member(&world).await.page(home).await;
    for href in [RECOVERY, "/console/backup"] {
        let link = format!("<a href=\"{href}\">");
        assert!(shown.contains(&link), "{shown}");
        assert!(!member.contains(&link), "{member}");
    }
}

#[tokio::test]
async fn nothing_is_on_hold_normally() {
    let world = World::new().await;
    let page = world.visitor().await.page(RECOVERY).await;
    assert!(page.contains("No account is on hold"), "{page}");
    assert!(page.contains("underpass recovery show"), "{page}");
}

#[tokio::test]
async fn an_operator_adopts_what_differs_and_resumes() {
    let world = World::new().await;
    let id = with_hold(&world).await;
    let visitor = world.visitor().await;
    let page = visitor.page(RECOVERY).await;
    for words in [
        "demo/pg-1",
        id.as_str(),
        "state-approved",
        "unknown",
        "pe-1",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("Resume the work of azure"), "{page}");
    let link = link_id(&world).await;
    let form = [("link", link.as_str()), ("connection", id.as_str())];
    let adopted = visitor
        .done(&format!("{RECOVERY}/azure/adopt"), &form)
        .await;
    assert!(
        adopted.contains("Adopted 1 connection of account `azure`"),
        "{adopted}"
    );
    assert!(adopted.contains("Resume the work of azure"), "{adopted}");
    let resumed = visitor.done(&format!("{RECOVERY}/azure/resume"), &[]).await;
    assert!(resumed.contains("No account is on hold"), "{resumed}");
    let held = world.admin().get(HELD).await.ok();
    assert_eq!(held, json!({"accounts": []}));
}

#[tokio::test]
async fn what_the_cloud_shows_is_overruled_only_by_the_name_of_the_account() {
    let world = World::new().await;
    let id = with_hold(&world).await;
    let visitor = world.visitor().await;
    let page = visitor.page(RECOVERY).await;
    let question = between(&page, "id=\"overrule-azure\"", "</details>");
    assert!(
        question.contains("which cuts its flows") && question.contains(id.as_str()),
        "{question}"
    );
    let agreed = between(&question, "name=\"agreed\" value=\"", "\"");
    let resume = format!("{RECOVERY}/azure/resume");
    for form in [
        vec![],
        vec![("agreed", agreed.as_str()), ("typed", "azur")],
        vec![("agreed", "other"), ("typed", "azure")],
    ] {
        let refused = visitor.post(&resume, &form).await;
        assert!(
            refused.status.is_client_error(),
            "{form:?}: {}",
            refused.text
        );
        let held = world.admin().get(HELD).await.ok();
        assert_eq!(held["accounts"].as_array().unwrap().len(), 1, "{form:?}");
    }
    let form = [("agreed", agreed.as_str()), ("typed", "azure")];
    let resumed = visitor.done(&resume, &form).await;
    assert!(
        resumed.contains("The work of account `azure` goes on"),
        "{resumed}"
    );
}

#[tokio::test]
async fn a_link_of_a_held_account_leads_an_operator_to_recovery() {
    let world = World::new().await;
    with_active_link(&world).await;
    let mut observed = stored(&world).await;
    observed.held_since = Some(world.now());
    world.observe(&work(), &observed).await;
    let banner = |page: &str| between(page, "id=\"on-hold\"", "</p>");
    let link = format!("<a href=\"{RECOVERY}\">");
    let shown = world.visitor().await.page(LINK_PAGE).await;
    assert!(banner(&shown).contains(&link), "{shown}");
    let shown = member(&world).await.page(LINK_PAGE).await;
    assert!(banner(&shown).contains("An operator"), "{shown}");
    assert!(!shown.contains(&link), "{shown}");
}

#[tokio::test]
async fn the_page_of_backups_names_what_they_lack() {
    let world = World::new().await;
    let visitor = world.visitor().await;
    let page = visitor.page("/console/backup").await;
    let lacks = between(&page, "id=\"not-included\"", "</section>");
    assert!(lacks.contains("<code>store.key</code>"), "{lacks}");
    assert!(page.contains("underpass backup underpass.backup"), "{page}");
    // A store in memory has no backup: the page says so and sends no file.
    let refused = visitor.post("/console/backup", &[]).await;
    assert_ne!(refused.status, StatusCode::OK);
    assert!(refused.headers.get("content-disposition").is_none());
}
