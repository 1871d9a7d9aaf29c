//! `[dns]`

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;
use serde::de::Error as _;
use underpass_net::dns::{Delegation, NameServer};

use super::dns_key::DnsKeyConfig;
use super::dns_peer::{NotifiedPeer, TransferPeer};
use super::toml_text;
use super::value;

/// Name server of the private names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DnsConfig {
    /// Listen addresses for UDP and TCP.
    #[serde(deserialize_with = "value::addresses")]
    pub(crate) listen: Vec<SocketAddr>,
    /// Zone of the private names.
    pub(crate) domain: String,
    /// Name servers of the zone; empty: `ns.` and the zone.
    #[serde(deserialize_with = "name_servers")]
    name_servers: Vec<NameServer>,
    /// Mail address of the zone's contact.
    #[serde(deserialize_with = "value::text")]
    contact: Option<String>,
    /// Peers that may transfer the zone.
    #[serde(deserialize_with = "value::parsed_list")]
    pub(crate) transfer: Vec<TransferPeer>,
    /// Peers that are told about changes.
    #[serde(deserialize_with = "value::parsed_list")]
    pub(crate) notify: Vec<NotifiedPeer>,
    /// TSIG keys by name.
    #[serde(default)]
    pub(crate) keys: BTreeMap<String, DnsKeyConfig>,
}

impl DnsConfig {
    /// Name servers and contact of the zone.
    pub(crate) fn delegation(&self) -> Delegation {
        Delegation {
            name_servers: self.name_servers.clone(),
            contact: self.contact.clone(),
        }
    }

    /// Problems of values: keys and messages.
    pub(super) fn problems(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        let mut problem = |key: &str, message: String| problems.push((key.to_owned(), message));
        if self.listen.is_empty() {
            problem("dns.listen", "at least one address is required".to_owned());
        }
        if self.domain.is_empty() {
            let message =
                "required: the zone of the private names, such as \"privatelink.example.com\"";
            problem("dns.domain", message.to_owned());
        } else if let Err(error) = Delegation::default().check(&self.domain) {
            problem("dns.domain", error.to_string());
        } else {
            let servers = Delegation {
                contact: None,
                ..self.delegation()
            };
            if let Err(error) = servers.check(&self.domain) {
                problem("dns.name_servers", error.to_string());
            }
            let contact = Delegation {
                name_servers: Vec::new(),
                ..self.delegation()
            };
            if let Err(error) = contact.check(&self.domain) {
                problem("dns.contact", error.to_string());
            }
        }
        for (name, key) in &self.keys {
            if let Err((of_key, message)) = key.check(name) {
                problem(&format!("{}{of_key}", key_of_name(name)), message);
            }
        }
        let used = self.transfer.iter().map(|peer| ("transfer", &peer.key));
        let used = used.chain(self.notify.iter().map(|peer| ("notify", &peer.key)));
        for (list, key) in used {
            if let Some(key) = key
                && !self.keys.contains_key(key)
            {
                let message = format!("the key `{key}` is not in [dns.keys.{key}]");
                problem(&format!("dns.{list}"), message);
            }
        }
        problems
    }

    /// Keys of the configuration, without suffix, of secrets that are in it.
    pub(super) fn inline_secrets(&self) -> Vec<String> {
        let keys = self.keys.iter().filter(|(_, key)| key.is_inline());
        keys.map(|(name, _)| format!("{}.secret", key_of_name(name)))
            .collect()
    }
}

/// Key of the table of a TSIG key.
fn key_of_name(name: &str) -> String {
    toml_text::dotted(["dns", "keys", name])
}

/// Reads name servers: a name, and addresses after it.
fn name_servers<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<NameServer>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let server = |text: &String| {
        let mut words = text.split_whitespace();
        let name = words.next().unwrap_or_default().to_owned();
        let addresses = words
            .map(|word| {
                word.parse::<IpAddr>()
                    .map_err(|_| D::Error::custom(format!("`{word}` is not an IP address")))
            })
            .collect::<Result<_, _>>()?;
        Ok(NameServer { name, addresses })
    };
    texts.iter().map(server).collect()
}
