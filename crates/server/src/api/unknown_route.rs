//! Answers to requests that no route accepts.

use axum::http::{Method, StatusCode, Uri};

use underpass_model::excerpt::excerpt;

use super::error::Error;

pub(super) async fn unknown_route(uri: Uri) -> Error {
    let message = format!(
        "Route `{}` does not exist. docs/reference/api.md lists the routes",
        excerpt(uri.path())
    );
    Error::Protocol(StatusCode::NOT_FOUND, message)
}

pub(super) async fn wrong_method(method: Method) -> Error {
    let message = format!(
        "This route does not support {method}. The `allow` header lists the supported methods"
    );
    Error::Protocol(StatusCode::METHOD_NOT_ALLOWED, message)
}
