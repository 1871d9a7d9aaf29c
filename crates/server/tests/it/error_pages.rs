//! Every code that a refusal can carry has a page that explains it, and no page has lost its code.

mod codes;

use std::collections::BTreeSet;

use serde_json::Value;

use self::codes::codes;
use crate::error_page::{page, pages};
use crate::world::World;

/// Fewest and most lines of a page: something to say, and nothing that needs scrolling.
const LINES: std::ops::RangeInclusive<usize> = 6..=20;

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let codes: BTreeSet<String> = codes().into_keys().collect();
    let pages: BTreeSet<String> = std::fs::read_dir(pages())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .map(|name| name.strip_suffix(".md").unwrap_or(&name).to_owned())
        .collect();
    let unexplained: Vec<_> = codes.difference(&pages).collect();
    let orphaned: Vec<_> = pages.difference(&codes).collect();
    assert!(
        unexplained.is_empty() && orphaned.is_empty(),
        "docs/errors lacks pages for {unexplained:?} and has pages without a code: {orphaned:?}"
    );
}

#[test]
fn a_page_tells_title_status_example_and_what_to_do_next() {
    for (code, statuses) in codes() {
        let text = page(&code);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.first(), Some(&format!("# {code}").as_str()));
        assert!(LINES.contains(&lines.len()), "{code}: {}", lines.len());
        let said: Vec<_> = lines
            .iter()
            .filter_map(|line| line.strip_prefix("Status: "))
            .collect();
        assert_eq!(said, [describe(&statuses)], "{code}");
        let example = lines.iter().position(|line| line.starts_with("> "));
        let next = lines.iter().position(|line| *line == "Next:");
        assert!(example.is_some() && example < next, "{code}");
        assert!(text.contains("\n- "), "{code} says nothing to do");
    }
}

#[test]
fn the_index_lists_every_page_with_its_status() {
    let index = page("README");
    let rows: Vec<_> = index
        .lines()
        .filter(|line| line.starts_with("| ["))
        .collect();
    let expected: Vec<_> = codes()
        .into_iter()
        .map(|(code, statuses)| format!("| [{code}]({code}.md) | {} | ", numbers(&statuses)))
        .collect();
    let beginnings: Vec<_> = rows
        .iter()
        .zip(&expected)
        .map(|(row, expected)| row.get(..expected.len()).unwrap_or(row))
        .collect();
    assert_eq!(beginnings, expected);
    assert_eq!(rows.len(), expected.len(), "{rows:?}");
}

#[tokio::test]
async fn a_refusal_leads_to_its_page() {
    let world = World::new().await;
    let reply = world.stranger().get("/v1/me").await;
    reply.refusal(401);
    let error = &reply.json()["errors"][0];
    assert_eq!(error["error_code"], "no_token");
    assert_eq!(error["more_info"], "/docs/errors/no_token");
}

#[tokio::test]
async fn what_is_no_refusal_leads_nowhere() {
    let world = World::new().await;
    let reply = world.admin().get("/v1/nothing").await;
    reply.refusal(404);
    let error = &reply.json()["errors"][0];
    assert_eq!(error["error_code"], Value::Null);
    assert_eq!(error["more_info"], "");
}

/// `400 Bad Request or 409 Conflict`.
fn describe(statuses: &BTreeSet<u16>) -> String {
    let each: Vec<_> = statuses
        .iter()
        .map(|status| {
            let status = axum::http::StatusCode::from_u16(*status).unwrap();
            status.to_string()
        })
        .collect();
    each.join(" or ")
}

/// `400, 409`.
fn numbers(statuses: &BTreeSet<u16>) -> String {
    let each: Vec<_> = statuses.iter().map(ToString::to_string).collect();
    each.join(", ")
}
