//! The console while the store takes no writes, because its disk is full.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use jiff::SignedDuration;
use serde_json::{Value, json};
use underpass_model::id::ConnectionId;
use underpass_store::{Cipher, Lineage, Sqlite};

use crate::nodes::{grown, hidden};
use crate::published::{
    ALLOWED, LINK, OURS, PG, SERVICES, associate_static_ip, discover_endpoint, with_active_link,
};
use crate::register::filled;
use crate::small_disk;
use crate::visitor::Visitor;
use crate::world::World;

const HOME: &str = "/console/project/demo";
const SERVICE: &str = "/console/project/demo/service/pg-1";
const LINK_PAGE: &str = "/console/project/demo/service/pg-1/privatelink/azure";

/// Message of every page while the store takes no writes.
const BANNER: &str = "No changes are possible now";

/// Reason why a form is refused.
const REASON: &str = "The store accepts no writes, so nothing was changed";

/// Pages of the project, and below them those of its service.
const PAGES: [&str; 15] = [
    "",
    "/service",
    "/connection",
    "/network",
    "/event",
    "/register-service",
    "/service/pg-1",
    "/service/pg-1?route=privatelink",
    "/service/pg-1/privatelink/azure",
    "/service/pg-1/privatelink/azure/remove",
    "/service/pg-1/nodes",
    "/service/pg-1/nodes/change",
    "/service/pg-1/settings",
    "/service/pg-1/settings/certificate",
    "/service/pg-1/settings/network-configuration",
];

/// A project on a full disk: a service with a link, and a connection that waits for a decision.
struct Degraded {
    world: World,
    /// The operator, who signed in while there was room.
    visitor: Visitor,
    waiting: ConnectionId,
    /// Nodes in the form that changes them, from before the disk was full.
    nodes_were: String,
    _dir: tempfile::TempDir,
}

impl Degraded {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("underpass.db");
        let store =
            Sqlite::open(&file, Cipher::from_bytes(&[7; 32]), Lineage::from_bits(1)).unwrap();
        let world = World::on_store(Arc::new(store)).await;
        with_active_link(&world).await;
        // For the second node of the form.
        for _ in 0..2 {
            associate_static_ip(&world).await;
        }
        let waiting = discover_endpoint(&world, ALLOWED, "e1").await;
        let visitor = world.visitor().await;
        let change = visitor.page(&format!("{SERVICE}/nodes/change")).await;
        small_disk::fill(&*world.app.store).await;
        Self {
            world,
            visitor,
            waiting,
            nodes_were: hidden(&change, "nodes_were"),
            _dir: dir,
        }
    }

    /// Everything that a form of the console could have changed.
    async fn everything(&self) -> Vec<Value> {
        let admin = self.world.admin();
        let mut found = Vec::new();
        for path in [
            SERVICES,
            PG,
            LINK,
            &format!("{LINK}/connections"),
            &format!("{OURS}/privatelink/azure/connections"),
            "/v1/project/demo/vpcs",
            "/v1/project/demo/static-ips",
            "/v1/underpass/project/demo/events?order=newest",
            "/v1/access_token",
        ] {
            found.push(admin.get(path).await.ok());
        }
        found
    }
}

/// The forms of a page that are sent to change something, but for the one that signs out.
fn forms(page: &str) -> Vec<&str> {
    page.split("<form")
        .skip(1)
        .filter_map(|form| form.split_once('>').map(|(attributes, _)| attributes))
        .filter(|it| it.contains("method=\"post\"") && !it.contains("/console/sign-out"))
        .collect()
}

#[tokio::test]
async fn pages_can_be_looked_at_and_offer_nothing_that_would_be_refused() {
    let name = "pages_can_be_looked_at_and_offer_nothing_that_would_be_refused";
    if !small_disk::is_here(&format!("degraded::{name}")) {
        return;
    }
    let degraded = Degraded::new().await;
    // The session would be extended now, were there room to write that down.
    degraded.world.pass(SignedDuration::from_hours(3));
    for below in PAGES {
        let page = degraded.visitor.page(&format!("{HOME}{below}")).await;
        assert!(page.contains(BANNER), "{below}: {page}");
        assert_eq!(forms(&page), Vec::<&str>::new(), "{below}: {page}");
    }
    let link = degraded.visitor.page(LINK_PAGE).await;
    assert!(link.contains(degraded.waiting.as_str()), "{link}");
}

