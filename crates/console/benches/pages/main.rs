//! Times the pages over a whole project, on SQLite: 1,000 services, 5,000 connections.
//!
//! `cargo bench -p underpass-console --bench pages`; see `bench/README.md`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench prints its figures, and ends where something is not as it should be"
)]

#[path = "../../../server/benches/project/fill.rs"]
mod fill;
#[path = "../../../server/benches/project/measure.rs"]
mod measure;
#[path = "../../../server/benches/project/networks.rs"]
mod networks;
#[path = "../../../server/benches/project/stage.rs"]
mod stage;
#[path = "../../../underpass/src/control_plane/console.rs"]
mod wiring;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use tower::ServiceExt as _;
use underpass_console::Portals;
use underpass_server::app::App;

use self::measure::measure;
use self::stage::Stage;

/// Below `/console/project/demo`, Home first.
const PAGES: [&str; 22] = [
    "",
    "/service",
    "/service?query=service-09&cloud=azure",
    "/service?cloud=google",
    "/service?after=service-0899",
    "/connection",
    "/connection?state=pending-user-approval",
    "/connection?query=team+blue",
    "/connection?query=pe-777-&state=active",
    "/network",
    "/network?query=service-0500",
    "/event",
    "/event?subject=service",
    "/register-service",
    "/service/service-0500",
    "/service/service-0500?route=privatelink",
    "/service/service-0500/privatelink/azure",
    "/service/service-0500/privatelink/azure/remove",
    "/service/service-0500/nodes",
    "/service/service-0500/settings",
    "/service/service-0500/settings/certificate",
    "/service/service-0500/settings/network-configuration",
];

fn main() {
    let mut stage = Stage::new();
    stage.cookie = stage.runtime.block_on(sign_in(&stage));
    println!("| Page | Median | Slowest | Answer |");
    println!("|---|---|---|---|");
    for page in PAGES {
        let name = if page.is_empty() { "/" } else { page };
        measure(&stage, name, &format!("/console/project/demo{page}"));
    }
    let next = next_page(&stage, "/console/project/demo/connection");
    measure(&stage, "/connection, the next page", &next);
}

/// The API with the console beside it.
fn router(app: App) -> Router {
    let pages = wiring::pages(&app, Portals::default(), [], 4_096);
    underpass_server::api::router(app, pages)
}

/// Signs in; the cookie of the session.
async fn sign_in(stage: &Stage) -> String {
    let form = format!("token={}", stage.token.expose());
    let request = Request::post("/console/sign-in")
        .header("host", "127.0.0.1:8780")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form))
        .unwrap();
    let response = stage.router.clone().oneshot(request).await.unwrap();
    let cookie = response.headers()["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// Address of the page that follows a page of a list.
fn next_page(stage: &Stage, path: &str) -> String {
    let page = stage.ask(path).1;
    let page = String::from_utf8(page.to_vec()).unwrap();
    let (before, _) = page.split_once("\" rel=\"next\"").unwrap();
    let (_, href) = before.rsplit_once("href=\"").unwrap();
    href.replace("&#38;", "&").replace("&amp;", "&")
}
