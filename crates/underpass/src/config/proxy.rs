//! `[proxy]`

use serde::{Deserialize, Deserializer};
use underpass_clouds::Proxy;

use super::value;

/// HTTP proxy for calls to clouds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProxyConfig {
    #[serde(deserialize_with = "address")]
    https_proxy: Option<String>,
    /// Hosts that are reached without the proxy.
    no_proxy: Vec<String>,
}

impl ProxyConfig {
    /// The proxy, if any.
    pub(crate) fn proxy(&self) -> Option<Proxy> {
        // It was tried when it was read.
        Proxy::new(self.https_proxy.as_deref()?, &self.no_proxy.join(",")).ok()
    }
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = value::text(deserializer)?;
    if let Some(text) = &text {
        Proxy::new(text, "").map_err(serde::de::Error::custom)?;
    }
    Ok(text)
}
