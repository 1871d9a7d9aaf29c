//! Address of the client, as trusted proxies report it.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

/// Header to which each proxy appends the address that it was called from. nginx and HAProxy write it
/// by `proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for` and `option forwardfor`.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Returns the last reported address that is of no trusted proxy. What is before it was written by the
/// client itself, and means nothing. `None`: no proxy reports an address, or it is unreadable.
pub(crate) fn client(headers: &HeaderMap, proxies: &[IpNet]) -> Option<IpAddr> {
    let lines: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
    for line in lines.into_iter().rev() {
        for reported in line.to_str().ok()?.rsplit(',') {
            let address = address(reported.trim())?;
            if !proxies.iter().any(|proxy| proxy.contains(&address)) {
                return Some(address);
            }
        }
    }
    None
}

/// Reads an address with or without a port, which some proxies add.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.parse::<IpAddr>();
    let address = bare.or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_address_of_no_proxy_counts() {
        let proxies: Vec<IpNet> = ["10.0.0.0/24", "2001:db8::/64"]
            .iter()
            .map(|range| range.parse().unwrap())
            .collect();
        for (lines, expected) in [
            (&["192.0.2.1"][..], Some("192.0.2.1")),
            (&["192.0.2.1:55000"], Some("192.0.2.1")),
            (&["[2001:db8:1::9]:55000"], Some("2001:db8:1::9")),
            (&["::ffff:192.0.2.1"], Some("192.0.2.1")),
            // Written by the client.
            (&["198.51.100.7, 192.0.2.1"], Some("192.0.2.1")),
            (&["198.51.100.7", "192.0.2.1"], Some("192.0.2.1")),
            (&["unreadable, 192.0.2.1"], Some("192.0.2.1")),
            // Of a chain of proxies.
            (&["192.0.2.1, 10.0.0.3", "2001:db8::1"], Some("192.0.2.1")),
            (&["10.0.0.3"], None),
            (&["192.0.2.1, unreadable"], None),
            (&["192.0.2.1, unreadable, 10.0.0.3"], None),
            (&[""], None),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED_FOR, line.parse().unwrap());
            }
            let expected = expected.map(|address| address.parse().unwrap());
            assert_eq!(client(&headers, &proxies), expected, "{lines:?}");
        }
    }
}
