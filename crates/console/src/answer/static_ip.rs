//! Static IPs, by our own API.

use serde::Deserialize;

/// A static IP.
#[derive(Debug, Clone, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the API's members")]
pub(crate) struct StaticIp {
    pub(crate) static_ip_address_id: String,
    pub(crate) cloud_name: String,
    pub(crate) ip_address: Option<String>,
    pub(crate) service_name: Option<String>,
    pub(crate) state: String,
}

/// A page of static IPs.
#[derive(Deserialize)]
pub(crate) struct StaticIpPage {
    pub(crate) static_ips: Vec<StaticIp>,
    /// Number of static IPs on all pages.
    pub(crate) total: usize,
    pub(crate) next_after: Option<String>,
}

/// The answer to a request for one static IP.
#[derive(Deserialize)]
pub(crate) struct StaticIpAnswer {
    pub(crate) static_ip: StaticIp,
}
