//! Documents name files that exist, and the architecture stays short enough to be read.

use std::path::{Path, PathBuf};

use crate::sources;

/// The most lines of ARCHITECTURE.md.
const ARCHITECTURE_LINES: usize = 250;

/// The first directories of paths that documents give from the root of the workspace.
const PLACES: [&str; 5] = ["bench/", "crates/", "docs/", "scripts/", "tests/"];

/// Every document with its text.
fn documents() -> Vec<(PathBuf, String)> {
    let root = sources::root();
    let mut files = sources::files_below(&root.join("docs"));
    files.extend(sources::files_below(&root.join("bench")));
    files.extend(sources::entries(&root));
    files.retain(|file| file.extension().is_some_and(|it| it == "md"));
    let read = |file: PathBuf| {
        let text = std::fs::read_to_string(&file).unwrap();
        (file, text)
    };
    files.into_iter().map(read).collect()
}

/// The paths that links of a document lead to, without those of other hosts.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split([')', '#']).next());
    let is_path = |target: &&str| !target.is_empty() && !target.contains("://");
    targets.filter(is_path).collect()
}

/// The paths from the root of the workspace in a document's code spans.
fn paths(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    let spans = prose.flat_map(|part| part.split('`').skip(1).step_by(2));
    let is_path = |span: &&str| {
        PLACES.iter().any(|place| span.starts_with(place)) && !span.contains(['<', '*', '…', ' '])
    };
    spans.filter(is_path).collect()
}

#[test]
fn links_and_paths_in_documents_lead_to_files() {
    let root = sources::root();
    let documents = documents();
    assert!(documents.len() > 150, "the documents are read");
    let mut missing = Vec::new();
    for (file, text) in &documents {
        let dir = file.parent().unwrap_or(Path::new(""));
        let linked = links(text).into_iter().map(|link| dir.join(link));
        let named = paths(text).into_iter().map(|path| root.join(path));
        for target in linked.chain(named) {
            if !target.exists() {
                missing.push(format!("{}: {}", file.display(), target.display()));
            }
        }
    }
    assert!(missing.is_empty(), "no such files: {missing:#?}");
}

#[test]
fn the_architecture_is_read_in_one_sitting() {
    let text = std::fs::read_to_string(sources::root().join("ARCHITECTURE.md")).unwrap();
    let lines = text.lines().count();
    assert!(
        lines <= ARCHITECTURE_LINES,
        "ARCHITECTURE.md has {lines} lines"
    );
}

#[test]
fn links_and_paths_are_found() {
    let text = "See [a](b.md#c), [d](https://e) and `crates/f/g.rs`, `crates/<noun>`, `h/i`.\n\
                ```\n`docs/j`\n```\nThen `docs/k.md`.";
    assert_eq!(links(text), ["b.md"]);
    assert_eq!(paths(text), ["crates/f/g.rs", "docs/k.md"]);
}

/// The string literals of a source that are words in CamelCase: reasons of conditions.
fn reasons(source: &str) -> impl Iterator<Item = &str> {
    let literals = source.split('"').skip(1).step_by(2);
    literals.filter(|text| {
        let capitals = text.bytes().filter(u8::is_ascii_uppercase).count();
        capitals > 1 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}

#[test]
fn every_reason_of_a_condition_is_explained() {
    let root = sources::root();
    let page = std::fs::read_to_string(root.join("docs/reference/conditions.md")).unwrap();
    let mut found = 0;
    for file in [
        "condition.rs",
        "condition/of_account.rs",
        "condition/of_network.rs",
        "condition/of_service.rs",
        "condition/reconciled.rs",
    ] {
        let path = root.join("crates/model/src").join(file);
        let source = std::fs::read_to_string(path).unwrap();
        for reason in reasons(&source) {
            found += 1;
            assert!(page.contains(&format!("`{reason}`")), "{reason} of {file}");
        }
    }
    assert!(found > 10, "the reasons are read");
}
