//! Requests for access tokens: one exchange, parsed and classified; the same for all clouds.

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use underpass_model::credentials::Secret;

use crate::answer::Answer;
use crate::bearer::seconds;
use crate::clock_skew;
use crate::document;
use crate::error::{Error, ErrorKind, own, unanswered};
use crate::transport::Transport;

/// The action of every request, as errors name it.
pub(crate) const ACTION: &str = "request an access token";

/// The maximum of characters kept of an error's description: 500; descriptions contain trace IDs.
const DESCRIPTION_LENGTH: usize = 500;

/// An access token and its lifetime.
pub(crate) type Token = (Secret, SignedDuration);

/// Returns a request with a form (OAuth 2.0 token endpoint).
pub(crate) fn form_request(url: &str, form: String) -> Result<Request<Bytes>, Error> {
    Request::builder()
        .method(Method::POST)
        .uri(url)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json")
        .body(Bytes::from(form))
        .map_err(|_malformed| malformed(url))
}

/// The error for an address that is not a URL.
pub(crate) fn malformed(url: &str) -> Error {
    let message = format!("`{url}` is not a URL");
    let mut error = own(ErrorKind::Invalid, ACTION, "MalformedUrl", message);
    error.remedy = Some("Correct the address of the account's token source".to_owned());
    error
}

/// The meaning of an issuer's failures.
#[derive(Debug, Clone)]
pub(crate) struct Issuer {
    /// The cloud, for logs.
    pub(crate) cloud: &'static str,
    /// The next step if the credentials are refused.
    pub(crate) remedy: String,
    /// The next step if the issuer cannot be reached; `None`: it is elsewhere, and may be down.
    pub(crate) unreachable: Option<&'static str>,
    /// Statuses that are transient, besides those that are everywhere.
    pub(crate) transient: &'static [u16],
}

impl Issuer {
    /// An OAuth 2.0 token endpoint of this cloud.
    pub(crate) fn of(cloud: &'static str, remedy: impl Into<String>) -> Self {
        Self {
            cloud,
            remedy: remedy.into(),
            unreachable: None,
            transient: &[],
        }
    }
}

/// Performs one exchange.
pub(crate) async fn exchange(
    transport: &dyn Transport,
    issuer: &Issuer,
    request: Request<Bytes>,
    now: Timestamp,
) -> Result<Answer, Error> {
    let cloud = issuer.cloud;
    let host = request.uri().host().unwrap_or_default().to_owned();
    let response = transport.send(request).await.map_err(|source| {
        // A token request changes nothing, so the step is not in doubt.
        let mut error = unanswered(ACTION, source);
        error.kind = ErrorKind::Retry { after: None };
        error.remedy = issuer.unreachable.map(str::to_owned);
        error
    })?;
    let answer = Answer::read(response, now).map_err(|it| unreadable(&host, it.status))?;
    tracing::debug!(cloud, http.status = answer.status.as_u16(), "{ACTION}");
    if answer.status == StatusCode::OK {
        return Ok(answer);
    }
    Err(refusal(&answer, &host, issuer))
}

/// Returns the token of an answer (RFC 6749, section 5.1).
pub(crate) fn token(answer: &Answer) -> Result<Token, Error> {
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

fn unreadable(host: &str, status: StatusCode) -> Error {
    let status = status.as_u16();
    let message = format!("{host} answered HTTP {status} with a body that is not JSON");
    let kind = ErrorKind::Retry { after: None };
    let mut error = own(kind, ACTION, "UnreadableAnswer", message);
    error.status = Some(status);
    let remedy = "Check the address of the account's token source (Azure: the authority)";
    error.remedy = Some(remedy.to_owned());
    error
}

fn refusal(answer: &Answer, host: &str, issuer: &Issuer) -> Error {
    let status = answer.status.as_u16();
    let body = &answer.body;
    // OAuth 2.0 has text at `error`; Google's other APIs an object (google.rpc.Status).
    let code = document::text(body, "/error").or_else(|| document::text(body, "/error/status"));
    let words = document::text(body, "/error_description")
        .or_else(|| document::text(body, "/error/message"));
    let message = match words {
        Some(words) => document::bounded(words, DESCRIPTION_LENGTH),
        None => format!("{host} answered HTTP {status} without an error code"),
    };
    let passes = passes(status, body) || issuer.transient.contains(&status);
    let kind = if passes {
        ErrorKind::Retry {
            after: answer.retry_after(),
        }
    } else {
        ErrorKind::Denied
    };
    let code = code.map_or_else(
        || format!("HTTP {status}"),
        |code| document::bounded(code, 100),
    );
    let mut error = own(kind, ACTION, &code, message);
    error.status = Some(status);
    if !passes {
        error.remedy = Some(issuer.remedy.clone());
        clock_skew::explain(&mut error, answer, host);
    }
    error
}

/// Reports whether a refusal is transient.
fn passes(status: u16, body: &Value) -> bool {
    let code = document::text(body, "/error");
    matches!(status, 408 | 429 | 500..) || code == Some("temporarily_unavailable")
}
