//! Access tokens by client secret (OAuth 2.0 client credentials, Microsoft Entra v2).

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::utf8_percent_encode;
use underpass_model::credentials::Secret;

use super::classify;
use super::resource::ESCAPED;
use crate::answer::Answer;
use crate::bearer::{Bearer, BearerCache, seconds};
use crate::document;
use crate::error::{Error, ErrorKind};
use crate::transport::Transport;

/// The time before expiry at which a token is renewed: 5 minutes, as in the provider's own clients.
const RENEW_BEFORE: SignedDuration = SignedDuration::from_mins(5);

/// The maximum of characters kept of an error's description: 500; descriptions contain trace IDs.
const DESCRIPTION_LENGTH: usize = 500;

const ACTION: &str = "request an access token";

/// Requests tokens, and caches the last one.
pub(super) struct TokenSource {
    url: String,
    /// The complete form, which contains the client's secret.
    form: Secret,
    cache: BearerCache,
}

/// The credentials and the scope of a token request.
pub(super) struct Client<'a> {
    pub(super) authority: &'a str,
    pub(super) tenant: &'a str,
    pub(super) id: &'a str,
    pub(super) secret: &'a Secret,
    pub(super) scope: &'a str,
}

impl TokenSource {
    pub(super) fn new(client: &Client<'_>) -> Self {
        let tenant = utf8_percent_encode(client.tenant, ESCAPED);
        let authority = client.authority.trim_end_matches('/');
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client.id),
            ("client_secret", client.secret.expose()),
            ("scope", client.scope),
        ];
        let form =
            form.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ESCAPED)));
        Self {
            url: format!("{authority}/{tenant}/oauth2/v2.0/token"),
            form: Secret::new(form.join("&")),
            cache: BearerCache::new(RENEW_BEFORE),
        }
    }

    /// Returns a valid token.
    pub(super) async fn bearer(
        &self,
        transport: &dyn Transport,
        now: Timestamp,
    ) -> Result<Bearer, Error> {
        self.cache.bearer(now, self.request(transport, now)).await
    }

    /// Drops a rejected token, unless another one was requested in between.
    pub(super) async fn reject(&self, bearer: &Bearer) {
        self.cache.reject(bearer).await;
    }

    async fn request(
        &self,
        transport: &dyn Transport,
        now: Timestamp,
    ) -> Result<(Secret, SignedDuration), Error> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.url)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .body(Bytes::from(self.form.expose().to_owned()))
            .map_err(|_malformed| malformed_authority(&self.url))?;
        let response = transport.send(request).await.map_err(|source| {
            // A token request changes nothing, so the step is not in doubt.
            let mut error = classify::unanswered(ACTION, source);
            error.kind = ErrorKind::Retry { after: None };
            error
        })?;
        let answer = Answer::read(response, now).map_err(|it| {
            let mut error = classify::unreadable(ACTION, &it);
            error.kind = ErrorKind::Retry { after: None };
            error.remedy = Some("Check the account's authority".to_owned());
            error
        })?;
        tracing::debug!(
            cloud = "azure",
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
            _ => Err(classify::own(
                ErrorKind::Retry { after: None },
                ACTION,
                "UnreadableAnswer",
                "the answer has no access_token or no expires_in".to_owned(),
            )),
        }
    }
}

fn malformed_authority(url: &str) -> Error {
    let message = format!("`{url}` is not a URL");
    let mut error = classify::own(ErrorKind::Invalid, ACTION, "MalformedUrl", message);
    error.remedy = Some("Correct the account's authority".to_owned());
    error
}

fn refusal(answer: &Answer) -> Error {
    let status = answer.status.as_u16();
    let code = document::text(&answer.body, "/error").map(|code| document::bounded(code, 100));
    let words = document::text(&answer.body, "/error_description");
    let message = match words {
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
    let mut error = classify::own(kind, ACTION, &code, message);
    error.status = Some(status);
    if !passes {
        let remedy = "Check the account's tenant, client id and client secret. An expired secret \
                      is replaced with `az ad app credential reset`";
        error.remedy = Some(remedy.to_owned());
    }
    error
}
