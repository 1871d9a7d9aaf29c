//! The document that describes the API.

mod attributes;
mod document;
mod leaves;
mod operations;
mod schema;
mod source;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use self::document::document;
use crate::authorization::rules::rules;
use crate::contract::documented;
use crate::world::World;

/// Depth of operations, schemas and answers in the document. Each has a line, so that a change is one.
const DEPTH_OF_LINES: usize = 3;

/// Writes a value: members on lines of their own down to a depth, deeper ones in one line.
fn render(value: &Value, depth: usize, text: &mut String) {
    let (Value::Object(members), true) = (value, depth < DEPTH_OF_LINES) else {
        text.push_str(&value.to_string());
        return;
    };
    text.push('{');
    for (place, (name, member)) in members.iter().enumerate() {
        text.push_str(if place == 0 { "\n" } else { ",\n" });
        text.push_str(&" ".repeat(depth + 1));
        write!(text, "{}: ", Value::from(name.as_str())).unwrap();
        render(member, depth + 1, text);
    }
    text.push('\n');
    text.push_str(&" ".repeat(depth));
    text.push('}');
}

/// Returns the text of a document.
fn rendered(value: &Value) -> String {
    let mut text = String::new();
    render(value, 0, &mut text);
    text.push('\n');
    text
}

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the variable by which snapshots are accepted, too"
)]
fn the_document_is_made_from_the_wire_types() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let made = rendered(&document());
    let committed = std::fs::read_to_string(&file).unwrap();
    if made == committed {
        return;
    }
    if std::env::var("INSTA_UPDATE").is_ok_and(|it| it == "always") {
        std::fs::write(&file, made).unwrap();
        return;
    }
    let differs = made
        .lines()
        .zip(committed.lines())
        .position(|(a, b)| a != b);
    panic!(
        "crates/server/openapi.json differs from the wire types in line {}. Refresh it with \
         `INSTA_UPDATE=always cargo test -p underpass-server --test it openapi` and read the difference",
        differs.map_or(1, |line| line + 1)
    );
}

#[tokio::test]
async fn the_document_lists_every_route_and_needs_no_token() {
    let world = World::new().await;
    let served = world.stranger().get("/openapi.json").await.ok();
    let mut described = BTreeSet::new();
    for (template, methods) in served["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            described.insert((method.to_ascii_uppercase(), template.clone()));
        }
    }
    let routes: BTreeSet<_> = rules()
        .into_iter()
        .map(|(endpoint, _)| (endpoint.method, endpoint.template))
        .collect();
    let missing: Vec<_> = routes.difference(&described).collect();
    let surplus: Vec<_> = described.difference(&routes).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "openapi.json lacks {missing:?} and has {surplus:?}"
    );
}

#[test]
fn an_answer_that_differs_from_the_document_is_found() {
    const JSON: &str = "application/json";
    let check = |status, content, body| documented("GET", "/readyz", status, content, body);
    assert_eq!(check(200, JSON, r#"{"status": "ready"}"#), Ok(()));
    let refusal =
        r#"{"message": "m", "errors": [{"message": "m", "more_info": "", "status": 503}]}"#;
    assert_eq!(check(503, JSON, refusal), Ok(()));
    for (status, content, body) in [
        (201, JSON, r#"{"status": "ready"}"#),
        (200, "text/html", r#"{"status": "ready"}"#),
        (200, JSON, "{}"),
        (200, JSON, "ready"),
        (200, JSON, r#"{"status": 7}"#),
        (200, JSON, r#"{"status": "ready", "more": 1}"#),
        (
            503,
            JSON,
            r#"{"message": "m", "errors": [{"message": "m", "more_info": ""}]}"#,
        ),
        (
            503,
            JSON,
            r#"{"message": "m", "errors": [{"message": "m", "more_info": "", "status": 70000}]}"#,
        ),
    ] {
        assert!(
            check(status, content, body).is_err(),
            "{status} {content} {body}"
        );
    }
}
