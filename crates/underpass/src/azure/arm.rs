//! Requests to Azure Resource Manager; each waits until its operation has ended.

use std::sync::Arc;
use std::time::Duration;

use error_reporter::Report;
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use tokio::sync::Mutex;
use underpass_clouds::retry_after;
use underpass_model::credentials::Secret;

use super::login::Login;
use crate::clock;
use crate::failure::Failure;

/// API version of network resources: the oldest one with all members that are used here.
const API_VERSION: &str = "2024-05-01";

/// API version of resource groups.
const GROUP_API_VERSION: &str = "2021-04-01";

/// Longest time for one operation: 5 minutes, several times what a subnet or an endpoint takes.
const OPERATION_TIMEOUT: Duration = Duration::from_mins(5);

/// Pause between reads of an operation without `Retry-After`: 2 s.
const POLL: Duration = Duration::from_secs(2);

/// Longest pause accepted from `Retry-After`: 15 s.
const LONGEST_POLL: Duration = Duration::from_secs(15);

/// Status reported for a cloud that cannot be reached: 502, Bad Gateway.
const UNREACHABLE: u16 = 502;

/// Largest number of pages of one list: 100 of usually 100 resources.
const MAX_PAGES: usize = 100;

/// Client of the resource manager with one login; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Arm {
    http: reqwest::Client,
    base: String,
    login: Login,
    token: Arc<Mutex<Option<Secret>>>,
}

impl Arm {
    /// A client; `base` is the URL of resource manager and sign-in authority, without a trailing slash.
    pub(crate) fn new(http: reqwest::Client, base: &str, login: Login) -> Self {
        Self {
            http,
            base: base.to_owned(),
            login,
            token: Arc::default(),
        }
    }

    /// Reads a resource; `None` if it does not exist.
    ///
    /// # Errors
    /// If the cloud cannot be reached or refuses the request.
    pub(crate) async fn get(&self, path: &str) -> Result<Option<Value>, Failure> {
        let answer = self
            .send(Method::GET, &self.url(path), Content::default())
            .await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        read(&format!("read {path}"), answer).await.map(Some)
    }

    /// Reads all pages of a list.
    ///
    /// # Errors
    /// If the cloud cannot be reached, refuses the request, or has too many pages. A missing parent
    /// is a missing resource.
    pub(crate) async fn list(&self, path: &str) -> Result<Vec<Value>, Failure> {
        let mut url = self.url(path);
        let mut found = Vec::new();
        for _ in 0..MAX_PAGES {
            let page = read(
                &format!("list {path}"),
                self.send(Method::GET, &url, Content::default()).await?,
            )
            .await?;
            if let Some(Value::Array(items)) = page.get("value") {
                found.extend(items.iter().cloned());
            }
            match page.get("nextLink").and_then(Value::as_str) {
                Some(next) => self.own(next)?.clone_into(&mut url),
                None => return Ok(found),
            }
        }
        Err(Failure::refused(format!(
            "list {path}: more than {MAX_PAGES} pages"
        )))
    }

    /// Creates or replaces a resource and waits until the operation has ended.
    ///
    /// # Errors
    /// If the cloud cannot be reached, refuses the request, or the operation fails.
    pub(crate) async fn put(&self, path: &str, body: Value) -> Result<Value, Failure> {
        self.write(path, body, None).await
    }

    /// Starts to create or replace a resource, without waiting for the operation.
    ///
    /// # Errors
    /// If the cloud cannot be reached or refuses the request.
    pub(crate) async fn begin_put(&self, path: &str, body: Value) -> Result<(), Failure> {
        let content = Content {
            body: Some(body),
            etag: None,
        };
        let answer = self.send(Method::PUT, &self.url(path), content).await?;
        read(&format!("write {path}"), answer).await.map(drop)
    }

    /// Replaces a resource if its `etag` is that of the body, and waits until the operation has
    /// ended.
    ///
    /// # Errors
    /// If the resource was modified since, or as for [`put`](Self::put).
    pub(crate) async fn replace(&self, path: &str, body: Value) -> Result<Value, Failure> {
        let etag = body.get("etag").and_then(Value::as_str).map(str::to_owned);
        self.write(path, body, etag.as_deref()).await
    }

    async fn write(&self, path: &str, body: Value, etag: Option<&str>) -> Result<Value, Failure> {
        let action = format!("write {path}");
        let content = Content {
            body: Some(body),
            etag,
        };
        let answer = self.send(Method::PUT, &self.url(path), content).await?;
        let operation = operation_of(&answer);
        let body = read(&action, answer).await?;
        let state = body
            .pointer("/properties/provisioningState")
            .and_then(Value::as_str);
        match operation {
            Some(operation) if state != Some("Succeeded") => {
                self.finish(&action, &operation).await?;
                let made = self.get(path).await?;
                made.ok_or_else(|| {
                    Failure::missing(format!(
                        "{action}: the resource was deleted in the meantime"
                    ))
                })
            }
            _ => Ok(body),
        }
    }

