//! NAT ranges of links on Google, allocated per network.
//!
//! Private Service Connect takes them from subnets that serve one attachment only, so every link
//! has ranges of its own within [`GOOGLE_RESERVED`]. A link begins with a small range; each further
//! range is twice as large, up to a limit, so that a link with many consumers does not need many
//! subnets.

use ipnet::Ipv4Net;

use crate::refusal::Refusal;
use crate::vpc::GOOGLE_RESERVED;

/// Prefix of a link's first range: /28, which serves 12 endpoints.
pub const FIRST_PREFIX: u8 = 28;

/// Prefix of the largest range: /24, which serves 252 endpoints.
pub const LARGEST_PREFIX: u8 = 24;

/// The code of the failure to write the subnet of a range that something else overlaps.
pub const OVERLAPPED: &str = "NatRangeOverlapped";

/// The addresses of a subnet that Google reserves: 4 (VPC documentation, reserved addresses).
const KEPT_BY_GOOGLE: usize = 4;

/// The addresses kept free beyond the approved connections: 2, because the address of a deleted
/// endpoint is not free immediately.
const SPARE: usize = 2;

/// Returns the number of endpoints that these ranges can serve: one address each.
pub fn capacity(ranges: &[Ipv4Net]) -> usize {
    ranges
        .iter()
        .map(|range| range.hosts_with_edges().saturating_sub(KEPT_BY_GOOGLE))
        .sum()
}

/// Reports whether a link with so many approved connections needs a further range.
pub fn is_short(ranges: &[Ipv4Net], connections: usize) -> bool {
    connections + SPARE > capacity(ranges)
}

/// Returns the next range of a link, disjoint from all ranges of its network, the link's own
/// included.
///
/// # Errors
/// * `nat_ranges_exhausted`: no range is left.
pub fn next(own: &[Ipv4Net], taken: &[Ipv4Net]) -> Result<Ipv4Net, Refusal> {
    let grown = u8::try_from(own.len()).unwrap_or(u8::MAX);
    let requested = FIRST_PREFIX.saturating_sub(grown).max(LARGEST_PREFIX);
    // A small range is better than none.
    (requested..=FIRST_PREFIX)
        .find_map(|prefix| first_free(prefix, taken))
        .ok_or_else(|| {
            Refusal::conflict(
                "nat_ranges_exhausted",
                format!(
                    "No NAT range is left of {GOOGLE_RESERVED} in this network: {} are in use. \
                     Delete unused privatelinks, or publish from another project VPC",
                    taken.len()
                ),
            )
        })
}

/// Returns the next range of a link as [`next`] does, outside ranges that the cloud refused.
///
/// The size of the other range that overlaps is not known: each refusal doubles the block that is
/// left out, unless nothing else is left.
///
/// # Errors
/// * `nat_ranges_exhausted`: no range is left.
pub fn next_but(
    refused: &[Ipv4Net],
    own: &[Ipv4Net],
    taken: &[Ipv4Net],
) -> Result<Ipv4Net, Refusal> {
    let but = |left_out: &[Ipv4Net]| next(own, &[taken, left_out].concat());
    let widest = GOOGLE_RESERVED.prefix_len() + 1;
    let blocks = (0..).zip(refused).map(|(number, range)| {
        let prefix = range.prefix_len().saturating_sub(number).max(widest);
        Ipv4Net::new(range.network(), prefix).map_or(*range, |block| block.trunc())
    });
    let blocks: Vec<_> = blocks.collect();
    but(&blocks).or_else(|_| but(refused))
}

/// The blocks that a range is reserved by: two overlapping ranges share one.
pub fn pieces(range: Ipv4Net) -> Vec<Ipv4Net> {
    range
        .subnets(FIRST_PREFIX.max(range.prefix_len()))
        .map(Iterator::collect)
        .unwrap_or_default()
}

