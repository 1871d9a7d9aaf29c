//! Requests to Compute Engine; each waits until its operation has ended.

use std::time::Duration;

use error_reporter::Report;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use underpass_model::credentials::Secret;

use super::path::path_of;
use crate::failure::Failure;

/// Path of the API version.
const VERSION: &str = "compute/v1";

/// Longest time for one operation: 5 minutes, several times the duration of the ones used here.
const OPERATION_TIMEOUT: Duration = Duration::from_mins(5);

/// Pause before an operation is read again: 200 ms. Seldom needed, as `wait` is answered when the
/// operation has ended, or after 2 minutes (Compute Engine API, `regionOperations.wait`).
const PAUSE: Duration = Duration::from_millis(200);

/// Status reported for a cloud that cannot be reached: 502, Bad Gateway.
const UNREACHABLE: u16 = 502;

/// Largest number of pages of one list: 100 of usually 500 resources.
const MAX_PAGES: usize = 100;

/// Characters to encode in a path: all but unreserved ones (RFC 3986 §2.3), slashes, and the colon
/// of projects that belong to a domain.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/')
    .remove(b':');

/// Client of Compute Engine with one token; cheap to clone. Paths begin with `projects/`.
#[derive(Debug, Clone)]
pub(crate) struct Compute {
    http: reqwest::Client,
    base: String,
    /// `None` is anonymous; an emulated cloud accepts it in projects of consumers.
    token: Option<Secret>,
}

impl Compute {
    /// A client; `base` is the URL without the path of the service and without a trailing slash.
    pub(crate) fn new(http: reqwest::Client, base: &str, token: Option<Secret>) -> Self {
        Self {
            http,
            base: base.to_owned(),
            token,
        }
    }

    /// Reads a resource; `None` if it does not exist.
    ///
    /// # Errors
    /// If the cloud cannot be reached or refuses the request.
    pub(crate) async fn get(&self, path: &str) -> Result<Option<Value>, Failure> {
        let answer = self.send(Method::GET, &self.url(path), None).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        read(&format!("read {path}"), answer).await.map(Some)
    }

    /// Reads all pages of a list.
    ///
    /// # Errors
    /// If the cloud cannot be reached, refuses the request, or has too many pages.
    pub(crate) async fn list(&self, collection: &str) -> Result<Vec<Value>, Failure> {
        let mut found = Vec::new();
        for page in self.pages(collection).await? {
            if let Some(Value::Array(items)) = page.get("items") {
                found.extend(items.iter().cloned());
            }
        }
        Ok(found)
    }

    async fn pages(&self, path: &str) -> Result<Vec<Value>, Failure> {
        let action = format!("list {path}");
        let first = self.url(path);
        let mut url = first.clone();
        let mut pages = Vec::new();
        for _ in 0..MAX_PAGES {
            let page = read(&action, self.send(Method::GET, &url, None).await?).await?;
            let next = page.get("nextPageToken").and_then(Value::as_str);
            let next = next.map(|token| utf8_percent_encode(token, NON_ALPHANUMERIC).to_string());
            pages.push(page);
            match next {
                Some(token) => url = format!("{first}?pageToken={token}"),
                None => return Ok(pages),
            }
        }
        Err(Failure::refused(format!(
            "{action}: more than {MAX_PAGES} pages"
        )))
    }

    /// Reads all pages of an aggregated list: the resources of all regions and zones of a project.
    ///
    /// # Errors
    /// If the cloud cannot be reached, refuses the request, or has too many pages.
    pub(crate) async fn list_everywhere(
        &self,
        project: &str,
        collection: &str,
    ) -> Result<Vec<Value>, Failure> {
        let path = format!("projects/{project}/aggregated/{collection}");
        let scopes = self.pages(&path).await?;
        let of_scope = |scope: &Value| match scope.get(collection) {
            Some(Value::Array(items)) => items.clone(),
            _ => Vec::new(),
        };
        Ok(scopes
            .iter()
            .filter_map(|page| page.get("items")?.as_object())
            .flat_map(|scopes| scopes.values().flat_map(of_scope))
            .collect())
    }

    /// Creates a resource, waits until the operation has ended, and reads it. The body contains its
    /// name.
    ///
    /// # Errors
    /// If the cloud cannot be reached, refuses the request, or the operation fails.
    pub(crate) async fn insert(&self, collection: &str, body: &Value) -> Result<Value, Failure> {
        let name = body.get("name").and_then(Value::as_str).unwrap_or_default();
        let path = format!("{collection}/{name}");
        let action = format!("create {path}");
        let url = self.url(collection);
        let answer = self.send(Method::POST, &url, Some(body)).await?;
        let operation = read(&action, answer).await?;
        self.finish(&action, operation).await?;
        let made = self.get(&path).await?;
        made.ok_or_else(|| {
            Failure::missing(format!(
                "{action}: the resource was deleted in the meantime"
            ))
        })
    }

