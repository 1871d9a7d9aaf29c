//! Time limit of a request.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use crate::api::error::Error;

/// Time limit of one request: 30 s. The longest legitimate one, a refresh that waits for a sweep,
/// takes at most 20 s.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Answers requests that exceed the limit, and runs every request to its end. The server limits the
/// time of a body.
///
/// The request runs in a task of its own, so that it also completes if its client disconnects: a
/// commit must always be followed by the removal of its names from DNS.
pub(super) async fn limit_time(request: Request, next: Next) -> Response {
    let task = tokio::spawn(next.run(request).in_current_span());
    match tokio::time::timeout(TIME_LIMIT, task).await {
        Ok(Ok(response)) => response,
        // Panics are caught by an inner layer, so this is the end of the runtime.
        Ok(Err(_ended)) => {
            Error::Unavailable("The server is stopping. Try again".to_owned()).into_response()
        }
        Err(_elapsed) => Error::Unavailable(format!(
            "The request took longer than {} s. It may or may not have taken effect. Read the \
             resource, then retry",
            TIME_LIMIT.as_secs()
        ))
        .into_response(),
    }
}
