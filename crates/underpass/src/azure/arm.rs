//! Requests to the resource manager, each carried to its end.

use std::sync::Arc;
use std::time::Duration;

use error_reporter::Report;
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use tokio::sync::Mutex;
use underpass_model::credentials::Secret;

use super::login::Login;
use crate::failure::Failure;

/// The version of every resource used here; the oldest that has all their members (resource
/// groups take it too).
const API_VERSION: &str = "2024-05-01";

/// The version of resource groups.
const GROUP_API_VERSION: &str = "2021-04-01";

/// Longest time for one operation: 5 minutes, several times what a subnet or an endpoint takes.
const OPERATION_TIMEOUT: Duration = Duration::from_mins(5);

/// Pause between looks at an operation, where the cloud names none: 2 s.
const POLL: Duration = Duration::from_secs(2);

/// Longest pause taken from the cloud: 15 s.
const LONGEST_POLL: Duration = Duration::from_secs(15);

/// What stands for the answer of a cloud that cannot be reached: 502, Bad Gateway.
const UNREACHABLE: u16 = 502;

/// Largest number of pages of one list: 100 of usually 100 resources.
const MAX_PAGES: usize = 100;

/// A resource manager, as one caller; cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Arm {
    http: reqwest::Client,
    base: String,
    login: Login,
    token: Arc<Mutex<Option<Secret>>>,
}

impl Arm {
    /// `base` is the URL of resource manager and sign-in authority, without a trailing slash.
    pub(crate) fn new(http: reqwest::Client, base: &str, login: Login) -> Self {
        Self {
            http,
            base: base.to_owned(),
            login,
            token: Arc::default(),
        }
    }

    /// Reads a resource; nothing if it is not there.
    pub(crate) async fn get(&self, path: &str) -> Result<Option<Value>, Failure> {
        let answer = self
            .send(Method::GET, &self.url(path), Content::default())
            .await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        read(&format!("read {path}"), answer).await.map(Some)
    }

    /// Reads every page of a list.
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

    /// Makes or replaces a resource and waits until that is done.
    pub(crate) async fn put(&self, path: &str, body: Value) -> Result<Value, Failure> {
        self.write(path, body, None).await
    }

    /// The same without waiting: what is wrong with the request is known, how it ends is not.
    pub(crate) async fn begin_put(&self, path: &str, body: Value) -> Result<(), Failure> {
        let content = Content {
            body: Some(body),
            etag: None,
        };
        let answer = self.send(Method::PUT, &self.url(path), content).await?;
        read(&format!("write {path}"), answer).await.map(drop)
    }

    /// Replaces a resource that nobody changed since it was read, by its `etag`.
    pub(crate) async fn replace(&self, path: &str, body: Value) -> Result<Value, Failure> {
        let etag = body.get("etag").and_then(Value::as_str).map(str::to_owned);
        self.write(path, body, etag.as_deref()).await
    }

    async fn write(&self, path: &str, body: Value, etag: Option<&str>) -> Result<Value, Failure> {
        let doing = format!("write {path}");
        let content = Content {
            body: Some(body),
            etag,
        };
        let answer = self.send(Method::PUT, &self.url(path), content).await?;
        let operation = operation_of(&answer);
        let body = read(&doing, answer).await?;
        let state = body
            .pointer("/properties/provisioningState")
            .and_then(Value::as_str);
        match operation {
            Some(operation) if state != Some("Succeeded") => {
                self.finish(&doing, &operation).await?;
                let made = self.get(path).await?;
                made.ok_or_else(|| Failure::missing(format!("{doing}: it is gone again")))
            }
            _ => Ok(body),
        }
    }

    /// Removes a resource and waits until that is done; one that is not there is fine. Tells
    /// whether it was there.
    pub(crate) async fn delete(&self, path: &str) -> Result<bool, Failure> {
        let doing = format!("delete {path}");
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
        read(&doing, answer).await?;
        if let Some(operation) = operation {
            self.finish(&doing, &operation).await?;
        }
        Ok(true)
    }

