//! Cookies: for the pages of one port only, and out of reach for scripts.

use axum::http::header::{COOKIE, HOST};
use axum::http::{HeaderMap, HeaderValue};

/// Value of a cookie.
///
/// Browsers keep the cookies of all ports of a host together, so the name of a cookie includes the
/// port: two installations on one machine do not end each other's sessions.
pub fn get<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let name = full_name(headers, name);
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
}

/// Header line that sets a cookie until the browser closes, or, with an empty value, ends it.
///
/// Browsers send it to paths below `root` only, never along with a request that another site began
/// (`SameSite=Strict`), and no script can read it. Where TLS is spoken, it is sent over TLS only.
pub fn set(root: &str, headers: &HeaderMap, name: &str, value: &str) -> Option<HeaderValue> {
    let name = full_name(headers, name);
    let end = if value.is_empty() { "; Max-Age=0" } else { "" };
    let secure = if is_secure(headers) { "; Secure" } else { "" };
    let line = format!("{name}={value}; Path={root}; HttpOnly; SameSite=Strict{secure}{end}");
    let mut line = HeaderValue::try_from(line).ok()?;
    line.set_sensitive(true);
    Some(line)
}

fn full_name(headers: &HeaderMap, name: &str) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let port = host
        .and_then(|host| host.rsplit_once(':'))
        .map(|(_, port)| port)
        .filter(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
    match port {
        Some(port) => format!("underpass-{name}-{port}"),
        None => format!("underpass-{name}"),
    }
}

/// Reports whether a proxy in front says that it speaks TLS. A client that lies about it harms only
/// itself.
fn is_secure(headers: &HeaderMap) -> bool {
    let protocol = headers.get("x-forwarded-proto");
    protocol.is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_cookie_belongs_to_one_port() {
        let headers = headers(&[
            ("host", "127.0.0.1:8780"),
            ("cookie", "other=1; underpass-session-8780=abc"),
            ("cookie", "underpass-session-9999=xyz"),
        ]);
        assert_eq!(get(&headers, "session"), Some("abc"));
        assert_eq!(get(&headers, "sess"), None);
    }

    #[test]
    fn a_cookie_is_out_of_reach_for_scripts_and_other_sites() {
        let plain = headers(&[("host", "localhost:8780")]);
        assert_eq!(
            set("/console", &plain, "session", "abc").unwrap(),
            "underpass-session-8780=abc; Path=/console; HttpOnly; SameSite=Strict"
        );
        let tls = headers(&[
            ("host", "underpass.example.net"),
            ("x-forwarded-proto", "https"),
        ]);
        assert_eq!(
            set("/console", &tls, "session", "").unwrap(),
            "underpass-session=; Path=/console; HttpOnly; SameSite=Strict; Secure; Max-Age=0"
        );
    }
}
