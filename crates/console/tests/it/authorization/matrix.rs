//! Matrix of authorization: each page and form of the console, by each visitor.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use serde_json::json;
use underpass_store::{Key, Kind, Lookup, Record};

use super::routes::{Endpoint, endpoints, templates};
use super::rules::{Rule, rules};
use super::session::{Identity, Session};
use crate::orphan::with_orphan;
use crate::published::{ALLOWED, discover_endpoint, with_active_link};
use crate::wiring;
use crate::world::{Reply, World};

/// Width of a column of the matrix: that of its headings and one space.
const COLUMN: usize = 12;

/// A world with the projects `demo`, which is full, and `other`.
struct Scene {
    world: World,
    values: Vec<(&'static str, String)>,
    sessions: Vec<(Identity, Session)>,
}

impl Scene {
    async fn new() -> Self {
        let world = World::new().await;
        with_active_link(&world).await;
        let connection = discover_endpoint(&world, ALLOWED, "e1").await;
        with_orphan(&world).await;
        let admin = world.admin();
        let other = json!({"project": "other"});
        admin.post("/v1/project", other).await.ok();
        let vpcs = admin.get("/v1/project/demo/vpcs").await.ok();
        let ips = admin.get("/v1/project/demo/static-ips").await.ok();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let values = vec![
            ("*path", "nothing/here".to_owned()),
            ("account", "azure".to_owned()),
            ("code", "no_token".to_owned()),
            ("connection", connection.to_string()),
            ("decision", "approve".to_owned()),
            ("link", "s0a1b2c3d4e5f".to_owned()),
            ("name", "style.css".to_owned()),
            ("operation", "get_me".to_owned()),
            ("orphan", "s0a1b2c3d4e5f".to_owned()),
            ("provider", "azure".to_owned()),
            ("service", "pg-1".to_owned()),
            (
                "static_ip",
                text(&ips["static_ips"][0]["static_ip_address_id"]),
            ),
            ("vpc", text(&vpcs["vpcs"][0]["project_vpc_id"])),
        ];
        let mut sessions = Vec::new();
        for identity in Identity::ALL {
            sessions.push((identity, identity.session(&world).await));
        }
        Self {
            world,
            values,
            sessions,
        }
    }

    fn path(&self, endpoint: &Endpoint, project: &str) -> String {
        let mut values = vec![("project", project)];
        values.extend(
            self.values
                .iter()
                .map(|(name, value)| (*name, value.as_str())),
        );
        endpoint.path(&values)
    }

