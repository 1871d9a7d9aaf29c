//! Replay of the inputs of a fuzz target, without libFuzzer. Crates with targets include this file in
//! their tests.

use std::path::{Path, PathBuf};

/// Calls a target with every input of its corpus, and with every one that broke a rule before.
///
/// The path of each input is printed first, so that a failure names it.
pub(crate) fn replay(target: &str, call: impl Fn(&[u8])) {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let corpus = inputs(&fuzz.join("corpus").join(target));
    assert!(!corpus.is_empty(), "the corpus of {target} is there");
    let regressions = inputs(&fuzz.join("regressions").join(target));
    for path in corpus.iter().chain(&regressions) {
        println!("{}", path.display());
        call(&std::fs::read(path).expect("the input is readable"));
    }
}

/// The files of a directory in the order of their names; none if there is no such directory.
fn inputs(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("the directory is readable").path())
        .collect();
    paths.sort();
    paths
}
