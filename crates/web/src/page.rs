//! Answers of a site: a page, or the way to another one.

use askama::Template;
use axum::http::header::{CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};

/// Policy of every page: it may use its site's own style, script, pictures and forms, nothing
/// inline, nothing from elsewhere, and no other page may frame it.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// With `no-referrer`, browsers would send forms from the origin `null`, which the origin check
/// refuses (Fetch, "append a request `Origin` header").
const REFERRER: HeaderValue = HeaderValue::from_static("same-origin");

/// Renders a page, with the headers that every page has.
pub fn render(status: StatusCode, content: &impl Template) -> Response {
    match content.render() {
        Ok(html) => {
            let headers = [
                (CONTENT_SECURITY_POLICY, POLICY),
                (REFERRER_POLICY, REFERRER),
            ];
            (status, headers, Html(html)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "failed to render a page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Redirects a browser, which then asks with a GET (303 See Other).
pub fn see_other(location: &str) -> Response {
    let Ok(location) = HeaderValue::try_from(location) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    (StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response()
}
