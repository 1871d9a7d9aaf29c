//! Times the control plane with many links: what a change, a start and a quiet minute cost.
//!
//! `cargo bench -p underpass-server --bench scale [-- SIZE …]`, or `-- churn [MINUTES [LINKS]]` for
//! links, endpoints and accounts that change constantly; see `bench/README.md`. The cloud is in
//! memory and answers immediately, so that the figures are those of the control plane.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a bench prints its figures, measures time, and ends where something is not as it should be"
)]

mod churn;
mod client;
mod fill;
mod memory_cloud;
mod process;
mod rows;
mod running;
mod start;
mod store_writes;

use std::sync::Arc;

use underpass_server::retention_limits::RetentionLimits;

use self::memory_cloud::MemoryCloud;
use self::rows::{HEADER, measure};
use self::running::Running;

/// Numbers of links that are measured, each with three connections.
const SIZES: [u32; 4] = [100, 1_000, 3_000, 10_000];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, directory] = words.as_slice()
        && flag == start::FLAG
    {
        start::start(directory.as_ref());
        return;
    }
    let is_churn = words.first().is_some_and(|word| word == churn::WORD);
    let numbers: Vec<u32> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .event_interval(underpass_server::runtime::EVENT_INTERVAL)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        if is_churn {
            churn::run(&numbers).await;
            return;
        }
        let sizes = match numbers.as_slice() {
            [] => &SIZES,
            some => some,
        };
        store_writes::measure().await;
        println!("{HEADER}");
        let directory = tempfile::tempdir().unwrap();
        let clouds = [Arc::new(MemoryCloud::default())];
        let mut before = 0;
        for size in sizes.iter().copied() {
            let running =
                Running::start(directory.path(), &clouds, RetentionLimits::default()).await;
            let row = measure(&running, &clouds[0], before, size).await;
            running.stop().await;
            let start = start::in_a_process(directory.path());
            println!("{}", row.with_start(&start));
            before = size;
        }
    });
}
