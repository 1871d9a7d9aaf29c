//! The page of accounts on hold: differences, planned writes, adoption, and the end of a hold.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value, json};
use underpass_model::cloud::Provider;
use underpass_model::decision_proof::ProvenDecision;
use underpass_model::id::ConnectionId;
use underpass_model::link::Link;
use underpass_model::part::{AzurePart, AzureSpec, Facts, Part, Rule, Spec};
use underpass_store::{Key, Kind, Lookup};

use crate::held::{SUBSCRIPTION, hold, proven};
use crate::published::{discover_endpoint, with_link, work};
use crate::service::between;
use crate::visitor::Visitor;
use crate::world::{World, project, seen};

const RECOVERY: &str = "/console/recovery";

const RESUME: &str = "/console/recovery/azure/resume";

const ADOPT: &str = "/console/recovery/azure/adopt";

const HELD: &str = "/v1/underpass/recovery";

/// A link that the store does not have.
const UNKNOWN: &str = "s0a1b2c3d4e5f";

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

/// Plays a cloud that has components open for the link, for instance since the backup.
async fn open(world: &World, components: &[(&str, u16)]) {
    let rule = |(name, port): &(&str, u16)| Rule {
        name: (*name).to_owned(),
        link_port: *port,
        backend_port: *port,
        node: None,
    };
    let balancer = AzureSpec::Balancer {
        rules: components.iter().map(rule).collect(),
        pools: BTreeSet::new(),
    };
    let part = Part::Azure(AzurePart::Balancer);
    let observed = seen([(part, Spec::Azure(balancer), Facts::default())]);
    world.observe(&work(), &observed).await;
}

/// An account on hold without differences, whose end closes a component.
async fn with_writes(world: &World, visitor: &Visitor) {
    with_hold(world).await;
    visitor.done(ADOPT, &[]).await;
    open(world, &[("pgbouncer", 6432)]).await;
}

async fn held(world: &World) -> Value {
    world.admin().get(HELD).await.ok()
}

/// Text of a page without the places where a line may break.
fn unbroken(page: &str) -> String {
    page.replace("<wbr>", "")
}

fn agreed(page: &str) -> String {
    between(page, "name=\"agreed\" value=\"", "\"")
}

#[tokio::test]
async fn nothing_is_on_hold_normally() {
    let world = World::new().await;
    let visitor = world.visitor().await;
    let page = visitor.page(RECOVERY).await;
    assert!(page.contains("No account is on hold"), "{page}");
    assert!(page.contains("underpass recovery show"), "{page}");
    let page = visitor.page(RESUME).await;
    assert!(page.contains("Account azure is not on hold"), "{page}");
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
    let adopted = visitor.done(ADOPT, &form).await;
    assert!(
        adopted.contains("Adopted 1 connection of account `azure`"),
        "{adopted}"
    );
    assert!(adopted.contains("Resume the work of azure"), "{adopted}");
    let question = visitor.page(RESUME).await;
    let form = [
        ("agreed", agreed(&question)),
        ("typed", "azure".to_owned()),
        ("unread", "on".to_owned()),
    ];
    let form = form.each_ref().map(|(name, value)| (*name, value.as_str()));
    let resumed = visitor.done(RESUME, &form).await;
    assert!(resumed.contains("No account is on hold"), "{resumed}");
    assert_eq!(held(&world).await, json!({"accounts": []}));
}

#[tokio::test]
async fn what_the_cloud_shows_is_overruled_only_by_the_name_of_the_account() {
    let world = World::new().await;
    let id = with_hold(&world).await;
    let visitor = world.visitor().await;
    let page = visitor.page(RECOVERY).await;
    assert!(page.contains(&format!("href=\"{RESUME}\"")), "{page}");
    let page = visitor.page(RESUME).await;
    let question = between(&page, "id=\"overruled\"", "</div>");
    assert!(
        question.contains("which cuts its flows") && question.contains(id.as_str()),
        "{question}"
    );
    let agreed = agreed(&page);
    for form in [
        vec![],
        vec![("typed", "azure")],
        vec![("agreed", agreed.as_str())],
        vec![("agreed", agreed.as_str()), ("typed", "azur")],
        // The cloud was not read completely.
        vec![("agreed", agreed.as_str()), ("typed", "azure")],
        vec![
            ("agreed", agreed.as_str()),
            ("typed", "azur"),
            ("unread", "on"),
        ],
        vec![("agreed", "other"), ("typed", "azure")],
    ] {
        let refused = visitor.post(RESUME, &form).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{form:?}");
        let accounts = held(&world).await["accounts"].as_array().unwrap().len();
        assert_eq!(accounts, 1, "{form:?}");
    }
    let form = [
        ("agreed", agreed.as_str()),
        ("typed", "azure"),
        ("unread", "on"),
    ];
    let resumed = visitor.done(RESUME, &form).await;
    assert!(
        resumed.contains("The work of account `azure` goes on"),
        "{resumed}"
    );
}

