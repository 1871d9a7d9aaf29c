//! Time limit of a request.

use std::time::Duration;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use crate::api::Error;

/// Longest time for one request: 30 s. The longest legitimate one, a refresh that waits for a
/// sweep, takes at most 20 s.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Answers for requests that take too long, slow bodies included, and runs every request to its
/// end.
///
/// The request runs in a task of its own, so that it also ends when its client hangs up: between
/// a commit and the withdrawal of the names it takes away there must be no place to stop.
pub(super) async fn limit_time(request: Request, next: Next) -> Response {
    let task = tokio::spawn(next.run(request).in_current_span());
    match tokio::time::timeout(TIME_LIMIT, task).await {
        Ok(Ok(response)) => response,
        // Panics are caught further in, so this is the end of the runtime.
        Ok(Err(_ended)) => {
            Error::Unavailable("The server is stopping. Try again".to_owned()).into_response()
        }
        Err(_elapsed) => Error::Unavailable(format!(
            "The request took longer than {} s. It may or may not have taken effect: read the \
             resource, then try again",
            TIME_LIMIT.as_secs()
        ))
        .into_response(),
    }
}
