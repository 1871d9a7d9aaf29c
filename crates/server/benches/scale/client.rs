//! Client of the API in the same process, without a network.

use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;
use underpass_model::credentials::Secret;

/// Client of one token; cheap to clone.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) router: Router,
    pub(crate) token: Secret,
}

impl Client {
    /// Sends a request that must succeed; returns the time until the last byte of the answer, and its
    /// body.
    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> (Duration, Value) {
        let (took, status, value) = self.ask(method, path, body).await;
        assert!(status.is_success(), "{method} {path}: {status}: {value}");
        (took, value)
    }

    /// Sends a request; returns the time until the last byte of the answer, its status and its body.
    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        body: &Value,
    ) -> (Duration, StatusCode, Value) {
        let body = if body.is_null() {
            Body::empty()
        } else {
            Body::from(body.to_string())
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1:8780")
            .header("content-type", "application/json")
            .header("authorization", format!("aivenv1 {}", self.token.expose()))
            .body(body)
            .unwrap();
        let begun = Instant::now();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let took = begun.elapsed();
        let value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        (took, status, value)
    }
}
