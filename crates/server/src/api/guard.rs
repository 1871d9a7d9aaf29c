//! Keeps web pages of others from using this API through somebody's browser.
//!
//! A page of another site can make a browser on this machine send requests here, and can make a
//! name of its own resolve to this machine (DNS rebinding).
//! Against the first, a request with an `Origin` other than this API's own is refused, and no
//! answer permits cross-origin reading.
//! Against the second, only names that the operator knows are answered.

use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::Error;
use crate::app::App;

/// Routes for probes, which come by address and under any name; they tell nothing.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// Headers of every answer that does not set them itself: nothing here is a page to be framed,
/// sniffed, cached or referred from (OWASP REST security cheat sheet).
const SECURITY_HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];

/// Refuses requests under a foreign name or from a page of a foreign origin.
pub(super) async fn refuse_foreign_pages(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Response {
    if !PROBES.contains(&request.uri().path())
        && let Err(error) = check(request.headers(), &app.settings.api_hosts)
    {
        return error.into_response();
    }
    next.run(request).await
}

/// Adds the headers that forbid browsers to make anything of an answer.
pub async fn security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in SECURITY_HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

/// Refuses a request under a name that is neither loopback nor `known`, or from a page of another
/// origin. The portals of emulated clouds are guarded by it as well.
pub fn check(headers: &HeaderMap, known: &[String]) -> Result<(), Error> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        let message = "A request needs exactly one `host` header (RFC 9112, section 3.2)";
        return Err(Error::Protocol(StatusCode::BAD_REQUEST, message.to_owned()));
    };
    let host = host.to_str().unwrap_or_default();
    if !is_ours(host, known) {
        return Err(Error::Protocol(
            StatusCode::MISDIRECTED_REQUEST,
            format!(
                "`{host}` is not a name of this API: use a loopback address, or have the operator \
                 add the name to the configured hosts"
            ),
        ));
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let origin = origin.to_str().unwrap_or_default();
    let authority = ["http://", "https://"]
        .iter()
        .find_map(|scheme| origin.strip_prefix(scheme));
    if authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host)) {
        return Ok(());
    }
    Err(Error::Protocol(
        StatusCode::FORBIDDEN,
        format!("Pages of `{origin}` may not use this API from a browser: only its own pages may"),
    ))
}

/// Whether a `host` header names this machine by loopback, or by a name the operator configured.
fn is_ours(host: &str, known: &[String]) -> bool {
    let name = without_port(host);
    let address = name
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    address.is_ok_and(|address| address.is_loopback())
        || name.eq_ignore_ascii_case("localhost")
        || known.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(host: &'static str, origin: Option<&'static str>) -> Result<(), StatusCode> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        check(&headers, &["underpass.example.net".to_owned()]).map_err(|error| match error {
            Error::Protocol(status, _) => status,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn loopback_and_configured_names_are_ours() {
        for host in [
            "127.0.0.1:8780",
            "localhost",
            "LOCALHOST:1",
            "[::1]:8780",
            "[::1]",
        ] {
            assert_eq!(verdict(host, None), Ok(()), "{host}");
        }
        assert_eq!(verdict("underpass.example.net:443", None), Ok(()));
        for host in [
            "evil.example",
            "10.0.0.1:8780",
            "localhost.evil.example",
            "",
        ] {
            assert_eq!(
                verdict(host, None),
                Err(StatusCode::MISDIRECTED_REQUEST),
                "{host}"
            );
        }
    }

    #[test]
    fn only_pages_of_this_very_api_may_call_it() {
        let own = "127.0.0.1:8780";
        assert_eq!(verdict(own, Some("http://127.0.0.1:8780")), Ok(()));
        for origin in [
            "http://127.0.0.1:3000",
            "http://localhost:8780",
            "null",
            "https://evil.example",
        ] {
            assert_eq!(
                verdict(own, Some(origin)),
                Err(StatusCode::FORBIDDEN),
                "{origin}"
            );
        }
    }

    #[test]
    fn a_request_names_one_host() {
        let mut headers = HeaderMap::new();
        assert!(check(&headers, &[]).is_err());
        headers.append(header::HOST, HeaderValue::from_static("localhost"));
        headers.append(header::HOST, HeaderValue::from_static("localhost"));
        assert!(check(&headers, &[]).is_err());
    }
}
