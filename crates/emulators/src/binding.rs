//! What a model's control plane asks of the data plane.

use underpass_net::{BackendAddr, ListenAddr};

/// A listener that an approved endpoint of a consumer must have right now.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Binding {
    /// The cloud's id of the consumer's endpoint.
    pub endpoint: String,
    /// The cloud's id of its connection, as the provider sees it; flows are cut when it changes.
    pub connection: String,
    /// Where consumers dial: the endpoint's address and a port.
    pub listen: ListenAddr,
    /// What opens this port on the provider's side (the name of a rule).
    pub rule: String,
    /// Where flows lead: the hosts that stand for the provider's machines, with their port.
    /// Machines that nobody mapped to a host are left out.
    pub backends: Vec<BackendAddr>,
}
