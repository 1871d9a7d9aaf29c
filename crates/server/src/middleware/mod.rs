//! Middleware of all routes.
//!
//! Outermost first: request ID, access log, security headers (of `underpass_web`), origin check,
//! time of a retry, time limit, panics, size of the body.

mod access_log;
mod origin;
mod panic;
mod request_id;
mod retry_after;
mod timeout;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use tower_http::catch_panic::CatchPanicLayer;
use underpass_web::security_headers::security_headers;

use crate::api::body::MAX_BODY;
use crate::app::App;

/// Wraps routes in all middleware.
pub(crate) fn around(app: App, routes: Router) -> Router {
    routes
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CatchPanicLayer::custom(panic::answer))
        .layer(from_fn(timeout::limit_time))
        .layer(map_response(retry_after::name_time))
        .layer(from_fn_with_state(app.clone(), origin::check_origin))
        .layer(from_fn(security_headers))
        .layer(from_fn_with_state(app.clone(), access_log::log_request))
        .layer(from_fn_with_state(app, request_id::set_request_id))
}