    /// Deletes a resource and waits until the operation has ended; returns whether it existed.
    ///
    /// # Errors
    /// If the cloud cannot be reached, refuses the request, or the operation fails.
    pub(crate) async fn delete(&self, path: &str) -> Result<bool, Failure> {
        let action = format!("delete {path}");
        let answer = self.send(Method::DELETE, &self.url(path), None).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        let operation = read(&action, answer).await?;
        self.finish(&action, operation).await?;
        Ok(true)
    }

    /// Waits until an operation has ended, and returns its error.
    async fn finish(&self, action: &str, mut operation: Value) -> Result<(), Failure> {
        let waiting = async {
            loop {
                if operation.get("status").and_then(Value::as_str) == Some("DONE") {
                    return match operation.get("error") {
                        None | Some(Value::Null) => Ok(()),
                        Some(error) => Err(refusal(action, None, error)),
                    };
                }
                let Some(link) = operation.get("selfLink").and_then(Value::as_str) else {
                    return Err(Failure::refused(format!(
                        "{action}: the operation in the answer has no selfLink"
                    )));
                };
                // Links contain the host of the real cloud, also those of the emulator.
                let url = self.url(&format!("{}/wait", path_of(link)));
                let request = self.http.post(&url).timeout(OPERATION_TIMEOUT);
                let answer = self.sent(request).await?;
                operation = read(action, answer).await?;
                if operation.get("status").and_then(Value::as_str) != Some("DONE") {
                    tokio::time::sleep(PAUSE).await;
                }
            }
        };
        tokio::time::timeout(OPERATION_TIMEOUT, waiting)
            .await
            .unwrap_or_else(|_| {
                Err(Failure::refused(format!(
                    "{action}: the operation has not ended after {OPERATION_TIMEOUT:?}"
                )))
            })
    }

    async fn send(
        &self,
        method: Method,
        url: &str,
        body: Option<&Value>,
    ) -> Result<Response, Failure> {
        let mut request = self.http.request(method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.sent(request).await
    }

    async fn sent(&self, mut request: RequestBuilder) -> Result<Response, Failure> {
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose());
        }
        request.send().await.map_err(|error| {
            Failure::refused(format!(
                "failed to reach {}: {}",
                self.base,
                Report::new(&error)
            ))
            .answered(Some(UNREACHABLE))
        })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{}", self.base, Self::route(path))
    }

    /// Path of a resource, below the URL of the API.
    pub(crate) fn route(path: &str) -> String {
        let path = utf8_percent_encode(path, PATH);
        format!("/{VERSION}/{path}")
    }
}

async fn read(action: &str, answer: Response) -> Result<Value, Failure> {
    let status = answer.status();
    let text = answer
        .text()
        .await
        .map_err(|error| Failure::refused(format!("{action}: {}", Report::new(&error))))?;
    let body: Value = match serde_json::from_str(&text) {
        Ok(body) => body,
        Err(error) if status.is_success() => {
            return Err(Failure::refused(format!(
                "{action}: the answer is not JSON: {error}"
            )));
        }
        Err(_) => Value::Null,
    };
    if status.is_success() {
        return Ok(body);
    }
    let error = body.get("error").unwrap_or(&Value::Null);
    Err(refusal(action, Some(status), error))
}

/// Failure of a request or of an accepted operation; their errors have the same form.
fn refusal(action: &str, status: Option<StatusCode>, error: &Value) -> Failure {
    let first = error.pointer("/errors/0").unwrap_or(error);
    let part = |name: &str| first.get(name).and_then(Value::as_str);
    let why = match (part("reason").or(part("code")), part("message")) {
        (Some(reason), Some(message)) => format!("{reason}: {message}"),
        (None, Some(text)) | (Some(text), None) => text.to_owned(),
        (None, None) => status.map_or_else(
            || "the operation failed".to_owned(),
            |status| status.to_string(),
        ),
    };
    let message = format!("{action}: {why}");
    let failure = if status == Some(StatusCode::NOT_FOUND) {
        Failure::missing(message)
    } else {
        Failure::refused(message)
    };
    failure.answered(status.map(|status| status.as_u16()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn failures_contain_the_reason() {
        let body = json!({ "code": 409, "message": "taken",
            "errors": [{ "message": "taken", "domain": "global", "reason": "alreadyExists" }] });
        let of_request = refusal("make a", Some(StatusCode::CONFLICT), &body);
        assert_eq!(of_request.to_string(), "make a: alreadyExists: taken");
        let body = json!({ "errors": [{ "code": "RESOURCE_NOT_READY", "message": "wait" }] });
        let of_operation = refusal("make a", None, &body);
        assert_eq!(of_operation.to_string(), "make a: RESOURCE_NOT_READY: wait");
        let bare = refusal("read a", Some(StatusCode::NOT_FOUND), &Value::Null);
        assert!(bare.is_missing());
        assert_eq!(bare.to_string(), "read a: 404 Not Found");
    }
}
