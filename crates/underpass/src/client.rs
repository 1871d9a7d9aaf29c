//! HTTP client of the API.

use std::error::Error as _;
use std::io::Write;
use std::time::Duration;

use error_reporter::Report;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;
use underpass_model::credentials::Secret;

use crate::failure::Failure;
use crate::http_client::http_client;
use crate::refusal_hint;
use crate::settings::Target;

/// Code of a refused argument that only the server can check.
const OPTION_WITHOUT_USE: &str = "option_without_use";

/// Longest time for a download: one hour, for the backup of a large store over a slow network.
const DOWNLOAD_TIMEOUT: Duration = Duration::from_hours(1);

/// Characters of a path segment that need no encoding (RFC 3986 §2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A server's API with the credentials of one caller.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: Secret,
}

/// Status of an answer, and the ID by which the server logs it.
struct Answered {
    status: StatusCode,
    request_id: Option<String>,
}

impl Client {
    /// Creates a client without connecting.
    ///
    /// # Errors
    /// An invalid URL.
    pub(crate) fn new(target: Target) -> Result<Self, Failure> {
        let http = http_client(&target.url, target.trust())?;
        Ok(Self {
            http,
            base: target.url,
            token: target.token,
        })
    }

    /// Gets a document.
    ///
    /// # Errors
    /// An unreachable server, a refusal, or an answer that is not JSON.
    pub(crate) async fn get(&self, path: &[&str]) -> Result<Value, Failure> {
        self.call(Method::GET, path, None).await
    }

    /// Gets a document of a known type.
    ///
    /// # Errors
    /// The failures of [`Self::get`], and an answer that is not such a document.
    pub(crate) async fn read<T: DeserializeOwned>(&self, path: &[&str]) -> Result<T, Failure> {
        typed(path, self.get(path).await?)
    }

    /// Posts a body and reads a document of a known type.
    ///
    /// # Errors
    /// The failures of [`Self::read`].
    pub(crate) async fn post_for<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: Value,
    ) -> Result<T, Failure> {
        typed(path, self.post(path, body).await?)
    }

    /// Gets a document with query parameters.
    ///
    /// # Errors
    /// The failures of [`Self::get`].
    pub(crate) async fn get_with(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<Value, Failure> {
        self.send(Method::GET, &with_query(path, query), None).await
    }

    /// Gets a document of a known type with query parameters.
    ///
    /// # Errors
    /// The failures of [`Self::read`].
    pub(crate) async fn read_with<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<T, Failure> {
        typed(path, self.get_with(path, query).await?)
    }

    /// Posts a body.
    ///
    /// # Errors
    /// The failures of [`Self::get`].
    pub(crate) async fn post(&self, path: &[&str], body: Value) -> Result<Value, Failure> {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Puts a body.
    ///
    /// # Errors
    /// The failures of [`Self::get`].
    pub(crate) async fn put(&self, path: &[&str], body: Value) -> Result<Value, Failure> {
        self.call(Method::PUT, path, Some(body)).await
    }

    /// Deletes a resource.
    ///
    /// # Errors
    /// The failures of [`Self::get`].
    pub(crate) async fn delete(&self, path: &[&str]) -> Result<Value, Failure> {
        self.call(Method::DELETE, path, None).await
    }

    /// Deletes a resource with query parameters, and reads a document of a known type.
    ///
    /// # Errors
    /// The failures of [`Self::read`].
    pub(crate) async fn delete_with<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<T, Failure> {
        let url = with_query(path, query);
        typed(path, self.send(Method::DELETE, &url, None).await?)
    }

    /// Posts to a route that answers with bytes, writes them, and returns their number.
    ///
    /// # Errors
    /// The failures of [`Self::get`], an answer that ends early, or a failure to write.
    pub(crate) async fn download(
        &self,
        path: &[&str],
        to: &mut impl Write,
    ) -> Result<u64, Failure> {
        let request = self
            .request(Method::POST, &join(path))
            .timeout(DOWNLOAD_TIMEOUT);
        let mut answer = request
            .send()
            .await
            .map_err(|error| self.unreachable(&error))?;
        if !answer.status().is_success() {
            let (failed, value) = self.body(answer).await?;
            return Err(self.failure(&failed, value.as_ref()));
        }
        let mut bytes = 0;
        while let Some(piece) = answer
            .chunk()
            .await
            .map_err(|error| self.unreachable(&error))?
        {
            to.write_all(&piece)
                .map_err(|error| Failure::caused("write the answer", &error))?;
            bytes += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        }
        Ok(bytes)
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
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request
            .send()
            .await
            .map_err(|error| self.unreachable(&error))?;
        let (answered, value) = self.body(answer).await?;
        if answered.status.is_success() {
            return value.ok_or_else(|| {
                Failure::ours(format!("the answer of {} is not JSON", self.base)).hint(
                    "check that the URL is that of Underpass and that no proxy answers instead",
                )
            });
        }
        Err(self.failure(&answered, value.as_ref()))
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.base))
            .header("authorization", format!("aivenv1 {}", self.token.expose()))
    }

    /// Reads an answer to its end; `None` if it is not JSON.
    async fn body(&self, answer: reqwest::Response) -> Result<(Answered, Option<Value>), Failure> {
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
        Ok((Answered { status, request_id }, value))
    }

    /// Returns the failure that an answer without success reports.
    fn failure(&self, answered: &Answered, value: Option<&Value>) -> Failure {
        let Answered { status, request_id } = answered;
        let message = value
            .and_then(|value| value.get("message"))
            .and_then(Value::as_str)
            .map_or_else(
                || format!("{} answered with status {status}", self.base),
                str::to_owned,
            );
        let code = value
            .and_then(|value| value.pointer("/errors/0/error_code"))
            .and_then(Value::as_str);
        if code == Some(OPTION_WITHOUT_USE) {
            return Failure::usage(message);
        }
        let failure = match status.as_u16() {
            404 => Failure::missing(message),
            401 => Failure::refused(message)
                .hint("give the token file of this server with --token-file"),
            status if status >= 500 => {
                let suffix = request_id
                    .as_ref()
                    .map(|id| format!(" (request {id})"))
                    .unwrap_or_default();
                Failure::ours(format!("{message}{suffix}"))
            }
            _ => Failure::refused(message),
        };
        let failure = match (refusal_hint::hint(code, failure.message()), failure.next()) {
            (Some(hint), None) => failure.hint(hint),
            (Some(_), Some(_)) | (None, _) => failure,
        };
        failure.code(code)
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        // The message contains the URL already, which may be long.
        let causes = error
            .source()
            .map(|cause| format!(": {}", Report::new(cause)));
        let failure = Failure::refused(format!(
            "failed to reach {}{}",
            self.base,
            causes.unwrap_or_default()
        ));
        // The error of TLS is inside one of the operating system's type, which hides it.
        if failure.message().contains("invalid peer certificate") {
            failure.hint(
                "if an authority of your own issued the server's certificate, give its root with \
                 --ca-file or UNDERPASS_CA_FILE",
            )
        } else if error.is_connect() {
            failure.hint("check the URL; or start a server with `underpass up`")
        } else {
            failure
        }
    }
}

