//! Division of the consumers' range among the default consumers.
//!
//! Endpoints of all emulated clouds listen on one machine, so ranges of different clouds must not
//! overlap. Azure's consumer has the first half, Google's the last quarter; the third quarter is
//! for networks that users create.

use ipnet::Ipv4Net;

/// Shortest prefix of a subnet for endpoints: 20, which has room for 4,091 endpoints.
const SUBNET_PREFIX: u8 = 20;

/// Range of the default consumer's network in Azure.
pub(super) fn azure(range: Ipv4Net) -> Ipv4Net {
    let halves = range.subnets(range.prefix_len() + 1);
    halves
        .ok()
        .and_then(|mut halves| halves.next())
        .unwrap_or(range)
}

/// Range of the default consumer in Google, where only subnets have ranges.
pub(super) fn google(range: Ipv4Net) -> Ipv4Net {
    let quarters = range.subnets(range.prefix_len() + 2);
    quarters.ok().and_then(Iterator::last).unwrap_or(range)
}

/// Subnet for endpoints at the beginning of a range.
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
    fn ranges_of_clouds_do_not_overlap() {
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
