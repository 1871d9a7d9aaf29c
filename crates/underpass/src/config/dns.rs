//! `[dns]`

use std::net::SocketAddr;

use serde::Deserialize;

/// Name server of the private names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DnsConfig {
    /// Listen address for UDP and TCP.
    pub(crate) listen: SocketAddr,
    /// Zone of the private names.
    pub(crate) domain: String,
}

impl DnsConfig {
    pub(super) fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if self.domain.is_empty() {
            problems.push((
                "dns.domain",
                "required: the zone of the private names, such as \"privatelink.example.com\""
                    .to_owned(),
            ));
        }
        problems
    }
}
