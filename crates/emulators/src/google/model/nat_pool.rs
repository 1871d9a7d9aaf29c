//! Allocates the NAT addresses of a service attachment.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::ip_allocation::usable;

/// Allocates `each` addresses to every endpoint: those it holds, then free ones.
///
/// Returns one entry per endpoint, in the order of `held`; `None` for an endpoint that cannot get
/// all of its addresses. Held addresses are kept before new ones are allocated, so no endpoint
/// loses an address to another. An address outside of the ranges is released.
pub(super) fn allocate(
    ranges: &[Ipv4Net],
    each: usize,
    held: &[&[Ipv4Addr]],
) -> Vec<Option<Vec<Ipv4Addr>>> {
    let mut taken = BTreeSet::new();
    let mut kept_by_endpoint = Vec::new();
    for addresses in held {
        let mut kept = Vec::new();
        for address in addresses.iter().copied() {
            if kept.len() < each && is_usable(ranges, address) && taken.insert(address) {
                kept.push(address);
            }
        }
        kept_by_endpoint.push(kept);
    }
    let mut free = ranges.iter().copied().flat_map(usable);
    let mut released: Vec<Ipv4Addr> = Vec::new();
    let mut allocated = Vec::new();
    for mut addresses in kept_by_endpoint {
        while addresses.len() < each {
            let next = released
                .pop()
                .or_else(|| free.find(|address| !taken.contains(address)));
            match next {
                Some(address) => addresses.push(address),
                None => break,
            }
        }
        if addresses.len() == each {
            allocated.push(Some(addresses));
        } else {
            released.append(&mut addresses);
            allocated.push(None);
        }
    }
    allocated
}

fn is_usable(ranges: &[Ipv4Net], address: Ipv4Addr) -> bool {
    let range = ranges.iter().find(|range| range.contains(&address));
    range.is_some_and(|range| usable(*range).any(|it| it == address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Ipv4Net {
        text.parse().unwrap()
    }

    fn address(text: &str) -> Ipv4Addr {
        text.parse().unwrap()
    }

    #[test]
    fn four_addresses_of_a_range_are_reserved() {
        for (text, count) in [
            ("10.0.0.0/28", 12),
            ("10.0.0.0/29", 4),
            ("10.0.0.0/24", 252),
        ] {
            assert_eq!(usable(range(text)).count(), count, "{text}");
        }
        let all: Vec<_> = usable(range("10.0.0.8/29")).collect();
        assert_eq!(all.first(), Some(&address("10.0.0.10")));
        assert_eq!(all.last(), Some(&address("10.0.0.13")));
        for text in [
            "10.0.0.0/30",
            "10.0.0.0/31",
            "10.0.0.0/32",
            "255.255.255.255/32",
        ] {
            assert_eq!(usable(range(text)).count(), 0, "{text}");
        }
    }

    #[test]
    fn an_exhausted_pool_allocates_none_until_a_range_is_added() {
        let one = range("10.0.0.0/29");
        let none: &[Ipv4Addr] = &[];
        let allocated = allocate(&[one], 1, &[none; 5]);
        assert_eq!(allocated.iter().filter(|it| it.is_some()).count(), 4);
        assert_eq!(allocated[4], None);
        let allocated = allocate(&[one, range("10.0.1.0/29")], 1, &[none; 5]);
        assert_eq!(allocated[4], Some(vec![address("10.0.1.2")]));
        assert_eq!(allocate(&[], 1, &[none]), [None]);
    }

    #[test]
    fn no_endpoint_loses_an_address_to_another() {
        let one = range("10.0.0.0/29");
        let held = [address("10.0.0.2")];
        // The first is new; the second holds the first free address.
        let allocated = allocate(&[one], 1, &[&[], &held]);
        assert_eq!(allocated[0], Some(vec![address("10.0.0.3")]));
        assert_eq!(allocated[1], Some(held.to_vec()));
        // The same address is never allocated twice.
        let allocated = allocate(&[one], 1, &[&held, &held]);
        assert_ne!(allocated[0], allocated[1]);
    }

    #[test]
    fn an_address_of_a_removed_range_is_replaced() {
        let held = [address("10.0.0.2")];
        let allocated = allocate(&[range("10.0.1.0/29")], 1, &[&held]);
        assert_eq!(allocated, [Some(vec![address("10.0.1.2")])]);
    }

    #[test]
    fn several_addresses_each_are_allocated_together_or_not_at_all() {
        let one = range("10.0.0.0/29");
        let none: &[Ipv4Addr] = &[];
        let allocated = allocate(&[one], 3, &[none, none]);
        assert_eq!(allocated[0].as_ref().map(Vec::len), Some(3));
        assert_eq!(allocated[1], None);
        // Addresses of an endpoint that got none are released for the next.
        let held = [address("10.0.0.2")];
        let allocated = allocate(&[one], 5, &[&held, none]);
        assert_eq!(allocated, [None, None]);
        let allocated = allocate(&[one], 2, &[none, none, none]);
        assert_eq!(allocated[2], None);
        assert_eq!(allocated.iter().filter(|it| it.is_some()).count(), 2);
    }
}
