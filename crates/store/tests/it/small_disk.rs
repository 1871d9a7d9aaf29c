//! A disk with hardly any room, for stores that are to be refused by the real thing.
//!
//! A process can be forbidden to let any file grow beyond a size: the kernel then refuses the write,
//! as it does on a full disk, if with another error number (EFBIG, not ENOSPC). The limit holds for
//! the process as a whole, so a test that wants one runs again in a process of its own.

use std::process::Command;

use underpass_store::Store;

/// Tells a test that it is the one in a process of its own.
const INSIDE: &str = "UNDERPASS_TEST_SMALL_DISK";

/// The largest file, in the shell's blocks of 512 bytes: 1 MiB, some 250 pages of SQLite. That is
/// well below the 1,000 pages at which SQLite tidies up its log and begins it anew.
const BLOCKS: u32 = 2048;

/// Whether this test is on a small disk; where it is not, runs it again on one, and waits for it
/// to pass.
///
/// `name` is the test's as the harness knows it.
pub(crate) fn is_here(name: &str) -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "a child test is told by its environment only"
    )]
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    // Unless the signal is ignored, the kernel ends the process rather than refuse the write.
    let script = format!("trap '' XFSZ; ulimit -f {BLOCKS}; exec \"$@\"");
    let output = Command::new("sh")
        .args(["-c", &script, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(INSIDE, "yes")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{name} on a small disk: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    false
}

/// Writes until the disk takes nothing more.
pub(crate) async fn fill(store: &dyn Store) {
    for _ in 0..BLOCKS {
        if store.check().await.is_err() {
            return;
        }
    }
    unreachable!("a check writes, so {BLOCKS} of them fill a disk of as many blocks");
}