/// Reads an answer as a document of a known type.
fn typed<T: DeserializeOwned>(path: &[&str], answer: Value) -> Result<T, Failure> {
    serde_json::from_value(answer).map_err(|error| {
        Failure::ours(format!(
            "the server's answer to {} has an unexpected form: {error}",
            join(path)
        ))
    })
}

/// Returns a required member of an answer.
///
/// # Errors
/// The member is missing.
pub(crate) fn member<'a>(answer: &'a Value, name: &str) -> Result<&'a Value, Failure> {
    answer
        .get(name)
        .ok_or_else(|| Failure::ours(format!("the server's answer has no member `{name}`")))
}

/// Returns a required text member of an answer.
///
/// # Errors
/// The member is missing or not a text.
pub(crate) fn text<'a>(answer: &'a Value, name: &str) -> Result<&'a str, Failure> {
    member(answer, name)?.as_str().ok_or_else(|| {
        Failure::ours(format!(
            "member `{name}` of the server's answer is not a text"
        ))
    })
}

/// Returns a required list member of an answer.
///
/// # Errors
/// The member is missing or not a list.
pub(crate) fn list<'a>(answer: &'a Value, name: &str) -> Result<&'a [Value], Failure> {
    member(answer, name)?
        .as_array()
        .map(Vec::as_slice)
        .ok_or_else(|| {
            Failure::ours(format!(
                "member `{name}` of the server's answer is not a list"
            ))
        })
}

fn with_query(path: &[&str], query: &[(&str, String)]) -> String {
    let pairs: Vec<String> = query
        .iter()
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    format!("{}?{}", join(path), pairs.join("&"))
}

fn join(path: &[&str]) -> String {
    let segments = path.iter().map(|segment| encode(segment));
    format!("/v1/{}", segments.collect::<Vec<_>>().join("/"))
}

/// Encodes a text as one segment of a path, or as the value of a parameter.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_argument_stays_one_segment() {
        assert_eq!(
            super::join(&["project", "a/../b", "service"]),
            "/v1/project/a%2F..%2Fb/service"
        );
    }
}
