//! The pictures of the documentation show the present pages.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Checksums of the sources of the pictures, in the format of `sha256sum`.
const DRAWN_FROM: &str = "docs/images/drawn-from.sha256";

/// Sources of the pages; `scripts/screenshots` has the same list.
const SOURCES: [&str; 5] = [
    "crates/console/templates",
    "crates/web/src/assets",
    "crates/web/templates",
    "crates/underpass/templates",
    "crates/underpass/src/portal/assets",
];

const DRAW: &str = "draw them anew with scripts/screenshots, and look at them";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Returns the paths of all files below a directory, from the root.
fn files_below(place: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(root().join(place)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{place}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            found.extend(files_below(&path));
        } else {
            found.insert(path);
        }
    }
    found
}

#[test]
fn pictures_were_drawn_from_the_pages_of_today() {
    let drawn_from = fs::read_to_string(root().join(DRAWN_FROM)).unwrap();
    let known: BTreeSet<String> = drawn_from
        .lines()
        .map(|line| line.split_once("  ").unwrap().1.to_owned())
        .collect();
    let sources: BTreeSet<String> = SOURCES.into_iter().flat_map(files_below).collect();
    assert_eq!(known, sources, "other pages: {DRAW}");
    let checked = Command::new("sha256sum")
        .args(["--check", "--quiet", DRAWN_FROM])
        .current_dir(root())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&checked.stdout);
    assert!(checked.status.success(), "{told}changed pages: {DRAW}");
}

#[test]
fn texts_show_pictures_that_exist_and_every_page_is_shown() {
    let pictures = files_below("docs/images");
    let mut shown = BTreeSet::new();
    for (text, images) in [
        ("README.md", "docs/images/"),
        ("docs/guides/console.md", "../images/"),
    ] {
        let content = fs::read_to_string(root().join(text)).unwrap();
        let named = content.split(images).skip(1);
        for name in named.map(|rest| rest.split(['"', ')', ' ']).next().unwrap()) {
            let path = format!("docs/images/{name}");
            assert!(pictures.contains(&path), "{text} shows {path}");
            let page = name.rsplitn(3, '-').last().unwrap();
            shown.insert(page.to_owned());
        }
    }
    let drawn: BTreeSet<String> = pictures
        .iter()
        .filter_map(|path| path.strip_prefix("docs/images/")?.strip_suffix(".webp"))
        .map(|name| name.rsplitn(3, '-').last().unwrap().to_owned())
        .collect();
    assert_eq!(shown, drawn);
}