    /// The same without waiting.
    pub(crate) async fn begin_delete(&self, path: &str) -> Result<(), Failure> {
        let answer = self
            .send(Method::DELETE, &self.url(path), Content::default())
            .await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(());
        }
        read(&format!("delete {path}"), answer).await.map(drop)
    }

    async fn finish(&self, doing: &str, operation: &str) -> Result<(), Failure> {
        let url = self.own(operation)?.to_owned();
        let looking = async {
            loop {
                let answer = self.send(Method::GET, &url, Content::default()).await?;
                let pause = pause_of(&answer);
                let accepted = answer.status() == StatusCode::ACCEPTED;
                let body = read(doing, answer).await?;
                match body.get("status").and_then(Value::as_str) {
                    Some("Succeeded") => return Ok(()),
                    Some("Failed" | "Canceled") => return Err(refusal(doing, None, &body)),
                    None if !accepted => return Ok(()),
                    Some(_) | None => tokio::time::sleep(pause).await,
                }
            }
        };
        tokio::time::timeout(OPERATION_TIMEOUT, looking)
            .await
            .unwrap_or_else(|_| {
                Err(Failure::refused(format!(
                    "{doing}: not done after {OPERATION_TIMEOUT:?}"
                )))
            })
    }

    async fn send(
        &self,
        method: Method,
        url: &str,
        content: Content<'_>,
    ) -> Result<Response, Failure> {
        // One more try with a fresh token: the old one may have run out.
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
                Failure::refused(format!("reach {}: {}", self.base, Report::new(&error)))
                    .answered(Some(UNREACHABLE))
            })?;
            if answer.status() != StatusCode::UNAUTHORIZED || fresh {
                return Ok(answer);
            }
        }
        Err(Failure::refused(format!(
            "{} does not accept its own tokens",
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

    /// Where a resource is, below the URL of the resource manager.
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

    /// A URL that the cloud gave, if it leads to the cloud: tokens go nowhere else.
    fn own<'a>(&self, url: &'a str) -> Result<&'a str, Failure> {
        let rest = url.strip_prefix(&self.base);
        if rest.is_some_and(|rest| rest.starts_with('/')) {
            return Ok(url);
        }
        Err(Failure::refused(format!(
            "{} leads to another host: {url}",
            self.base
        )))
    }
}

/// What a request carries.
#[derive(Debug, Default)]
struct Content<'a> {
    body: Option<Value>,
    etag: Option<&'a str>,
}

/// Where to ask how far an operation is.
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
    let wish = answer
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok());
    let wish = wish
        .and_then(|seconds| seconds.parse().ok())
        .map(Duration::from_secs);
    wish.unwrap_or(POLL).min(LONGEST_POLL)
}

async fn read(doing: &str, answer: Response) -> Result<Value, Failure> {
    let status = answer.status();
    let text = answer
        .text()
        .await
        .map_err(|error| Failure::refused(format!("{doing}: {}", Report::new(&error))))?;
    let body: Value = if text.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&text)
            .map_err(|error| Failure::refused(format!("{doing}: answer is no JSON: {error}")))?
    };
    if status.is_success() {
        Ok(body)
    } else {
        Err(refusal(doing, Some(status), &body))
    }
}

fn refusal(doing: &str, status: Option<StatusCode>, body: &Value) -> Failure {
    let part = |name| body.pointer(name).and_then(Value::as_str);
    let why = match (part("/error/code"), part("/error/message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        (None, _) => status.map_or_else(|| "it failed".to_owned(), |status| status.to_string()),
    };
    let message = format!("{doing}: {why}");
    let failure = if status == Some(StatusCode::NOT_FOUND) {
        Failure::missing(message)
    } else {
        Failure::refused(message)
    };
    failure.answered(status.map(|status| status.as_u16()))
}