    /// Returns every row of the store.
    async fn dump(&self) -> Vec<Record> {
        let all = Kind::ALL.map(|kind| Lookup::Under(kind, Key::root()));
        let fetched = self.world.app.store.fetch(&all).await.unwrap();
        fetched.records().to_vec()
    }
}

fn is_sent_to_sign_in(reply: &Reply) -> bool {
    let to = reply.headers.get(LOCATION);
    let to = to.and_then(|it| it.to_str().ok()).unwrap_or_default();
    reply.status == StatusCode::SEE_OTHER && to.starts_with("/console/sign-in")
}

fn cell(reply: &Reply) -> String {
    if is_sent_to_sign_in(reply) {
        "sign-in".to_owned()
    } else {
        reply.status.as_u16().to_string()
    }
}

#[tokio::test]
async fn every_page_has_a_rule() {
    let world = World::new().await;
    let pages = wiring::pages(&world.app, underpass_console::Portals::default(), [], 4_096);
    let routes = endpoints(&pages, templates(&pages)).await;
    let routes: BTreeSet<_> = routes.into_iter().collect();
    let table = rules();
    let rules: BTreeSet<_> = table.iter().map(|(endpoint, _)| endpoint.clone()).collect();
    assert_eq!(rules.len(), table.len(), "a route has two rows");
    let rows = |these: &BTreeSet<Endpoint>, others: &BTreeSet<Endpoint>| {
        let mut text = String::new();
        for Endpoint { template, method } in these.difference(others) {
            writeln!(text, "{method:7}{template}").unwrap();
        }
        text
    };
    let (missing, surplus) = (rows(&routes, &rules), rows(&rules, &routes));
    assert!(
        missing.is_empty(),
        "routes without a row in `rules.txt`:\n{missing}"
    );
    assert!(
        surplus.is_empty(),
        "rows in `rules.txt` without a route:\n{surplus}"
    );
}

/// Returns whether an answer is right for a visitor of the project `demo`.
fn is_right(rule: Rule, identity: Identity, endpoint: &Endpoint, reply: &Reply) -> bool {
    let status = reply.status.as_u16();
    match rule {
        Rule::Public => status < 500 && !is_sent_to_sign_in(reply),
        _ if !identity.is_signed_in() => is_sent_to_sign_in(reply),
        _ if identity == Identity::Forged && endpoint.writes() => status == 403,
        Rule::AnySession => status < 400 && !is_sent_to_sign_in(reply),
        Rule::NotFound => status == 404,
        Rule::Operator | Rule::OperatorWrite | Rule::OperatorStream if identity.is_operator() => {
            status == 200
        }
        Rule::Read | Rule::Stream if identity.reads_demo() => status == 200,
        Rule::Read
        | Rule::Write
        | Rule::Stream
        | Rule::Operator
        | Rule::OperatorWrite
        | Rule::OperatorStream => status == 403,
    }
}

/// Returns whether a call would change what the next ones find, or would not end.
fn is_left_out(rule: Rule, identity: Identity, endpoint: &Endpoint) -> bool {
    match rule {
        Rule::Public | Rule::NotFound | Rule::Read | Rule::Operator => false,
        Rule::AnySession => {
            endpoint.writes() && identity.is_signed_in() && identity != Identity::Forged
        }
        Rule::Write | Rule::OperatorWrite => identity == Identity::Operator,
        Rule::Stream => identity.reads_demo(),
        Rule::OperatorStream => identity.is_operator(),
    }
}

#[tokio::test]
async fn every_page_admits_exactly_the_visitors_of_its_rule() {
    let scene = Scene::new().await;
    let before = scene.dump().await;
    let mut matrix = String::new();
    for identity in Identity::ALL {
        write!(matrix, "{:COLUMN$}", identity.heading()).unwrap();
    }
    matrix.push_str("route");
    let mut wrong = Vec::new();
    for (endpoint, rule) in rules() {
        matrix.push('\n');
        let route = format!("{:7}{}", endpoint.method, endpoint.template);
        let path = scene.path(&endpoint, "demo");
        for (identity, session) in &scene.sessions {
            let cell = if is_left_out(rule, *identity, &endpoint) {
                "-".to_owned()
            } else {
                let reply = session.call(&scene.world, &endpoint.method, &path).await;
                if !is_right(rule, *identity, &endpoint, &reply) {
                    wrong.push(format!("{route} by {identity:?}: {}", reply.status));
                }
                let sees_secrets = identity.sees_secrets();
                assert!(
                    sees_secrets || !reply.text.contains("s3cret/pw"),
                    "{route} by {identity:?}"
                );
                cell(&reply)
            };
            write!(matrix, "{cell:COLUMN$}").unwrap();
        }
        matrix.push_str(&route);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        scene.dump().await == before,
        "a refused request changed the store"
    );
    insta::assert_snapshot!("matrix", matrix);
}

#[tokio::test]
async fn a_foreign_project_and_a_missing_one_have_the_same_page() {
    let scene = Scene::new().await;
    for (endpoint, _) in rules() {
        if !endpoint.template.contains("{project}") {
            continue;
        }
        for (identity, session) in &scene.sessions {
            if !identity.is_signed_in() || identity.reads_demo() {
                continue;
            }
            let call = async |project| {
                let path = scene.path(&endpoint, project);
                session.call(&scene.world, &endpoint.method, &path).await
            };
            let (foreign, missing) = (call("demo").await, call("gone").await);
            let place = format!("{endpoint:?} by {identity:?}");
            assert_eq!(foreign.status, missing.status, "{place}");
            assert_eq!(
                foreign.text,
                missing.text.replace("gone", "demo"),
                "{place}"
            );
        }
    }
}
