//! `underpass demo` passes.

use crate::running::underpass;

#[test]
fn the_demo_passes_with_nothing_installed() {
    let scratch = tempfile::tempdir().unwrap();
    let outcome = underpass(scratch.path())
        .args(["demo", "--without-postgres"])
        .output()
        .unwrap();
    let printed = String::from_utf8(outcome.stdout).unwrap();
    assert!(
        outcome.status.success(),
        "{printed}\n{}",
        String::from_utf8_lossy(&outcome.stderr)
    );
    assert!(!printed.contains('✘'), "{printed}");
    assert!(printed.trim_end().ends_with("checks passed."), "{printed}");
}
