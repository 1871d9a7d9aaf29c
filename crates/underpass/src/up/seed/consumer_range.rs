//! Which parts of the consumers' range the ready consumers have.
//!
//! Endpoints of all emulated clouds listen on one machine, so ranges of different clouds must not
//! meet. Azure's consumer has the first half, Google's the last quarter; the third is left for
//! networks that people make themselves.

use ipnet::Ipv4Net;

/// The longest prefix of a subnet for endpoints: a /20 has room for 4,091.
const SUBNET_PREFIX: u8 = 20;

/// The network of the ready consumer in Azure.
pub(super) fn azure(range: Ipv4Net) -> Ipv4Net {
    let halves = range.subnets(range.prefix_len() + 1);
    halves
        .ok()
        .and_then(|mut halves| halves.next())
        .unwrap_or(range)
}

/// The range of the ready consumer in Google, whose networks have none: subnets do.
pub(super) fn google(range: Ipv4Net) -> Ipv4Net {
    let quarters = range.subnets(range.prefix_len() + 2);
    quarters.ok().and_then(Iterator::last).unwrap_or(range)
}

/// The subnet for endpoints at the front of a range.
pub(super) fn subnet(range: Ipv4Net) -> Ipv4Net {
    let prefix = SUBNET_PREFIX.max(range.prefix_len());
    let subnets = range.subnets(prefix);
    subnets
        .ok()
        .and_then(|mut subnets| subnets.next())
        .unwrap_or(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clouds_do_not_meet() {
        for (range, azures, googles) in [
            ("127.64.0.0/16", "127.64.0.0/20", "127.64.192.0/20"),
            ("127.0.0.0/9", "127.0.0.0/20", "127.96.0.0/20"),
            ("127.80.0.0/24", "127.80.0.0/25", "127.80.0.192/26"),
        ] {
            let range: Ipv4Net = range.parse().unwrap();
            assert_eq!(subnet(azure(range)).to_string(), azures);
            assert_eq!(subnet(google(range)).to_string(), googles);
            assert!(!azure(range).contains(&google(range).network()));
        }
    }
}
