//! Settings of Kafka brokers for links, by our own API.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct KafkaListenersAnswer {
    pub(crate) kafka_listeners: KafkaListeners,
}

/// Listeners and advertised addresses of the brokers for a link.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct KafkaListeners {
    pub(crate) host: String,
    pub(crate) brokers: Vec<Broker>,
    pub(crate) names: Vec<Name>,
    pub(crate) node_ports: Vec<String>,
    pub(crate) firewall: Option<String>,
}

/// Settings of one broker.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Broker {
    pub(crate) node_name: String,
    pub(crate) address: String,
    server_properties: BTreeMap<String, String>,
}

/// Address of the name for the clients of one connection.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Name {
    pub(crate) privatelink_connection_id: String,
    pub(crate) user_ip_address: Option<String>,
    pub(crate) answered: bool,
}

impl Broker {
    /// Settings as lines of the broker's file.
    pub(crate) fn lines(&self) -> String {
        let lines = self.server_properties.iter();
        let lines: Vec<_> = lines.map(|(key, value)| format!("{key}={value}")).collect();
        lines.join("\n")
    }
}
