//! Access token requests: client credentials with a secret (RFC 6749 section 4.4) or an assertion
//! (RFC 7523).

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

/// Maximum length of an assertion, in bytes: tokens of other issuers have a few KiB.
const ASSERTION_BYTES: usize = 32 * 1024;

/// The only type of an assertion (RFC 7523).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The proof of a client's identity.
pub(super) enum Proof {
    Secret(String),
    /// A JSON Web Token.
    Assertion(String),
}

/// A token request of either version.
pub(super) struct TokenRequest {
    /// A lower-case GUID.
    pub(super) tenant: String,
    pub(super) client: String,
    pub(super) proof: Proof,
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
        let proof = match (secret, field("client_assertion")) {
            (Some(secret), _) => Proof::Secret(secret),
            (None, Some(assertion)) => {
                if field("client_assertion_type").as_deref() != Some(ASSERTION_TYPE) {
                    return Err(TokenError::AssertionType);
                }
                Proof::Assertion(assertion)
            }
            (None, None) => return Err(TokenError::NoSecret),
        };
        if client.len() > CREDENTIAL_BYTES || client.contains(char::is_control) {
            return Err(TokenError::UnknownClient);
        }
        match &proof {
            Proof::Secret(secret) if secret.len() > CREDENTIAL_BYTES => {
                return Err(TokenError::WrongSecret);
            }
            Proof::Assertion(assertion) if assertion.len() > ASSERTION_BYTES => {
                return Err(TokenError::AssertionMalformed);
            }
            Proof::Secret(_) | Proof::Assertion(_) => {}
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
            proof,
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
