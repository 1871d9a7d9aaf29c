//! `[emulation]`

use ipnet::Ipv4Net;
use serde::{Deserialize, Deserializer};
use underpass_model::service::NodePolicy;
use underpass_server::settings::EndpointPolicy;

/// Rehearsal with emulated clouds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmulationConfig {
    /// Range of the emulated consumers' endpoints.
    #[serde(deserialize_with = "range")]
    consumer_cidr: Option<Ipv4Net>,
}

impl EmulationConfig {
    /// Allowed addresses of nodes.
    pub(crate) fn nodes(&self) -> NodePolicy {
        self.consumer_cidr
            .map_or(NodePolicy::InsideVpc, |consumers| NodePolicy::Loopback {
                consumers,
            })
    }

    /// Endpoint addresses that may be published.
    pub(crate) fn endpoints(&self) -> EndpointPolicy {
        self.consumer_cidr
            .map_or(EndpointPolicy::Private, EndpointPolicy::Within)
    }
}

fn range<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Ipv4Net>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        serde::de::Error::custom(format!("`{text}` is not a range such as 127.64.0.0/16"))
    })
}
