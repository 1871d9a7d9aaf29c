//! The DNS zone, derived from active connections.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::connection::Connection;
use crate::link::{ConnectionState, Link, shown_connection};
use crate::name::HostLabel;
use crate::part::Observed;

/// The TTL of addresses: 30 s, so that a revoked or moved endpoint expires within one retry of a
/// client (design decision; RFC 1035 §3.2.1 for the unit).
pub const RECORD_TTL_SECONDS: u32 = 30;

/// The TTL of negative answers: 5 s, so that a name requested just before activation appears
/// quickly (RFC 2308 §5: the SOA MINIMUM bounds negative caching).
pub const NEGATIVE_TTL_SECONDS: u32 = 5;

/// An authoritative zone: one apex, and one IPv4 address per active private name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// The apex, lower case, without the trailing dot, for instance `underpass.test`.
    pub domain: String,
    /// Increases with each change of `records`; its low half is the SOA serial
    /// ([`serial`](crate::serial)). 0: nothing was published yet.
    pub generation: u64,
    /// Fully qualified lower-case names (no trailing dot) and their address.
    pub records: BTreeMap<String, Ipv4Addr>,
    /// The records are not exactly those of the generation: names are kept whose rows cannot be read, or
    /// rows were changing while they were read. Such a zone answers queries and is not transferred, since
    /// another replica may have other records with the same serial.
    #[serde(default)]
    pub is_provisional: bool,
}

impl Zone {
    /// A zone without names.
    pub fn empty(domain: &str) -> Self {
        Self {
            domain: domain.to_ascii_lowercase(),
            generation: 0,
            records: BTreeMap::new(),
            is_provisional: false,
        }
    }

    /// Applies a change; the cost is that of the changed names.
    pub fn apply(&mut self, change: ZoneChange) {
        self.generation = change.generation;
        self.is_provisional = change.is_provisional;
        for name in change.removed {
            self.records.remove(&name);
        }
        self.records.extend(change.written);
    }

    /// Reports whether `name` (lower case, no trailing dot) is the apex or below it.
    pub fn contains(&self, name: &str) -> bool {
        name == self.domain
            || name
                .strip_suffix(self.domain.as_str())
                .is_some_and(|rest| rest.ends_with('.'))
    }
}

/// A change of some names of a zone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ZoneChange {
    /// The generation of the zone after the change.
    pub generation: u64,
    /// Names that are no longer in the zone.
    pub removed: Vec<String>,
    /// Names that are new in the zone or have another address.
    pub written: Vec<(String, Ipv4Addr)>,
    /// Earlier generations have no differences to this one: a process started, or changes were lost.
    pub begins_history: bool,
    /// See [`Zone::is_provisional`].
    pub is_provisional: bool,
}

impl ZoneChange {
    /// Adds the difference between two states of the names of one service.
    pub fn add(&mut self, before: &BTreeMap<String, Ipv4Addr>, after: &BTreeMap<String, Ipv4Addr>) {
        let gone = before.keys().filter(|name| !after.contains_key(*name));
        self.removed.extend(gone.cloned());
        let written = after
            .iter()
            .filter(|(name, address)| before.get(*name) != Some(*address));
        self.written
            .extend(written.map(|(name, address)| (name.clone(), *address)));
    }

    /// Returns whether no name changes.
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.written.is_empty()
    }
}

/// A link with the inputs of its names.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    /// The link.
    pub link: &'a Link,
    /// The label of its service's names.
    pub label: &'a HostLabel,
    /// Its connections.
    pub connections: &'a [Connection],
    /// Its observed state.
    pub observed: &'a Observed,
}

/// Returns the records of every active connection.
///
/// The name that brokers advertise has the address of the link's first active connection, so that a
/// further connection does not change it. A consumer with another connection must answer that name
/// in its own network: the server cannot determine which consumer's network a query comes from.
pub fn records<'a>(
    domain: &str,
    links: impl IntoIterator<Item = Named<'a>>,
) -> BTreeMap<String, Ipv4Addr> {
    let mut records = BTreeMap::new();
    for Named {
        link,
        label,
        connections,
        observed,
    } in links
    {
        let mut first: Option<(u32, Ipv4Addr)> = None;
        for connection in connections {
            let state = shown_connection(link, connection, observed);
            if let (ConnectionState::Active, Some(address)) = (state, connection.address) {
                records.insert(label.privatelink(connection.ordinal, domain), address);
                let earliest = *first.get_or_insert((connection.ordinal, address));
                first = Some(earliest.min((connection.ordinal, address)));
            }
        }
        if let Some((_, address)) = first.filter(|_| !link.broker_ports.is_empty()) {
            records.insert(label.brokers(domain), address);
        }
    }
    records
}
