//! Description of the API.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::app::App;

/// The document, which a test makes from the wire types and compares with this file.
const DOCUMENT: &str = include_str!("../../openapi.json");

pub(super) fn routes() -> Router<App> {
    Router::new().route("/openapi.json", get(document))
}

/// Requires no token: it shows nothing of a tenant.
async fn document() -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT)
}
