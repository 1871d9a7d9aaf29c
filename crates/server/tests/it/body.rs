//! Request bodies of every route: only objects, and refusals that quote little of them.

use serde_json::{Value, json};

use crate::published::{LINK, OURS, PG, SERVICES, pg, with_active_connection, with_active_link};
use crate::world::World;

/// Longest refusal: 1,000 characters, several times the longest rule.
const LONGEST: usize = 1000;

/// Routes that read a body, each with a body that has all members.
async fn requests(world: &World) -> Vec<(&'static str, String, Value)> {
    with_active_link(world).await;
    let plc = with_active_connection(world, "e1", "127.64.0.4").await;
    let service = world.admin().get(PG).await.ok();
    let vpc = service["service"]["project_vpc_id"].as_str().unwrap();
    let project = "/v1/project/demo";
    let mut other = pg(vpc);
    other["service_name"] = json!("pg-2");
    other["maintenance"] = json!({"dow": "monday", "time": "10:00"});
    other["static_ips"] = json!(["ip35843e80510"]);
    other["tags"] = json!({"team": "blue"});
    other["underpass"]["ca_pem"] = json!("PEM");
    let ids = json!({"user_subscription_ids": ["8eefec94-5d63-40c9-983c-03ab083b411d"]});
    let address = json!({"user_ip_address": "127.64.0.4"});
    let tags = json!({"tags": {"team": "blue"}});
    let adopted = json!({"azure": {"account": "azure", "resource_group": "g", "vnet_id": "v",
        "node_subnet": "n", "nat_subnet": "p"}});
    let google = json!({"google": {"account": "google", "network": "v", "node_subnet": "n"}});
    let vpcs = format!("{project}/vpcs");
    let network = |cloud: &str, underpass: Value| json!({"cloud_name": cloud, "network_cidr": "10.65.0.0/24", "underpass": underpass});
    let certificate = json!({"days": 30, "names": ["db.example.net"], "addresses": ["10.0.0.4"]});
    vec![
        ("POST", SERVICES.to_owned(), other.clone()),
        ("PUT", PG.to_owned(), other),
        ("PUT", format!("{PG}/tags"), tags.clone()),
        ("PATCH", format!("{PG}/tags"), tags.clone()),
        (
            "POST",
            format!("{PG}/user"),
            json!({"username": "app", "password": "pw"}),
        ),
        (
            "PUT",
            format!("{PG}/user/avnadmin"),
            json!({"operation": "reset-credentials", "new_password": "pw"}),
        ),
        ("POST", LINK.to_owned(), ids.clone()),
        ("PUT", LINK.to_owned(), ids),
        ("PUT", format!("{LINK}/connections/{plc}"), address.clone()),
        (
            "POST",
            format!("{LINK}/connections/{plc}/approve"),
            address.clone(),
        ),
        ("POST", format!("{PG}/privatelink/google"), json!({})),
        (
            "POST",
            format!("{PG}/privatelink/google/connections/{plc}/approve"),
            address,
        ),
        (
            "PUT",
            format!("{OURS}/privatelink/azure/connections/{plc}/label"),
            json!({"label": "blue"}),
        ),
        ("POST", format!("{OURS}/certificate"), certificate),
        ("POST", vpcs.clone(), network("azure-westeurope", adopted)),
        ("POST", vpcs, network("google-europe-west1", google)),
        (
            "POST",
            format!("{project}/static-ips"),
            json!({"cloud_name": "azure-westeurope"}),
        ),
        (
            "POST",
            "/v1/project".to_owned(),
            json!({"project": "new", "tags": {"a": "b"}}),
        ),
        (
            "PUT",
            project.to_owned(),
            json!({"project_name": "demo", "tags": {"a": "b"}}),
        ),
        ("PUT", format!("{project}/tags"), tags.clone()),
        ("PATCH", format!("{project}/tags"), tags),
        (
            "POST",
            "/v1/access_token".to_owned(),
            json!({"description": "ci", "max_age_seconds": 60}),
        ),
        (
            "PUT",
            "/v1/underpass/project/demo/features/privatelink_azure".to_owned(),
            json!({"enabled": true}),
        ),
        (
            "PUT",
            "/v1/underpass/project/demo/settings".to_owned(),
            json!({"external_approval": "reject"}),
        ),
    ]
}

