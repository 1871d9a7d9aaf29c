//! The admin route that replaces the provider's credentials.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::Response;
use axum::routing::put;
use axum::{Json, Router};

use super::client_credentials::NewCredentials;
use super::http_state::HttpState;
use crate::admin;

/// Returns the route.
pub(super) fn routes(state: HttpState) -> Router {
    Router::new()
        .route("/credentials", put(replace))
        .with_state(state)
}

async fn replace(
    State(state): State<HttpState>,
    new: Result<Json<NewCredentials>, JsonRejection>,
) -> Response {
    match new {
        Ok(Json(new)) => admin::replaced(state.tokens.credentials.replace(new)),
        Err(rejection) => admin::malformed(&rejection),
    }
}
