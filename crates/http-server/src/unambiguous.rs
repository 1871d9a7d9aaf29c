//! Heads that the HTTP library accepts, and that two programs could read in two ways.

use http::header::{AUTHORIZATION, HOST, HeaderName};
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request, Uri};

use crate::refusal::Refused;

/// Headers that must not be repeated: two programs could follow two of them.
const SINGLE: [HeaderName; 2] = [AUTHORIZATION, HOST];

/// Refuses a request that is ambiguous or asks for a tunnel, and gives every other one a single host:
/// that of an absolute request target replaces the `host` header (RFC 9112 §3.2.2), so that a check of
/// the header checks the host that the client addressed.
///
/// # Errors
/// [`Refused::Tunnel`] and [`Refused::Ambiguous`].
pub(crate) fn unambiguous<B>(mut request: Request<B>) -> Result<Request<B>, Refused> {
    if request.method() == Method::CONNECT {
        return Err(Refused::Tunnel);
    }
    let is_repeated = |name: &HeaderName| request.headers().get_all(name).iter().count() > 1;
    if SINGLE.iter().any(is_repeated) {
        return Err(Refused::Ambiguous);
    }
    let Some(authority) = request.uri().authority() else {
        return Ok(request);
    };
    let host = authority.as_str();
    if host.contains('@') {
        // RFC 9110 §4.2.4: user information in a target is an error.
        return Err(Refused::Ambiguous);
    }
    let host = HeaderValue::try_from(host).map_err(|_| Refused::Ambiguous)?;
    let root = || PathAndQuery::from_static("/");
    let target = request.uri().path_and_query().cloned();
    *request.uri_mut() = Uri::from(target.unwrap_or_else(root));
    request.headers_mut().insert(HOST, host);
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    }

    #[test]
    fn the_host_of_an_absolute_target_is_the_host_of_the_request() {
        for (target, header, host, path) in [
            ("/a?b=c", "own:1", "own:1", "/a?b=c"),
            ("http://own:1/a?b=c", "evil", "own:1", "/a?b=c"),
            ("http://evil/a", "own:1", "evil", "/a"),
            ("https://evil", "own:1", "evil", "/"),
            ("*", "own:1", "own:1", "*"),
        ] {
            let method = if target == "*" { "OPTIONS" } else { "GET" };
            let request = unambiguous(request(method, target, &[("host", header)])).unwrap();
            assert_eq!(request.headers()[HOST], host, "{target}");
            assert_eq!(request.uri().to_string(), path, "{target}");
        }
        let without_host = unambiguous(request("GET", "http://evil/a", &[])).unwrap();
        assert_eq!(without_host.headers()[HOST], "evil");
    }

    #[test]
    fn ambiguous_requests_and_tunnels_are_refused() {
        let one = ("authorization", "Bearer a");
        for (method, target, headers, expected) in [
            ("GET", "/", vec![one, one], Refused::Ambiguous),
            (
                "GET",
                "/",
                vec![("host", "a"), ("host", "a")],
                Refused::Ambiguous,
            ),
            ("GET", "http://user@own/", vec![], Refused::Ambiguous),
            (
                "CONNECT",
                "own:22",
                vec![("host", "own:22")],
                Refused::Tunnel,
            ),
        ] {
            let refused = unambiguous(request(method, target, &headers)).unwrap_err();
            assert_eq!(refused, expected, "{method} {target} {headers:?}");
        }
        unambiguous(request("GET", "/", &[one, ("host", "a")])).unwrap();
    }
}
