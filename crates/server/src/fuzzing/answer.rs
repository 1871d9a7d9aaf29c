//! Answers of the API, and their rules.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::header::{AUTHORIZATION, HOST};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use super::request_lines::{Names, RequestLines};

/// The most bytes of a refusal: 4,096. It quotes excerpts, and may list all valid values.
const LONGEST_REFUSAL: usize = 4096;

/// The code of the refusal for a stored document that cannot be read.
const UNREADABLE: &str = "stored_document_unreadable";

/// An answer of the API.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// Sends a request; `None`: the HTTP server does not pass it on.
    pub(super) async fn to(
        router: &Router,
        lines: &RequestLines<'_>,
        names: &Names,
    ) -> Option<Self> {
        let request = Request::builder()
            .method(lines.method)
            .uri(names.replaced(lines.target))
            .header(HOST, "127.0.0.1:8780");
        let request = match lines.authorization {
            "" => request,
            value => request.header(AUTHORIZATION, names.replaced(value)),
        };
        let body = Body::from(names.replaced(lines.body));
        let request = request.body(body).ok()?;
        let Ok(response) = router.clone().oneshot(request).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("an answer is whole");
        Some(Self {
            status: parts.status.as_u16(),
            body: body.to_bytes().to_vec(),
        })
    }

    /// The body of a success.
    pub(super) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        serde_json::from_slice(&self.body).expect("an answer is JSON")
    }

    /// Reports whether the request was refused.
    pub(super) fn is_refusal(&self) -> bool {
        self.status >= 400
    }

    /// Checks the answer to a request with this method.
    pub(super) fn check(&self, method: &str) {
        assert!(self.status < 500, "{} {}", self.status, self.text());
        // `HEAD` has no body.
        if !self.is_refusal() || method == "HEAD" {
            return;
        }
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        let member = |pointer| body.pointer(pointer).unwrap_or(&Value::Null);
        let message = member("/message").as_str().unwrap_or_default();
        assert!(!message.trim().is_empty(), "{}", self.text());
        assert!(message.len() <= LONGEST_REFUSAL, "{} bytes", message.len());
        assert!(!message.contains(char::is_control), "{message:?}");
        assert_eq!(member("/errors/0/message"), message);
        assert_eq!(member("/errors/0/status"), self.status, "{}", self.text());
        assert_ne!(member("/errors/0/error_code"), UNREADABLE, "{message}");
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
