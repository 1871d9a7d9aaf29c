//! Token endpoints: `POST /{tenant}/oauth2/v2.0/token`, and the older one without `v2.0`.
//!
//! The only supported grant is client credentials with a secret, sent in the form or as HTTP Basic.
//! Errors have the codes and the format of the real service (`AADSTS…`).

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::CACHE_CONTROL;
use serde_json::json;
use underpass_http_server::read_body;

use super::http_state::HttpState;
use super::token_error::TokenError;
use super::token_request::TokenRequest;
use crate::{clock, limits};

/// The version of the endpoint, which decides the format of the reply.
#[derive(Debug, Clone, Copy)]
enum Version {
    One,
    Two,
}

pub(super) async fn v1(
    State(state): State<HttpState>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    answer(&state, Version::One, &tenant, &headers, body).await
}

pub(super) async fn v2(
    State(state): State<HttpState>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    answer(&state, Version::Two, &tenant, &headers, body).await
}

async fn answer(
    state: &HttpState,
    version: Version,
    tenant: &str,
    headers: &HeaderMap,
    body: Body,
) -> Response {
    let body = read_body(body, limits::FORM_BYTES).await;
    let now = clock::now();
    let issued = body
        .map_err(TokenError::from)
        .and_then(|body| TokenRequest::read(tenant, headers, &body))
        .and_then(|request| Ok((state.tokens.issue(&request, now)?, request)));
    match issued {
        Ok((issued, request)) => {
            tracing::debug!(
                tenant = %request.tenant,
                client = %request.client.escape_debug(),
                "token issued"
            );
            let seconds = issued.until.as_second() - issued.since.as_second();
            let body = match version {
                Version::Two => json!({
                    "token_type": "Bearer",
                    "expires_in": seconds,
                    "ext_expires_in": seconds,
                    "access_token": issued.token,
                }),
                // The older endpoint writes its numbers as text.
                Version::One => json!({
                    "token_type": "Bearer",
                    "expires_in": seconds.to_string(),
                    "ext_expires_in": seconds.to_string(),
                    "expires_on": issued.until.as_second().to_string(),
                    "not_before": issued.since.as_second().to_string(),
                    "resource": request.audience,
                    "access_token": issued.token,
                }),
            };
            ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
        }
        Err(error) => {
            tracing::debug!(code = error.code(), "token request refused");
            error.reply(now)
        }
    }
}
