//! `demo`: every check holds.

use crate::running::underpass;

#[test]
fn the_demo_holds_with_nothing_installed() {
    let scratch = tempfile::tempdir().unwrap();
    let told = underpass(scratch.path())
        .args(["demo", "--without-postgres"])
        .output()
        .unwrap();
    let output = String::from_utf8(told.stdout).unwrap();
    assert!(
        told.status.success(),
        "{output}\n{}",
        String::from_utf8_lossy(&told.stderr)
    );
    assert!(!output.contains('✘'), "{output}");
    assert!(output.trim_end().ends_with("checks hold."), "{output}");
}
