//! The pages of operators.

use axum::http::StatusCode;
use underpass_model::auth::Role;

use crate::published::{stored, with_active_link, work};
use crate::service::between;
use crate::visitor::Visitor;
use crate::world::World;

const RECOVERY: &str = "/console/recovery";

const LINK_PAGE: &str = "/console/project/demo/service/pg-1/privatelink/azure";

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
