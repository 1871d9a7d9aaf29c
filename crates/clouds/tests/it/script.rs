//! A provider that answers by a script, and records what it was asked.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::Value;
use underpass_clouds::{SendError, Transport};

/// One answer.
pub(crate) enum Reply {
    /// Status, headers, body.
    Answer(u16, Vec<(&'static str, String)>, String),
    /// The request never leaves.
    NotSent,
    /// The answer never comes.
    Lost,
}

/// An answer with a JSON body.
pub(crate) fn json(status: u16, body: &Value) -> Reply {
    Reply::Answer(status, Vec::new(), body.to_string())
}

/// An answer without a body.
pub(crate) fn empty(status: u16) -> Reply {
    Reply::Answer(status, Vec::new(), String::new())
}

impl Reply {
    /// The same answer with one more header.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Answer(_, headers, _) = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

/// The requests so far.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// `METHOD path?query`, the base URL left out.
    pub(crate) line: String,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: String,
}

impl Asked {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// The script and the record.
#[derive(Default)]
pub(crate) struct Script {
    replies: Mutex<VecDeque<(String, Reply)>>,
    asked: Mutex<Vec<Asked>>,
}

impl Script {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// Expects a request next, by method and end of its path, and answers it so.
    pub(crate) fn on(&self, request: &str, reply: Reply) -> &Self {
        self.replies
            .lock()
            .unwrap()
            .push_back((request.to_owned(), reply));
        self
    }

    /// The writes that were asked for.
    pub(crate) fn writes(&self) -> Vec<Asked> {
        let is_write = |asked: &&Asked| {
            let is_token = asked.line.ends_with("/token");
            !is_token && !asked.line.starts_with("GET ")
        };
        self.asked().iter().filter(is_write).cloned().collect()
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Checks that everything expected was asked for.
    pub(crate) fn assert_done(&self) {
        let left: Vec<_> = self
            .replies
            .lock()
            .unwrap()
            .iter()
            .map(|(line, _)| line.clone())
            .collect();
        assert!(left.is_empty(), "never asked: {left:?}");
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let (parts, body) = request.into_parts();
        let line = format!("{} {}", parts.method, parts.uri.path_and_query().unwrap());
        let body = String::from_utf8(body.to_vec()).unwrap();
        let asked = Asked {
            line: line.clone(),
            headers: parts.headers,
            body,
        };
        self.asked.lock().unwrap().push(asked);
        let next = self.replies.lock().unwrap().pop_front();
        let (expected, reply) = next.unwrap_or_else(|| panic!("asked unexpectedly: {line}"));
        let (method, end) = expected.split_once(' ').unwrap();
        let path = parts.uri.path();
        assert!(
            parts.method == method && (path.ends_with(end) || line.ends_with(end)),
            "expected {expected}, asked {line}"
        );
        let host = parts.uri.authority().unwrap().to_string();
        match reply {
            Reply::Answer(status, headers, body) => {
                let mut response = Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(name, value);
                }
                Ok(response.body(Bytes::from(body)).unwrap())
            }
            Reply::NotSent => Err(SendError::NotSent {
                host,
                source: "refused".into(),
            }),
            Reply::Lost => Err(SendError::InDoubt {
                host,
                source: "reset".into(),
            }),
        }
    }
}

/// Runs a future that never has to wait, as the simulation does: without any runtime.
pub(crate) fn run<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the driver waited for something the script did not do"),
    }
}
