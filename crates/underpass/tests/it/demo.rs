//! The demo holds.

use crate::running::underpass;

#[test]
fn the_demo_holds_with_nothing_installed() {
    let scratch = tempfile::tempdir().unwrap();
    let told = underpass(scratch.path())
        .args(["demo", "--without-postgres"])
        .output()
        .unwrap();
    let story = String::from_utf8(told.stdout).unwrap();
    assert!(
        told.status.success(),
        "{story}\n{}",
        String::from_utf8_lossy(&told.stderr)
    );
    assert!(!story.contains('✘'), "{story}");
    assert!(story.trim_end().ends_with("checks hold."), "{story}");
}
