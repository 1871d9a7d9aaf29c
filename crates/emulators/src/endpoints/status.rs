//! States of listeners, as the admin routes show them.

use std::net::SocketAddr;

use ipnet::Ipv4Net;
use serde::Serialize;
use underpass_net::{BackendAddr, ListenAddr};

use crate::binding::Binding;

/// One desired listener and its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Status {
    /// The cloud's ID of the consumer's endpoint.
    pub(crate) endpoint: String,
    /// The cloud's ID of its connection.
    pub(crate) connection: String,
    /// Name of the provider's rule that opens this port.
    pub(crate) rule: String,
    /// Address and port to which consumers connect.
    pub(crate) listen: SocketAddr,
    /// Backends of the flows; empty if no backend has a host.
    pub(crate) backends: Vec<SocketAddr>,
    /// State of the listener.
    #[serde(flatten)]
    pub(crate) state: RelayState,
}

/// The state of a listener.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum RelayState {
    /// The listener is open.
    Listening,
    /// The listener could not be opened; it is retried.
    Refused {
        /// The rule that refused it, and the remedy.
        reason: String,
    },
    /// The address is outside the range of this machine: the endpoint exists in the API only.
    Elsewhere {
        /// The addresses that carry bytes.
        reason: String,
    },
}

// === impl Status ===

impl Status {
    pub(super) fn new(desired: &Binding, state: RelayState) -> Self {
        Self {
            endpoint: desired.endpoint.clone(),
            connection: desired.connection.clone(),
            rule: desired.rule.clone(),
            listen: desired.listen.socket_addr(),
            backends: desired
                .backends
                .iter()
                .map(BackendAddr::socket_addr)
                .collect(),
            state,
        }
    }

    /// The address and the reason of a refusal that a retry may resolve.
    pub(super) fn refusal(&self) -> Option<(SocketAddr, &str)> {
        match &self.state {
            RelayState::Refused { reason } => Some((self.listen, reason)),
            RelayState::Listening | RelayState::Elsewhere { .. } => None,
        }
    }
}

pub(super) fn elsewhere(consumers: Option<Ipv4Net>) -> RelayState {
    let reason = match consumers {
        Some(network) => format!(
            "the address is outside {network}, the range whose endpoints carry bytes; \
             use a consumer network inside it"
        ),
        None => "no address range is configured for endpoints that carry bytes".to_owned(),
    };
    RelayState::Elsewhere { reason }
}

pub(super) fn taken_by(endpoint: &str) -> RelayState {
    let reason = format!(
        "endpoint {} listens on this address and port; delete it, or give one of the two \
         another address",
        endpoint.escape_debug()
    );
    RelayState::Refused { reason }
}

pub(super) fn answered_by_another(listen: ListenAddr) -> RelayState {
    let port = listen.port();
    let reason = format!(
        "another program answers on {listen}, so consumers would reach it without approval; \
         bind it to 127.0.0.1 instead of all addresses, or use another port than {port} for the \
         link"
    );
    RelayState::Refused { reason }
}
