//! What holds for every exchange: its id, its line in the log, its time limit, its end.

use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use super::Error;
use crate::app::App;

/// Longest time for one request: 30 s. The longest legitimate one, a refresh that waits for a
/// sweep, takes at most 20 s.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Carries the id of a request, both ways.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest request id taken over from a client: 64 characters, more than any usual kind has.
const MAX_REQUEST_ID: usize = 64;

/// Gives the request an id, which the answer carries and every log line of it shows.
///
/// The log names the route, not the path: a path can hold a token.
pub(super) async fn trace(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(REQUEST_ID)
        .filter(|id| is_sane(id.as_bytes()))
        .cloned()
        .or_else(|| HeaderValue::try_from(app.ids.uuid().to_string()).ok());
    let text = id
        .as_ref()
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default();
    let span = tracing::info_span!("request", request.id = text);
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let began = app.clock.now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let route = matched.as_ref().map_or("(none)", MatchedPath::as_str);
    let status = response.status().as_u16();
    let took = app.clock.now().duration_since(began).as_millis();
    span.in_scope(|| {
        tracing::debug!(
            http.method = %method,
            http.route = route,
            http.status = status,
            duration_ms = i64::try_from(took).unwrap_or(i64::MAX),
            "{method} {route} -> {status}"
        );
    });
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Whether an id from outside can be put into logs and headers as it is.
fn is_sane(id: &[u8]) -> bool {
    let fits = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !id.is_empty() && id.len() <= MAX_REQUEST_ID && id.iter().all(fits)
}

/// Answers for requests that take too long, slow bodies included; carries every request through.
///
/// The request runs in a task of its own, so that it also ends when its client hangs up: between
/// a commit and the withdrawal of the names it takes away there must be no place to stop.
pub(super) async fn limit_time(request: Request, next: Next) -> Response {
    let task = tokio::spawn(next.run(request).in_current_span());
    match tokio::time::timeout(TIME_LIMIT, task).await {
        Ok(Ok(response)) => response,
        // Panics are caught further in, so this is the end of the runtime.
        Ok(Err(_ended)) => {
            Error::Unavailable("The server is stopping; try again".to_owned()).into_response()
        }
        Err(_elapsed) => Error::Unavailable(format!(
            "The request took longer than {} s; look whether it took effect, then try again",
            TIME_LIMIT.as_secs()
        ))
        .into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_ids_are_taken_over() {
        for good in ["a", "8eefec94-5d63", "trace_1.2"] {
            assert!(is_sane(good.as_bytes()), "{good}");
        }
        let long = "x".repeat(65);
        for bad in ["", "a b", "a\n", "<b>", long.as_str()] {
            assert!(!is_sane(bad.as_bytes()), "{bad}");
        }
    }
}
