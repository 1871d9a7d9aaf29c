//! Access tokens: issues them and identifies the caller by them.
//!
//! Four kinds of tokens are the provider's: the one of [`Options`](super::options::Options), one that
//! was given to a service account, one that was issued to an identity with rights on the project, and
//! a JWT self-signed by its service account.

use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::identity::Identity;
use super::model::Caller;
use super::service_account::{ServiceAccount, grants_compute, grants_iam, grants_reading};
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
    /// The email address of a service account that has its roles alone, and its token that never
    /// expires.
    of_account: Option<(String, Secret)>,
    /// The identities of the provider's project.
    pub(super) identity: Identity,
    /// The email address of the machine's account if no key file names it.
    default_email: String,
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
    /// The principal: a service account's email address, or `principal://…`.
    email: String,
    /// Makes tokens issued in the same second differ.
    id: String,
    exp: i64,
    #[serde(default = "cloud_platform")]
    scopes: Vec<String>,
    /// Set if the principal has rights on the provider's project.
    #[serde(default = "yes")]
    has_rights: bool,
    /// The number of revocations before the issue; other numbers are invalid.
    #[serde(default)]
    revocations: u64,
}

/// The rights of a token to be issued.
pub(super) struct Grant<'a> {
    /// A service account's email address, or `principal://…`.
    pub(super) principal: &'a str,
    pub(super) scopes: Vec<String>,
    /// Set if the principal has rights on the provider's project.
    pub(super) has_rights: bool,
    /// The lifetime.
    pub(super) seconds: i64,
}

/// The scope of tokens of earlier versions.
fn cloud_platform() -> Vec<String> {
    vec!["https://www.googleapis.com/auth/cloud-platform".to_owned()]
}

const fn yes() -> bool {
    true
}

// === impl Tokens ===

impl Tokens {
    /// Creates an issuer that signs with `key`; `base_url` is a valid audience of self-signed JWTs.
    pub(super) fn new(
        key: &[u8],
        fixed: Secret,
        of_account: Option<(String, Secret)>,
        account: Option<ServiceAccount>,
        default_email: String,
        base_url: Arc<str>,
    ) -> Self {
        Self {
            jwt_key: JwtKey::new(key),
            fixed,
            of_account,
            identity: Identity::new(account),
            default_email,
            base_url,
        }
    }

    /// The email address of the machine's own service account.
    pub(super) fn own_email(&self) -> String {
        let present = self.identity.present();
        let own = present.own_account().map(|account| account.email.clone());
        own.unwrap_or_else(|| self.default_email.clone())
    }

    /// Issues a token for a service account of the provider's project, with all scopes.
    ///
    /// # Errors
    /// [`serde_json::Error`] if the claims cannot be encoded.
    pub(super) fn issue_to_account(
        &self,
        email: &str,
        scopes: Vec<String>,
        id: String,
        now: Timestamp,
    ) -> Result<AccessToken, serde_json::Error> {
        let grant = Grant {
            principal: email,
            scopes,
            has_rights: true,
            seconds: limits::TOKEN_LIFETIME.as_secs().cast_signed(),
        };
        self.issue(grant, id, now)
    }

    /// Issues a token.
    ///
    /// # Errors
    /// [`serde_json::Error`] if the claims cannot be encoded.
    pub(super) fn issue(
        &self,
        grant: Grant<'_>,
        id: String,
        now: Timestamp,
    ) -> Result<AccessToken, serde_json::Error> {
        let until = now
            .saturating_add(SignedDuration::from_secs(grant.seconds))
            .unwrap_or(Timestamp::MAX);
        let issue = AccessTokenClaims {
            email: grant.principal.to_owned(),
            id,
            exp: until.as_second(),
            scopes: grant.scopes,
            has_rights: grant.has_rights,
            revocations: self.identity.present().revocations,
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
        if self.fixed.matches(token) {
            return Caller::Provider;
        }
        if let Some((email, own)) = &self.of_account
            && own.matches(token)
        {
            return Caller::Principal(email.clone());
        }
        let issued = self
            .issued(token, now)
            .filter(AccessTokenClaims::opens_compute);
        let principal = issued
            .map(|it| it.email)
            .or_else(|| self.signed_by_account(token, now));
        principal.map_or(Caller::Unknown, Caller::Principal)
    }

    /// Returns the token of a request if it is one that expires.
    pub(super) fn expiring<'a>(&self, headers: &'a HeaderMap, now: Timestamp) -> Option<&'a str> {
        let token = http_message::bearer(headers)?;
        self.issued(token, now).map(|_| token)
    }

    /// Identifies the caller of a request to an API that only reads, by its headers.
    pub(super) fn reader(&self, headers: &HeaderMap, now: Timestamp) -> Caller {
        let caller = self.caller(headers, now);
        let token = http_message::bearer(headers);
        match (caller, token) {
            (Caller::Unknown, Some(token)) => {
                let issued = self
                    .issued(token, now)
                    .filter(AccessTokenClaims::opens_reading);
                issued.map_or(Caller::Unknown, |it| Caller::Principal(it.email))
            }
            (caller, _) => caller,
        }
    }

    /// Returns the principal that may request tokens of service accounts with this request's token.
    pub(super) fn token_creator(&self, headers: &HeaderMap, now: Timestamp) -> Option<String> {
        let token = http_message::bearer(headers)?;
        if self.fixed.matches(token) {
            return Some(self.own_email());
        }
        let issued = self.issued(token, now)?;
        issued.opens_iam().then_some(issued.email)
    }

    fn issued(&self, token: &str, now: Timestamp) -> Option<AccessTokenClaims> {
        let jwt = token.strip_prefix(PREFIX)?;
        let issued: AccessTokenClaims = self.jwt_key.verify(jwt)?;
        let is_valid = now.as_second() < issued.exp
            && issued.revocations == self.identity.present().revocations;
        is_valid.then_some(issued)
    }

    /// The service account that signed the token itself, for this API.
    fn signed_by_account(&self, token: &str, now: Timestamp) -> Option<String> {
        let present = self.identity.present();
        let (account, claims) = present.claims(token, now).ok()?;
        let is_for_this =
            claims.has_compute_scope() || claims.has_audience(|audience| self.is_api(audience));
        is_for_this.then(|| account.email.clone())
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

// === impl AccessTokenClaims ===

impl AccessTokenClaims {
    fn opens_compute(&self) -> bool {
        self.has_rights && self.scopes.iter().any(|scope| grants_compute(scope))
    }

    fn opens_reading(&self) -> bool {
        self.has_rights && self.scopes.iter().any(|scope| grants_reading(scope))
    }

    fn opens_iam(&self) -> bool {
        self.scopes.iter().any(|scope| grants_iam(scope))
    }
}

#[cfg(test)]
mod tests;
