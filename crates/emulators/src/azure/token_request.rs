//! Access token requests: client credentials with a secret (RFC 6749 section 4.4).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::tenant;
use super::token_error::TokenError;
use crate::urlencoded;

/// Maximum length of a client ID and of a secret, in bytes: those of Entra are far shorter.
const CREDENTIAL_BYTES: usize = 1024;

/// A token request of either version.
pub(super) struct TokenRequest {
    /// A lower-case GUID.
    pub(super) tenant: String,
    pub(super) client: String,
    pub(super) secret: String,
    /// Audience of the token, for instance `https://management.azure.com`.
    pub(super) audience: String,
}

impl TokenRequest {
    /// Reads a request to a token endpoint.
    ///
    /// # Errors
    /// When a parameter is missing, malformed or not supported.
    pub(super) fn read(tenant: &str, headers: &HeaderMap, body: &[u8]) -> Result<Self, TokenError> {
        let tenant = tenant::parse(tenant).ok_or(TokenError::NotATenant)?;
        let body = std::str::from_utf8(body).map_err(|_| TokenError::NotAForm)?;
        let pairs = urlencoded::pairs(body).ok_or(TokenError::NotAForm)?;
        let fields: BTreeMap<String, String> = pairs.into_iter().collect();
        let field = |name: &str| fields.get(name).filter(|value| !value.is_empty()).cloned();

        if field("grant_type").as_deref() != Some("client_credentials") {
            return Err(TokenError::Grant);
        }
        let (client, secret) = match basic(headers) {
            Some((client, secret)) => (Some(client), Some(secret)),
            None => (field("client_id"), field("client_secret")),
        };
        let client = client.ok_or(TokenError::NoClient)?;
        let secret = secret.ok_or(TokenError::NoSecret)?;
        if client.len() > CREDENTIAL_BYTES || client.contains(char::is_control) {
            return Err(TokenError::UnknownClient);
        }
        if secret.len() > CREDENTIAL_BYTES {
            return Err(TokenError::WrongSecret);
        }
        let scope = field("scope").and_then(|scope| {
            scope
                .split(' ')
                .find_map(|one| one.strip_suffix("/.default").map(str::to_owned))
        });
        let audience = scope
            .or_else(|| field("resource"))
            .ok_or(TokenError::Scope)?;
        Ok(Self {
            tenant,
            client,
            secret,
            audience,
        })
    }
}

/// Client ID and secret of an `Authorization: Basic` header, each percent-encoded (RFC 6749
/// section 2.3.1).
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
