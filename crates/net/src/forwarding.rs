//! The forwarding table of a data plane: one versioned value, replaced as a whole.

use std::collections::BTreeMap;

use crate::addr::{BackendAddr, ListenAddr};

/// Every listener of a data plane and its backends.
///
/// A listener that leaves the table is closed and its flows are cut. When the backends of a route
/// change, established flows continue and only new flows use the new backends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ForwardingTable {
    /// Grows with each change. A receiver ignores a table older than its current one.
    pub generation: u64,
    /// The routes, by the address of their listener.
    pub routes: BTreeMap<ListenAddr, Route>,
}

/// The destination of the flows accepted by one listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The owner of the flows, for logs and counters. A change of owner cuts the flows of the
    /// previous one.
    pub owner: String,
    /// The candidate backends, tried in an order that distributes flows evenly. If empty, the
    /// listener is open and every flow is refused.
    pub backends: Vec<BackendAddr>,
}
