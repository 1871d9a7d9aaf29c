//! A limit on file sizes, which makes real writes of a store fail.
//!
//! The kernel refuses writes beyond the limit (RLIMIT_FSIZE) as it does on a full disk, but with
//! another error number (EFBIG, not ENOSPC). The limit applies to the whole process, so such a test
//! runs again in a process of its own.

use std::process::Command;

use underpass_store::Store;

/// Set in the process with the limit.
const INSIDE: &str = "UNDERPASS_TEST_SMALL_DISK";

/// The size limit in the shell's blocks of 512 bytes: 1 MiB, about 250 pages of SQLite. That is well
/// below the 1,000 pages at which SQLite checkpoints its log ("PRAGMA wal_autocheckpoint").
const BLOCKS: u32 = 2048;

/// Returns whether this process has the limit. If not, runs the test in a process with the limit and
/// waits until it passes.
///
/// `name` is the test's full name in the test harness.
pub(crate) fn is_here(name: &str) -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "a child test gets its input from the environment only"
    )]
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    // Unless SIGXFSZ is ignored, the kernel kills the process instead of refusing the write.
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

/// Writes until a write fails.
pub(crate) async fn fill(store: &dyn Store) {
    for _ in 0..BLOCKS {
        if store.check().await.is_err() {
            return;
        }
    }
    unreachable!("a check writes, so {BLOCKS} checks reach a limit of as many blocks");
}
