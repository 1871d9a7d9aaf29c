//! Listeners that a model requires of the data plane.

use underpass_net::{BackendAddr, ListenAddr};

/// A listener that an approved private endpoint must have now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Binding {
    /// The cloud's ID of the consumer's endpoint.
    pub endpoint: String,
    /// The cloud's ID of the connection, as the provider sees it; flows are cut when it changes.
    pub connection: String,
    /// Address and port to which consumers connect.
    pub listen: ListenAddr,
    /// Name of the provider's rule that opens this port.
    pub rule: String,
    /// Backends of the flows: the hosts that stand for the provider's machines, with their port.
    /// Machines without a host are omitted.
    pub backends: Vec<BackendAddr>,
}
