//! Origin check of a portal: keeps web pages of other sites from using it through a visitor's
//! browser.
//!
//! Pages of other sites may link here, but not load anything from here unseen: a request for an
//! account creates it, and an open page takes a subscription.

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use underpass_web::fetch_metadata;
use underpass_web::origin::{self, OriginError};

const FOREIGN_ORIGIN: &str =
    "Pages of another origin may not use this portal from a browser: only its own pages may\n";

const UNKNOWN_HOST: &str =
    "This portal answers under addresses of loopback only, for instance 127.0.0.1\n";

/// Refuses requests under a name that is not loopback's, and from a page of another origin.
pub(super) async fn check_origin(request: Request, next: Next) -> Response {
    match origin::check(request.headers(), &[]) {
        Ok(()) if is_embedded(request.headers()) => {
            (StatusCode::FORBIDDEN, FOREIGN_ORIGIN).into_response()
        }
        Ok(()) => next.run(request).await,
        Err(error) => {
            let message = match error {
                OriginError::ForeignOrigin(_) => FOREIGN_ORIGIN,
                OriginError::HostCount | OriginError::UnknownHost(_) => UNKNOWN_HOST,
            };
            (error.status(), message).into_response()
        }
    }
}

/// Reports whether a page of another origin loads something that its visitor does not see.
fn is_embedded(headers: &HeaderMap) -> bool {
    fetch_metadata::is_cross_origin(headers) && !fetch_metadata::is_navigation(headers)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn other_sites_may_link_here_and_load_nothing() {
        for (site, mode, is_refused) in [
            ("same-origin", "cors", false),
            ("none", "navigate", false),
            ("cross-site", "navigate", false),
            ("cross-site", "no-cors", true),
            ("same-site", "no-cors", true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            headers.insert("sec-fetch-mode", HeaderValue::from_static(mode));
            assert_eq!(is_embedded(&headers), is_refused, "{site} {mode}");
        }
        assert!(!is_embedded(&HeaderMap::new()), "no browser");
    }
}
