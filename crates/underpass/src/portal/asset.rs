//! What portals look like beyond the console's style, which they use as well.

use std::sync::LazyLock;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use ring::digest;
use underpass_server::console::asset;

use crate::ids;

const STYLE: &str = include_str!("assets/portal.css");

/// Its address carries this, so that browsers may keep it and still take a new one.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let hash = digest::digest(&digest::SHA256, STYLE.as_bytes());
    ids::hex(hash.as_ref()).chars().take(12).collect()
});

/// Browsers ask again only when the address has changed (RFC 8246).
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

pub(super) fn routes() -> Router {
    Router::new().route("/portal.css", get(style))
}

/// The address of a file, of the console's or of the one of portals.
pub(super) fn href(name: &str) -> String {
    if name == "portal.css" {
        format!("/{name}?v={}", *VERSION)
    } else {
        asset::href("", name)
    }
}

async fn style() -> Response {
    let kind = HeaderValue::from_static("text/css; charset=utf-8");
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, FOR_EVER)], STYLE).into_response()
}
