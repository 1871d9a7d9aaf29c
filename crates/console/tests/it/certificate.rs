//! A server's certificate as it is issued in the console.

use axum::http::StatusCode;
use serde_json::json;

use crate::published::{SERVICES, with_service};
use crate::service::between;
use crate::world::World;

const SETTINGS: &str = "/console/project/demo/service/pg-1/settings";
const PAGE: &str = "/console/project/demo/service/pg-1/settings/certificate";
const KEY: &str = "-----BEGIN PRIVATE KEY-----";

#[tokio::test]
async fn a_certificate_is_issued_and_its_key_is_shown_once() {
    let world = World::new().await;
    with_service(&world).await;
    let visitor = world.visitor().await;
    let card = between(
        &visitor.page(SETTINGS).await,
        r#"id="server-certificate""#,
        "</section>",
    );
    assert!(card.contains(&format!(r#"href="{PAGE}""#)), "{card}");
    let form = visitor.page(PAGE).await;
    let names = between(&form, r#"aria-label="Names""#, "</ul>");
    for name in [
        "pg-1-demo.underpass.test",
        "privatelink-64-pg-1-demo.underpass.test",
    ] {
        assert!(names.contains(&format!("<code>{name}</code>")), "{names}");
    }
    assert!(
        form.contains(r#"name="days" inputmode="numeric""#),
        "{form}"
    );
    assert!(form.contains(r#"value="365""#), "{form}");
    let command = "underpass service cert pg-1 --out certs --days 365 --project demo";
    assert!(form.contains(command), "{form}");
    assert!(!form.contains(KEY));

    let fields = [
        ("days", "30"),
        ("names", "db.example.net\r\n*.db.example.net"),
        ("addresses", "127.0.0.9"),
    ];
    let issued = visitor.post(PAGE, &fields).await;
    assert_eq!(issued.status, StatusCode::OK, "{}", issued.text);
    assert_eq!(issued.headers["cache-control"], "no-store");
    let page = &issued.text;
    assert!(!page.contains("data-changes"), "it is not fetched anew");
    for (id, name, begin) in [
        ("server-crt", "server.crt", "-----BEGIN CERTIFICATE-----"),
        ("server-key", "server.key", KEY),
        ("ca-pem", "ca.pem", "-----BEGIN CERTIFICATE-----"),
    ] {
        let text = between(page, &format!(r#"id="{id}" tabindex="0""#), "</pre>");
        let (_, text) = text.split_once('>').unwrap();
        assert!(text.starts_with(begin), "{name}: {text}");
        assert!(text.ends_with("-----\n"), "{name} ends as a file does");
        assert!(page.contains(&format!(r#"data-copy="{id}""#)), "{name}");
        let download = format!(r#"data-download="{name}" data-source="{id}""#);
        assert!(page.contains(&download), "{name}: {page}");
    }
    assert_eq!(page.matches(KEY).count(), 1);
    assert!(page.contains("does not store the private key"), "{page}");
    assert!(page.contains("<code>*.db.example.net</code>"), "{page}");
    assert!(page.contains("<code>127.0.0.9</code>"), "{page}");
    assert!(page.contains("2027-02-14T08:00:00Z"), "{page}");
    assert!(page.contains("ssl_cert_file"), "it says how to use it");
    assert!(!page.contains("speaking no TLS"), "{page}");
    assert_eq!(world.history().await.last().unwrap(), "certificate.issued");

    for path in [PAGE, SETTINGS, "/console/project/demo/event"] {
        assert!(!visitor.page(path).await.contains(KEY), "{path}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_at_the_form_which_keeps_what_was_typed() {
    let world = World::new().await;
    with_service(&world).await;
    let visitor = world.visitor().await;
    let before = world.history().await;
    let many = "a.example.net ".repeat(65);
    for (field, typed, said) in [
        (
            "days",
            "a year",
            "<code>a year</code> is not a number of days",
        ),
        ("days", "826", "/docs/errors/certificate_days"),
        ("days", "0", "/docs/errors/certificate_days"),
        ("days", "-3", "<code>days</code> is -3"),
        ("names", "not_a_name", "<code>not_a_name</code>"),
        ("names", &many, "/docs/errors/certificate_names"),
        ("addresses", "127.0.0.256", "<code>addresses[0]</code>"),
    ] {
        let fields = [(field, typed), ("other", "<b>x</b>")];
        let refused = visitor.post(PAGE, &fields).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{field} {typed}");
        let problem = between(&refused.text, r#"id="problem""#, "</div>");
        assert!(problem.contains(said), "{typed}: {problem}");
        let typed = typed.trim();
        let kept = [
            format!(r#"name="days" inputmode="numeric" autocomplete="off" value="{typed}""#),
            format!("\n{typed}</textarea>"),
        ];
        assert!(
            kept.iter().any(|it| refused.text.contains(it)),
            "{typed}: {}",
            refused.text
        );
        assert!(!refused.text.contains(KEY) && !refused.text.contains("data-changes"));
    }
    let hostile = [("names", "</textarea><script>alert(1)</script>")];
    let refused = visitor.post(PAGE, &hostile).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(!refused.text.contains("<script>alert"), "{}", refused.text);
    assert_eq!(world.history().await, before, "nothing was issued");
    // Left empty, the days are the usual ones.
    let issued = visitor.post(PAGE, &[("days", "")]).await;
    assert!(issued.text.contains(KEY), "{}", issued.text);
}

#[tokio::test]
async fn only_those_who_may_change_the_project_get_a_certificate() {
    let world = World::new().await;
    with_service(&world).await;
    let reader = world.reading_visitor().await;
    let settings = reader.page(SETTINGS).await;
    assert!(settings.contains("Show its names"), "{settings}");
    let page = reader.page(PAGE).await;
    assert!(page.contains("privatelink-1-pg-1-demo"), "{page}");
    let (_, main) = page.split_once("<main").unwrap();
    assert!(!main.contains("<form"), "{main}");
    let refused = reader.post(PAGE, &[("days", "30")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(!refused.text.contains(KEY), "{}", refused.text);
    let forged = world.visitor().await.forge(PAGE, &[("days", "30")]).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    assert!(!forged.text.contains(KEY), "{}", forged.text);
    let stranger = world.stranger().get(PAGE).await;
    assert_eq!(stranger.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_service_of_any_type_is_told_what_to_do_with_its_files() {
    let world = World::new().await;
    let service = json!({
        "service_name": "pg-1", "service_type": "grafana", "cloud": "azure-westeurope",
        "underpass": {"components": [{"component": "grafana", "port": 3000, "tls": false}]},
    });
    world.admin().post(SERVICES, service).await.ok();
    let visitor = world.visitor().await;
    let form = visitor.page(PAGE).await;
    assert!(form.contains("no nodes yet"), "{form}");
    let issued = visitor.post(PAGE, &[]).await.text;
    assert!(issued.contains("documentation describes"), "{issued}");
    assert!(
        issued.contains("<code>grafana</code> is registered without TLS"),
        "{issued}"
    );
    let nowhere = PAGE.replace("pg-1", "pg-2");
    assert_eq!(visitor.get(&nowhere).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        visitor.post(&nowhere, &[]).await.status,
        StatusCode::NOT_FOUND
    );
}
