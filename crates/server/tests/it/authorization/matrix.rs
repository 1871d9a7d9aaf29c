//! Matrix of authorization: each route of the API, called by each identity.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};
use underpass_store::{Key, Kind, Lookup, Record};

use super::identity::{Identity, Outcome};
use super::routes::{Endpoint, endpoints, templates};
use super::rules::rules;
use crate::published::{ALLOWED, discover_endpoint, with_active_link};
use crate::world::{Reply, World};

/// Width of a column of the matrix: that of its headings and one space.
const COLUMN: usize = 13;

async fn all_endpoints(world: &World) -> Vec<Endpoint> {
    let router = underpass_server::api::routes(world.app.clone());
    let templates = templates(&router);
    endpoints(&router, templates).await
}

/// Values for the parameters of paths: existing objects of the project `demo`.
pub(super) struct Values(Vec<(&'static str, String)>);

impl Values {
    /// Fills the project `demo` with a service, its link, a pending connection and what they need.
    pub(super) async fn make(world: &World) -> Self {
        with_active_link(world).await;
        let connection = discover_endpoint(world, ALLOWED, "e1").await;
        let admin = world.admin();
        let first = |list: Value, member: &str, id: &str| {
            let text = list[member][0][id].as_str().unwrap();
            text.to_owned()
        };
        let vpcs = admin.get("/v1/project/demo/vpcs").await.ok();
        let ips = admin.get("/v1/project/demo/static-ips").await.ok();
        let tokens = admin.get("/v1/access_token").await.ok();
        let mut values: Vec<_> = [
            ("account", "underpass"),
            ("cloud", "azure-westeurope"),
            ("feature", "privatelink_azure"),
            ("grant", "gr000000000001"),
            ("orphan", "s0a1b2c3d4e5f"),
            ("plan", "startup-4"),
            ("project", "demo"),
            ("service", "pg-1"),
            ("tenant", "underpass"),
            ("type", "pg"),
            ("username", "avnadmin"),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .into();
        values.push(("connection", connection.to_string()));
        values.push(("vpc", first(vpcs, "vpcs", "project_vpc_id")));
        values.push((
            "static_ip",
            first(ips, "static_ips", "static_ip_address_id"),
        ));
        values.push(("token", first(tokens, "tokens", "token_prefix")));
        Self(values)
    }

    /// Returns the path of a route in a project.
    pub(super) fn path(&self, endpoint: &Endpoint, project: &str) -> String {
        // Of the compatible API, the routes of azure and google are others than those of any cloud.
        let is_compatible = endpoint.template.starts_with("/v1/project/");
        let provider = if is_compatible { "aws" } else { "azure" };
        let mut values = vec![("provider", provider), ("project", project)];
        values.extend(self.0.iter().map(|(name, value)| (*name, value.as_str())));
        endpoint.path(&values)
    }
}

/// Returns every row of a store.
async fn dump(world: &World) -> Vec<Record> {
    let all = Kind::ALL.map(|kind| Lookup::Under(kind, Key::root()));
    world
        .app
        .store
        .fetch(&all)
        .await
        .unwrap()
        .records()
        .to_vec()
}

fn code(reply: &Reply) -> String {
    let body: Value = serde_json::from_str(&reply.text).unwrap_or_default();
    let code = body["errors"][0]["error_code"].as_str();
    code.unwrap_or_default().to_owned()
}

fn outcome(reply: &Reply) -> Option<Outcome> {
    let known = [
        "narrowed_token",
        "no_passwords",
        "not_a_member",
        "not_an_operator",
        "read_only",
    ];
    match reply.status.as_u16() {
        401 => Some(Outcome::Unauthenticated),
        403 => {
            let code = code(reply);
            let known = known.into_iter().find(|known| *known == code);
            known.map(Outcome::Forbidden)
        }
        500.. => None,
        _ => Some(Outcome::Admitted),
    }
}

/// Returns the cell of an answer: its status, and for 403 a word about the code.
fn cell(reply: &Reply) -> String {
    let word = match code(reply).as_str() {
        "narrowed_token" => " token",
        "not_a_member" => " member",
        "not_an_operator" => " operator",
        "read_only" => " reading",
        _ => "",
    };
    let status = reply.status.as_u16();
    if status == 403 {
        format!("403{word}")
    } else {
        status.to_string()
    }
}

#[tokio::test]
async fn every_route_has_a_rule() {
    let world = World::new().await;
    let routes: BTreeSet<_> = all_endpoints(&world).await.into_iter().collect();
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

#[tokio::test]
async fn every_route_admits_exactly_the_callers_of_its_rule() {
    let world = World::new().await;
    let values = Values::make(&world).await;
    let other = json!({"project": "other"});
    world.admin().post("/v1/project", other).await.ok();
    let mut clients = Vec::new();
    for identity in Identity::ALL {
        clients.push((identity, identity.client(&world).await));
    }
    let before = dump(&world).await;
    let mut matrix = String::new();
    for identity in Identity::ALL {
        write!(matrix, "{:COLUMN$}", identity.heading()).unwrap();
    }
    matrix.push_str("route");
    let mut wrong = Vec::new();
    for (endpoint, rule) in rules() {
        let route = format!("{:7}{}", endpoint.method, endpoint.template);
        matrix.push('\n');
        let path = values.path(&endpoint, "demo");
        for (identity, client) in &clients {
            let expected = identity.outcome(rule);
            let cell = if endpoint.writes() && expected == Outcome::Admitted {
                // It would change what the next callers find.
                "-".to_owned()
            } else {
                let reply = client.send(&endpoint.method, &path, "{}").await;
                if outcome(&reply) != Some(expected) {
                    let (status, text) = (reply.status, &reply.text);
                    wrong.push(format!("{route} by {identity:?}: {status} {text}"));
                }
                // Only admins of the project see the password of its service.
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
        dump(&world).await == before,
        "a refused request changed the store"
    );
    insta::assert_snapshot!("matrix", matrix);
}

#[tokio::test]
async fn a_foreign_project_and_a_missing_one_have_the_same_answer() {
    let world = World::new().await;
    let values = Values::make(&world).await;
    let other = json!({"project": "other"});
    world.admin().post("/v1/project", other).await.ok();
    super::identity::make_foreign_project(&world, "secret").await;
    let mut clients = Vec::new();
    for identity in Identity::ALL {
        clients.push((identity, identity.client(&world).await));
    }
    let mut codes: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for endpoint in all_endpoints(&world).await {
        if !endpoint.template.contains("{project}") {
            continue;
        }
        for (identity, client) in &clients {
            let call = async |project| {
                let path = values.path(&endpoint, project);
                client.send(&endpoint.method, &path, "{}").await
            };
            // Both names have six letters, so that the answers have the same length.
            let (foreign, missing) = (call("secret").await, call("absent").await);
            let place = format!("{endpoint:?} by {identity:?}");
            let answers = [&foreign, &missing].map(|it| format!("{} {}", it.status, code(it)));
            codes.entry(identity.heading()).or_default().extend(answers);
            if *identity == Identity::Operator {
                continue;
            }
            assert_eq!(foreign.status, missing.status, "{place}");
            assert_eq!(
                foreign.text,
                missing.text.replace("absent", "secret"),
                "{place}"
            );
            let names = |reply: &Reply| {
                let mut names: Vec<_> = reply.headers.keys().map(ToString::to_string).collect();
                names.sort();
                names
            };
            assert_eq!(names(&foreign), names(&missing), "{place}");
        }
    }
    let lines: Vec<_> = codes
        .iter()
        .map(|(identity, codes)| {
            let codes: Vec<_> = codes.iter().map(String::as_str).collect();
            format!("{identity}: {}", codes.join(", "))
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    demo-admin: 403 Forbidden not_a_member
    demo-token: 403 Forbidden not_a_member
    expired: 401 Unauthorized token_expired
    garbage: 401 Unauthorized unknown_token
    none: 401 Unauthorized no_token
    operator: 403 Forbidden not_a_member, 404 Not Found project_not_found
    other-admin: 403 Forbidden not_a_member
    other-token: 403 Forbidden not_a_member
    read-member: 403 Forbidden not_a_member
    read-token: 403 Forbidden not_a_member
    revoked: 401 Unauthorized token_expired
    ");
}
