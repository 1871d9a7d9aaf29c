//! The HTTP API: the compatible routes under `/v1`, and ours under `/v1/underpass`.
//!
//! A handler validates, commits intent, wakes a worker and answers; it never calls a cloud and
//! never waits for one.
//! Around every handler, outermost first: the request's id and log, the security headers, the
//! guard against foreign pages, the time limit, the catch of panics.

mod access_token;
mod body;
mod certificate;
mod cloud;
mod error;
mod exchange;
mod extract;
mod failure;
mod feature;
mod guard;
mod health;
mod history;
mod me;
mod neighbours;
mod privatelink;
mod project;
mod query;
mod service;
mod service_snapshot;
mod service_type;
mod static_ip;
mod underpass;
mod vpc;
mod wire_time;

use std::any::Any;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use underpass_web::security_headers::security_headers;

pub(crate) use self::body::JsonBody;
pub use self::error::Error;
pub(crate) use self::extract::{Caller, Member, identify};
pub(crate) use self::query::QueryParams;
use crate::app::App;

/// Every route of the API and those `beside` it, behind the middleware.
pub fn router(app: App, beside: Router) -> Router {
    routes(app.clone())
        .merge(beside)
        .layer(DefaultBodyLimit::max(body::MAX_BODY))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(exchange::limit_time))
        .layer(from_fn_with_state(app.clone(), guard::check_origin))
        .layer(from_fn(security_headers))
        .layer(from_fn_with_state(app, exchange::trace))
}

/// Every route of the API without the middleware, for calls within the process.
pub fn routes(app: App) -> Router {
    Router::new()
        .merge(health::routes())
        .merge(me::routes())
        .merge(access_token::routes())
        .merge(project::routes())
        .merge(feature::routes())
        .merge(cloud::routes())
        .merge(service_type::routes())
        .merge(vpc::routes())
        .merge(static_ip::routes())
        .merge(certificate::routes())
        .merge(service::routes())
        .merge(privatelink::routes())
        .merge(underpass::routes())
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method)
        .with_state(app)
}

async fn unknown_route(uri: Uri) -> Error {
    let message = format!(
        "There is no route `{}`; the routes are under `/v1`, their list is in the API reference",
        uri.path()
    );
    Error::Protocol(StatusCode::NOT_FOUND, message)
}

async fn wrong_method(method: Method) -> Error {
    let message =
        format!("This route does not take {method}; the `allow` header lists what it does");
    Error::Protocol(StatusCode::METHOD_NOT_ALLOWED, message)
}

/// The answer when a handler panicked: the panic's text is logged, never sent.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the layer gives the panic away"
)]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without text");
    Error::Internal(format!("handle a request: panic: {text}").into()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_answered_without_its_text() {
        let response = panicked(Box::new("the password is hunter2"));
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
