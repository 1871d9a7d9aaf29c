//! Keeps web pages of others from using a portal through somebody's browser.
//!
//! Besides what guards the API, pages of others may lead here, but not load anything from here
//! unseen: looking at an account makes it, and a page that is open takes a place.

use axum::extract::Request;
use axum::http::header::HeaderName;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use underpass_server::api::{Error, guard};

/// What a browser says about where a request began, and what for (Fetch Metadata).
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

const FOREIGN: &str =
    "Pages of another origin may not use this portal from a browser: only its own pages may\n";

/// Refuses requests under a name that is not loopback's, and from a page of a foreign origin.
pub(super) async fn refuse_foreign_pages(request: Request, next: Next) -> Response {
    let error = match guard::check(request.headers(), &[]) {
        Ok(()) if is_loaded_by_others(request.headers()) => {
            return (StatusCode::FORBIDDEN, FOREIGN).into_response();
        }
        Ok(()) => return next.run(request).await,
        Err(error) => error,
    };
    let status = match error {
        Error::Protocol(status, _) => status,
        _ => StatusCode::FORBIDDEN,
    };
    let message = if status == StatusCode::FORBIDDEN {
        FOREIGN
    } else {
        "This portal answers under addresses of loopback only, for instance 127.0.0.1\n"
    };
    (status, message).into_response()
}

/// Whether a page of another origin wants something that its visitor does not see. Programs that
/// are no browsers say nothing about it.
fn is_loaded_by_others(headers: &HeaderMap) -> bool {
    let said = |name, word: &str| {
        headers
            .get(name)
            .is_some_and(|it| it.as_bytes() == word.as_bytes())
    };
    let is_own = headers.get(SITE).is_none() || said(SITE, "same-origin") || said(SITE, "none");
    !is_own && !said(MODE, "navigate")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn others_may_lead_here_and_load_nothing() {
        for (site, mode, is_refused) in [
            ("same-origin", "cors", false),
            ("none", "navigate", false),
            ("cross-site", "navigate", false),
            ("cross-site", "no-cors", true),
            ("same-site", "no-cors", true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(SITE, HeaderValue::from_static(site));
            headers.insert(MODE, HeaderValue::from_static(mode));
            assert_eq!(is_loaded_by_others(&headers), is_refused, "{site} {mode}");
        }
        assert!(!is_loaded_by_others(&HeaderMap::new()), "no browser");
    }
}