/// Returns the body with the text in the place of every text, one place at a time.
fn replaced(body: &Value, text: &str) -> Vec<Value> {
    match body {
        Value::Array(items) => (items.iter().enumerate())
            .flat_map(|(place, item)| {
                replaced(item, text)
                    .into_iter()
                    .map(move |item| (place, item))
            })
            .map(|(place, item)| {
                let mut items = items.clone();
                items[place] = item;
                Value::Array(items)
            })
            .collect(),
        Value::Object(members) => (members.iter())
            .flat_map(|(name, member)| {
                replaced(member, text)
                    .into_iter()
                    .map(move |member| (name, member))
            })
            .map(|(name, member)| {
                let mut members = members.clone();
                members.insert(name.clone(), member);
                Value::Object(members)
            })
            .chain([json!({text: 1}), with(body, text)])
            .collect(),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {
            vec![json!(text)]
        }
    }
}

fn with(body: &Value, name: &str) -> Value {
    let mut body = body.clone();
    body[name] = json!({name: name});
    body
}

#[tokio::test]
async fn only_objects_are_bodies() {
    let world = World::new().await;
    let requests = requests(&world).await;
    let before = world.history().await;
    let link = world.admin().get(LINK).await.ok();
    for (method, path, body) in requests {
        for list in [
            "[]",
            "[[]]",
            "[[],[],[]]",
            &format!("[{body}]"),
            "7",
            "\"x\"",
            "true",
        ] {
            let reply = world.admin().send(method, &path, list).await;
            let message = reply.refusal(400);
            assert!(
                message.starts_with("Invalid request body: it must be an object, but is "),
                "{method} {path} {list}: {message}"
            );
        }
    }
    assert_eq!(world.history().await, before);
    assert_eq!(world.admin().get(LINK).await.ok(), link);
    let nested = json!({"underpass": {"nodes": [["n1", "127.0.0.1"]]}});
    insta::assert_snapshot!(
        world.admin().put(PG, nested).await.refusal(400),
        @"Invalid request body: `underpass.nodes[0]` must be an object, but is a list"
    );
}

