//! The token endpoints: `POST /{tenant}/oauth2/v2.0/token`, and the older one without `v2.0`.
//!
//! Only client credentials with a secret are understood, sent in the form or as HTTP Basic.
//! Refusals carry the codes and the shape of the real service (`AADSTS…`).

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CACHE_CONTROL};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde_json::json;

use super::http_state::HttpState;
use super::token;
use crate::clock;
use crate::ids;
use crate::urlencoded;

/// Longest client id and secret accepted, in bytes: Entra's are far shorter.
const CREDENTIAL_BYTES: usize = 1024;

/// A request for a token, in either version's form.
pub(super) struct SignIn {
    /// A lower-case GUID.
    pub(super) tenant: String,
    pub(super) client: String,
    pub(super) secret: String,
    /// What the token is for, for instance `https://management.azure.com`.
    pub(super) audience: String,
}

/// Why no token is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The tenant in the path is not a GUID.
    NotATenant,
    /// The body is not a form.
    NotAForm,
    /// Another grant than client credentials.
    Grant,
    /// No client id.
    NoClient,
    /// No secret; a certificate or federated token is not understood here.
    NoSecret,
    /// Neither `scope` ending in `/.default` nor `resource`.
    Scope,
    /// The provider's tenant has no such client.
    UnknownClient,
    /// The provider's client has another secret.
    WrongSecret,
    /// The token could not be written or the system gave no random bytes.
    Unwritable,
}

/// Which form a reply has.
#[derive(Debug, Clone, Copy)]
enum Version {
    One,
    Two,
}

pub(super) async fn v1(
    State(state): State<HttpState>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(&state, Version::One, &tenant, &headers, &body)
}

pub(super) async fn v2(
    State(state): State<HttpState>,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    answer(&state, Version::Two, &tenant, &headers, &body)
}

fn answer(
    state: &HttpState,
    version: Version,
    tenant: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let now = clock::now();
    let issued = SignIn::read(tenant, headers, body)
        .and_then(|sign_in| Ok((state.tokens.issue(&sign_in, now)?, sign_in)));
    match issued {
        Ok((issued, sign_in)) => {
            tracing::debug!(
                tenant = %sign_in.tenant,
                client = %sign_in.client.escape_debug(),
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
                    "resource": sign_in.audience,
                    "access_token": issued.token,
                }),
            };
            ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
        }
        Err(refusal) => {
            tracing::debug!(code = refusal.code(), "token refused");
            refusal.reply(now)
        }
    }
}

// === impl SignIn ===

impl SignIn {
    fn read(tenant: &str, headers: &HeaderMap, body: &[u8]) -> Result<Self, Refusal> {
        let tenant = token::tenant(tenant).ok_or(Refusal::NotATenant)?;
        let body = std::str::from_utf8(body).map_err(|_| Refusal::NotAForm)?;
        let pairs = urlencoded::pairs(body).ok_or(Refusal::NotAForm)?;
        let fields: BTreeMap<String, String> = pairs.into_iter().collect();
        let field = |name: &str| fields.get(name).filter(|value| !value.is_empty()).cloned();

        if field("grant_type").as_deref() != Some("client_credentials") {
            return Err(Refusal::Grant);
        }
        let (client, secret) = match basic(headers) {
            Some((client, secret)) => (Some(client), Some(secret)),
            None => (field("client_id"), field("client_secret")),
        };
        let client = client.ok_or(Refusal::NoClient)?;
        let secret = secret.ok_or(Refusal::NoSecret)?;
        if client.len() > CREDENTIAL_BYTES || client.contains(char::is_control) {
            return Err(Refusal::UnknownClient);
        }
        if secret.len() > CREDENTIAL_BYTES {
            return Err(Refusal::WrongSecret);
        }
        let scope = field("scope").and_then(|scope| {
            scope
                .split(' ')
                .find_map(|one| one.strip_suffix("/.default").map(str::to_owned))
        });
        let audience = scope.or_else(|| field("resource")).ok_or(Refusal::Scope)?;
        Ok(Self {
            tenant,
            client,
            secret,
            audience,
        })
    }
}

/// Client and secret from an `Authorization: Basic` header, each percent-encoded inside it
/// (RFC 6749 section 2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let encoded = headers
        .get(AUTHORIZATION)?
        .to_str()
        .ok()?
        .strip_prefix("Basic ")?;
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (client, secret) = decoded.split_once(':')?;
    Some((urlencoded::text(client)?, urlencoded::text(secret)?))
}

// === impl Refusal ===

impl Refusal {
    /// The number after `AADSTS` (reference: "Microsoft Entra authentication error codes").
    fn code(self) -> u32 {
        match self {
            Self::NotATenant => 900_023,
            Self::NotAForm | Self::NoClient => 900_144,
            Self::Grant => 70_003,
            Self::NoSecret => 7_000_216,
            Self::Scope => 1_002_012,
            Self::UnknownClient => 700_016,
            Self::WrongSecret => 7_000_215,
            Self::Unwritable => 90_033,
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::NotATenant
            | Self::NotAForm
            | Self::Grant
            | Self::NoClient
            | Self::Scope
            | Self::UnknownClient => StatusCode::BAD_REQUEST,
            Self::NoSecret | Self::WrongSecret => StatusCode::UNAUTHORIZED,
            Self::Unwritable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The kind of error as OAuth names it.
    fn kind(self) -> &'static str {
        match self {
            Self::NotATenant | Self::NotAForm | Self::NoClient => "invalid_request",
            Self::Grant => "unsupported_grant_type",
            Self::Scope => "invalid_scope",
            Self::UnknownClient => "unauthorized_client",
            Self::NoSecret | Self::WrongSecret => "invalid_client",
            Self::Unwritable => "temporarily_unavailable",
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::NotATenant => {
                "Specified tenant identifier is not valid here. Use the tenant's GUID; in the \
                 emulator any GUID but the provider's is a consumer's tenant."
            }
            Self::NotAForm => {
                "The request body must be a form (application/x-www-form-urlencoded)."
            }
            Self::Grant => {
                "The app requested an unsupported grant type. The emulator knows \
                 'client_credentials' alone."
            }
            Self::NoClient => "The request body must contain the following parameter: 'client_id'.",
            Self::NoSecret => {
                "'client_secret' is required for the 'client_credentials' grant type; the emulator \
                 does not understand certificates or federated tokens."
            }
            Self::Scope => {
                "The provided value for scope is not valid. Client credential flows must have a \
                 scope value with /.default suffixed to the resource identifier."
            }
            Self::UnknownClient => {
                "Application was not found in the directory. The provider's tenant has one client \
                 only: use its id, or sign in to another tenant as a consumer."
            }
            Self::WrongSecret => {
                "Invalid client secret provided. Use the content of the provider's secret file, or \
                 sign in to another tenant as a consumer."
            }
            Self::Unwritable => "A transient error has occurred. Please try again.",
        }
    }

    fn reply(self, now: Timestamp) -> Response {
        let code = self.code();
        let time = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let [trace, correlation] =
            [(); 2].map(|()| ids::guid().map_or_else(|_| String::new(), |guid| guid.to_string()));
        let text = self.text();
        let description = format!(
            "AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {time}"
        );
        let body = json!({
            "error": self.kind(),
            "error_description": description,
            "error_codes": [code],
            "timestamp": time,
            "trace_id": trace,
            "correlation_id": correlation,
        });
        (self.status(), [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
    }
}
