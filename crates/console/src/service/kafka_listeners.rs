//! What Kafka brokers must be configured with, as our own API tells it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::call::Refused;
use crate::page::Page;

#[derive(Deserialize)]
struct ListenersAnswer {
    kafka_listeners: KafkaListeners,
}

/// What brokers listen on and advertise for a link.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct KafkaListeners {
    pub(super) host: String,
    pub(super) brokers: Vec<Broker>,
    pub(super) names: Vec<Name>,
    pub(super) node_ports: Vec<String>,
    pub(super) firewall: Option<String>,
}

/// One broker's share.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Broker {
    pub(super) node_name: String,
    pub(super) address: String,
    server_properties: BTreeMap<String, String>,
}

/// Where the name leads for the clients of one connection.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Name {
    pub(super) privatelink_connection_id: String,
    pub(super) user_ip_address: Option<String>,
    pub(super) answered: bool,
}

impl KafkaListeners {
    /// The route of the API that tells them.
    pub(super) fn route(page: &Page, service: &str) -> String {
        page.own_route(["service", service, "kafka-listeners"])
    }

    /// Those of a service that has a link.
    pub(super) async fn load(page: &Page, service: &str) -> Result<Self, Refused> {
        let answer: ListenersAnswer = page.api.get(&Self::route(page, service)).await?;
        Ok(answer.kafka_listeners)
    }
}

impl Broker {
    /// The entries as lines of the broker's file.
    pub(super) fn lines(&self) -> String {
        let lines = self.server_properties.iter();
        let lines: Vec<_> = lines.map(|(key, value)| format!("{key}={value}")).collect();
        lines.join("\n")
    }
}
