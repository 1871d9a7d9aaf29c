//! Settings of Kafka brokers for a link.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use underpass_model::kafka_listener::ListenerRole;
use underpass_model::service::KafkaAuthentication;

/// Settings of the brokers of a service: `GET …/kafka-listeners`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KafkaListenersAnswer {
    /// The settings.
    pub kafka_listeners: KafkaListenersView,
}

/// Listeners and advertised addresses of the brokers for a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KafkaListenersView {
    /// Name of the service.
    pub service_name: String,
    /// Name that every broker advertises to the clients of every connection.
    pub host: String,
    /// Brokers.
    pub brokers: Vec<BrokerView>,
    /// Addresses of the name, one for each active connection, first seen first.
    pub names: Vec<BrokerName>,
    /// Ports and ranges of ports that nodes must admit, for instance `9092` or `9100-9103`.
    pub node_ports: Vec<String>,
    /// Command that admits them; null where Underpass does it.
    pub firewall: Option<String>,
}

/// Settings of one broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerView {
    /// Name of the node.
    pub node_name: String,
    /// Address of the node.
    pub address: String,
    /// Listeners of the broker.
    pub listeners: Vec<BrokerListener>,
    /// Entries for the lists in the broker's configuration, by property.
    pub server_properties: BTreeMap<String, String>,
}

/// A listener of a broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerListener {
    /// Name of the listener in the broker's configuration.
    pub name: String,
    /// Role of the listener. Valid values: `bootstrap`, `broker`.
    pub role: ListenerRole,
    /// Authentication of the clients; null if the component has only one method.
    pub kafka_authentication_method: Option<KafkaAuthentication>,
    /// Security protocol, in Kafka's words, for instance `SASL_SSL`.
    pub security_protocol: String,
    /// Address on which the broker listens.
    pub bind_address: String,
    /// Port on which the broker listens.
    pub port: u16,
    /// Port that the broker advertises: the port on the link.
    pub advertised_port: u16,
}

/// Address of the brokers' name for the clients of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokerName {
    /// ID of the connection.
    pub privatelink_connection_id: String,
    /// Address of the endpoint, which the name must resolve to in the consumer's network; null
    /// until it is known.
    pub user_ip_address: Option<String>,
    /// True if Underpass answers the name with this address. Otherwise the consumer's DNS must.
    pub answered: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round_trip::assert_round_trip;

    #[test]
    fn settings_are_read_back() {
        let listener = |role: ListenerRole, method| BrokerListener {
            name: "PRIVATELINK_SASL".to_owned(),
            role,
            kafka_authentication_method: method,
            security_protocol: "SASL_SSL".to_owned(),
            bind_address: "10.0.0.4".to_owned(),
            port: 9094,
            advertised_port: 9100,
        };
        assert_round_trip(&KafkaListenersAnswer {
            kafka_listeners: KafkaListenersView {
                service_name: "kafka-1".to_owned(),
                host: "brokers.kafka-1.demo.example".to_owned(),
                brokers: vec![BrokerView {
                    node_name: "n1".to_owned(),
                    address: "10.0.0.4".to_owned(),
                    listeners: vec![
                        listener(ListenerRole::Bootstrap, None),
                        listener(ListenerRole::Broker, Some(KafkaAuthentication::Sasl)),
                    ],
                    server_properties: BTreeMap::from([(
                        "listeners".to_owned(),
                        "PRIVATELINK_SASL://10.0.0.4:9094".to_owned(),
                    )]),
                }],
                names: vec![BrokerName {
                    privatelink_connection_id: "plc000000000001".to_owned(),
                    user_ip_address: None,
                    answered: false,
                }],
                node_ports: vec!["9094".to_owned()],
                firewall: None,
            },
        });
    }

    #[test]
    fn roles_and_methods_have_the_words_of_the_model() {
        for role in [ListenerRole::Bootstrap, ListenerRole::Broker] {
            let word = serde_json::to_string(&role).unwrap();
            assert_eq!(word, format!("\"{}\"", role.as_str()));
        }
        for method in [KafkaAuthentication::Certificate, KafkaAuthentication::Sasl] {
            let word = serde_json::to_string(&method).unwrap();
            assert_eq!(word, format!("\"{}\"", method.as_str()));
        }
    }
}
