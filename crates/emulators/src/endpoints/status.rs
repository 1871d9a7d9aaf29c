//! What people are told about the bytes of an endpoint.

use std::net::SocketAddr;

use ipnet::Ipv4Net;
use serde::Serialize;
use underpass_net::{BackendAddr, ListenAddr};

use crate::binding::Binding;

/// One wanted listener and what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Status {
    /// The cloud's id of the consumer's endpoint.
    pub(crate) endpoint: String,
    /// The cloud's id of its connection.
    pub(crate) connection: String,
    /// What opens this port on the provider's side.
    pub(crate) rule: String,
    /// Where consumers dial.
    pub(crate) listen: SocketAddr,
    /// Where their flows lead; empty if no host is known for any backend.
    pub(crate) backends: Vec<SocketAddr>,
    /// Whether bytes flow, and why not.
    #[serde(flatten)]
    pub(crate) state: RelayState,
}

/// Whether a listener carries bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(crate) enum RelayState {
    /// It listens.
    Listening,
    /// It could listen if something changed.
    Refused {
        /// Which rule refused, and what to do next.
        reason: String,
    },
    /// Its address is not one this machine listens on: it exists in the cloud's API only.
    Elsewhere {
        /// Which addresses carry bytes.
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

    /// Where it should listen and why it does not, if trying again may help.
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
        None => "no range of addresses was set aside for endpoints that carry bytes".to_owned(),
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
        "another program answers on {listen} already, so consumers would reach it past any \
         approval; bind it to 127.0.0.1 instead of all addresses, or use another port than {port} \
         for the link"
    );
    RelayState::Refused { reason }
}
