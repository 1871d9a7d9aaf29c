//! Who calls: the provider, nobody in particular, or somebody whose token is not good.
//!
//! Three tokens stand for the provider: the fixed one of its options, one issued here (by the
//! token endpoint or by the metadata server), and a claim its service account signed itself.

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

/// How tokens for service accounts begin at Google; some tools look for it.
const PREFIX: &str = "ya29.";

/// Where Google's API answers: audiences of claims that are used as tokens themselves.
const API_HOSTS: [&str; 2] = [
    "https://compute.googleapis.com",
    "https://www.googleapis.com",
];

/// Issues tokens and recognises the provider's.
pub(super) struct Tokens {
    jwt_key: JwtKey,
    fixed: Secret,
    /// The provider's account, if it has one.
    pub(super) account: Option<ServiceAccount>,
    /// The address of this emulator's API, without a trailing slash.
    base_url: Arc<str>,
}

/// A token and how long it is good for.
pub(super) struct Issued {
    pub(super) token: String,
    pub(super) seconds: i64,
}

/// What a token says.
#[derive(Debug, Serialize, Deserialize)]
struct Issue {
    email: String,
    /// Tells two tokens of one second apart: each is a new one.
    id: String,
    exp: i64,
}

// === impl Tokens ===

impl Tokens {
    /// Signs with `key`; `base_url` is one of the audiences a self-signed claim may name.
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

    /// A token for the provider's account `email`.
    pub(super) fn issue(
        &self,
        email: &str,
        id: String,
        now: Timestamp,
    ) -> Result<Issued, serde_json::Error> {
        let until = now
            .saturating_add(limits::TOKEN_LIFETIME)
            .unwrap_or(Timestamp::MAX);
        let issue = Issue {
            email: email.to_owned(),
            id,
            exp: until.as_second(),
        };
        Ok(Issued {
            token: format!("{PREFIX}{}", self.jwt_key.sign(&issue)?),
            seconds: until.as_second() - now.as_second(),
        })
    }

    /// Who sends a request with these headers.
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
        let sealed = token.strip_prefix(PREFIX);
        let issue = sealed.and_then(|sealed| self.jwt_key.verify::<Issue>(sealed));
        issue.is_some_and(|issue| now.as_second() < issue.exp)
    }

    /// Whether the token is a claim of the account itself, meant for this API.
    fn signed_by_account(&self, token: &str, now: Timestamp) -> bool {
        let Some(account) = &self.account else {
            return false;
        };
        account.claims(token, now).is_ok_and(|claims| {
            claims.has_compute_scope() || claims.is_for(|audience| self.is_api(audience))
        })
    }

    /// Whether an audience is this API: the real one's address, or the emulator's, with any path.
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