#[tokio::test]
async fn pages_say_nothing_of_the_sort_while_there_is_room() {
    let world = World::new().await;
    with_active_link(&world).await;
    let visitor = world.visitor().await;
    for below in PAGES {
        let page = visitor.page(&format!("{HOME}{below}")).await;
        assert!(!page.contains(BANNER), "{below}: {page}");
    }
    for below in ["/settings", "/settings/network-configuration"] {
        let page = visitor.page(&format!("{SERVICE}{below}")).await;
        assert_ne!(forms(&page), Vec::<&str>::new(), "{below}: {page}");
    }
}

#[tokio::test]
async fn forms_are_refused_as_a_whole_and_say_why() {
    let name = "forms_are_refused_as_a_whole_and_say_why";
    if !small_disk::is_here(&format!("degraded::{name}")) {
        return;
    }
    let degraded = Degraded::new().await;
    let before = degraded.everything().await;
    let connection = format!("{LINK_PAGE}/connection/{}", degraded.waiting);
    let network = format!("{HOME}/network");
    let azure = "azure-westeurope";
    let address = ("user_ip_address", "127.64.0.4");
    let mut nodes = grown(&degraded.nodes_were, "n2", "127.0.0.2");
    // A list that only adds is sent without a question.
    nodes.retain(|(name, _)| *name != "component.0.port");
    nodes.extend([
        ("component.0.port", "15432"),
        ("component.0.link_port", "25432"),
        ("component.1.used", "on"),
        ("component.1.component", "pgbouncer"),
        ("component.1.port", "16432"),
        ("component.1.tls", "on"),
    ]);
    let forms: Vec<(String, Vec<(&str, &str)>)> = vec![
        (format!("{connection}/approve"), vec![address]),
        (format!("{connection}/reject"), vec![]),
        (format!("{connection}/label"), vec![("label", "team blue")]),
        (
            format!("{LINK_PAGE}/subscriptions"),
            vec![("add", "11111111-2222-4333-8444-555555555555")],
        ),
        (format!("{LINK_PAGE}/remove"), vec![("typed", "pg-1")]),
        (
            network.clone(),
            vec![
                ("do", "create-vpc"),
                ("vpc_cloud", azure),
                ("network_cidr", "10.70.0.0/24"),
            ],
        ),
        (
            network,
            vec![("do", "create-static-ip"), ("ip_cloud", azure)],
        ),
        (
            format!("{SERVICE}/settings/termination-protection"),
            vec![("termination_protection", "true")],
        ),
        (
            format!("{SERVICE}/settings/network-configuration"),
            vec![
                ("was.privatelink_access.pgbouncer", ""),
                ("set.privatelink_access.pgbouncer", "true"),
                ("step", "save"),
            ],
        ),
        (format!("{SERVICE}/nodes/change"), nodes),
        (
            format!("{HOME}/register-service"),
            filled("", &[("name", "pg-2"), ("cloud", azure)]),
        ),
        (
            format!("{SERVICE}/settings/certificate"),
            vec![("days", "90")],
        ),
    ];
    for (path, fields) in forms {
        let reply = degraded.visitor.post(&path, &fields).await;
        assert_eq!(
            reply.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{path}: {}",
            reply.text
        );
        assert!(reply.text.contains(REASON), "{path}: {}", reply.text);
        assert!(reply.text.contains(BANNER), "{path}: {}", reply.text);
    }
    assert_eq!(degraded.everything().await, before);
}

#[tokio::test]
async fn no_sign_in_without_a_session() {
    let name = "no_sign_in_without_a_session";
    if !small_disk::is_here(&format!("degraded::{name}")) {
        return;
    }
    let degraded = Degraded::new().await;
    let token = degraded.world.token();
    let reply = Visitor::knock(&degraded.world, &token).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    for said in ["You are not signed in", REASON] {
        assert!(reply.text.contains(said), "{said}: {}", reply.text);
    }
    assert!(!reply.headers.contains_key(SET_COOKIE));
}

#[tokio::test]
async fn the_api_says_that_it_is_the_store() {
    let name = "the_api_says_that_it_is_the_store";
    if !small_disk::is_here(&format!("degraded::{name}")) {
        return;
    }
    let degraded = Degraded::new().await;
    let admin = degraded.world.admin();
    admin.get("/readyz").await.refusal(503);
    let vpc = json!({"cloud_name": "azure-westeurope", "network_cidr": "10.70.0.0/24"});
    let refusals = [
        admin.post("/v1/project/demo/vpcs", vpc).await,
        admin
            .post("/v1/access_token", json!({"description": "mine"}))
            .await,
    ];
    for reply in refusals {
        let message = reply.refusal(503);
        assert!(message.starts_with(REASON), "{message}");
    }
}
