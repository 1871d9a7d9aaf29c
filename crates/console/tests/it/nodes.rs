//! Nodes that several users change concurrently in the console.

use serde_json::{Value, json};

use crate::published::{PG, SERVICES, with_active_connection, with_active_link, with_service};
use crate::service::between;
use crate::visitor::Visitor;
use crate::world::World;

const CHANGE: &str = "/console/project/demo/service/pg-1/nodes/change";

async fn nodes_of(world: &World) -> Value {
    let shown = world.admin().get(PG).await.ok();
    shown["service"]["underpass"]["nodes"].clone()
}

/// The value of a hidden field, as a browser would send it.
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let value = between(page, &format!("name=\"{name}\" value=\""), "\"");
    value.replace("&#34;", "\"").replace("&#38;", "&")
}

/// A form of nodes with one more of an address, made from what a page showed.
pub(crate) fn grown<'a>(were: &'a str, name: &'a str, address: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("do", "change"),
        ("rows_type", "pg"),
        ("nodes_were", were),
        ("node.0.name", "n1"),
        ("node.0.address", "127.0.0.1"),
        ("node.1.name", name),
        ("node.1.address", address),
        ("component.0.used", "on"),
        ("component.0.component", "pg"),
        ("component.0.port", "5432"),
        ("component.0.tls", "on"),
    ]
}

/// Sends a form that asks before it replaces anything, and confirms what it asks.
pub(crate) async fn agree(visitor: &Visitor, form: &[(&str, &str)], effect: &str) -> String {
    let asked = visitor.post(CHANGE, form).await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    let question = between(&asked.text, "id=\"question\"", "</div>");
    assert!(question.contains(effect), "{question}");
    let agreed = hidden(&asked.text, "agreed");
    let mut form = form.to_vec();
    form.push(("agreed", &agreed));
    visitor.done(CHANGE, &form).await
}

#[tokio::test]
async fn replaced_nodes_are_shown_with_what_they_cut_before_anything_changes() {
    let world = World::new().await;
    with_active_link(&world).await;
    let connection = with_active_connection(&world, "pe-1", "127.64.0.9").await;
    let visitor = world.visitor().await;
    let were = hidden(&visitor.page(CHANGE).await, "nodes_were");
    let moved = |address| {
        let mut form = grown(&were, "", "");
        form[4] = ("node.0.address", address);
        form.retain(|(name, _)| *name != "component.0.port");
        form.extend([
            ("component.0.port", "15432"),
            ("component.0.link_port", "25432"),
        ]);
        form
    };
    let before = nodes_of(&world).await;
    let asked = visitor.post(CHANGE, &moved("127.0.0.7")).await;
    let question = between(&asked.text, "id=\"question\"", "</form>");
    for expected in [
        "Nodes changed: n1 (127.0.0.1 becomes 127.0.0.7)",
        "Components removed: pgbouncer (port 16432)",
        "This cuts flows of 1 connection:",
        connection.as_str(),
    ] {
        assert!(question.contains(expected), "{expected}: {question}");
    }
    assert_eq!(nodes_of(&world).await, before);
    // An agreement is about what was shown.
    let agreed = hidden(&asked.text, "agreed");
    let mut other = moved("127.0.0.8");
    other.push(("agreed", &agreed));
    let again = visitor.post(CHANGE, &other).await;
    assert!(again.text.contains("becomes 127.0.0.8"), "{}", again.text);
    assert_eq!(nodes_of(&world).await, before);
    agree(&visitor, &moved("127.0.0.8"), "becomes 127.0.0.8").await;
    assert_eq!(nodes_of(&world).await[0]["address"], "127.0.0.8");
}

#[tokio::test]
async fn of_two_who_change_the_nodes_at_once_the_second_undoes_nothing_unseen() {
    let world = World::new().await;
    with_service(&world).await;
    let ada = world.visitor().await;
    let bob = world.visitor().await;
    let (adas, bobs) = (
        hidden(&ada.page(CHANGE).await, "nodes_were"),
        hidden(&bob.page(CHANGE).await, "nodes_were"),
    );
    let done = agree(&ada, &grown(&adas, "n2", "127.0.0.2"), "Nodes added: n2").await;
    assert!(done.contains("Changed the nodes"), "{done}");

    // A further row does not make the form about newer nodes.
    let mut more = grown(&bobs, "n3", "127.0.0.3");
    more[0] = ("do", "add-node");
    let bobs = hidden(&bob.post(CHANGE, &more).await.text, "nodes_were");
    let reply = bob.post(CHANGE, &grown(&bobs, "n3", "127.0.0.3")).await;
    assert_eq!(reply.status, 409, "{}", reply.text);
    assert!(
        reply.text.contains("changed since they were read"),
        "{}",
        reply.text
    );
    assert!(
        reply.text.contains("/docs/errors/nodes_changed"),
        "{}",
        reply.text
    );
    assert!(!reply.text.contains("data-changes"), "{}", reply.text);
    let now = between(&reply.text, "id=\"meanwhile\"", "</section>");
    assert!(now.contains("127.0.0.2"), "what Ada added: {now}");
    assert!(
        reply.text.contains("value=\"127.0.0.3\""),
        "what Bob typed: {}",
        reply.text
    );
    let nodes = nodes_of(&world).await;
    assert_eq!(nodes[1]["name"], "n2", "{nodes}");

    // Now that Bob has seen it, Bob is asked about what the list removes.
    let seen = hidden(&reply.text, "nodes_were");
    let done = agree(&bob, &grown(&seen, "n3", "127.0.0.3"), "Nodes removed: n2").await;
    assert!(done.contains("Changed the nodes"), "{done}");
    let nodes = nodes_of(&world).await;
    assert_eq!(nodes[1]["name"], "n3", "{nodes}");
}

