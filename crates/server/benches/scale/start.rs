//! Start of a process on a filled store.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use underpass_server::retention_limits::RetentionLimits;

use crate::memory_cloud::MemoryCloud;
use crate::process::resident_mib;
use crate::running;

/// Flag that makes the bench a process that only starts.
pub(crate) const FLAG: &str = "--start";

/// Figures of a start.
pub(crate) struct Start {
    pub(crate) seconds: f64,
    pub(crate) mib: u64,
}

/// Starts a process on the store in a directory, whose discovery is switched off: its cloud is empty.
pub(crate) fn in_a_process(directory: &Path) -> Start {
    let output = Command::new(std::env::current_exe().unwrap())
        .arg(FLAG)
        .arg(directory)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (seconds, mib) = text.trim().split_once(' ').expect("the figures");
    Start {
        seconds: seconds.parse().unwrap(),
        mib: mib.parse().unwrap(),
    }
}

/// Starts, and prints the seconds until it can answer and the memory in MiB.
pub(crate) fn start(directory: &Path) {
    let begun = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let (service, names) = runtime.block_on(running::build(
        directory,
        vec![Arc::new(MemoryCloud::default())],
        None,
        RetentionLimits::default(),
    ));
    let seconds = begun.elapsed().as_secs_f64();
    println!("{seconds:.3} {}", resident_mib());
    drop((service, names));
}