#[tokio::test]
async fn the_pages_show_what_the_end_of_a_hold_writes_and_cuts() {
    let world = World::new().await;
    let visitor = world.visitor().await;
    with_writes(&world, &visitor).await;
    for href in [RECOVERY, RESUME] {
        let page = unbroken(&visitor.page(href).await);
        for words in [
            "link/demo/pg-1/azure",
            "update load balancer",
            "pg on port 25432",
            "is not read completely yet",
            "the page updates itself",
        ] {
            assert!(page.contains(words), "{href} {words}: {page}");
        }
        let cuts = between(&page, "state-closed\">cut</span> <strong>", "</strong>");
        assert!(cuts.contains("pgbouncer on port 6432"), "{href}: {cuts}");
    }
}

#[tokio::test]
async fn a_hold_with_planned_writes_does_not_end_without_a_confirmation() {
    let world = World::new().await;
    let visitor = world.visitor().await;
    with_writes(&world, &visitor).await;
    let before = held(&world).await;
    let page = visitor.page(RECOVERY).await;
    assert!(!page.contains(&format!("action=\"{RESUME}\"")), "{page}");
    let agreed = agreed(&visitor.page(RESUME).await);
    for form in [vec![], vec![("agreed", agreed.as_str())]] {
        let refused = visitor.post(RESUME, &form).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{form:?}");
        let asked = unbroken(&refused.text);
        assert!(asked.contains("pgbouncer on port 6432"), "{asked}");
    }
    assert_eq!(held(&world).await, before);
}

#[tokio::test]
async fn a_changed_plan_is_asked_about_again() {
    let world = World::new().await;
    let visitor = world.visitor().await;
    with_writes(&world, &visitor).await;
    let seen = agreed(&visitor.page(RESUME).await);
    open(&world, &[("pgbouncer", 6432), ("karapace", 8081)]).await;
    let form = [("agreed", seen.as_str()), ("typed", "azure")];
    let asked = visitor.post(RESUME, &form).await;
    assert_eq!(asked.status, StatusCode::BAD_REQUEST);
    let page = unbroken(&asked.text);
    assert!(page.contains("changed since the page was made"), "{page}");
    assert!(page.contains("karapace on port 8081"), "{page}");
    assert!(page.contains("name=\"typed\" value=\"\""), "{page}");
    assert_eq!(held(&world).await["accounts"].as_array().unwrap().len(), 1);
    let now = agreed(&asked.text);
    let form = [
        ("agreed", now.as_str()),
        ("typed", "azure"),
        ("unread", "on"),
    ];
    visitor.done(RESUME, &form).await;
    assert_eq!(held(&world).await, json!({"accounts": []}));
}

#[tokio::test]
async fn an_adoption_names_each_link_that_it_left_out() {
    let world = World::new().await;
    with_hold(&world).await;
    let other = ConnectionId::from_bits(78);
    let approved = proven(&other, ProvenDecision::Approved, 3);
    hold(&world, UNKNOWN, false, approved).await;
    let adopted = world.visitor().await.post(ADOPT, &[]).await;
    assert_eq!(adopted.status, StatusCode::OK, "{}", adopted.text);
    let page = adopted.text;
    assert!(page.contains("Adopted 1 connection"), "{page}");
    let left = between(&page, "id=\"unadopted\"", "</ul>");
    assert!(left.contains(UNKNOWN), "{left}");
    let remaining = held(&world).await;
    let links = remaining["accounts"][0]["links"].as_array().unwrap();
    assert_eq!(links.len(), 1, "{links:?}");
    let reason = between(&left, "</code>: ", "</li>");
    insta::assert_snapshot!(
        reason.replace(&link_id(&world).await, "[stored]"),
        @"<bdi>The store has link [stored] in place of link s0a1b2c3d4e5f. The cloud was not read completely yet, so it may have both. Adopt again in some seconds</bdi>. <bdi>Ask an operator to compare with <code>underpass recovery show</code></bdi>."
    );
}

#[tokio::test]
async fn the_end_of_a_hold_names_the_orphans() {
    let world = World::new().await;
    let id = ConnectionId::from_bits(77);
    hold(
        &world,
        UNKNOWN,
        false,
        proven(&id, ProvenDecision::Approved, 2),
    )
    .await;
    let visitor = world.visitor().await;
    let question = visitor.page(RESUME).await;
    let left = between(&question, "id=\"left\"", "</div>");
    assert!(left.contains(UNKNOWN), "{left}");
    let agreed = agreed(&question);
    let form = [
        ("agreed", agreed.as_str()),
        ("typed", "azure"),
        ("unread", "on"),
    ];
    let resumed = visitor.post(RESUME, &form).await;
    assert_eq!(resumed.status, StatusCode::OK, "{}", resumed.text);
    let left = between(&resumed.text, "id=\"left\"", "</section>");
    for words in [UNKNOWN, "demo/pg-1", "1 approved connection"] {
        assert!(left.contains(words), "{words}: {left}");
    }
    assert_eq!(held(&world).await, json!({"accounts": []}));
}
