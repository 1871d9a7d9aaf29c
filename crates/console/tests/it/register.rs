//! Services as they are registered and changed in the console.

use serde_json::{Value, json};

use crate::nodes::{agree, hidden};
use crate::published::active_vpc;
use crate::world::World;

const REGISTER: &str = "/console/project/demo/register-service";
const PASSWORD: &str = " correct horse ";

/// Input of a form, with other values where they are given.
pub(crate) fn filled<'a>(vpc: &'a str, other: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("rows_type", "pg"),
        ("do", "register"),
        ("name", "pg-1"),
        ("type", "pg"),
        ("plan", "startup-4"),
        ("cloud", ""),
        ("vpc", vpc),
        ("static_ips", "auto"),
        ("node.0.name", "n1"),
        ("node.0.address", "127.0.0.1"),
        ("node.0.machine", ""),
        ("node.1.name", ""),
        ("node.1.address", ""),
        ("component.0.used", "on"),
        ("component.0.component", "pg"),
        ("component.0.port", "5432"),
        ("component.0.link_port", "15432"),
        ("component.0.usage", "primary"),
        ("component.0.tls", "on"),
        ("component.1.component", "pgbouncer"),
        ("component.1.port", "6432"),
        ("open", "pg"),
        ("username", "avnadmin"),
        ("password", PASSWORD),
        ("ca_pem", ""),
    ];
    let value = |(name, usual): (&'a str, &'a str)| {
        let said = other.iter().find(|(other, _)| *other == name);
        (name, said.map_or(usual, |(_, value)| *value))
    };
    usual.into_iter().map(value).collect()
}

async fn show(world: &World) -> Value {
    let path = "/v1/project/demo/service/pg-1";
    world.admin().get(path).await.ok()["service"].clone()
}

#[tokio::test]
async fn a_service_is_registered_with_the_addresses_it_needs() {
    let world = World::new().await;
    let id = active_vpc(&world).await;
    let ada = world.visitor().await;
    let page = ada.page(REGISTER).await;
    assert!(page.contains(&format!("value=\"{id}\" selected")), "{page}");
    assert!(
        page.contains("<optgroup label=\"With a project VPC\">"),
        "{page}"
    );

    let reply = ada.post(REGISTER, &filled(&id, &[])).await;
    assert_eq!(reply.status, 303, "{}", reply.text);
    assert_eq!(
        reply.headers["location"],
        "/console/project/demo/service/pg-1"
    );
    let service = show(&world).await;
    assert_eq!(service["cloud_name"], "azure-westeurope");
    assert_eq!(
        service["underpass"]["components"],
        json!([{"component": "pg", "port": 5432, "link_port": 15432, "usage": "primary"}])
    );
    assert_eq!(
        service["underpass"]["nodes"],
        json!([{"name": "n1", "address": "127.0.0.1"}])
    );
    assert_eq!(
        service["user_config"],
        json!({"privatelink_access": {"pg": true}, "static_ips": true})
    );
    assert_eq!(service["users"][0]["password"], PASSWORD);
    let ips = world.admin().get("/v1/project/demo/static-ips").await.ok();
    let kept: Vec<_> = ips["static_ips"]
        .as_array()
        .unwrap()
        .iter()
        .map(|ip| &ip["service_name"])
        .collect();
    assert_eq!(kept, ["pg-1", "pg-1"]);
}

