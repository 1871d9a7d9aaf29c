//! Access tokens from a service account's key, from the metadata server, or given by the operator.

use bytes::Bytes;
use http::{Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use underpass_model::credentials::Secret;

use super::classify;
use super::credentials::{BadKey, Credentials};
use super::service_account::ServiceAccount;
use super::token_request::{ACTION, metadata_request};
use crate::answer::Answer;
use crate::bearer::{Bearer, BearerCache, seconds};
use crate::document;
use crate::error::{Error, ErrorKind, own, unanswered};
use crate::transport::Transport;

/// The path of the default service account's token on the metadata server.
const METADATA_PATH: &str = "/computeMetadata/v1/instance/service-accounts/default/token";

/// The time before expiry at which a token is renewed: 60 s, twice the longest exchange.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_secs(60);

/// The maximum of characters kept of an error's description: 500.
const DESCRIPTION_LENGTH: usize = 500;

/// Requests tokens, and caches the last one.
pub(super) struct TokenSource {
    origin: Origin,
    cache: BearerCache,
}

enum Origin {
    ServiceAccount(Box<ServiceAccount>),
    Metadata { url: String },
    Given(Secret),
}

impl TokenSource {
    /// # Errors
    /// The key of a service account cannot be read.
    pub(super) fn new(credentials: Credentials) -> Result<Self, BadKey> {
        let origin = match credentials {
            Credentials::ServiceAccount(key) => {
                Origin::ServiceAccount(Box::new(ServiceAccount::parse(&key)?))
            }
            Credentials::Metadata { base_url } => Origin::Metadata {
                url: format!("{}{METADATA_PATH}", base_url.trim_end_matches('/')),
            },
            Credentials::AccessToken(token) => Origin::Given(token),
        };
        Ok(Self {
            origin,
            cache: BearerCache::new(RENEW_BEFORE),
        })
    }

    /// Returns a valid token.
    pub(super) async fn bearer(
        &self,
        transport: &dyn Transport,
        now: Timestamp,
    ) -> Result<Bearer, Error> {
        match &self.origin {
            // A given token cannot be renewed, so its rejection is final.
            Origin::Given(token) => Ok(Bearer {
                token: token.clone(),
                is_fresh: true,
            }),
            Origin::ServiceAccount(account) => {
                let request = async { exchange(transport, account.request(now)?, now).await };
                self.cache.bearer(now, request).await
            }
            Origin::Metadata { url } => {
                let request = async { exchange(transport, metadata_request(url)?, now).await };
                self.cache.bearer(now, request).await
            }
        }
    }

    /// Drops a rejected token, unless another one was requested in between.
    pub(super) async fn reject(&self, bearer: &Bearer) {
        self.cache.reject(bearer).await;
    }
}

async fn exchange(
    transport: &dyn Transport,
    request: Request<Bytes>,
    now: Timestamp,
) -> Result<(Secret, SignedDuration), Error> {
    // A token request changes nothing, so the step is not in doubt.
    let passing = |mut error: Error| {
        error.kind = ErrorKind::Retry { after: None };
        error
    };
    let response = transport
        .send(request)
        .await
        .map_err(|source| passing(unanswered(ACTION, source)))?;
    let answer =
        Answer::read(response, now).map_err(|it| passing(classify::unreadable(ACTION, &it)))?;
    tracing::debug!(
        cloud = "google",
        http.status = answer.status.as_u16(),
        "{ACTION}"
    );
    if answer.status != StatusCode::OK {
        return Err(refusal(&answer));
    }
    let token = document::text(&answer.body, "/access_token");
    let lifetime = answer.body.pointer("/expires_in").and_then(seconds);
    match (token, lifetime) {
        (Some(token), Some(lifetime)) => Ok((Secret::new(token.to_owned()), lifetime)),
        _ => Err(own(
            ErrorKind::Retry { after: None },
            ACTION,
            "UnreadableAnswer",
            "the answer has no access_token or no expires_in".to_owned(),
        )),
    }
}

fn refusal(answer: &Answer) -> Error {
    let status = answer.status.as_u16();
    let code = document::text(&answer.body, "/error").map(|code| document::bounded(code, 100));
    let message = match document::text(&answer.body, "/error_description") {
        Some(words) => document::bounded(words, DESCRIPTION_LENGTH),
        None => format!("answered HTTP {status} without an error code"),
    };
    let passes = status == 408 || status == 429 || status >= 500;
    let kind = if passes {
        ErrorKind::Retry {
            after: answer.retry_after(),
        }
    } else {
        ErrorKind::Denied
    };
    let code = code.unwrap_or_else(|| format!("HTTP {status}"));
    let mut error = own(kind, ACTION, &code, message);
    error.status = Some(status);
    if !passes {
        let remedy = "Check the service account and its key (`gcloud iam service-accounts keys \
                      list`), and this machine's clock";
        error.remedy = Some(remedy.to_owned());
    }
    error
}
