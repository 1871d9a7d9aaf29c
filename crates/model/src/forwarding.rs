//! What a data plane may carry: one versioned value, replaced whole.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// Every listener a data plane holds and where each leads.
///
/// A listener that is not in the table is closed and its flows are cut.
/// A route whose backends changed keeps its established flows; only new flows see the change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardingTable {
    /// Grows with each change; a receiver ignores a table older than the one it holds.
    pub generation: u64,
    /// The listeners, by the address they accept on.
    pub routes: BTreeMap<SocketAddr, Route>,
}

/// Where the flows accepted on one address go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Who the flows belong to, for logs and counters; a change of owner cuts the old owner's flows.
    pub owner: String,
    /// Candidate backends, tried in an order that spreads flows evenly.
    /// Empty: the listener is open, but every flow is refused.
    pub backends: Vec<SocketAddr>,
}
