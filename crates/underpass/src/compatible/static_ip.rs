//! Static IP addresses.

use serde::Deserialize;

use crate::document::Document;

/// Answer of `GET …/static-ips`.
#[derive(Debug, Deserialize)]
pub(crate) struct StaticIpList {
    /// Static IP addresses of the project.
    pub(crate) static_ips: Vec<Document<StaticIp>>,
}

/// A static IP address.
#[derive(Debug, Deserialize)]
pub(crate) struct StaticIp {
    /// ID of the address.
    #[serde(rename = "static_ip_address_id")]
    pub(crate) id: String,
    /// State of the address.
    pub(crate) state: String,
    /// Service that it is associated with.
    #[serde(default)]
    pub(crate) service_name: Option<String>,
}