    /// Deletes a resource and waits until the operation has ended; returns whether it existed.
    ///
    /// # Errors
    /// If the cloud cannot be reached, refuses the request, or the operation fails.
    pub(crate) async fn delete(&self, path: &str) -> Result<bool, Failure> {
        let action = format!("delete {path}");
        let answer = self
            .send(Method::DELETE, &self.url(path), Content::default())
            .await?;
        let was_there = !matches!(
            answer.status(),
            StatusCode::NOT_FOUND | StatusCode::NO_CONTENT
        );
        if !was_there {
            return Ok(false);
        }
        let operation = operation_of(&answer);
        read(&action, answer).await?;
        if let Some(operation) = operation {
            self.finish(&action, &operation).await?;
        }
        Ok(true)
    }

    /// Starts to delete a resource, without waiting for the operation.
    ///
    /// # Errors
    /// If the cloud cannot be reached or refuses the request.
    pub(crate) async fn begin_delete(&self, path: &str) -> Result<(), Failure> {
        let answer = self
            .send(Method::DELETE, &self.url(path), Content::default())
            .await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(());
        }
        read(&format!("delete {path}"), answer).await.map(drop)
    }

    async fn finish(&self, action: &str, operation: &str) -> Result<(), Failure> {
        let url = self.own(operation)?.to_owned();
        let polling = async {
            loop {
                let answer = self.send(Method::GET, &url, Content::default()).await?;
                let pause = pause_of(&answer);
                let accepted = answer.status() == StatusCode::ACCEPTED;
                let body = read(action, answer).await?;
                match body.get("status").and_then(Value::as_str) {
                    Some("Succeeded") => return Ok(()),
                    Some("Failed" | "Canceled") => return Err(refusal(action, None, &body)),
                    None if !accepted => return Ok(()),
                    Some(_) | None => tokio::time::sleep(pause).await,
                }
            }
        };
        tokio::time::timeout(OPERATION_TIMEOUT, polling)
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
        content: Content<'_>,
    ) -> Result<Response, Failure> {
        // The token may have expired: one more attempt with a new one.
        for fresh in [false, true] {
            let token = self.token(fresh).await?;
            let mut request = self
                .http
                .request(method.clone(), url)
                .bearer_auth(token.expose());
            if let Some(body) = &content.body {
                request = request.json(body);
            }
            if let Some(etag) = content.etag {
                request = request.header("if-match", etag);
            }
            let answer = request.send().await.map_err(|error| {
                Failure::refused(format!(
                    "failed to reach {}: {}",
                    self.base,
                    Report::new(&error)
                ))
                .answered(Some(UNREACHABLE))
            })?;
            if answer.status() != StatusCode::UNAUTHORIZED || fresh {
                return Ok(answer);
            }
        }
        Err(Failure::refused(format!(
            "{} refuses the token that it issued; check the clock of this machine",
            self.base
        )))
    }

    async fn token(&self, fresh: bool) -> Result<Secret, Failure> {
        let mut kept = self.token.lock().await;
        if let (Some(token), false) = (&*kept, fresh) {
            return Ok(token.clone());
        }
        let token = self.login.token(&self.http, &self.base).await?;
        *kept = Some(token.clone());
        Ok(token)
    }

    fn url(&self, path: &str) -> String {
        format!("{}{}", self.base, Self::route(path))
    }

    /// Path and query of a resource, below the URL of the resource manager.
    pub(crate) fn route(path: &str) -> String {
        // The type of the last resource decides the version.
        let segments = path.trim_start_matches('/').split('/').count();
        let version = if segments <= 4 {
            GROUP_API_VERSION
        } else {
            API_VERSION
        };
        format!("{path}?api-version={version}")
    }

    /// Checks that a URL from the cloud is below its own: the token is sent to no other host.
    fn own<'a>(&self, url: &'a str) -> Result<&'a str, Failure> {
        let rest = url.strip_prefix(&self.base);
        if rest.is_some_and(|rest| rest.starts_with('/')) {
            return Ok(url);
        }
        Err(Failure::refused(format!(
            "{} answered with a URL of another host: {url}",
            self.base
        )))
    }
}

/// Body and precondition of a request.
#[derive(Debug, Default)]
struct Content<'a> {
    body: Option<Value>,
    etag: Option<&'a str>,
}

/// URL at which the state of an operation is read.
fn operation_of(answer: &Response) -> Option<String> {
    let header = |name| {
        answer
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    header("azure-asyncoperation")
        .or_else(|| header("location"))
        .map(str::to_owned)
}

fn pause_of(answer: &Response) -> Duration {
    let header = |name| {
        answer
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    let pause = header("retry-after")
        .and_then(|pause| retry_after(pause, header("date"), clock::now()))
        .and_then(|pause| Duration::try_from(pause).ok());
    pause.unwrap_or(POLL).min(LONGEST_POLL)
}

async fn read(action: &str, answer: Response) -> Result<Value, Failure> {
    let status = answer.status();
    let text = answer
        .text()
        .await
        .map_err(|error| Failure::refused(format!("{action}: {}", Report::new(&error))))?;
    let body: Value = if text.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&text).map_err(|error| {
            Failure::refused(format!("{action}: the answer is not JSON: {error}"))
        })?
    };
    if status.is_success() {
        Ok(body)
    } else {
        Err(refusal(action, Some(status), &body))
    }
}

fn refusal(action: &str, status: Option<StatusCode>, body: &Value) -> Failure {
    let part = |name| body.pointer(name).and_then(Value::as_str);
    let why = match (part("/error/code"), part("/error/message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        (None, _) => status.map_or_else(
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
