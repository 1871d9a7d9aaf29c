//! A file of the exchanges with a cloud's API, which shows what clients send.
//!
//! One line of JSON for each exchange: `time`, `cloud`, `emulator` (which process and address, for processes
//! that share a file), `client` (its `User-Agent`), `method`, `path`, `query`, `request` (its body),
//! `status`, `headers` and `reply` (the body of the answer). Headers of requests and everything about
//! sign-in and tokens are left out. So is a read that is answered as the last one of its URL, because
//! clients poll, and so are bodies that are not JSON.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, Permissions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes, HttpBody as _};
use axum::response::Response;
use http::HeaderMap;
use http::header::USER_AGENT;
use http::request::Parts;
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::limits;

/// Only the owner reads and writes the file: names of resources and addresses are in it.
const OWNER_ONLY: u32 = 0o600;

/// Parameters of queries that may contain a token or a key (Google: "Standard query parameters").
const SECRET_PARAMETERS: [&str; 3] = ["access_token", "key", "oauth_token"];

/// The record's file; cheap to clone.
#[derive(Clone)]
pub(crate) struct Record {
    open: Arc<Mutex<Open>>,
    cloud: &'static str,
    /// Tells the emulators apart that share a file.
    emulator: Arc<str>,
}

struct Open {
    file: File,
    /// Maximum length of the file, in bytes.
    limit: u64,
    is_full: bool,
    /// Hash of the last answer to a read, by URL.
    answers: BTreeMap<String, u64>,
}

// === impl Record ===

impl Record {
    /// Opens a file at its end, and makes it the owner's only. `cloud` and `base_url` are in each line.
    ///
    /// # Errors
    /// If the file cannot be opened or restricted.
    pub(crate) fn open(path: &Path, cloud: &'static str, base_url: &str) -> Result<Self, Error> {
        Self::open_with(path, cloud, base_url, limits::RECORD_BYTES)
    }

    fn open_with(
        path: &Path,
        cloud: &'static str,
        base_url: &str,
        limit: u64,
    ) -> Result<Self, Error> {
        let file = open(path).map_err(|source| Error::Record {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            open: Arc::new(Mutex::new(Open {
                file,
                limit,
                is_full: false,
                answers: BTreeMap::new(),
            })),
            cloud,
            emulator: format!("{} {base_url}", std::process::id()).into(),
        })
    }

    /// Adds an exchange and returns its reply unchanged. The body of a reply of unknown length is left
    /// out. A line that cannot be written is reported in the log.
    pub(crate) async fn add(
        &self,
        request: &Parts,
        body: Option<&Value>,
        reply: Response,
        now: Timestamp,
    ) -> Response {
        let (parts, content) = reply.into_parts();
        if content.size_hint().exact().is_none() {
            self.write(
                request,
                body,
                (parts.status.as_u16(), &parts.headers),
                &Bytes::new(),
                now,
            );
            return Response::from_parts(parts, content);
        }
        let bytes = match content.collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(error) => {
                tracing::warn!(%error, "failed to read the body of a reply, to record it");
                Bytes::new()
            }
        };
        self.write(
            request,
            body,
            (parts.status.as_u16(), &parts.headers),
            &bytes,
            now,
        );
        Response::from_parts(parts, Body::from(bytes))
    }

    fn write(
        &self,
        request: &Parts,
        body: Option<&Value>,
        (status, headers): (u16, &HeaderMap),
        reply: &Bytes,
        now: Timestamp,
    ) {
        let reply = serde_json::from_slice(reply).unwrap_or(Value::Null);
        let query = public_query(request.uri.query().unwrap_or_default());
        let line = json!({
            "time": now,
            "cloud": self.cloud,
            "emulator": &*self.emulator,
            "client": text(&request.headers, USER_AGENT.as_str()),
            "method": request.method.as_str(),
            "path": request.uri.path(),
            "query": query,
            "request": body,
            "status": status,
            "headers": shown(headers),
            "reply": reply,
        });
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if request.method == http::Method::GET {
            let url = format!("{}?{query}", request.uri.path());
            if open.is_repeated(url, (status, &reply)) {
                return;
            }
        }
        if let Err(error) = open.append(&line) {
            tracing::warn!(%error, "failed to record an exchange with the emulated cloud");
        }
    }
}

// === impl Open ===

impl Open {
    /// Reports whether a read is answered as the last one of its URL, and remembers the answer.
    fn is_repeated(&mut self, url: String, (status, reply): (u16, &Value)) -> bool {
        let mut hasher = DefaultHasher::new();
        (status, reply.to_string()).hash(&mut hasher);
        if self.answers.len() >= limits::RECORDED_READS {
            self.answers.clear();
        }
        let answer = hasher.finish();
        self.answers.insert(url, answer) == Some(answer)
    }

    /// Writes a line, or, once the file has reached its limit, a last one that says so.
    fn append(&mut self, line: &Value) -> io::Result<()> {
        if self.is_full {
            return Ok(());
        }
        // One write for each line, so that processes may share the file.
        let text = format!("{line}\n");
        let used = self.file.metadata()?.len();
        if used.saturating_add(text.len() as u64) <= self.limit {
            return self.file.write_all(text.as_bytes());
        }
        self.is_full = true;
        let limit = self.limit;
        tracing::warn!(
            size_bytes = limit,
            "recording of exchanges ended, because the file has reached its limit"
        );
        let last = json!({ "ended": format!("the file has reached its limit of {limit} bytes") });
        self.file.write_all(format!("{last}\n").as_bytes())
    }
}

/// Opens a file for appending; a device or a pipe keeps its permissions.
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true).mode(OWNER_ONLY);
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        file.set_permissions(Permissions::from_mode(OWNER_ONLY))?;
    }
    Ok(file)
}

/// A query without the values of parameters that contain secrets.
fn public_query(query: &str) -> String {
    let parameters = query.split('&').map(|parameter| {
        let name = parameter.split('=').next().unwrap_or_default();
        if SECRET_PARAMETERS.contains(&name) {
            name
        } else {
            parameter
        }
    });
    parameters.collect::<Vec<_>>().join("&")
}

/// The headers of a reply, by name.
fn shown(headers: &HeaderMap) -> Map<String, Value> {
    let names = headers.keys().map(http::HeaderName::as_str);
    names
        .map(|name| (name.to_owned(), text(headers, name)))
        .collect()
}

/// The text of a header; null if it is missing or not text.
fn text(headers: &HeaderMap, name: &str) -> Value {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests;
