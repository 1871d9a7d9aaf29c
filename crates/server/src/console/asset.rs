//! Style, script and picture: part of the program, so that nothing is loaded from elsewhere.
//!
//! The portals of emulated clouds use them as well.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::token;

/// A file of the console.
struct Asset {
    name: &'static str,
    kind: &'static str,
    content: &'static str,
}

const ASSETS: [Asset; 3] = [
    Asset {
        name: "console.css",
        kind: "text/css; charset=utf-8",
        content: include_str!("assets/console.css"),
    },
    Asset {
        name: "console.js",
        kind: "text/javascript; charset=utf-8",
        content: include_str!("assets/console.js"),
    },
    Asset {
        name: "icon.svg",
        kind: "image/svg+xml",
        content: include_str!("assets/icon.svg"),
    },
];

/// Addresses carry this, so that browsers may keep the files for ever and still take new ones.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all: String = ASSETS.iter().map(|asset| asset.content).collect();
    token::hash(&all).chars().take(12).collect()
});

/// Browsers ask again only when the address has changed (RFC 8246).
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The files, below `root`; `S` is whatever else the router shares.
pub fn routes<S: Clone + Send + Sync + 'static>(root: &str) -> Router<S> {
    Router::new().route(&format!("{root}/asset/{{name}}"), get(serve))
}

/// The address of a file, below the same `root`.
pub fn href(root: &str, name: &str) -> String {
    format!("{root}/asset/{name}?v={}", *VERSION)
}

async fn serve(Path(name): Path<String>) -> Response {
    match ASSETS.iter().find(|asset| asset.name == name) {
        Some(asset) => (
            [
                (CONTENT_TYPE, HeaderValue::from_static(asset.kind)),
                (CACHE_CONTROL, FOR_EVER),
            ],
            asset.content,
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
