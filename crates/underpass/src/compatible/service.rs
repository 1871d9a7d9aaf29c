//! Services.

use serde::Deserialize;
use serde_json::Value;

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
    /// Port on the nodes.
    pub(crate) port: u16,
}
