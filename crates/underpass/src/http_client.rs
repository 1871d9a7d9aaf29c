//! HTTP clients of the command line, the portals and the demo.

use std::time::Duration;

use crate::failure::Failure;

/// Longest time for one call: 60 s. A refresh alone takes up to 20 s.
const CALL_TIMEOUT: Duration = Duration::from_mins(1);

/// Longest time to connect: 10 s.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Certificate authorities that a client trusts; PEM, one or more.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trust<'a> {
    /// The system's.
    System,
    /// The system's and these.
    SystemAnd(&'a [u8]),
    /// Only these.
    Only(&'a [u8]),
}

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
    builder = match trust {
        Trust::System => builder,
        Trust::SystemAnd(pem) => builder.tls_certs_merge(certificates(pem)?),
        Trust::Only(pem) => builder.tls_certs_only(certificates(pem)?),
    };
    builder
        .build()
        .map_err(|error| Failure::caused("set up HTTP", &error))
}

fn certificates(pem: &[u8]) -> Result<Vec<reqwest::Certificate>, Failure> {
    let certificates = reqwest::Certificate::from_pem_bundle(pem)
        .map_err(|error| Failure::caused("read the root certificates", &error))?;
    if certificates.is_empty() {
        return Err(Failure::refused(
            "read the root certificates: there is no certificate in PEM (`CERTIFICATE`)",
        ));
    }
    Ok(certificates)
}
