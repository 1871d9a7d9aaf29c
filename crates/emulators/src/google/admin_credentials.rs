//! The admin route that replaces the identities of the provider's project.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::Response;
use axum::routing::put;
use axum::{Json, Router};

use super::http_state::HttpState;
use super::identity::NewIdentity;
use crate::admin;

/// Returns the route.
pub(super) fn routes(state: HttpState) -> Router {
    Router::new()
        .route("/credentials", put(replace))
        .with_state(state)
}

async fn replace(
    State(state): State<HttpState>,
    new: Result<Json<NewIdentity>, JsonRejection>,
) -> Response {
    match new {
        Ok(Json(new)) => admin::replaced(state.tokens.identity.replace(new)),
        Err(rejection) => admin::malformed(&rejection),
    }
}