#[tokio::test]
async fn a_refusal_quotes_at_most_a_line_of_the_body() {
    let world = World::new().await;
    let long = "x\n".repeat(5_000);
    for (method, path, body) in requests(&world).await {
        for body in replaced(&body, &long) {
            let reply = world.admin().send(method, &path, &body.to_string()).await;
            if reply.status.is_success() {
                continue;
            }
            let json = reply.json();
            let message = json["message"].as_str().unwrap();
            assert!(
                reply.status.is_client_error(),
                "{method} {path}: {message:.500}"
            );
            assert!(
                message.chars().count() <= LONGEST && !message.contains('\n'),
                "{method} {path}: {message:.500}"
            );
            for word in ["struct", "enum ", "u16", "u64", "variant", "sequence"] {
                assert!(!message.contains(word), "{method} {path}: {message}");
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_quotes_at_most_a_line_of_the_path() {
    let world = World::new().await;
    with_active_link(&world).await;
    let long = "x".repeat(20_000);
    for path in [
        format!("/v1/{long}"),
        format!("/v1/project/{long}"),
        format!("/v1/project/demo/vpcs/{long}"),
        format!("/v1/project/demo/service/{long}"),
        format!("/v1/project/demo/service-types/{long}"),
        format!("{PG}/privatelink/{long}"),
        format!("{LINK}/connections?limit={long}"),
        format!("{OURS}/connection-info?tool={long}"),
        format!("{OURS}/connection-info?tool=psql&route={long}"),
        format!("{OURS}/connection-info?tool=psql&usage={long}"),
        format!("{OURS}/connection-info?tool=psql&username={long}"),
        format!("{OURS}/connection-info?tool=psql&privatelink_connection_id={long}"),
        format!("{OURS}/privatelink/{long}/connections"),
        format!("/v1/underpass/project/demo/connections?state={long}"),
        format!("/v1/underpass/project/demo/connections?service={long}"),
        format!("/v1/underpass/project/demo/events?subject={long}"),
        format!("/v1/underpass/project/demo/events?before={long}"),
    ] {
        let reply = world.admin().get(&path).await;
        if !reply.status.is_success() {
            let message = reply.json()["message"].as_str().unwrap().to_owned();
            assert!(message.len() <= LONGEST, "{path:.120}: {message:.500}");
        }
    }
    let features = format!("/v1/underpass/project/demo/features/{long}");
    let reply = world.admin().put(&features, json!({"enabled": true})).await;
    assert!(reply.refusal(400).len() <= LONGEST);
}

#[tokio::test]
async fn a_misspelt_member_of_our_own_is_refused() {
    let world = World::new().await;
    with_active_link(&world).await;
    let ours = "/v1/underpass/project/demo";
    for (method, path, body) in [
        (
            "PUT",
            format!("{ours}/settings"),
            json!({"external_approvals": "reject"}),
        ),
        (
            "POST",
            format!("{ours}/grants"),
            json!({"account": "azure", "scope": "/subscriptions/S", "for": "x"}),
        ),
        ("POST", format!("{OURS}/certificate"), json!({"day": 1})),
        (
            "POST",
            "/v1/underpass/recovery/azure/adopt".to_owned(),
            json!({"link": "pl0"}),
        ),
        (
            "POST",
            "/v1/underpass/recovery/azure/resume".to_owned(),
            json!({"over": true}),
        ),
        (
            "POST",
            "/v1/underpass/recovery/azure/drop".to_owned(),
            json!({"link": "pl0"}),
        ),
        (
            "POST",
            "/v1/project/demo/vpcs".to_owned(),
            json!({"cloud_name": "azure-westeurope",
            "network_cidr": "10.65.0.0/24", "underpass": {"biyoc": true}}),
        ),
        (
            "POST",
            "/v1/project/demo/vpcs".to_owned(),
            json!({"cloud_name": "azure-westeurope",
            "network_cidr": "10.65.0.0/24", "byoc": true}),
        ),
        ("PUT", PG.to_owned(), json!({"nodes_were": []})),
        (
            "PUT",
            PG.to_owned(),
            json!({"underpass": {"node_were": []}}),
        ),
        ("PUT", PG.to_owned(), json!(null)),
    ] {
        let reply = world.admin().send(method, &path, &body.to_string()).await;
        let message = reply.refusal(400);
        assert!(
            message.contains("is not a member there") || message.ends_with("is null"),
            "{method} {path}: {message}"
        );
    }
    // Compatible clients send members that have no meaning here.
    let other = json!({"tech_emails": [], "disk_space_mb": 1});
    world.admin().put(PG, other).await.ok();
}

#[tokio::test]
async fn free_texts_have_a_limit() {
    let world = World::new().await;
    with_active_link(&world).await;
    let long = "x".repeat(65 * 1024);
    let user = |member: &str| json!({"underpass": {"users": [{"username": "app", member: long}]}});
    let reset = json!({"operation": "reset-credentials", "new_password": long});
    for (method, path, body) in [
        ("PUT", PG.to_owned(), json!({"plan": long})),
        ("PUT", PG.to_owned(), user("password")),
        ("PUT", PG.to_owned(), user("access_cert")),
        ("PUT", PG.to_owned(), user("access_key")),
        ("PUT", format!("{PG}/user/avnadmin"), reset),
        (
            "POST",
            SERVICES.to_owned(),
            json!({"service_name": "pg-9", "service_type": "pg", "cloud": "azure-westeurope",
                "plan": long}),
        ),
    ] {
        let reply = world.admin().send(method, &path, &body.to_string()).await;
        let json = reply.json();
        assert_eq!(json["errors"][0]["error_code"], "text_too_long", "{json}");
        reply.refusal(400);
    }
}

#[tokio::test]
async fn a_path_that_is_not_utf_8_is_refused_like_everything_else() {
    let world = World::new().await;
    let recovery = "/v1/underpass/recovery";
    for (method, path) in [
        ("GET", "/v1/project/%84".to_owned()),
        ("POST", format!("{recovery}/%84/adopt")),
        ("POST", format!("{recovery}/%84/drop")),
        ("POST", format!("{recovery}/%84/resume")),
        ("DELETE", format!("{recovery}/azure/orphans/%84")),
    ] {
        let refusal = world.admin().send(method, &path, "{}").await.refusal(400);
        let expected = "The path is malformed: its percent-encoded text must be UTF-8";
        assert_eq!(refusal, expected, "{path}");
    }
}
