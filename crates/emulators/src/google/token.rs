//! Access tokens: issues them and identifies the caller by them.
//!
//! Three kinds of tokens are the provider's: the one of [`Options`](super::options::Options), one
//! issued by the token endpoint or the metadata server, and a JWT self-signed by its service account.

use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::model::Caller;
use super::service_account::ServiceAccount;
use crate::http_message;
use crate::jwt::JwtKey;
use crate::limits;
use crate::secret::Secret;

/// Prefix of Google's access tokens; some tools check it.
const PREFIX: &str = "ya29.";

/// Hosts of Google's API: audiences of self-signed JWTs.
const API_HOSTS: [&str; 2] = [
    "https://compute.googleapis.com",
    "https://www.googleapis.com",
];

/// Issues tokens and verifies them.
pub(super) struct Tokens {
    jwt_key: JwtKey,
    fixed: Secret,
    /// The provider's service account, if one is configured.
    pub(super) account: Option<ServiceAccount>,
    /// The URL of this emulator's API, without a trailing slash.
    base_url: Arc<str>,
}

/// An access token and its lifetime.
pub(super) struct AccessToken {
    pub(super) token: String,
    pub(super) seconds: i64,
}

/// The claims of an issued token.
#[derive(Debug, Serialize, Deserialize)]
struct AccessTokenClaims {
    email: String,
    /// Makes tokens issued in the same second differ.
    id: String,
    exp: i64,
}

// === impl Tokens ===

impl Tokens {
    /// Creates an issuer that signs with `key`; `base_url` is a valid audience of self-signed JWTs.
    pub(super) fn new(
        key: &[u8],
        fixed: Secret,
        account: Option<ServiceAccount>,
        base_url: Arc<str>,
    ) -> Self {
        Self {
            jwt_key: JwtKey::new(key),
            fixed,
            account,
            base_url,
        }
    }

    /// Issues a token for the service account `email`.
    ///
    /// # Errors
    /// [`serde_json::Error`] if the claims cannot be encoded.
    pub(super) fn issue(
        &self,
        email: &str,
        id: String,
        now: Timestamp,
    ) -> Result<AccessToken, serde_json::Error> {
        let until = now
            .saturating_add(limits::TOKEN_LIFETIME)
            .unwrap_or(Timestamp::MAX);
        let issue = AccessTokenClaims {
            email: email.to_owned(),
            id,
            exp: until.as_second(),
        };
        Ok(AccessToken {
            token: format!("{PREFIX}{}", self.jwt_key.sign(&issue)?),
            seconds: until.as_second() - now.as_second(),
        })
    }

    /// Identifies the caller of a request by its headers.
    pub(super) fn caller(&self, headers: &HeaderMap, now: Timestamp) -> Caller {
        if !headers.contains_key(AUTHORIZATION) {
            return Caller::Anonymous;
        }
        let Some(token) = http_message::bearer(headers) else {
            return Caller::Unknown;
        };
        let provider = self.fixed.matches(token)
            || self.issued(token, now)
            || self.signed_by_account(token, now);
        if provider {
            Caller::Provider
        } else {
            Caller::Unknown
        }
    }

    fn issued(&self, token: &str, now: Timestamp) -> bool {
        let jwt = token.strip_prefix(PREFIX);
        let issue = jwt.and_then(|jwt| self.jwt_key.verify::<AccessTokenClaims>(jwt));
        issue.is_some_and(|issue| now.as_second() < issue.exp)
    }

    /// Reports whether the token is a JWT self-signed by the service account for this API.
    fn signed_by_account(&self, token: &str, now: Timestamp) -> bool {
        let Some(account) = &self.account else {
            return false;
        };
        account.claims(token, now).is_ok_and(|claims| {
            claims.has_compute_scope() || claims.has_audience(|audience| self.is_api(audience))
        })
    }

    /// Reports whether an audience is this API: Google's URL or the emulator's, with any path.
    fn is_api(&self, audience: &str) -> bool {
        let bases = API_HOSTS.into_iter().chain([&*self.base_url]);
        bases.into_iter().any(|base| {
            let rest = audience.strip_prefix(base);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

#[cfg(test)]
mod tests;
