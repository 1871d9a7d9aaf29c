//! Request IDs of the client or drawn here, in every log line and in the answer.

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use crate::app::App;

/// Header of the request ID, in requests and answers.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest ID accepted from a client: 64 characters, more than common formats have.
const MAX_REQUEST_ID: usize = 64;

/// Assigns the request an ID, contained in its log lines and its answer.
pub(super) async fn set_request_id(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Response {
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
    let mut response = next.run(request).instrument(span).await;
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Returns whether a client's ID can be written to logs and headers unchanged.
fn is_sane(id: &[u8]) -> bool {
    let fits = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !id.is_empty() && id.len() <= MAX_REQUEST_ID && id.iter().all(fits)
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
