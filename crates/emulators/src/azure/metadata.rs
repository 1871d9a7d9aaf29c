//! The instance metadata service: tokens of this machine's managed identities, as on a virtual machine
//! (`GET /metadata/identity/oauth2/token`). Disabled unless an address is configured.
//!
//! Requests need `Metadata: true`. Requests that came through a proxy (`X-Forwarded-For`), from a web
//! page (`Origin`) or for another host name (`Host`) are refused.

use axum::extract::{Query, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::json;

use super::http_state::HttpState;
use crate::{clock, http_message};

/// The address of the real service, which clients send as `Host`.
const REAL_HOST: &str = "169.254.169.254";

/// Returns the routes of the service.
pub(super) fn routes(state: HttpState) -> Router {
    Router::new()
        .route("/metadata/identity/oauth2/token", get(token))
        .layer(middleware::from_fn(check_headers))
        .with_state(state)
}

async fn check_headers(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let has_metadata = headers
        .get("metadata")
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
    if !has_metadata {
        let text = "Required metadata header not specified";
        return refusal(StatusCode::BAD_REQUEST, "bad_request_102", text);
    }
    if is_foreign(headers) {
        let text = "The instance metadata service accepts requests of local processes only. Send \
                    the request to a loopback address, without Origin and X-Forwarded-For.";
        return refusal(StatusCode::BAD_REQUEST, "invalid_request", text);
    }
    next.run(request).await
}

/// Reports whether a request does not come from a local process.
fn is_foreign(headers: &HeaderMap) -> bool {
    let is_local = http_message::is_for_this_machine(headers)
        || http_message::host(headers).is_some_and(|it| it == REAL_HOST);
    headers.contains_key("x-forwarded-for") || headers.contains_key(header::ORIGIN) || !is_local
}

/// The query of a request for a token.
#[derive(Deserialize)]
struct TokenQuery {
    #[serde(rename = "api-version", default)]
    api_version: String,
    #[serde(default)]
    resource: String,
    client_id: Option<String>,
}

async fn token(State(state): State<HttpState>, Query(query): Query<TokenQuery>) -> Response {
    let bad = |text: &str| refusal(StatusCode::BAD_REQUEST, "invalid_request", text);
    if query.api_version.is_empty() {
        return bad("Required query variable 'api-version' is missing");
    }
    if query.resource.is_empty() {
        return bad("Required audience parameter not specified");
    }
    let now = clock::now();
    let client = query.client_id.as_deref();
    let resource = query.resource.trim_end_matches('/').to_owned();
    match state.tokens.issue_to_identity(client, resource, now) {
        None => bad("Identity not found"),
        Some(Err(error)) => error.reply(now),
        // The service writes its numbers as text.
        Some(Ok(issued)) => {
            let seconds = issued.until.as_second() - issued.since.as_second();
            let body = json!({
                "access_token": issued.token,
                "client_id": state.tokens.provider_client(),
                "expires_in": seconds.to_string(),
                "expires_on": issued.until.as_second().to_string(),
                "ext_expires_in": seconds.to_string(),
                "not_before": issued.since.as_second().to_string(),
                "resource": query.resource,
                "token_type": "Bearer",
            });
            Json(body).into_response()
        }
    }
}

fn refusal(status: StatusCode, error: &str, text: &str) -> Response {
    let body = json!({ "error": error, "error_description": text });
    (status, Json(body)).into_response()
}