#[tokio::test]
async fn a_refused_service_keeps_what_was_filled_in_but_its_password() {
    let world = World::new().await;
    let id = active_vpc(&world).await;
    let ada = world.visitor().await;
    let other = [
        ("node.0.address", "10.9.9.9"),
        ("username", "<b>ada</b>"),
        ("component.0.link_port", "25432"),
    ];
    let reply = ada.post(REGISTER, &filled(&id, &other)).await;
    assert_eq!(reply.status, 400);
    let page = &reply.text;
    assert!(page.contains("/docs/errors/node_not_local"), "{page}");
    for kept in ["value=\"10.9.9.9\"", "value=\"25432\"", "value=\"pg-1\""] {
        assert!(page.contains(kept), "{kept}: {page}");
    }
    assert!(
        page.contains("value=\"&#60;b&#62;ada&#60;/b&#62;\""),
        "{page}"
    );
    assert!(!page.contains("<b>ada"), "{page}");
    assert!(!page.contains(PASSWORD.trim()), "{page}");
    // What was made for it is given back.
    let ips = world.admin().get("/v1/project/demo/static-ips").await.ok();
    for ip in ips["static_ips"].as_array().unwrap() {
        assert_eq!(ip["state"], "deleting");
    }
}

#[tokio::test]
async fn what_the_api_would_not_understand_is_named() {
    let world = World::new().await;
    let id = active_vpc(&world).await;
    let ada = world.visitor().await;
    for (field, value, message) in [
        (
            "component.0.port",
            "http",
            "has <code>http</code> as port. Enter a number from 1 to 65535",
        ),
        ("component.0.port", "", "has no port"),
        ("password", "", "User <code>avnadmin</code> has no password"),
        ("username", "", "The password has no user"),
        ("node.0.address", "", "depends on the nodes"),
        (
            "type",
            "redis",
            "The type was changed to <code>redis</code>",
        ),
    ] {
        let reply = ada.post(REGISTER, &filled(&id, &[(field, value)])).await;
        assert_eq!(reply.status, 400, "{field}");
        assert!(reply.text.contains(message), "{field}: {}", reply.text);
    }
    let ips = world.admin().get("/v1/project/demo/static-ips").await.ok();
    assert_eq!(ips["static_ips"], json!([]));
}

#[tokio::test]
async fn a_form_grows_and_follows_the_type_without_any_script() {
    let world = World::new().await;
    let id = active_vpc(&world).await;
    let ada = world.visitor().await;
    let more = ada
        .post(REGISTER, &filled(&id, &[("do", "add-node")]))
        .await;
    assert_eq!(more.status, 200);
    assert!(more.text.contains("name=\"node.2.name\""), "{}", more.text);
    let kafka = [("do", "type"), ("type", "kafka")];
    let kafka = ada.post(REGISTER, &filled(&id, &kafka)).await.text;
    assert!(
        kafka.contains("name=\"component.5.port\" value=\"9273\""),
        "{kafka}"
    );
    assert!(kafka.contains("name=\"component.0.auth\""), "{kafka}");
    assert!(kafka.contains("value=\"127.0.0.1\""), "{kafka}");
    // The recipe says it in the command line's words.
    let shown = ada
        .post(REGISTER, &filled(&id, &[("do", "update")]))
        .await
        .text;
    assert!(
        shown.contains("--auto-static-ips --node n1=127.0.0.1 --component pg=5432,link_port=15432 -c privatelink_access.pg=true --user avnadmin:@- --project demo"),
        "{shown}"
    );
    world
        .admin()
        .get("/v1/project/demo/service/pg-1")
        .await
        .refusal(404);
}

