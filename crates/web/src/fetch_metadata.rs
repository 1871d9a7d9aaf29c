//! Fetch Metadata: request headers in which a browser tells where a request began, and what for
//! (W3C, "Fetch Metadata Request Headers"). Programs that are not browsers do not send them.

use axum::http::HeaderMap;
use axum::http::header::HeaderName;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Reports whether a page of another origin began the request.
pub fn is_cross_origin(headers: &HeaderMap) -> bool {
    headers.contains_key(SEC_FETCH_SITE)
        && !has(headers, &SEC_FETCH_SITE, "same-origin")
        && !has(headers, &SEC_FETCH_SITE, "none")
}

/// Reports whether the visitor goes to the address: what is loaded becomes the page that they see.
pub fn is_navigation(headers: &HeaderMap) -> bool {
    has(headers, &MODE, "navigate")
}

fn has(headers: &HeaderMap, name: &HeaderName, value: &str) -> bool {
    let found = headers.get(name);
    found.is_some_and(|found| found.as_bytes() == value.as_bytes())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_a_browser_says_where_a_request_began() {
        assert!(!is_cross_origin(&HeaderMap::new()));
        for (fetch_site, is_foreign) in [
            ("same-origin", false),
            ("none", false),
            ("same-site", true),
            ("cross-site", true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(SEC_FETCH_SITE, HeaderValue::from_static(fetch_site));
            assert_eq!(is_cross_origin(&headers), is_foreign, "{fetch_site}");
        }
    }
}
