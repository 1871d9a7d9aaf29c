//! Addresses of nodes on the public and the private route.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::name::{DnsName, MalformedName};

/// An address or name of a node in another network.
///
/// It is shown to clients and written into certificates; Underpass neither resolves nor dials it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RouteAddress {
    /// An IPv4 address, as all connection information.
    Address(Ipv4Addr),
    /// The name of one host, resolved by a foreign DNS server.
    Name(DnsName),
}

impl FromStr for RouteAddress {
    type Err = MalformedName;

    fn from_str(text: &str) -> Result<Self, MalformedName> {
        let dialled =
            |it: &Ipv4Addr| !(it.is_unspecified() || it.is_multicast() || it.is_broadcast());
        // Resolvers treat a name that ends in digits as a malformed address.
        let looks_like_an_address = text
            .rsplit('.')
            .next()
            .is_some_and(|label| label.bytes().all(|b| b.is_ascii_digit()));
        let found = if looks_like_an_address {
            text.parse().ok().filter(dialled).map(Self::Address)
        } else {
            let name = text.parse().ok();
            name.filter(|_| !text.starts_with('*')).map(Self::Name)
        };
        found.ok_or_else(|| MalformedName {
            kind: "address of a node",
            given: text.to_owned(),
            rule: "on the public and the private route clients dial an IPv4 address, for instance \
                   203.0.113.5, or a fully qualified DNS name in lower case, for instance \
                   db.example.net",
        })
    }
}

impl TryFrom<String> for RouteAddress {
    type Error = MalformedName;

    fn try_from(text: String) -> Result<Self, MalformedName> {
        text.parse()
    }
}

impl From<RouteAddress> for String {
    fn from(address: RouteAddress) -> Self {
        address.to_string()
    }
}

impl fmt::Display for RouteAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_dials_an_address_or_a_name() {
        for good in [
            "203.0.113.5",
            "127.0.0.1",
            "db.example.net",
            "1.example.net",
        ] {
            let address: RouteAddress = good.parse().unwrap();
            assert_eq!(address.to_string(), good);
        }
        for bad in [
            "",
            "db",
            "DB.example.net",
            "*.example.net",
            "db.example.net.",
            "db.example.net:5432",
            "https://db.example.net",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "10.0.0.300",
            "10.0.0",
            "2001:db8::1",
            "[2001:db8::1]",
            "db.example.net,x=y",
        ] {
            assert!(bad.parse::<RouteAddress>().is_err(), "{bad}");
        }
    }
}
