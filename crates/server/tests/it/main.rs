//! Tests of the server through its API.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod authorization;
mod backup;
mod body;
mod catalogue;
mod certificate;
mod cloud_resource;
mod connection_info;
mod contract;
mod doctor;
mod error_page;
mod error_pages;
mod fairness;
mod front_door;
mod google_endpoint;
mod grant;
mod handle_claim;
mod held;
mod held_change;
mod history;
mod in_progress;
mod incarnation;
mod kafka;
mod nat_range;
mod network_cloud;
mod network_sweep;
mod openapi;
mod options;
mod orphan;
mod overview;
mod privatelink_azure;
mod privatelink_google;
mod project;
mod project_limit;
mod publish;
mod published;
mod published_google;
mod queue;
mod recovered_link;
mod recovery;
mod recovery_outcome;
mod refresh;
mod retention;
mod revocation;
mod service;
mod services;
mod session;
mod shared_interface;
mod static_ip;
mod sweep;
mod token;
mod underpass;
mod unknown_links;
mod unreadable;
mod vpc;
mod vpc_refresh;
mod world;
mod world_worker;

use axum::Router;
use underpass_server::app::App;

/// Returns the routes of the tested server.
fn router(app: App) -> Router {
    underpass_server::api::router(app, Router::new())
}
