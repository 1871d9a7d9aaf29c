//! Answers requests whose handler panicked.

use std::any::Any;

use axum::response::{IntoResponse as _, Response};

use crate::api::error::Error;

/// Logs the panic's text and returns an answer without it.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the layer passes the panic by value"
)]
pub(super) fn answer(panic: Box<dyn Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without text");
    Error::Internal(format!("a request handler panicked: {text}").into()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_answered_without_its_text() {
        let response = answer(Box::new("the password is hunter2"));
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = axum::body::to_bytes(response.into_body(), 4096)
            .await
            .unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(
            text.contains("Internal error") && !text.contains("hunter2"),
            "{text}"
        );
    }
}
