//! A provider that answers with the bytes of an input.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use reqwest::Url;

use crate::transport::{SendError, Transport};

/// The line between two answers.
const SEPARATOR: &[u8] = b"\n%%\n";

/// The access token, which no error may contain.
pub(super) const TOKEN: &str = "secret-token-4711";

/// The answer of an issuer of tokens.
const ISSUED: &str =
    r#"{"token_type":"Bearer","expires_in":3599,"access_token":"secret-token-4711"}"#;

/// A provider with answers, which counts the writes that it is sent.
pub(super) struct Provider {
    /// Scheme and host of the API.
    base: &'static str,
    /// Scheme and host of the issuer of tokens.
    issuer: &'static str,
    /// The issuer's answers are of the input, too.
    is_issuer_hostile: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    answers: VecDeque<Result<Response<Bytes>, Loss>>,
    writes: usize,
}

/// The reason why there is no answer.
enum Loss {
    NotSent,
    InDoubt,
}

impl Provider {
    /// A provider whose answers are separated by lines of `%%`.
    pub(super) fn new(
        base: &'static str,
        issuer: &'static str,
        is_issuer_hostile: bool,
        input: &[u8],
    ) -> Self {
        let mut answers = VecDeque::new();
        let mut rest = input;
        loop {
            let (one, more) = split(rest, SEPARATOR);
            answers.push_back(answer(one));
            match more {
                Some(more) => rest = more,
                None => break,
            }
        }
        Self {
            base,
            issuer,
            is_issuer_hostile,
            state: Mutex::new(State { answers, writes: 0 }),
        }
    }

    /// The requests so far that can have changed something. One that is refused because of its token is
    /// sent again.
    pub(super) fn writes(&self) -> usize {
        self.state().writes
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Splits bytes at the first occurrence of others.
fn split<'a>(input: &'a [u8], at: &[u8]) -> (&'a [u8], Option<&'a [u8]>) {
    let found = input.windows(at.len()).position(|window| window == at);
    let ends = found.and_then(|start| Some((input.get(..start)?, input.get(start + at.len()..)?)));
    match ends {
        Some((before, after)) => (before, Some(after)),
        None => (input, None),
    }
}

/// An answer: its status, lines with headers, an empty line and the body. Status 0 is a request that never
/// left, and 1 an answer that never came.
fn answer(text: &[u8]) -> Result<Response<Bytes>, Loss> {
    let (head, body) = split(text, b"\n\n");
    let mut lines = head.split(|byte| *byte == b'\n');
    let status = lines.next().and_then(|line| std::str::from_utf8(line).ok());
    let status = match status.and_then(|status| status.trim().parse::<u16>().ok()) {
        Some(0) => return Err(Loss::NotSent),
        Some(1) => return Err(Loss::InDoubt),
        Some(status) => StatusCode::from_u16(status).unwrap_or(StatusCode::OK),
        None => StatusCode::OK,
    };
    let mut response = Response::new(Bytes::copy_from_slice(body.unwrap_or_default()));
    *response.status_mut() = status;
    for line in lines {
        let (name, value) = split(line, b":");
        let name = HeaderName::from_bytes(name);
        let value = HeaderValue::from_bytes(value.unwrap_or_default().trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            response.headers_mut().append(name, value);
        }
    }
    Ok(response)
}

/// Reports whether a request changes nothing at the provider.
fn is_read(request: &Request<Bytes>) -> bool {
    let path = request.uri().path();
    let asks = [
        "/getHealth",
        "/listNetworkEndpoints",
        "/health",
        ":testIamPermissions",
        "/testIamPermissions",
    ];
    request.method() == Method::GET
        || (request.method() == Method::POST && asks.iter().any(|end| path.ends_with(end)))
}

#[async_trait]
impl Transport for Provider {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let uri = request.uri().to_string();
        let Ok(url) = Url::parse(&uri) else {
            return Err(SendError::NotSent {
                host: uri,
                source: "the HTTP client refuses the URL".into(),
            });
        };
        let origin = url.origin().ascii_serialization();
        let carries_token = request.headers().contains_key(header::AUTHORIZATION);
        if origin == self.issuer {
            assert!(!carries_token, "the issuer needs no token");
            if !self.is_issuer_hostile {
                return Ok(Response::new(Bytes::from_static(ISSUED.as_bytes())));
            }
        } else {
            assert_eq!(origin, self.base, "a token leaves its provider");
            // The HTTP client resolves dot segments. Reads may follow a URL of the provider.
            let segments = |path: &str| path.split('/').count();
            assert!(
                is_read(&request) || segments(url.path()) == segments(request.uri().path()),
                "{uri} leads elsewhere"
            );
        }
        let mut state = self.state();
        let answer = state.answers.pop_front().unwrap_or(Err(Loss::NotSent));
        let has_no_effect = match &answer {
            Ok(answer) => answer.status() == StatusCode::UNAUTHORIZED,
            Err(Loss::NotSent) => true,
            Err(Loss::InDoubt) => false,
        };
        if origin == self.base && !has_no_effect && !is_read(&request) {
            state.writes += 1;
        }
        let host = origin;
        answer.map_err(|loss| match loss {
            Loss::NotSent => SendError::NotSent {
                host,
                source: "refused".into(),
            },
            Loss::InDoubt => SendError::InDoubt {
                host,
                source: "reset".into(),
            },
        })
    }
}
