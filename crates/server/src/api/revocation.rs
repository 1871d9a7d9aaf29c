//! End of requests whose token was revoked while they wait.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tracing::Instrument as _;

use super::error::Error;
use super::extract::check_token_again;
use crate::app::App;

/// Time between two checks of the token of a request that waits: 2 s, so that it ends within
/// seconds. Most requests are answered before the first one.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);

/// Answers a request with the refusal of its token when the token ends while the request waits, for
/// example for a sweep.
///
/// The handler runs to its end, without its client: a commit must always be followed by the removal
/// of its names from DNS.
pub(super) async fn end_revoked(State(app): State<App>, request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let mut handler = Box::pin(next.run(request).in_current_span());
    loop {
        if let Ok(response) = tokio::time::timeout(CHECK_INTERVAL, &mut handler).await {
            return response;
        }
        // Without a token, or while the store cannot be read, the handler decides.
        if headers.contains_key(axum::http::header::AUTHORIZATION)
            && let Err(error @ Error::Refused(_)) = check_token_again(&app, &headers).await
        {
            tokio::spawn(handler);
            return error.into_response();
        }
    }
}
