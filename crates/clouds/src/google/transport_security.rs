//! Addresses that secrets may be sent to.

use std::net::IpAddr;

use crate::origin::origin;

/// Checks that secrets sent to a URL are encrypted or stay on this machine.
pub(super) fn check(url: &str) -> Result<(), &'static str> {
    let Some((scheme, host, _)) = origin(url) else {
        return Err("an address in it is not a URL");
    };
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let is_local = host == "localhost" || address.is_ok_and(|it| it.is_loopback());
    match scheme.as_str() {
        "https" => Ok(()),
        "http" if is_local => Ok(()),
        _ => Err("an address in it is not HTTPS, so tokens would be sent in plain text"),
    }
}
