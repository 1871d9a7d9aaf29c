//! The OAuth 2.0 token endpoint: `POST /token`, for JWTs signed by a service account (RFC 7523).

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use jiff::Timestamp;
use serde_json::json;
use underpass_http_server::{BodyError, read_body};

use super::http_state::HttpState;
use super::service_account::{
    AssertionError, Claims, REAL_TOKEN_URI, grants_compute, grants_iam, grants_reading,
};
use super::token::AccessToken;
use crate::http_message::form_refusal;
use crate::{clock, ids, limits, urlencoded};

/// The only supported grant type.
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The reason why no token is issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenError {
    /// The body cannot be read.
    Body(BodyError),
    /// The body is not a form with the required parameters.
    Request(&'static str),
    /// Another grant type than [`JWT_BEARER`].
    Grant,
    /// No scope, or none that grants access to the compute API.
    Scope(&'static str),
    /// The assertion is invalid.
    Claim(AssertionError),
    /// The assertion has another audience; the expected one.
    Audience(String),
    /// The token could not be created.
    NotIssued,
}

/// `POST /token`.
pub(super) async fn token(State(state): State<HttpState>, body: Body) -> Response {
    let body = read_body(body, limits::FORM_BYTES).await;
    let issued = body
        .map_err(TokenError::Body)
        .and_then(|body| exchange(&state, &body, clock::now()));
    match issued {
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

fn exchange(state: &HttpState, body: &[u8], now: Timestamp) -> Result<AccessToken, TokenError> {
    let text = std::str::from_utf8(body).ok();
    let pairs = text
        .and_then(urlencoded::pairs)
        .ok_or(TokenError::Request("The request body must be a form."))?;
    let fields: BTreeMap<String, String> = pairs.into_iter().collect();
    match fields.get("grant_type").map(String::as_str) {
        Some(JWT_BEARER) => {}
        None => {
            return Err(TokenError::Request(
                "Missing required parameter: grant_type",
            ));
        }
        Some(_) => return Err(TokenError::Grant),
    }
    let assertion = fields
        .get("assertion")
        .ok_or(TokenError::Request("Missing required parameter: assertion"))?;
    let present = state.tokens.identity.present();
    let (account, claims) = present.claims(assertion, now).map_err(TokenError::Claim)?;
    check_scope(&claims)?;
    // Google's client libraries may use the URL of the real endpoint, not that of the key file.
    let own = format!("{}/token", state.base_url);
    let ours = [account.token_uri.as_str(), own.as_str(), REAL_TOKEN_URI];
    if !claims.has_audience(|audience| ours.contains(&audience)) {
        return Err(TokenError::Audience(account.token_uri.clone()));
    }
    let id = ids::guid().map_err(|_| TokenError::NotIssued)?.to_string();
    let scopes = claims.scope.as_deref().unwrap_or_default();
    let scopes = scopes.split_ascii_whitespace().map(str::to_owned).collect();
    let issued = state
        .tokens
        .issue_to_account(&account.email, scopes, id, now);
    issued.map_err(|_| TokenError::NotIssued)
}

fn check_scope(claims: &Claims) -> Result<(), TokenError> {
    let scopes = claims.scope.as_deref().unwrap_or_default();
    let mut scopes = scopes.split_ascii_whitespace().peekable();
    if scopes.peek().is_none() {
        return Err(TokenError::Scope("Empty or missing scope not allowed."));
    }
    if !scopes.any(|it| grants_compute(it) || grants_iam(it) || grants_reading(it)) {
        let text = "The emulator supports the scopes https://www.googleapis.com/auth/compute, \
                    https://www.googleapis.com/auth/iam and \
                    https://www.googleapis.com/auth/cloud-platform.";
        return Err(TokenError::Scope(text));
    }
    Ok(())
}

// === impl Refusal ===

impl TokenError {
    /// Returns the OAuth error code (RFC 6749, section 5.2).
    fn kind(&self) -> &'static str {
        match self {
            Self::Body(_) | Self::Request(_) => "invalid_request",
            Self::Grant => "unsupported_grant_type",
            Self::Scope(_) => "invalid_scope",
            Self::Claim(_) | Self::Audience(_) => "invalid_grant",
            Self::NotIssued => "internal_failure",
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Request(text) | Self::Scope(text) => (*text).to_owned(),
            Self::Body(error) => form_refusal(*error).1.to_owned(),
            Self::Grant => format!("Invalid grant_type: use {JWT_BEARER}"),
            Self::Claim(AssertionError::Malformed) => {
                "Invalid JWT: it must have three parts and the claims iss, iat and exp.".to_owned()
            }
            Self::Claim(AssertionError::UnknownAccount) => {
                "Invalid grant: account not found".to_owned()
            }
            Self::Claim(AssertionError::Signature) => "Invalid JWT Signature.".to_owned(),
            Self::Claim(AssertionError::Timeframe) => {
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable \
                 timeframe. Check your iat and exp values in the JWT claim."
                    .to_owned()
            }
            Self::Audience(right) => {
                format!("Failed audience check. The right audience is {right}")
            }
            Self::NotIssued => "The token could not be created. Retry the request.".to_owned(),
        }
    }

    fn reply(&self) -> Response {
        let status = match self {
            Self::Body(error) => form_refusal(*error).0,
            Self::Request(_)
            | Self::Grant
            | Self::Scope(_)
            | Self::Claim(_)
            | Self::Audience(_) => StatusCode::BAD_REQUEST,
            Self::NotIssued => StatusCode::SERVICE_UNAVAILABLE,
        };
        let body = json!({ "error": self.kind(), "error_description": self.text() });
        (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
    }
}
