//! Services.

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::document::Document;

/// Answer of `GET …/service/{service}`.
#[derive(Debug, Deserialize)]
pub(crate) struct ServiceAnswer {
    /// The service.
    pub(crate) service: Document<Service>,
}

/// Answer of `GET …/service`.
#[derive(Debug, Deserialize)]
pub(crate) struct ServiceList {
    /// Services of the project.
    pub(crate) services: Vec<Document<Service>>,
}

/// A service.
#[derive(Debug, Deserialize)]
pub(crate) struct Service {
    /// Name of the service.
    #[serde(rename = "service_name")]
    pub(crate) name: String,
    /// Type of the service.
    #[serde(rename = "service_type")]
    pub(crate) kind: String,
    /// State of the service.
    pub(crate) state: String,
    /// Cloud and region.
    #[serde(rename = "cloud_name")]
    pub(crate) cloud: String,
    /// Options.
    #[serde(default)]
    pub(crate) user_config: Map<String, Value>,
    /// Member of Underpass.
    #[serde(default)]
    pub(crate) underpass: Registration,
}

/// Registered nodes and components of a service.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Registration {
    /// Nodes.
    #[serde(default)]
    pub(crate) nodes: Vec<Node>,
    /// Components.
    #[serde(default)]
    pub(crate) components: Vec<Component>,
}

/// A node.
#[derive(Debug, Deserialize)]
pub(crate) struct Node {
    /// Name of the node.
    pub(crate) name: String,
    /// Address of the node.
    pub(crate) address: String,
    /// Cloud resource of the node, as it is sent back.
    pub(crate) cloud: Option<Value>,
}

/// A component.
#[derive(Debug, Deserialize)]
pub(crate) struct Component {
    /// Name of the component.
    #[serde(rename = "component", default)]
    name: String,
    /// Port on the nodes.
    pub(crate) port: u16,
    /// Port on the link; `port` if omitted.
    link_port: Option<u16>,
    /// Usage; the default one if omitted.
    usage: Option<String>,
    /// Login method of a Kafka listener.
    kafka_authentication_method: Option<String>,
}

impl Component {
    fn link_port(&self) -> u16 {
        self.link_port.unwrap_or(self.port)
    }

    fn usage(&self) -> &str {
        self.usage.as_deref().unwrap_or("primary")
    }
}

/// Two listeners are the same if clients reach them on the same ports and for the same purpose.
impl PartialEq for Component {
    fn eq(&self, other: &Self) -> bool {
        let key = |it: &Self| (it.port, it.link_port());
        self.name == other.name
            && key(self) == key(other)
            && self.usage() == other.usage()
            && self.kafka_authentication_method == other.kafka_authentication_method
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (port {}", self.name, self.port)?;
        if self.link_port() != self.port {
            write!(f, ", link port {}", self.link_port())?;
        }
        if let Some(method) = &self.kafka_authentication_method {
            write!(f, ", {method}")?;
        }
        f.write_str(")")
    }
}
