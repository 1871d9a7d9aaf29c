//! Speaks to the API as any other client would.

use std::error::Error as _;

use error_reporter::Report;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;
use underpass_model::credentials::Secret;

use crate::failure::Failure;
use crate::http_client::http_client;
use crate::settings::Target;

/// The code of a refusal of something that was typed, which only the server could tell was wrong.
const OPTION_WITHOUT_USE: &str = "option_without_use";

/// What a path segment may contain as it is (RFC 3986 §2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A server's API, as one caller.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: Secret,
}

impl Client {
    /// Connects to nothing yet.
    pub(crate) fn new(target: Target) -> Result<Self, Failure> {
        let http = http_client(&target.url, None)?;
        Ok(Self {
            http,
            base: target.url,
            token: target.token,
        })
    }

    /// Reads.
    pub(crate) async fn get(&self, path: &[&str]) -> Result<Value, Failure> {
        self.call(Method::GET, path, None).await
    }

    /// Reads a document of our own API.
    ///
    /// # Errors
    /// The failures of [`Self::get`], and an answer that is not such a document.
    pub(crate) async fn read<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, Failure> {
        let answer = self.get(path).await?;
        serde_json::from_value(answer).map_err(|error| {
            Failure::ours(format!(
                "the server's answer to {} is not as expected: {error}",
                join(path)
            ))
        })
    }

    /// Reads, with query parameters.
    pub(crate) async fn get_with(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<Value, Failure> {
        let pairs: Vec<String> = query
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        self.send(
            Method::GET,
            &format!("{}?{}", join(path), pairs.join("&")),
            None,
        )
        .await
    }

    /// Makes or does something.
    pub(crate) async fn post(&self, path: &[&str], body: Value) -> Result<Value, Failure> {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Changes something.
    pub(crate) async fn put(&self, path: &[&str], body: Value) -> Result<Value, Failure> {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// Removes something.
    pub(crate) async fn delete(&self, path: &[&str]) -> Result<Value, Failure> {
        self.call(Method::DELETE, path, None).await
    }

    async fn call(
        &self,
        method: Method,
        path: &[&str],
        body: Option<Value>,
    ) -> Result<Value, Failure> {
        self.send(method, &join(path), body).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, Failure> {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base))
            .header("authorization", format!("aivenv1 {}", self.token.expose()));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request
            .send()
            .await
            .map_err(|error| self.unreachable(&error))?;
        let status = answer.status();
        let request_id = answer
            .headers()
            .get("x-request-id")
            .and_then(|id| id.to_str().ok())
            .map(str::to_owned);
        let text = answer
            .text()
            .await
            .map_err(|error| self.unreachable(&error))?;
        let value: Option<Value> = if text.is_empty() {
            Some(Value::Null)
        } else {
            serde_json::from_str(&text).ok()
        };
        if status.is_success() {
            return value.ok_or_else(|| {
                Failure::ours(format!("{} answered something that is not JSON", self.base))
                    .hint("does this URL lead to Underpass, without a proxy in between?")
            });
        }
        let message = value
            .as_ref()
            .and_then(|value| value.get("message"))
            .and_then(Value::as_str)
            .map_or_else(|| format!("{} answered {status}", self.base), str::to_owned);
        let code = value
            .as_ref()
            .and_then(|value| value.pointer("/errors/0/error_code"))
            .and_then(Value::as_str);
        if code == Some(OPTION_WITHOUT_USE) {
            return Err(Failure::usage(message));
        }
        Err(match status.as_u16() {
            404 => Failure::missing(message),
            401 => Failure::refused(message)
                .hint("is the token the one of this server? see --token-file"),
            status if status >= 500 => {
                let suffix = request_id
                    .map(|id| format!(" (request {id})"))
                    .unwrap_or_default();
                Failure::ours(format!("{message}{suffix}"))
            }
            _ => Failure::refused(message),
        })
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        // The URL is in the message already, and may be long.
        let causes = error
            .source()
            .map(|cause| format!(": {}", Report::new(cause)));
        let failure =
            Failure::refused(format!("reach {}{}", self.base, causes.unwrap_or_default()));
        if error.is_connect() {
            failure.hint("does the server run? start one with `underpass up`")
        } else {
            failure
        }
    }
}

/// The member of an answer that must be there.
pub(crate) fn member<'a>(answer: &'a Value, name: &str) -> Result<&'a Value, Failure> {
    answer
        .get(name)
        .ok_or_else(|| Failure::ours(format!("the server's answer has no member `{name}`")))
}

/// The text member of an answer that must be there.
pub(crate) fn text<'a>(answer: &'a Value, name: &str) -> Result<&'a str, Failure> {
    member(answer, name)?
        .as_str()
        .ok_or_else(|| Failure::ours(format!("member `{name}` of the server's answer is no text")))
}

/// The list member of an answer that must be there.
pub(crate) fn list<'a>(answer: &'a Value, name: &str) -> Result<&'a [Value], Failure> {
    member(answer, name)?
        .as_array()
        .map(Vec::as_slice)
        .ok_or_else(|| Failure::ours(format!("member `{name}` of the server's answer is no list")))
}

fn join(path: &[&str]) -> String {
    let segments = path.iter().map(|segment| encode(segment));
    format!("/v1/{}", segments.collect::<Vec<_>>().join("/"))
}

/// A text as one segment of a path, or as the value of a parameter.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_people_type_stays_one_segment() {
        assert_eq!(
            super::join(&["project", "a/../b", "service"]),
            "/v1/project/a%2F..%2Fb/service"
        );
    }
}
