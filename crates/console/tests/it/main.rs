//! Tests of the console as browsers see it, in front of the API itself.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test ends where something is not as it should be"
)]

mod authorization;
mod certificate;
#[path = "../../../server/tests/it/contract.rs"]
mod contract;
mod degraded;
mod documents;
#[path = "../../../server/tests/it/error_page.rs"]
mod error_page;
#[path = "../../../server/tests/it/held.rs"]
mod held;
mod link;
mod lists;
mod live;
mod network_configuration;
mod networks;
mod nodes;
mod operator;
mod orphan;
#[path = "../../../server/tests/it/published.rs"]
mod published;
#[path = "../../../server/tests/it/published_google.rs"]
mod published_google;
mod recovered_link;
mod recovery;
mod register;
mod service;
mod session;
#[path = "../../../store/tests/it/small_disk.rs"]
mod small_disk;
mod visitor;
#[path = "../../../underpass/src/control_plane/console.rs"]
mod wiring;
#[path = "../../../server/tests/it/world.rs"]
mod world;

use axum::Router;
use underpass_console::{FileBesideStore, Portals};
use underpass_server::app::App;

/// URL of the portal of emulated Azure.
const PORTAL: &str = "http://127.0.0.1:8784";

/// Connections of the process: 8 pages of a user are updated, and 32 of a project.
const CONNECTIONS: usize = 256;

/// A file that a backup of the store does not contain.
const BESIDE: FileBesideStore = FileBesideStore {
    name: "store.key",
    content: "key of the backups",
};

/// The API with the console beside it, wired as the binary wires them. One cloud has a portal, and
/// one has none, as it is for real ones.
fn router(app: App) -> Router {
    let portals = Portals {
        azure: Some(PORTAL.to_owned()),
        google: None,
    };
    let pages = wiring::pages(&app, portals, [BESIDE], CONNECTIONS);
    underpass_server::api::router(app, pages)
}
