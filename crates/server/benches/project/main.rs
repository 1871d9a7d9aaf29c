//! Times the routes and the console's pages over a whole project, on SQLite: 1,000 services,
//! 5,000 connections.
//!
//! `cargo bench -p underpass-server --bench project`; see `bench/README.md`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench prints its figures, and ends where something is not as it should be"
)]

mod fill;
mod networks;
mod pages;
mod stage;

use std::time::Duration;

use self::stage::Stage;

/// Calls of each route.
const ROUNDS: usize = 30;

const ROUTES: [&str; 12] = [
    "overview",
    "connections",
    "connections?state=pending-user-approval&limit=200",
    "connections?query=team%20blue",
    "connections?service=service-0500",
    "services",
    "services?limit=200",
    "services?query=service-09&cloud=azure",
    "events?order=newest",
    "events?order=newest&subject=service/service-0500",
    "events?order=newest&subject=service",
    "events?after=20000",
];

fn main() {
    let stage = Stage::new();
    println!("| Route | Median | Slowest | Answer |");
    println!("|---|---|---|---|");
    for route in ROUTES {
        let path = format!("/v1/underpass/project/demo/{route}");
        measure(&stage, route, &path);
    }
    // What was there before, to compare with.
    measure(
        &stage,
        "(every service, compatible)",
        "/v1/project/demo/service",
    );
    println!("\n| Page | Median | Slowest | Answer |");
    println!("|---|---|---|---|");
    for page in pages::PAGES {
        let name = if page.is_empty() { "/" } else { page };
        measure(&stage, name, &format!("/console/project/demo{page}"));
    }
    let next = stage.next_page("/console/project/demo/connection");
    measure(&stage, "/connection, the next page", &next);
}

fn measure(stage: &Stage, name: &str, path: &str) {
    let bytes = stage.get(path).1;
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| stage.get(path).0).collect();
    times.sort();
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "| `{name}` | {:.1} ms | {:.1} ms | {} KiB |",
        milliseconds(times[ROUNDS / 2]),
        milliseconds(times[ROUNDS - 1]),
        bytes / 1024,
    );
}
