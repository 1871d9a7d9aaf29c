//! The Security Token Service: `POST /v1/token` exchanges a token of another issuer (RFC 8693).

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use jiff::Timestamp;
use serde_json::json;
use underpass_http_server::read_body;

use super::http_state::HttpState;
use super::token::{AccessToken, Grant};
use crate::http_message::form_refusal;
use crate::{clock, ids, limits, urlencoded};

const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Types of subject tokens that are JSON Web Tokens.
const SUBJECT_TYPES: [&str; 2] = [
    "urn:ietf:params:oauth:token-type:jwt",
    "urn:ietf:params:oauth:token-type:id_token",
];

/// A refusal: status, OAuth code and description.
type Refusal = (StatusCode, &'static str, String);

pub(super) async fn exchange(State(state): State<HttpState>, body: Body) -> Response {
    let body = read_body(body, limits::FORM_BYTES).await;
    let issued = body
        .map_err(|error| {
            let (status, text) = form_refusal(error);
            (status, "invalid_request", text.to_owned())
        })
        .and_then(|body| exchanged(&state, &body, clock::now()));
    match issued {
        Ok(issued) => {
            let body = json!({
                "access_token": issued.token,
                "issued_token_type": ACCESS_TOKEN,
                "token_type": "Bearer",
                "expires_in": issued.seconds,
            });
            ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
        }
        Err((status, code, text)) => {
            tracing::debug!(code, "token exchange refused");
            let body = json!({ "error": code, "error_description": text });
            (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
        }
    }
}

fn exchanged(state: &HttpState, body: &[u8], now: Timestamp) -> Result<AccessToken, Refusal> {
    let bad = |code, text: &str| (StatusCode::BAD_REQUEST, code, text.to_owned());
    let text = std::str::from_utf8(body).ok();
    let pairs = text
        .and_then(urlencoded::pairs)
        .ok_or_else(|| bad("invalid_request", "The request body must be a form."))?;
    let fields: BTreeMap<String, String> = pairs.into_iter().collect();
    let field = |name: &str| {
        let value = fields.get(name).filter(|value| !value.is_empty());
        value.ok_or_else(|| bad("invalid_request", &format!("Missing {name}.")))
    };
    if field("grant_type")? != TOKEN_EXCHANGE {
        return Err(bad("unsupported_grant_type", "Invalid grant_type."));
    }
    if field("requested_token_type")? != ACCESS_TOKEN {
        return Err(bad("invalid_request", "Invalid requested_token_type."));
    }
    if !SUBJECT_TYPES.contains(&field("subject_token_type")?.as_str()) {
        return Err(bad("invalid_request", "Invalid subject_token_type."));
    }
    let (audience, scope) = (field("audience")?, field("scope")?);
    let present = state.tokens.identity.present();
    let mut known = present.providers.iter();
    let provider = known.find(|it| it.audience == *audience).ok_or_else(|| {
        bad(
            "invalid_target",
            "The target service indicated by the \"audience\" parameters is invalid. This might \
             either be because the pool or provider is disabled or deleted or because it doesn't \
             exist.",
        )
    })?;
    let principal = provider
        .principal(field("subject_token")?, now)
        .map_err(|reason| bad("invalid_grant", &reason))?;
    let failed = || {
        let text = "The token could not be created. Retry the request.".to_owned();
        (StatusCode::SERVICE_UNAVAILABLE, "internal_failure", text)
    };
    let grant = Grant {
        principal: &principal,
        scopes: scope.split_ascii_whitespace().map(str::to_owned).collect(),
        has_rights: provider.direct_access,
        seconds: limits::ASSERTION_LIFETIME_SECONDS,
    };
    let id = ids::guid().map_err(|_| failed())?.to_string();
    state
        .tokens
        .issue(grant, id, now)
        .map_err(|_unwritable| failed())
}
