//! Copies of the zone.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// The names of one generation.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Snapshot {
    pub(super) generation: u64,
    pub(super) records: BTreeMap<String, Ipv4Addr>,
}