/// Returns the lowest free range of that size.
fn first_free(prefix: u8, taken: &[Ipv4Net]) -> Option<Ipv4Net> {
    let mut spans: Vec<_> = taken
        .iter()
        .map(|range| (u32::from(range.network()), u32::from(range.broadcast())))
        .collect();
    spans.sort_unstable();
    let size = 1_u32 << (GOOGLE_RESERVED.max_prefix_len() - prefix);
    let mut start = u32::from(GOOGLE_RESERVED.network());
    for (first, last) in spans {
        if last < start {
            continue;
        }
        if start + (size - 1) < first {
            break;
        }
        start = (last / size + 1) * size;
    }
    let fits = start + (size - 1) <= u32::from(GOOGLE_RESERVED.broadcast());
    let range = Ipv4Net::new(start.into(), prefix).ok()?;
    fits.then_some(range)
}

trait Size {
    fn hosts_with_edges(&self) -> usize;
}

impl Size for Ipv4Net {
    /// All addresses of the range, first and last included.
    fn hosts_with_edges(&self) -> usize {
        1_usize << (self.max_prefix_len() - self.prefix_len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> Ipv4Net {
        text.parse().unwrap()
    }

    #[test]
    fn ranges_start_small_and_grow() {
        let mut own = Vec::new();
        for _ in 0..6 {
            own.push(next(&own, &own).unwrap());
        }
        let prefixes: Vec<_> = own.iter().map(Ipv4Net::prefix_len).collect();
        assert_eq!(prefixes, [28, 27, 26, 25, 24, 24]);
        assert_eq!(capacity(&own[..2]), 12 + 28);
    }

    #[test]
    fn no_two_ranges_overlap_until_all_are_given() {
        let mut taken: Vec<Ipv4Net> = Vec::new();
        let links = |taken: &[Ipv4Net]| taken.len() / 3;
        // Links of three ranges each, until none is left.
        let refusal = loop {
            let own = taken[links(&taken) * 3..].to_vec();
            match next(&own, &taken) {
                Ok(range) => taken.push(range),
                Err(refusal) => break refusal,
            }
        };
        assert_eq!(refusal.code, "nat_ranges_exhausted");
        let mut claimed: Vec<_> = taken.iter().flat_map(|range| pieces(*range)).collect();
        let all = claimed.len();
        claimed.sort();
        claimed.dedup();
        assert_eq!(claimed.len(), all, "two ranges share a piece");
        assert_eq!(all, 4096, "nothing is wasted");
    }

    #[test]
    fn a_freed_range_is_given_again() {
        let taken = [net("172.24.0.0/28"), net("172.24.0.32/28")];
        assert_eq!(next(&[], &taken).unwrap(), net("172.24.0.16/28"));
    }

    #[test]
    fn a_large_foreign_subnet_is_left_behind_after_a_few_refusals() {
        let foreign = net("172.24.0.0/18");
        let mut refused = Vec::new();
        let range = loop {
            let range = next_but(&refused, &[], &[]).unwrap();
            if !foreign.contains(&range) {
                break range;
            }
            assert!(!refused.contains(&range), "it was refused already");
            refused.push(range);
        };
        assert_eq!(range, net("172.24.64.0/28"));
        assert!(refused.len() <= 12, "{}", refused.len());
    }

    #[test]
    fn what_lies_beside_a_refused_range_is_given_when_nothing_else_is_left() {
        let refused = [net("172.24.0.0/28"), net("172.24.0.16/28")];
        let mut taken = vec![net("172.24.128.0/17"), net("172.24.64.0/18")];
        taken.extend(net("172.24.0.0/18").subnets(26).unwrap().skip(1));
        taken.push(net("172.24.0.32/28"));
        let last = net("172.24.0.48/28");
        assert_eq!(next_but(&refused, &[], &taken).unwrap(), last);
        taken.push(last);
        let refusal = next_but(&refused, &[], &taken).unwrap_err();
        assert_eq!(refusal.code, "nat_ranges_exhausted");
    }

    #[test]
    fn a_range_is_short_before_it_is_full() {
        let own = [net("172.24.0.0/28")];
        assert!(!is_short(&own, 10));
        assert!(is_short(&own, 11));
    }

    #[test]
    fn pieces_are_of_the_smallest_size() {
        assert_eq!(
            pieces(net("172.24.0.32/27")),
            [net("172.24.0.32/28"), net("172.24.0.48/28")]
        );
        assert_eq!(pieces(net("172.24.0.0/28")), [net("172.24.0.0/28")]);
    }
}
