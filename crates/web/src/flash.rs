//! Flash messages: a sentence about what was done, shown once on the page that follows.

use axum::http::{HeaderMap, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::cookie;

const COOKIE: &str = "flash";

/// Longest message: 1,000 characters, well within what browsers keep of a cookie (4,096 bytes,
/// RFC 6265, section 6.1).
const LONGEST: usize = 1000;

/// The message that a request carries; may hold text of others.
pub fn read(headers: &HeaderMap) -> Option<String> {
    let value = cookie::get(headers, COOKIE).filter(|value| !value.is_empty())?;
    let text = percent_decode_str(value).decode_utf8_lossy();
    Some(text.chars().take(LONGEST).collect())
}

/// Header line that keeps a message for the next page below `root`.
pub fn keep(root: &str, headers: &HeaderMap, message: &str) -> Option<HeaderValue> {
    let text: String = message.chars().take(LONGEST).collect();
    let value = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
    cookie::set(root, headers, COOKIE, &value)
}

/// Header line that ends the message.
pub fn forget(root: &str, headers: &HeaderMap) -> Option<HeaderValue> {
    cookie::set(root, headers, COOKIE, "")
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE as COOKIES;

    use super::*;

    #[test]
    fn a_message_is_read_back_letter_by_letter() {
        let kept = keep("/", &HeaderMap::new(), "Rejected “a; b”").unwrap();
        let pair = kept.to_str().unwrap().split(';').next().unwrap().to_owned();
        let mut headers = HeaderMap::new();
        headers.insert(COOKIES, HeaderValue::try_from(pair).unwrap());
        assert_eq!(read(&headers).as_deref(), Some("Rejected “a; b”"));
    }
}
