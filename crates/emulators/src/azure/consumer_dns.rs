//! The resolver of the consumers' networks.

use std::sync::Arc;

use underpass_net::dns::{Found, Lookup, RecordKind};

use super::model::Azure;
use crate::emulated_network::EmulatedNetwork;

/// The private DNS zones that are linked to networks of consumers.
pub(super) struct ConsumerZones {
    pub(super) network: Arc<EmulatedNetwork<Azure>>,
}

impl Lookup for ConsumerZones {
    fn look_up(&self, name: &str, kind: RecordKind) -> Found {
        let found = self.network.read(|cloud| cloud.look_up(name, kind));
        found.unwrap_or(Found::Unavailable)
    }
}
