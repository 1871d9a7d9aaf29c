//! Times a link in an account that answers, alone and beside an account that does not.
//!
//! `cargo bench -p underpass-server --bench accounts`; see `bench/README.md`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking and prints its figures"
)]

mod sick;
mod stage;

use std::time::Duration;

use self::sick::Sickness;
use self::stage::Stage;

/// Links that are made and deleted for one figure, one a second: longer than the time limit of an
/// exchange, so that the breaker of the sick account is closed at first and open at last.
const REPEATS: usize = 40;

fn main() {
    // For the transport of the real driver.
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    let scenarios = [
        ("alone", None),
        ("beside one that never answers", Some(Sickness::Dead)),
        ("beside one that answers after 5 s", Some(Sickness::Slow)),
        ("beside one that answers 429", Some(Sickness::Limiting)),
    ];
    println!("Medians and slowest of {REPEATS} links in an account that answers within 5 ms,");
    println!(
        "beside an account with {} project VPCs",
        stage::SICK_OBJECTS
    );
    println!("| Account | Create to active | Slowest | Refresh | Slowest | Calls of the other |");
    println!("|---|---|---|---|---|---|");
    for (name, sickness) in scenarios {
        let stage = Stage::new(sickness);
        let (creates, refreshes) = stage.measure(REPEATS);
        let ((create, slowest_create), (refresh, slowest_refresh)) =
            (summary(creates), summary(refreshes));
        println!(
            "| {name} | {create} | {slowest_create} | {refresh} | {slowest_refresh} | {} |",
            stage.calls_of_sick()
        );
    }
}

/// The median and the longest time.
fn summary(mut times: Vec<Duration>) -> (String, String) {
    times.sort();
    let text = |time: Option<&Duration>| {
        let milliseconds = time.copied().unwrap_or_default().as_secs_f64() * 1000.0;
        format!("{milliseconds:.1} ms")
    };
    (text(times.get(times.len() / 2)), text(times.last()))
}
