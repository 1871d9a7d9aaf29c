//! The window *Network configuration*: the documented way to it, and what it says before it cuts.

use axum::http::StatusCode;
use serde_json::json;

use crate::published::{OURS, PG, with_active_connection, with_active_link, with_service};
use crate::service::between;
use crate::world::World;

const SETTINGS: &str = "/console/project/demo/service/pg-1/settings";
const WINDOW: &str = "/console/project/demo/service/pg-1/settings/network-configuration";

/// Input of the form for the components of a service with `pg` open, with these switched on.
fn components<'a>(on: &'a [&'a str]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("was.privatelink_access.pg", "true"),
        ("was.privatelink_access.pgbouncer", ""),
        ("step", "save"),
    ];
    fields.extend(on.iter().map(|name| (*name, "true")));
    fields
}

const PG_ON: &str = "set.privatelink_access.pg";
const PGBOUNCER_ON: &str = "set.privatelink_access.pgbouncer";

async fn access(world: &World) -> serde_json::Value {
    let answer = world.admin().get(PG).await.ok();
    answer["service"]["user_config"]["privatelink_access"].clone()
}

#[tokio::test]
async fn the_way_to_the_window_is_the_documented_one() {
    let world = World::new().await;
    with_service(&world).await;
    let visitor = world.visitor().await;
    let service = visitor.page("/console/project/demo/service/pg-1").await;
    assert!(
        service.contains(&format!(r#"<a href="{SETTINGS}">Service settings</a>"#)),
        "{service}"
    );
    let settings = visitor.page(SETTINGS).await;
    for words in [
        ">Cloud and network</h2>",
        "<summary>Actions</summary>",
        &format!(r#"<a href="{WINDOW}">More network configurations</a>"#),
    ] {
        assert!(settings.contains(words), "{words} in {settings}");
    }
    let window = visitor.page(WINDOW).await;
    for words in [
        ">Network configuration</h1>",
        ">Add configuration options</summary>",
        r#"type="search""#,
        ">Cancel</a>",
        ">Save configuration</button>",
        r#"name="set.privatelink_access.pg" value="true" checked"#,
        r#"name="set.privatelink_access.pgbouncer" value="true" aria"#,
        "link port 25432",
        "-c privatelink_access.pgbouncer=true --project demo",
    ] {
        assert!(window.contains(words), "{words} in {window}");
    }
    // What the schema has of the network is offered, and nothing else.
    assert!(window.contains(r#"name="set.ip_filter""#), "{window}");
    assert!(!window.contains("pg_version"), "{window}");
}

#[tokio::test]
async fn a_search_works_without_a_script_and_keeps_what_is_filled_in() {
    let world = World::new().await;
    with_service(&world).await;
    let visitor = world.visitor().await;
    let hidden = |page: &str, option: &str| {
        let legend = format!(r#"<legend class="mono">{option}</legend>"#);
        let (before, _) = page.split_once(&legend).unwrap();
        let (_, tag) = before.rsplit_once("<fieldset").unwrap();
        tag.contains(" hidden")
    };
    let found = visitor
        .page(&format!("{WINDOW}?search=privatelink_access"))
        .await;
    assert!(!hidden(&found, "privatelink_access"), "{found}");
    assert!(hidden(&found, "ip_filter"), "{found}");
    let mut fields = vec![
        ("search", "FILTER"),
        ("was.ip_filter", ""),
        ("set.ip_filter", "10.0.0.0/8"),
    ];
    fields.push(("step", "search"));
    let searched = visitor.post(WINDOW, &fields).await;
    assert_eq!(searched.status, StatusCode::OK);
    assert!(
        hidden(&searched.text, "privatelink_access"),
        "{}",
        searched.text
    );
    assert!(
        searched.text.contains("10.0.0.0/8</textarea>"),
        "{}",
        searched.text
    );
}

#[tokio::test]
async fn what_only_opens_is_saved_at_once_and_told() {
    let world = World::new().await;
    with_active_link(&world).await;
    with_active_connection(&world, "e1", "127.64.0.4").await;
    let visitor = world.visitor().await;
    let notice = visitor
        .notice(WINDOW, &components(&[PG_ON, PGBOUNCER_ON]))
        .await;
    assert_eq!(
        notice,
        "Saved; open on the private link: pgbouncer (link port 16432)"
    );
    assert_eq!(access(&world).await, json!({"pg": true, "pgbouncer": true}));
    assert!(
        visitor
            .notice(WINDOW, &[("step", "save")])
            .await
            .contains("No changes")
    );
}

#[tokio::test]
async fn before_flows_are_cut_the_window_says_whose() {
    let world = World::new().await;
    with_active_link(&world).await;
    let first = with_active_connection(&world, "e1", "127.64.0.4").await;
    let label = format!("{OURS}/privatelink/azure/connections/{first}/label");
    world
        .admin()
        .put(&label, json!({"label": "<b>Team blue</b>"}))
        .await
        .ok();
    let visitor = world.visitor().await;
    let form = components(&[PGBOUNCER_ON]);
    let review = visitor.post(WINDOW, &form).await;
    assert_eq!(review.status, StatusCode::OK);
    let text = between(&review.text, r#"id="review">"#, r#"class="window-foot""#);
    assert!(
        text.contains("This opens <strong>pgbouncer (link port 16432)</strong>"),
        "{text}"
    );
    assert!(
        text.contains("This closes <strong>pg (link port 25432)</strong>"),
        "{text}"
    );
    assert!(
        text.contains("cuts the flows of 1 connection to it"),
        "{text}"
    );
    assert!(
        text.contains(&format!("<code>{first}</code> <bdi>&#60;b&#62;Team blue")),
        "{text}"
    );
    assert!(review.text.contains(">Confirm</button>"));
    assert_eq!(
        access(&world).await,
        json!({"pg": true}),
        "nothing is changed before it is confirmed"
    );

    // An agreement to one cut is no agreement to a larger one.
    let agreed = between(&text, r#"name="agreed" value=""#, "\"");
    let mut confirmed = form.clone();
    confirmed.push(("agreed", &agreed));
    let second = with_active_connection(&world, "e2", "127.64.0.5").await;
    let again = visitor.post(WINDOW, &confirmed).await;
    assert_eq!(again.status, StatusCode::OK);
    assert!(
        again.text.contains(&format!("<code>{second}</code>")),
        "{}",
        again.text
    );
    let agreed = between(&again.text, r#"name="agreed" value=""#, "\"");
    let mut confirmed = form.clone();
    confirmed.push(("agreed", &agreed));
    let notice = visitor.notice(WINDOW, &confirmed).await;
    assert!(
        notice.contains("no longer open on the private link: pg (link port 25432)"),
        "{notice}"
    );
    assert_eq!(
        access(&world).await,
        json!({"pg": false, "pgbouncer": true})
    );
}

#[tokio::test]
async fn the_review_sends_again_what_was_filled_in_and_can_be_left() {
    let world = World::new().await;
    with_active_link(&world).await;
    with_active_connection(&world, "e1", "127.64.0.4").await;
    let visitor = world.visitor().await;
    let mut form = components(&[]);
    form.extend([("was.ip_filter", ""), ("set.ip_filter", "10.0.0.0/8")]);
    let review = visitor.post(WINDOW, &form).await.text;
    assert!(review.contains("This closes <strong>pg"), "{review}");
    assert!(
        review.contains("The cloud decides when established flows end"),
        "{review}"
    );
    assert!(review.contains("10.0.0.0/8</textarea>"), "{review}");
    assert!(
        review.contains("-c privatelink_access.pg=false"),
        "{review}"
    );
    form.retain(|(name, _)| *name != "step");
    form.push(("step", "edit"));
    let back = visitor.post(WINDOW, &form).await.text;
    assert!(
        !back.contains(r#"set.privatelink_access.pg" value="true" checked"#),
        "{back}"
    );
    assert!(back.contains("10.0.0.0/8</textarea>"), "{back}");
    assert_eq!(access(&world).await, json!({"pg": true}));
}

#[tokio::test]
async fn without_active_connections_closing_cuts_nothing() {
    let world = World::new().await;
    with_active_link(&world).await;
    let visitor = world.visitor().await;
    let notice = visitor.notice(WINDOW, &components(&[])).await;
    assert!(
        notice.contains("no longer open on the private link: pg"),
        "{notice}"
    );
}

#[tokio::test]
async fn what_the_api_refuses_is_told_in_the_window_with_the_input_kept() {
    let world = World::new().await;
    with_active_link(&world).await;
    let visitor = world.visitor().await;
    let fields = [
        ("was.static_ips", "true"),
        ("was.ip_filter", ""),
        ("set.ip_filter", "10.0.0.0/8"),
        ("step", "save"),
    ];
    let refused = visitor.post(WINDOW, &fields).await;
    assert!(refused.status.is_client_error(), "{}", refused.text);
    assert!(refused.text.contains(r#"id="problem""#), "{}", refused.text);
    assert!(
        refused.text.contains("10.0.0.0/8</textarea>"),
        "{}",
        refused.text
    );
    assert!(
        refused.text.contains("-c static_ips=false"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn a_reader_cannot_save() {
    let world = World::new().await;
    with_service(&world).await;
    let reader = world.reading_visitor().await;
    let window = reader.page(WINDOW).await;
    assert!(!window.contains("Save configuration"), "{window}");
    let refused = reader
        .post(WINDOW, &components(&[PG_ON, PGBOUNCER_ON]))
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    assert_eq!(access(&world).await, json!({"pg": true}));
}
