//! The admin route that replaces the bindings of the provider's project.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::Response;
use axum::routing::put;
use axum::{Json, Router};

use super::http_state::HttpState;
use super::model::IamPolicy;
use crate::admin;

/// Returns the route.
pub(super) fn routes(state: HttpState) -> Router {
    Router::new()
        .route("/iam-policy", put(replace))
        .with_state(state)
}

async fn replace(
    State(state): State<HttpState>,
    new: Result<Json<IamPolicy>, JsonRejection>,
) -> Response {
    let new = match new {
        Ok(Json(new)) => new,
        Err(rejection) => return admin::malformed(&rejection),
    };
    if let Err(reason) = new.check() {
        return admin::replaced(Err(reason));
    }
    let changed = state.network.change(|cloud| cloud.set_policy(new)).await;
    admin::done(changed)
}
