//! What was just done, told once on the page that follows.

use axum::http::{HeaderMap, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::cookie;

const COOKIE: &str = "notice";

/// Longest notice: 1,000 characters, well within what browsers keep of a cookie (4,096 bytes,
/// RFC 6265, section 6.1).
const LONGEST: usize = 1000;

/// A sentence about what was done.
#[derive(Debug, Clone)]
pub(super) struct Notice {
    /// In words for the visitor; may hold text of others.
    pub(super) text: String,
}

impl Notice {
    /// The notice a request carries.
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let value = cookie::get(headers, COOKIE).filter(|value| !value.is_empty())?;
        let text = percent_decode_str(value).decode_utf8_lossy();
        Some(Self {
            text: text.chars().take(LONGEST).collect(),
        })
    }

    /// The header line that keeps it for the next page.
    pub(super) fn keep(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let text: String = self.text.chars().take(LONGEST).collect();
        let value = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
        cookie::set(headers, COOKIE, &value)
    }

    /// The header line that ends it.
    pub(super) fn forget(headers: &HeaderMap) -> Option<HeaderValue> {
        cookie::set(headers, COOKIE, "")
    }
}
