//! HTTP API: the compatible routes under `/v1`, and Underpass's own under `/v1/underpass`.
//!
//! A handler validates, commits the desired state, notifies a worker and answers. It neither calls
//! a cloud nor waits for one. Middleware is in `crate::middleware`.

mod access_token;
mod account_outages;
pub(crate) mod admit;
pub(crate) mod body;
mod body_error;
mod certificate;
mod cloud;
mod cloud_resource;
mod condition;
pub(crate) mod error;
pub(crate) mod extract;
mod feature;
mod handle_claim;
mod health;
mod history;
mod me;
mod neighbours;
mod network_condition;
mod network_problems;
mod one_more;
mod openapi;
mod other_members;
mod part_failure;
mod privatelink;
mod project;
mod query;
mod refresh;
mod revocation;
mod service;
mod service_snapshot;
mod service_type;
mod shared_interfaces;
mod sorted;
mod static_ip;
mod static_ip_counts;
mod strict_value;
mod tags_body;
mod underpass;
mod unique_members;
mod unknown_route;
mod vpc;
mod whole_project;
mod wire_time;

use axum::Router;
use axum::middleware::from_fn_with_state;

pub use self::error::Error;
pub(crate) use self::error::refusal_body;
use self::unknown_route::{unknown_route, wrong_method};
use crate::app::App;
use crate::middleware;

/// Returns all routes of the API and those `beside` it, behind the middleware.
pub fn router(app: App, beside: Router) -> Router {
    middleware::around(app.clone(), routes(app).merge(beside))
}

/// Returns all routes of the API without the middleware, for calls within the process.
pub fn routes(app: App) -> Router {
    Router::new()
        .merge(health::routes())
        .merge(openapi::routes())
        .merge(me::routes())
        .merge(access_token::routes())
        .merge(project::routes())
        .merge(feature::routes())
        .merge(cloud::routes())
        .merge(service_type::routes())
        .merge(vpc::routes())
        .merge(static_ip::routes())
        .merge(certificate::routes())
        .merge(service::routes())
        .merge(privatelink::routes())
        .merge(underpass::routes())
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(app.clone(), admit::hold))
        .layer(from_fn_with_state(app.clone(), revocation::end_revoked))
        .with_state(app)
}
