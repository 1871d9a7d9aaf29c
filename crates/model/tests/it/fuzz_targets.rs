//! Each fuzz target has inputs, which a test of its crate replays.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::sources;

/// The most bytes of all committed inputs: 280 KiB.
const MOST_BYTES: u64 = 280 * 1024;

/// The names of the targets, as `fuzz/Cargo.toml` lists them.
fn targets() -> BTreeSet<String> {
    let manifest = sources::root().join("fuzz/Cargo.toml");
    let manifest = std::fs::read_to_string(manifest).unwrap();
    let names = manifest
        .split("[[bin]]\nname = \"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    names.map(str::to_owned).collect()
}

/// The names of the directories of inputs in a directory.
fn inputs(dir: &str) -> BTreeSet<String> {
    let name = |path: &PathBuf| path.file_name()?.to_str().map(str::to_owned);
    let dirs = sources::entries(&sources::root().join(dir));
    dirs.iter().filter_map(name).collect()
}

fn sources_of_crates() -> Vec<String> {
    let files = sources::files_below(&sources::root().join("crates"));
    let fuzzing = files
        .into_iter()
        .filter(|file| file.to_string_lossy().contains("fuzzing"));
    fuzzing
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .collect()
}

#[test]
fn each_target_has_inputs_that_a_test_replays() {
    let targets = targets();
    assert!(targets.len() > 10, "the targets are read");
    assert_eq!(inputs("fuzz/corpus"), targets);
    assert!(inputs("fuzz/regressions").is_subset(&targets));
    let sources = sources_of_crates();
    let page = sources::root().join("docs/reference/hostile-input.md");
    let page = std::fs::read_to_string(page).unwrap();
    for target in &targets {
        let replayed = format!("replay(\"{target}\"");
        assert!(sources.iter().any(|it| it.contains(&replayed)), "{target}");
        assert!(page.contains(&format!("`{target}`")), "{target}");
        let file = format!("fuzz/fuzz_targets/{target}.rs");
        assert!(sources::root().join(&file).exists(), "{file}");
    }
}

#[test]
fn the_inputs_are_small() {
    let size = |dir: &Path| -> u64 {
        let files = sources::files_below(dir);
        files
            .iter()
            .map(|file| file.metadata().unwrap().len())
            .sum()
    };
    let fuzz = sources::root().join("fuzz");
    let bytes = size(&fuzz.join("corpus")) + size(&fuzz.join("regressions"));
    assert!(bytes <= MOST_BYTES, "{bytes} bytes");
}
