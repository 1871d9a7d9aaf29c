//! What probes and collectors ask.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use error_reporter::Report;
use serde_json::{Value, json};
use underpass_model::refusal::Refusal;

use super::{Caller, Error};
use crate::app::App;

/// The content type of the text exposition format (Prometheus documentation, version 0.0.4).
const EXPOSITION: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

/// The process answers.
async fn alive() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// Requests can be served: the store takes writes.
async fn ready(State(app): State<App>) -> Result<Json<Value>, Error> {
    match app.store.check().await {
        Ok(()) => Ok(Json(json!({"status": "ready"}))),
        Err(error) => {
            tracing::warn!(
                error = %Report::new(&error),
                "answer a readiness probe: the store is not ready"
            );
            Err(Error::Unavailable(
                "The store does not take writes; see the log".to_owned(),
            ))
        }
    }
}

/// Counts, for collectors with an operator's token: they tell of every project.
async fn metrics(State(app): State<App>, Caller(caller): Caller) -> Result<Response, Error> {
    if !caller.user.is_operator {
        return Err(Refusal::forbidden(
            "not_an_operator",
            "Metrics tell of every project, so only an operator's token may read them",
        )
        .into());
    }
    Ok(([(CONTENT_TYPE, EXPOSITION)], (app.metrics)()).into_response())
}