#[tokio::test]
async fn nodes_are_shown_and_replaced() {
    let world = World::new().await;
    let id = active_vpc(&world).await;
    let ada = world.visitor().await;
    ada.done(REGISTER, &filled(&id, &[])).await;
    let nodes = "/console/project/demo/service/pg-1/nodes";
    let page = ada.page(nodes).await;
    assert!(
        page.contains("127.0.0.1") && page.contains("15432"),
        "{page}"
    );
    let change = format!("{nodes}/change");
    let page = ada.page(&change).await;
    assert!(
        page.contains("name=\"node.0.address\" value=\"127.0.0.1\""),
        "{page}"
    );

    let were = hidden(&page, "nodes_were");
    let desired = |second: &'static str| {
        [
            ("do", "change"),
            ("nodes_were", were.as_str()),
            ("rows_type", "pg"),
            ("node.0.name", "n1"),
            ("node.0.address", "127.0.0.1"),
            ("node.1.name", "n2"),
            ("node.1.address", second),
            ("component.0.used", "on"),
            ("component.0.component", "pg"),
            ("component.0.port", "5433"),
        ]
    };
    let asked = ada.post(&change, &desired("8.8.8.8")).await;
    let agreed = hidden(&asked.text, "agreed");
    let mut confirmed = desired("8.8.8.8").to_vec();
    confirmed.push(("agreed", &agreed));
    let reply = ada.post(&change, &confirmed).await;
    assert_eq!(reply.status, 400);
    assert!(reply.text.contains("value=\"8.8.8.8\""), "{}", reply.text);
    assert!(reply.text.contains("node_not_local"), "{}", reply.text);
    let page = agree(&ada, &desired("127.0.0.2"), "Components removed: pg").await;
    assert!(page.contains("Changed the nodes"), "{page}");
    let service = show(&world).await;
    assert_eq!(service["underpass"]["nodes"][1]["address"], "127.0.0.2");
    assert_eq!(
        service["underpass"]["components"],
        json!([{
            "component": "pg", "port": 5433, "link_port": 5433, "usage": "primary", "tls": false,
        }])
    );
    assert_eq!(service["users"][0]["password"], PASSWORD);
}

#[tokio::test]
async fn who_may_only_look_sees_no_form_and_changes_nothing() {
    let world = World::new().await;
    let id = active_vpc(&world).await;
    world
        .visitor()
        .await
        .done(REGISTER, &filled(&id, &[]))
        .await;
    let reader = world.reading_visitor().await;
    let nodes = "/console/project/demo/service/pg-1/nodes";
    let change = format!("{nodes}/change");
    for path in [REGISTER, nodes, &change] {
        let page = reader.page(path).await;
        let (_, main) = page.split_once("<main").unwrap();
        assert!(!main.contains("<form"), "{path}: {main}");
        assert!(!main.contains(PASSWORD.trim()), "{path}: {main}");
    }
    // The menu's form to sign out carries the word; the API still refuses.
    let reply = reader
        .post(REGISTER, &filled(&id, &[("name", "pg-2")]))
        .await;
    assert_eq!(reply.status, 403);
}

#[tokio::test]
async fn a_form_of_another_page_registers_nothing() {
    let world = World::new().await;
    let id = active_vpc(&world).await;
    let ada = world.visitor().await;
    assert_eq!(ada.forge(REGISTER, &filled(&id, &[])).await.status, 403);
    world
        .admin()
        .get("/v1/project/demo/service/pg-1")
        .await
        .refusal(404);
}

#[tokio::test]
async fn a_project_without_a_vpc_is_offered_one_on_the_form() {
    let world = World::new().await;
    let visitor = world.visitor().await;
    let form = "/console/project/demo/register-service";
    let page = visitor.page(form).await;
    assert!(page.contains("id=\"missing-vpc\""), "{page}");
    let mut fields = vec![
        ("do", "create-vpc"),
        ("name", "pg-9"),
        ("type", "pg"),
        ("rows_type", "pg"),
        ("new_range", "10.70.0.0/24"),
    ];
    let refused = visitor.post(form, &fields).await;
    assert!(
        refused.text.contains("Choose the cloud"),
        "{}",
        refused.text
    );
    fields.push(("cloud", "azure-westeurope"));
    let made = visitor.post(form, &fields).await;
    assert_eq!(made.status, 200, "{}", made.text);
    assert!(made.text.contains("value=\"pg-9\""), "{}", made.text);
    assert!(
        made.text.contains("10.70.0.0/24 · APPROVED"),
        "{}",
        made.text
    );
    assert!(!made.text.contains("id=\"missing-vpc\""), "{}", made.text);
}
