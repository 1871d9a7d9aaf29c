//! The page that explains the code of a refusal.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// Checks an answer as it goes by: if it refuses by a code, the code's page is there, the answer
/// leads to it, and it tells this status. So every refusal that any test meets is checked.
#[track_caller]
pub(crate) fn assert_explained(status: u16, body: &str) {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let error = &body["errors"][0];
    let Some(code) = error["error_code"].as_str() else {
        return;
    };
    assert_eq!(error["more_info"], format!("/docs/errors/{code}"));
    let told = page(code)
        .lines()
        .any(|line| line.starts_with("Status: ") && line.contains(&status.to_string()));
    assert!(told, "docs/errors/{code}.md does not tell status {status}");
}

/// Directory of the pages.
pub(crate) fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors")
}

/// Text of a page.
#[track_caller]
pub(crate) fn page(name: &str) -> String {
    let path = pages().join(format!("{name}.md"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
