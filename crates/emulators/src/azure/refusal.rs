//! Refusals of the HTTP layer, in the resource manager's error format.

use axum::Json;
use axum::response::{IntoResponse, Response};
use error_reporter::Report;
use http::StatusCode;
use serde_json::{Value, json};

use crate::emulated_network;

/// An error reply as the resource manager's gateway writes it.
pub(super) fn reply(status: u16, code: &str, message: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(body(code, message))).into_response()
}

/// The body of an error reply.
pub(super) fn body(code: &str, message: &str) -> Value {
    json!({ "error": { "code": code, "message": message } })
}

/// The reply when the emulated network gives none. Only the log contains the reason.
pub(super) fn unavailable(error: &emulated_network::Error) -> Response {
    tracing::error!(error = %Report::new(error), "failed to answer a request to the emulated Azure");
    let message = "The emulator is stopping or cannot store changes. Its log contains the reason.";
    reply(503, "ServiceUnavailable", message)
}
