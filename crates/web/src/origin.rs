//! Host and Origin check: protects a local HTTP service from web pages of other sites.
//!
//! A page of another site can make a browser on this machine send requests here, and can make a
//! name of its own resolve to this machine (DNS rebinding).
//! Against the first, a request with an `Origin` other than the service's own is refused.
//! Against the second, only loopback addresses and known names are accepted as `Host`.

use std::net::IpAddr;

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};

/// Reason for which a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OriginError {
    /// It has no `host` header, or several.
    HostCount,
    /// It names a host that is neither loopback nor known.
    UnknownHost(String),
    /// A page of another origin sent it.
    ForeignOrigin(String),
}

impl OriginError {
    /// Status of the answer.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::HostCount => StatusCode::BAD_REQUEST,
            Self::UnknownHost(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::ForeignOrigin(_) => StatusCode::FORBIDDEN,
        }
    }
}

/// Checks the host that a request names, and the origin of the page that sent it.
///
/// `known` lists accepted host names, without port, besides loopback addresses.
///
/// # Errors
/// See [`OriginError`].
pub fn check(headers: &HeaderMap, known: &[String]) -> Result<(), OriginError> {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(OriginError::HostCount);
    };
    let host = host.to_str().unwrap_or_default();
    if !is_known(host, known) {
        return Err(OriginError::UnknownHost(host.to_owned()));
    }
    let Some(origin) = headers.get(ORIGIN) else {
        return Ok(());
    };
    let origin = origin.to_str().unwrap_or_default();
    let authority = ["http://", "https://"]
        .iter()
        .find_map(|scheme| origin.strip_prefix(scheme));
    if authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host)) {
        return Ok(());
    }
    Err(OriginError::ForeignOrigin(origin.to_owned()))
}

/// Reports whether a `host` header names loopback or a known name.
fn is_known(host: &str, known: &[String]) -> bool {
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
    use axum::http::HeaderValue;

    use super::*;

    fn status(host: &'static str, origin: Option<&'static str>) -> Result<(), StatusCode> {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static(host));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_static(origin));
        }
        let known = ["underpass.example.net".to_owned()];
        check(&headers, &known).map_err(|error| error.status())
    }

    #[test]
    fn loopback_and_configured_names_are_known() {
        for host in [
            "127.0.0.1:8780",
            "localhost",
            "LOCALHOST:1",
            "[::1]:8780",
            "[::1]",
        ] {
            assert_eq!(status(host, None), Ok(()), "{host}");
        }
        assert_eq!(status("underpass.example.net:443", None), Ok(()));
        for host in [
            "evil.example",
            "10.0.0.1:8780",
            "localhost.evil.example",
            "",
        ] {
            assert_eq!(
                status(host, None),
                Err(StatusCode::MISDIRECTED_REQUEST),
                "{host}"
            );
        }
    }

    #[test]
    fn only_pages_of_the_same_origin_may_call() {
        let own = "127.0.0.1:8780";
        assert_eq!(status(own, Some("http://127.0.0.1:8780")), Ok(()));
        for origin in [
            "http://127.0.0.1:3000",
            "http://localhost:8780",
            "null",
            "https://evil.example",
        ] {
            assert_eq!(
                status(own, Some(origin)),
                Err(StatusCode::FORBIDDEN),
                "{origin}"
            );
        }
    }

    #[test]
    fn a_request_names_one_host() {
        let mut headers = HeaderMap::new();
        assert_eq!(check(&headers, &[]), Err(OriginError::HostCount));
        headers.append(HOST, HeaderValue::from_static("localhost"));
        headers.append(HOST, HeaderValue::from_static("localhost"));
        assert_eq!(check(&headers, &[]), Err(OriginError::HostCount));
    }
}
