//! The NAT addresses of a service attachment: what flows of an endpoint come from.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::ip::usable;

/// Gives each applicant its addresses, `each` of them: what it holds already, then what is free.
///
/// An applicant that does not get all of them gets none and is `None`. What one holds comes before
/// what anybody is given anew, and applicants count in the order they are given; so nobody loses an
/// address to another. An address outside the ranges is not held any more.
pub(super) fn allot(
    ranges: &[Ipv4Net],
    each: usize,
    applicants: &[&[Ipv4Addr]],
) -> Vec<Option<Vec<Ipv4Addr>>> {
    let mut taken = BTreeSet::new();
    let mut held = Vec::new();
    for applicant in applicants {
        let mut keeps = Vec::new();
        for address in applicant.iter().copied() {
            if keeps.len() < each && is_usable(ranges, address) && taken.insert(address) {
                keeps.push(address);
            }
        }
        held.push(keeps);
    }
    let mut free = ranges.iter().copied().flat_map(usable);
    let mut spare: Vec<Ipv4Addr> = Vec::new();
    let mut allotted = Vec::new();
    for mut addresses in held {
        while addresses.len() < each {
            let next = spare
                .pop()
                .or_else(|| free.find(|address| !taken.contains(address)));
            match next {
                Some(address) => addresses.push(address),
                None => break,
            }
        }
        if addresses.len() == each {
            allotted.push(Some(addresses));
        } else {
            spare.append(&mut addresses);
            allotted.push(None);
        }
    }
    allotted
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
    fn a_range_loses_four_addresses() {
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
    fn who_comes_when_none_is_left_gets_none_until_a_range_is_added() {
        let one = range("10.0.0.0/29");
        let none: &[Ipv4Addr] = &[];
        let allotted = allot(&[one], 1, &[none; 5]);
        assert_eq!(allotted.iter().filter(|it| it.is_some()).count(), 4);
        assert_eq!(allotted[4], None);
        let allotted = allot(&[one, range("10.0.1.0/29")], 1, &[none; 5]);
        assert_eq!(allotted[4], Some(vec![address("10.0.1.2")]));
        assert_eq!(allot(&[], 1, &[none]), [None]);
    }

    #[test]
    fn nobody_loses_an_address_to_another() {
        let one = range("10.0.0.0/29");
        let held = [address("10.0.0.2")];
        // The first is new and the second holds what the first would have been given.
        let allotted = allot(&[one], 1, &[&[], &held]);
        assert_eq!(allotted[0], Some(vec![address("10.0.0.3")]));
        assert_eq!(allotted[1], Some(held.to_vec()));
        // The same address is never given to two.
        let allotted = allot(&[one], 1, &[&held, &held]);
        assert_ne!(allotted[0], allotted[1]);
    }

    #[test]
    fn an_address_of_a_range_that_was_taken_away_is_replaced() {
        let held = [address("10.0.0.2")];
        let allotted = allot(&[range("10.0.1.0/29")], 1, &[&held]);
        assert_eq!(allotted, [Some(vec![address("10.0.1.2")])]);
    }

    #[test]
    fn several_addresses_for_each_come_together_or_not_at_all() {
        let one = range("10.0.0.0/29");
        let none: &[Ipv4Addr] = &[];
        let allotted = allot(&[one], 3, &[none, none]);
        assert_eq!(allotted[0].as_ref().map(Vec::len), Some(3));
        assert_eq!(allotted[1], None);
        // What the one that got none held is there for the next.
        let held = [address("10.0.0.2")];
        let allotted = allot(&[one], 5, &[&held, none]);
        assert_eq!(allotted, [None, None]);
        let allotted = allot(&[one], 2, &[none, none, none]);
        assert_eq!(allotted[2], None);
        assert_eq!(allotted.iter().filter(|it| it.is_some()).count(), 2);
    }
}
