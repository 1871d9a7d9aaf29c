//! The token endpoint: `POST /token`, for claims signed with a service account's key.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use jiff::Timestamp;
use serde_json::json;

use super::http_state::HttpState;
use super::service_account::{Claims, REAL_TOKEN_URI, Unproven, opens_compute};
use super::token::Issued;
use crate::{clock, ids, urlencoded};

/// The only grant that is understood.
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// Why no token is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The body is not a form with what is needed.
    Request(&'static str),
    /// Another grant than a signed claim.
    Grant,
    /// No scope, or none that opens the compute API.
    Scope(&'static str),
    /// The claim proves nothing.
    Claim(Unproven),
    /// The claim is meant for somebody else; this is whom it should be for.
    Audience(String),
    /// The system gave no random bytes.
    Unwritable,
}

/// `POST /token`.
pub(super) async fn token(State(state): State<HttpState>, body: Bytes) -> Response {
    match grant(&state, &body, clock::now()) {
        Ok(issued) => {
            let body = json!({
                "access_token": issued.token,
                "expires_in": issued.seconds,
                "token_type": "Bearer",
            });
            ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
        }
        Err(refusal) => {
            tracing::debug!(?refusal, "token refused");
            refusal.reply()
        }
    }
}

fn grant(state: &HttpState, body: &[u8], now: Timestamp) -> Result<Issued, Refusal> {
    let text = std::str::from_utf8(body).ok();
    let pairs = text
        .and_then(urlencoded::pairs)
        .ok_or(Refusal::Request("The request body must be a form."))?;
    let fields: BTreeMap<String, String> = pairs.into_iter().collect();
    match fields.get("grant_type").map(String::as_str) {
        Some(JWT_BEARER) => {}
        None => return Err(Refusal::Request("Missing required parameter: grant_type")),
        Some(_) => return Err(Refusal::Grant),
    }
    let assertion = fields
        .get("assertion")
        .ok_or(Refusal::Request("Missing required parameter: assertion"))?;
    let account = state.tokens.account.as_ref();
    let account = account.ok_or(Refusal::Claim(Unproven::UnknownAccount))?;
    let claims = account.claims(assertion, now).map_err(Refusal::Claim)?;
    check_scope(&claims)?;
    // Google's own client libraries name the real endpoint whatever the key file says.
    let own = format!("{}/token", state.base_url);
    let ours = [account.token_uri.as_str(), own.as_str(), REAL_TOKEN_URI];
    if !claims.is_for(|audience| ours.contains(&audience)) {
        return Err(Refusal::Audience(account.token_uri.clone()));
    }
    let id = ids::guid().map_err(|_| Refusal::Unwritable)?.to_string();
    let issued = state.tokens.issue(&account.email, id, now);
    issued.map_err(|_| Refusal::Unwritable)
}

fn check_scope(claims: &Claims) -> Result<(), Refusal> {
    let scopes = claims.scope.as_deref().unwrap_or_default();
    let mut scopes = scopes.split_ascii_whitespace().peekable();
    if scopes.peek().is_none() {
        return Err(Refusal::Scope("Empty or missing scope not allowed."));
    }
    if !scopes.any(opens_compute) {
        let text = "The emulator knows the scopes https://www.googleapis.com/auth/compute and \
                    https://www.googleapis.com/auth/cloud-platform alone.";
        return Err(Refusal::Scope(text));
    }
    Ok(())
}

// === impl Refusal ===

impl Refusal {
    /// The kind of error as OAuth names it.
    fn kind(&self) -> &'static str {
        match self {
            Self::Request(_) => "invalid_request",
            Self::Grant => "unsupported_grant_type",
            Self::Scope(_) => "invalid_scope",
            Self::Claim(_) | Self::Audience(_) => "invalid_grant",
            Self::Unwritable => "internal_failure",
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Request(text) | Self::Scope(text) => (*text).to_owned(),
            Self::Grant => format!("Invalid grant_type: use {JWT_BEARER}"),
            Self::Claim(Unproven::Malformed) => {
                "Invalid JWT: it needs three parts, and iss, iat and exp among its claims."
                    .to_owned()
            }
            Self::Claim(Unproven::UnknownAccount) => "Invalid grant: account not found".to_owned(),
            Self::Claim(Unproven::Signature) => "Invalid JWT Signature.".to_owned(),
            Self::Claim(Unproven::Timeframe) => {
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable \
                 timeframe. Check your iat and exp values in the JWT claim."
                    .to_owned()
            }
            Self::Audience(right) => {
                format!("Failed audience check. The right audience is {right}")
            }
            Self::Unwritable => "Try again.".to_owned(),
        }
    }

    fn reply(&self) -> Response {
        let status = match self {
            Self::Request(_)
            | Self::Grant
            | Self::Scope(_)
            | Self::Claim(_)
            | Self::Audience(_) => StatusCode::BAD_REQUEST,
            Self::Unwritable => StatusCode::SERVICE_UNAVAILABLE,
        };
        let body = json!({ "error": self.kind(), "error_description": self.text() });
        (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
    }
}
