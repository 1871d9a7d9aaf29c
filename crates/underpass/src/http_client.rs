//! HTTP clients of the command line, the portals and the demo.

use std::time::Duration;

use error_reporter::Report;
use underpass_clouds::Trust;

use crate::failure::Failure;

/// Longest time for one call: 60 s. A refresh alone takes up to 20 s.
const CALL_TIMEOUT: Duration = Duration::from_mins(1);

/// Longest time to connect: 10 s.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A client for `url`.
///
/// # Errors
/// If the URL or a certificate is invalid.
pub(crate) fn http_client(url: &str, trust: Trust<'_>) -> Result<reqwest::Client, Failure> {
    let parsed = reqwest::Url::parse(url)
        .map_err(|error| Failure::usage(format!("read URL {url:?}: {error}")))?;
    let mut builder = reqwest::Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(CALL_TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("underpass/", env!("CARGO_PKG_VERSION")));
    let is_local = parsed.host_str().is_some_and(|host| {
        let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    });
    if is_local {
        // No proxy can reach this machine's loopback.
        builder = builder.no_proxy();
    }
    trust
        .apply(builder)
        .map_err(|error| Failure::refused(format!("set up TLS: {}", Report::new(&error))))?
        .build()
        .map_err(|error| Failure::caused("set up HTTP", &error))
}
