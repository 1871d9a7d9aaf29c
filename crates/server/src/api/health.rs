//! Health probes and metrics.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use error_reporter::Report;
use serde_json::{Value, json};

use super::error::Error;
use super::extract::Operator;
use crate::app::App;

/// Content type of the text exposition format (Prometheus documentation, version 0.0.4).
const EXPOSITION: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

/// Liveness: the process answers.
async fn alive() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// Readiness: the process does not stop, and the store accepts writes.
async fn ready(State(app): State<App>) -> Result<Json<Value>, Error> {
    if app.readiness.has_ended() {
        return Err(Error::Unavailable(
            "The server is stopping. Use another one, or retry when it has started again"
                .to_owned(),
        ));
    }
    match app.store.check().await {
        Ok(()) => Ok(Json(json!({"status": "ready"}))),
        Err(error) => {
            tracing::warn!(
                error = %Report::new(&error),
                "readiness probe failed: the store accepts no writes"
            );
            Err(Error::Unavailable(
                "The store accepts no writes. The log contains the reason".to_owned(),
            ))
        }
    }
}

/// Metrics, for an operator's token only: they concern all projects.
async fn metrics(State(app): State<App>, _operator: Operator) -> Result<Response, Error> {
    const UNREADABLE: &str = "underpass_unreadable_documents";
    let accounts = app.shares.metrics(app.accounts.names(), app.clock.now());
    let backends = app.health.metrics(app.accounts.names(), app.clock.now());
    let count = app.store.unreadable().await?.len();
    let text = (app.metrics)()
        + &accounts
        + &backends
        + &format!(
            "# HELP {UNREADABLE} Stored documents that cannot be read and are set aside.\n\
             # TYPE {UNREADABLE} gauge\n{UNREADABLE} {count}\n"
        );
    Ok(([(CONTENT_TYPE, EXPOSITION)], text).into_response())
}
