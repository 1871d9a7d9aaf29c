//! The pages of a service as their visitors see them: how to connect, what is set, the end of it.

use axum::http::StatusCode;
use serde_json::json;

use crate::published::{
    ALLOWED, LINK, OURS, PG, SERVICES, discover_endpoint, with_active_connection, with_active_link,
    with_service,
};
use crate::visitor::Visitor;
use crate::world::World;

const PAGE: &str = "/console/project/demo/service/pg-1";
const SETTINGS: &str = "/console/project/demo/service/pg-1/settings";

/// The password of [`crate::published::pg`], and as URIs have it.
const SECRETS: [&str; 2] = ["s3cret/pw", "s3cret%2Fpw"];

impl Visitor {
    /// Sends a form that does what it says; gives the sentence that says so.
    pub(crate) async fn notice(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let page = self.done(path, fields).await;
        between(&page, r#"id="notice">"#, "</p>")
    }
}

/// The text from a mark to the next other one.
#[track_caller]
pub(crate) fn between(text: &str, from: &str, to: &str) -> String {
    let (_, rest) = text
        .split_once(from)
        .unwrap_or_else(|| panic!("no {from} in {text}"));
    rest.split_once(to).unwrap().0.to_owned()
}

#[track_caller]
fn has_no_secret(page: &str) {
    for secret in SECRETS {
        assert!(!page.contains(secret), "{page}");
    }
}

#[tokio::test]
async fn a_service_tells_how_to_connect_by_each_route() {
    let world = World::new().await;
    with_active_link(&world).await;
    let visitor = world.visitor().await;
    let dynamic = visitor.page(PAGE).await;
    assert!(
        dynamic.contains(r#"<code id="host">127.0.0.1</code>"#),
        "{dynamic}"
    );
    assert!(dynamic.contains(r#"<code id="port">15432</code>"#));
    let public = visitor.page(&format!("{PAGE}?route=public")).await;
    assert!(
        public.contains("on route <code>public</code>: its first node"),
        "{public}"
    );
    let none = visitor.page(&format!("{PAGE}?route=privatelink")).await;
    assert!(none.contains("no active private link connection"), "{none}");
    let id = with_active_connection(&world, "e1", "127.64.0.4").await;
    let private = visitor.page(&format!("{PAGE}?route=privatelink")).await;
    assert!(
        private.contains(r#"<code id="host">privatelink-1-pg-1-demo.underpass.test</code>"#),
        "{private}"
    );
    assert!(private.contains(r#"<code id="port">25432</code>"#));
    assert!(private.contains("PGHOSTADDR=127.64.0.4"));
    assert!(private.contains(&format!(r#"aria-current="true">{id}</a>"#)));
    for tool in ["psql", "pg-uri", "env", "k8s", "jdbc", "service-conf"] {
        assert!(private.contains(&format!(r#"id="tool-{tool}""#)), "{tool}");
    }
    let command = format!(
        "underpass service connection-info pg-1 -r privatelink -p {id} --component pg --json --project demo"
    );
    let chosen = format!("{PAGE}?route=privatelink&connection={id}&component=pg");
    assert!(visitor.page(&chosen).await.contains(&command));
    with_active_connection(&world, "e2", "127.64.0.5").await;
    let several = visitor.page(&format!("{PAGE}?route=privatelink")).await;
    assert!(several.contains("choose one above"), "{several}");
    // A closed component says how it is opened.
    let closed = visitor
        .page(&format!("{PAGE}?connection={id}&component=pgbouncer"))
        .await;
    assert!(
        closed.contains("privatelink_access.pgbouncer=true"),
        "{closed}"
    );
}

#[tokio::test]
async fn a_connection_that_carries_nothing_says_why_and_what_to_do() {
    let world = World::new().await;
    with_active_link(&world).await;
    with_active_connection(&world, "e1", "127.64.0.4").await;
    let waiting = discover_endpoint(&world, ALLOWED, "e2").await;
    let visitor = world.visitor().await;
    let chosen = format!("{PAGE}?route=privatelink&connection={waiting}");
    let page = visitor.page(&chosen).await;
    let box_ = between(&page, r#"id="no-information">"#, "</div>");
    assert!(box_.contains("pending-user-approval"), "{box_}");
    assert!(box_.contains("<bdi>please</bdi>"), "{box_}");
    assert!(
        box_.contains(&format!("connection approve pg-1 {waiting}")),
        "{box_}"
    );
    world
        .admin()
        .post(
            &format!("{OURS}/privatelink/azure/connections/{waiting}/reject"),
            json!({}),
        )
        .await
        .ok();
    let page = visitor.page(&chosen).await;
    assert!(page.contains("<strong>Reason:</strong>"), "{page}");
    let unknown = visitor
        .page(&format!(
            "{PAGE}?route=privatelink&connection=plc000000000000"
        ))
        .await;
    assert!(unknown.contains("plc000000000000"), "{unknown}");
}

#[tokio::test]
async fn secrets_are_on_the_page_only_once_they_are_asked_for() {
    let world = World::new().await;
    with_active_link(&world).await;
    with_active_connection(&world, "e1", "127.64.0.4").await;
    let visitor = world.visitor().await;
    for path in [PAGE, SETTINGS, &format!("{PAGE}?route=privatelink")] {
        has_no_secret(&visitor.page(path).await);
    }
    let hidden = visitor.page(&format!("{PAGE}?route=privatelink")).await;
    assert!(hidden.contains("Show secrets"));
    assert!(hidden.contains("&#60;redacted&#62;"), "{hidden}");
    let asked = format!("{PAGE}?route=privatelink&secrets=show");
    let shown = visitor.page(&asked).await;
    assert!(
        shown.contains(r#"<code id="password">s3cret/pw</code>"#),
        "{shown}"
    );
    assert!(shown.contains("Hide secrets"));
    // The address that shows them shows them to those who may see them.
    let reader = world.reading_visitor().await;
    let page = reader.page(&asked).await;
    has_no_secret(&page);
    assert!(page.contains("hidden for your role"), "{page}");
    assert!(!page.contains("Show secrets"), "{page}");
}

#[tokio::test]
async fn kafka_brokers_are_told_what_to_listen_on() {
    let world = World::new().await;
    let key = "-----BEGIN KEY OF A CLIENT-----";
    let body = json!({
        "service_name": "kafka-1",
        "service_type": "kafka",
        "cloud": "azure-westeurope",
        "underpass": {
            "nodes": [{"name": "n1", "address": "127.0.0.1"}],
            "components": [
                {"component": "kafka", "port": 9094, "kafka_authentication_method": "certificate"},
                {"component": "kafka", "port": 9095, "kafka_authentication_method": "sasl"},
            ],
            "users": [
                {"username": "avnadmin", "password": "s3cret/pw", "access_cert": "CERT", "access_key": key},
                {"username": "<b>eve</b>", "password": "s3cret/pw"},
            ],
        },
    });
    world.admin().post(SERVICES, body).await.ok();
    let visitor = world.visitor().await;
    let path = "/console/project/demo/service/kafka-1";
    let page = visitor.page(path).await;
    // Without a link there is nothing to tell yet, and the page says so.
    assert!(page.contains(r#"id="kafka-listeners""#), "{page}");
    assert!(
        page.contains(">certificate</a>") && page.contains(">sasl</a>"),
        "{page}"
    );
    assert!(!page.contains(key) && !page.contains("<b>eve"), "{page}");
    has_no_secret(&page);
    let sasl = visitor.page(&format!("{path}?method=sasl")).await;
    assert!(sasl.contains(r#"<code id="port">9095</code>"#), "{sasl}");
    let shown = visitor
        .page(&format!("{path}?method=certificate&secrets=show"))
        .await;
    assert!(shown.contains(key), "{shown}");
}

#[tokio::test]
async fn words_of_others_stay_words() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = with_active_connection(&world, "e<i>1", "127.64.0.4").await;
    let admin = world.admin();
    let hostile = "<script>alert(1)</script>\u{202e}txt";
    admin
        .put(&format!("{PG}/tags"), json!({"tags": {"note": hostile}}))
        .await
        .ok();
    let label = format!("{OURS}/privatelink/azure/connections/{id}/label");
    admin
        .put(&label, json!({"label": "<b>blue</b>"}))
        .await
        .ok();
    let visitor = world.visitor().await;
    let hostile_query = "route=privatelink&component=%22%3E%3Cscript%3E&user=%3Cimg%20src=x%3E";
    for path in [
        PAGE,
        SETTINGS,
        &format!("{PAGE}?route=privatelink"),
        &format!("{PAGE}?{hostile_query}"),
    ] {
        let page = visitor.page(path).await;
        for raw in [
            "<script>alert",
            "<b>blue",
            "e<i>1",
            "\"><script>",
            "<img src=x",
        ] {
            assert!(!page.contains(raw), "{path}: {raw} in {page}");
        }
    }
    let page = visitor.page(PAGE).await;
    // What turns the direction of writing stays within its own element.
    assert!(
        page.contains("<bdi>&#60;script&#62;alert(1)&#60;/script&#62;\u{202e}txt</bdi>"),
        "{page}"
    );
}

#[tokio::test]
async fn the_ca_is_a_file_to_keep() {
    let world = World::new().await;
    with_service(&world).await;
    let visitor = world.reading_visitor().await;
    let reply = visitor.get(&format!("{PAGE}/ca.pem")).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(
        reply.text.starts_with("-----BEGIN CERTIFICATE-----"),
        "{}",
        reply.text
    );
    assert_eq!(
        reply.headers["content-disposition"],
        "attachment; filename=\"ca.pem\""
    );
}

#[tokio::test]
async fn a_service_is_removed_once_its_name_is_typed_and_nothing_forbids_it() {
    let world = World::new().await;
    with_active_link(&world).await;
    let id = with_active_connection(&world, "e1", "127.64.0.4").await;
    let visitor = world.visitor().await;
    let remove = format!("{SETTINGS}/remove");
    let published = visitor.page(SETTINGS).await;
    let removal = between(&published, r#"id="removal""#, "</section>");
    assert!(removal.contains("delete the link first"), "{removal}");
    assert!(removal.contains(&id.to_string()), "{removal}");
    assert!(!removal.contains("<form"), "{removal}");
    let refused = visitor.post(&remove, &[("confirm", "pg-1")]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(
        refused.text.contains("service_published"),
        "{}",
        refused.text
    );

    let other = json!({"service_name": "pg-2", "service_type": "pg", "cloud": "azure-westeurope"});
    world.admin().post(SERVICES, other).await.ok();
    let settings = "/console/project/demo/service/pg-2/settings";
    let remove = format!("{settings}/remove");
    let typo = visitor.post(&remove, &[("confirm", "pg-3")]).await;
    assert_eq!(typo.status, StatusCode::BAD_REQUEST);
    assert!(
        typo.text.contains("The service was not removed"),
        "{}",
        typo.text
    );
    assert!(typo.text.contains(r#"value="pg-3""#), "{}", typo.text);
    let removed = visitor.post(&remove, &[("confirm", "pg-2")]).await;
    assert_eq!(removed.status, StatusCode::SEE_OTHER, "{}", removed.text);
    assert_eq!(removed.headers["location"], "/console/project/demo/service");
    let gone = visitor.get(settings).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn termination_protection_is_a_switch() {
    let world = World::new().await;
    with_service(&world).await;
    let visitor = world.visitor().await;
    let switch = format!("{SETTINGS}/termination-protection");
    assert!(
        visitor
            .notice(&switch, &[("termination_protection", "true")])
            .await
            .contains("is on")
    );
    let page = visitor.page(SETTINGS).await;
    assert!(page.contains("switch it off above first"), "{page}");
    assert!(page.contains("--disable-termination-protection"), "{page}");
    assert!(visitor.notice(&switch, &[]).await.contains("is off"));
}

#[tokio::test]
async fn a_reader_gets_no_forms_and_changes_nothing() {
    let world = World::new().await;
    with_active_link(&world).await;
    let reader = world.reading_visitor().await;
    let page = reader.page(SETTINGS).await;
    assert!(page.contains("disabled"), "{page}");
    assert!(!page.contains("Save protection"), "{page}");
    assert!(!page.contains(r#"id="confirm""#), "{page}");
    let switch = format!("{SETTINGS}/termination-protection");
    let refused = reader
        .post(&switch, &[("termination_protection", "true")])
        .await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
}

#[tokio::test]
async fn a_form_of_another_page_changes_nothing() {
    let world = World::new().await;
    with_service(&world).await;
    let visitor = world.visitor().await;
    for form in ["termination-protection", "remove", "network-configuration"] {
        let path = format!("{SETTINGS}/{form}");
        let forged = visitor
            .forge(&path, &[("confirm", "pg-1"), ("remove.static_ips", "true")])
            .await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "{form}");
        assert!(
            forged.text.contains("nothing was changed"),
            "{}",
            forged.text
        );
    }
    world.admin().get(PG).await.ok();
}

#[tokio::test]
async fn a_link_on_its_way_says_what_is_next() {
    let world = World::new().await;
    with_active_link(&world).await;
    let visitor = world.visitor().await;
    let page = visitor.page(PAGE).await;
    let link = between(&page, r#"id="links""#, "</section>");
    assert!(link.contains("Azure Private Link"), "{link}");
    assert!(link.contains("Give the alias to the consumer"), "{link}");
    world.admin().delete(LINK).await.ok();
    let page = visitor.page(PAGE).await;
    assert!(
        page.contains("Wait until the private link is deleted"),
        "{page}"
    );
}
