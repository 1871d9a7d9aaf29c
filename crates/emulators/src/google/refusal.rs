//! Error replies of the shell, in the format of the compute API.

use axum::Json;
use axum::response::{IntoResponse, Response};
use error_reporter::Report;
use http::StatusCode;
use serde_json::{Value, json};

use crate::emulated_network;

/// An error reply in the format of the compute API.
pub(super) fn reply(status: u16, reason: &str, message: &str) -> Response {
    let body = body(status, reason, message);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(body)).into_response()
}

/// The body of an error reply.
pub(super) fn body(status: u16, reason: &str, message: &str) -> Value {
    json!({ "error": {
        "code": status,
        "message": message,
        "errors": [{ "message": message, "domain": "global", "reason": reason }],
    } })
}

/// The error reply when the emulated network fails; the cause is logged, not sent.
pub(super) fn unavailable(error: &emulated_network::Error) -> Response {
    tracing::error!(error = %Report::new(error), "request to the emulated Google failed");
    let message = "The emulator is stopping or cannot write changes. See its log.";
    reply(503, "backendError", message)
}
