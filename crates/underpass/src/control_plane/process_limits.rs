//! Limits that all listeners of the process share.

use underpass_net::FlowLimit;
use underpass_net::connections::{ConnectionLimits, Connections};

/// Limits that all listeners of the process share. Clones share them, too.
#[derive(Debug, Clone)]
pub(crate) struct ProcessLimits {
    /// Connections of HTTP clients.
    pub(crate) connections: Connections,
    /// Flows through the endpoints of the emulated clouds.
    pub(crate) flows: FlowLimit,
}

impl ProcessLimits {
    /// Limits by the number of descriptors that this process may open.
    pub(crate) fn new() -> Self {
        Self {
            connections: Connections::new(ConnectionLimits::of_http()),
            flows: FlowLimit::of_process(),
        }
    }
}
