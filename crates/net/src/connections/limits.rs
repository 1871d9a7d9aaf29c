//! Limits of connections, derived from the limit of open descriptors.

use crate::descriptors;

/// Largest limit in all: 4,096, more than the pages, scripts and probes of a large installation hold
/// open, at 100 MiB if each has a request head of the largest size.
const MAX_TOTAL: usize = 4_096;

/// Smallest limit in all: 16, so that a process with few descriptors still serves.
const MIN_TOTAL: usize = 16;

/// Connections kept for loopback: 16, at most a quarter of the limit. A probe, the command line and
/// the parts of this process are few.
const LOOPBACK_RESERVE: usize = 16;

/// Connections kept for probes beside the limit: 16, at most a quarter of it. A probe takes milliseconds.
const PROBE_RESERVE: usize = 16;

/// Limits of the connections that listeners hold together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Connections in all.
    pub total: usize,
    /// Connections of one client address that is not loopback; of one /64 prefix in IPv6.
    pub per_address: usize,
    /// Connections of `total` that only loopback gets.
    pub loopback_reserve: usize,
    /// Connections beside `total` on which only probes are answered.
    pub probe_reserve: usize,
}

impl ConnectionLimits {
    /// The limits of the HTTP listeners of this process: a third of the descriptors that it may open,
    /// and 4,096 at most. The other two thirds are for DNS, the relayed flows, the requests to clouds
    /// and the store.
    pub fn of_http() -> Self {
        Self::with_total((descriptors::limit() / 3).clamp(MIN_TOTAL, MAX_TOTAL))
    }

    /// The limits of a DNS server: an eighth of the descriptors, and `most` at most.
    pub(crate) fn of_dns(most: usize) -> Self {
        Self::with_total((descriptors::limit() / 8).clamp(MIN_TOTAL.min(most), most))
    }

    /// The limits with `total` connections in all: a quarter per address, because an address can
    /// stand for a whole network (NAT, a proxy).
    pub fn with_total(total: usize) -> Self {
        Self {
            total,
            per_address: (total / 4).max(1),
            loopback_reserve: LOOPBACK_RESERVE.min(total / 4),
            probe_reserve: PROBE_RESERVE.min(total / 4),
        }
    }
}