#[tokio::test]
async fn a_list_that_does_not_say_what_it_was_made_from_is_refused() {
    let world = World::new().await;
    with_service(&world).await;
    let ada = world.visitor().await;
    for were in ["", "[{}]", "n1"] {
        let reply = ada.post(CHANGE, &grown(were, "n2", "127.0.0.2")).await;
        assert_eq!(reply.status, 400, "{were}: {}", reply.text);
        assert!(reply.text.contains("lacks the nodes"), "{were}");
    }
    let nodes = nodes_of(&world).await;
    assert_eq!(nodes.as_array().unwrap().len(), 1, "{nodes}");
}

#[tokio::test]
async fn what_the_form_does_not_ask_for_is_not_lost_by_sending_it() {
    let world = World::new().await;
    let kafka = json!({
        "service_name": "kafka-1", "service_type": "kafka", "cloud": "azure-westeurope",
        "underpass": {
            "nodes": [{"name": "n1", "address": "127.0.0.1", "public_address": "db.example.net",
                "private_address": "10.0.0.4"}],
            "components": [{"component": "kafka", "port": 9096, "tls": true,
                "kafka_authentication_method": "sasl", "kafka_ssl_ca": "letsencrypt"}],
        },
    });
    let made = world.admin().post(SERVICES, kafka).await.ok();
    let before = made["service"]["underpass"].clone();
    let ada = world.visitor().await;
    let change = CHANGE.replace("pg-1", "kafka-1");
    let page = ada.page(&change).await;
    assert!(page.contains("public: db.example.net"), "{page}");
    assert!(page.contains("certificate: letsencrypt"), "{page}");
    let fields: Vec<_> = [
        "rows_type",
        "nodes_were",
        "node.0.public_address",
        "node.0.private_address",
        "component.0.ssl_ca",
    ]
    .into_iter()
    .map(|name| (name, hidden(&page, name)))
    .collect();
    let mut sent = vec![
        ("do", "change"),
        ("node.0.name", "n1"),
        ("node.0.address", "127.0.0.1"),
        ("component.0.used", "on"),
        ("component.0.component", "kafka"),
        ("component.0.port", "9096"),
        ("component.0.auth", "sasl"),
        ("component.0.tls", "on"),
    ];
    sent.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
    ada.done(&change, &sent).await;
    let path = "/v1/project/demo/service/kafka-1";
    let after = world.admin().get(path).await.ok()["service"]["underpass"].clone();
    assert_eq!(after, before);
}

#[tokio::test]
async fn more_nodes_of_a_published_service_are_offered_their_static_ips() {
    let world = World::new().await;
    with_active_link(&world).await;
    let visitor = world.visitor().await;
    let were = hidden(&visitor.page(CHANGE).await, "nodes_were");
    let mut form = grown(&were, "n2", "127.0.0.2");
    form.retain(|(name, _)| *name != "component.0.port");
    form.extend([
        ("component.0.port", "15432"),
        ("component.0.link_port", "25432"),
    ]);
    let refused = visitor.post(CHANGE, &form).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    assert!(
        refused.text.contains(">Make 2 static IPs</button>"),
        "{}",
        refused.text
    );
    assert!(
        !refused.text.contains("value=\"change\""),
        "{}",
        refused.text
    );
    let mut button = form.clone();
    button[0] = ("do", "static-ips");
    let made = visitor.post(CHANGE, &button).await;
    assert_eq!(made.status, 200, "{}", made.text);
    assert!(made.text.contains("has 2 more static IPs"), "{}", made.text);
    assert!(made.text.contains("value=\"127.0.0.2\""), "{}", made.text);
    assert!(made.text.contains("value=\"change\""), "{}", made.text);
    agree(&visitor, &form, "Components removed: pgbouncer").await;
    assert_eq!(nodes_of(&world).await.as_array().unwrap().len(), 2);
}
