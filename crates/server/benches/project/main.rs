//! Times the routes over a whole project, on SQLite: 1,000 services, 5,000 connections.
//!
//! `cargo bench -p underpass-server --bench project`; see `bench/README.md`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench prints its figures, and ends where something is not as it should be"
)]

mod fill;
mod measure;
mod networks;
mod stage;

use axum::Router;
use underpass_server::app::App;

use self::measure::measure;
use self::stage::Stage;

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
}

/// The routes that are timed.
fn router(app: App) -> Router {
    underpass_server::api::router(app, Router::new())
}
