//! Tokens of another service account (IAM Service Account Credentials API, `generateAccessToken`).

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use underpass_model::credentials::Secret;

use crate::answer::Answer;
use crate::document;
use crate::error::{Error, ErrorKind, own};
use crate::token_exchange::{ACTION, Token, malformed};

/// The lifetime of tokens: 1 hour, the maximum without a policy of the organization.
const LIFETIME_SECONDS: u32 = 3600;

/// Characters that are escaped in an email address within a path, as Google's clients do.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'@')
    .remove(b'.')
    .remove(b'-')
    .remove(b'_');

/// A service account whose tokens are requested.
pub(super) struct Impersonation {
    url: String,
    delegates: Vec<String>,
    lifetime_seconds: u32,
}

impl Impersonation {
    /// The service account with this email address.
    pub(super) fn of(base_url: &str, email: &str, delegates: &[String]) -> Self {
        let account = |email| {
            let email = utf8_percent_encode(email, ESCAPED);
            format!("projects/-/serviceAccounts/{email}")
        };
        let base_url = base_url.trim_end_matches('/');
        Self {
            url: format!("{base_url}/v1/{}:generateAccessToken", account(email)),
            delegates: delegates.iter().map(|it| account(it)).collect(),
            lifetime_seconds: LIFETIME_SECONDS,
        }
    }

    /// The service account at the URL of a credentials file.
    pub(super) fn at(url: String, lifetime_seconds: Option<u32>) -> Self {
        Self {
            url,
            delegates: Vec::new(),
            lifetime_seconds: lifetime_seconds.unwrap_or(LIFETIME_SECONDS),
        }
    }

    /// The email address, for errors.
    pub(super) fn email(&self) -> &str {
        let name = self.url.rsplit('/').next().unwrap_or_default();
        name.trim_end_matches(":generateAccessToken")
    }

    /// Returns the request for a token with this scope, authorized by another token.
    pub(super) fn request(&self, token: &Secret, scope: &str) -> Result<Request<Bytes>, Error> {
        let lifetime = format!("{}s", self.lifetime_seconds);
        let body = json!({"scope": [scope], "delegates": self.delegates, "lifetime": lifetime});
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
            .map_err(|_illegal| unreadable("the token that authorizes it cannot be sent"))?;
        authorization.set_sensitive(true);
        Request::builder()
            .method(Method::POST)
            .uri(&self.url)
            .header(header::AUTHORIZATION, authorization)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .body(Bytes::from(body.to_string()))
            .map_err(|_malformed| malformed(&self.url))
    }
}

/// Returns the token of an answer. Its lifetime counts on the provider's clock.
pub(super) fn token(answer: &Answer, now: Timestamp) -> Result<Token, Error> {
    let token = document::text(&answer.body, "/accessToken");
    let end = document::text(&answer.body, "/expireTime");
    let end = end.and_then(|it| it.parse::<Timestamp>().ok());
    let (Some(token), Some(end)) = (token, end) else {
        return Err(unreadable("the answer has no accessToken or no expireTime"));
    };
    let ahead = answer.clock_skew().unwrap_or_default();
    let lifetime = end.duration_since(now).saturating_add(ahead);
    Ok((Secret::new(token.to_owned()), lifetime))
}

fn unreadable(message: &str) -> Error {
    let kind = ErrorKind::Retry { after: None };
    own(kind, ACTION, "UnreadableAnswer", message.to_owned())
}
