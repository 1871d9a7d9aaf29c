//! `[server]`

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use serde::Deserialize;
use serde::de::Error as _;
use underpass_model::cloud::CloudName;
use underpass_model::name::ProjectName;

use super::value;

/// Longest `drain_delay`: 1 h. A process that is told to stop waits for it, and load balancers leave within minutes.
const MAX_DRAIN_DELAY: Duration = Duration::from_hours(1);

/// Listener of the API and the console.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerConfig {
    pub(crate) listen: SocketAddr,
    /// Host names besides loopback addresses.
    pub(crate) api_hosts: Vec<String>,
    /// PEM file of the certificate with its chain.
    #[serde(deserialize_with = "value::path")]
    pub(crate) certificate_file: Option<PathBuf>,
    /// PEM file of the certificate's key.
    #[serde(deserialize_with = "value::path")]
    pub(crate) key_file: Option<PathBuf>,
    /// Proxies that end TLS.
    #[serde(deserialize_with = "ranges")]
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// Accepts plain HTTP beyond loopback.
    pub(crate) allow_plaintext: bool,
    /// Time from the request to stop to the end of new connections.
    #[serde(deserialize_with = "value::span")]
    pub(crate) drain_delay: Duration,
    /// Project of the first start.
    pub(crate) first_project: String,
    /// Email address of the operator of the first start.
    pub(crate) operator: String,
    /// Regions newer than this version.
    #[serde(deserialize_with = "clouds")]
    pub(crate) allow_regions: Vec<CloudName>,
}

/// Certificate and key of a TLS listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl ServerConfig {
    /// Files of TLS; `None`: plain HTTP.
    pub(crate) fn tls(&self) -> Option<TlsFiles> {
        Some(TlsFiles {
            certificate: self.certificate_file.clone()?,
            key: self.key_file.clone()?,
        })
    }

    /// Problems of values that exclude each other: keys and messages.
    pub(super) fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        match (&self.certificate_file, &self.key_file) {
            (Some(_), None) => problems.push((
                "server.key_file",
                "TLS needs the key of `server.certificate_file`".to_owned(),
            )),
            (None, Some(_)) => problems.push((
                "server.certificate_file",
                "TLS needs the certificate of `server.key_file`".to_owned(),
            )),
            (Some(_), Some(_)) | (None, None) => {}
        }
        if let Err(error) = self.first_project.parse::<ProjectName>() {
            problems.push(("server.first_project", error.to_string()));
        }
        if !is_email(&self.operator) {
            let message = format!("`{}` is not an email address", self.operator);
            problems.push(("server.operator", message));
        }
        if let Some(host) = self.api_hosts.iter().find(|host| !is_host(host)) {
            problems.push((
                "server.api_hosts",
                format!("`{host}` is not a host name without scheme and port"),
            ));
        }
        if self.drain_delay > MAX_DRAIN_DELAY {
            problems.push(("server.drain_delay", "must be at most 1h".to_owned()));
        }
        let plain = self.certificate_file.is_none() && self.key_file.is_none();
        let is_open = !self.listen.ip().is_loopback();
        if plain && is_open && self.trusted_proxies.is_empty() && !self.allow_plaintext {
            problems.push((
                "server.listen",
                format!(
                    "{} can be reached from other machines, and access tokens would be readable on \
                     the network. Set server.certificate_file and server.key_file, name the proxy \
                     that ends TLS in server.trusted_proxies, or accept plain HTTP with \
                     server.allow_plaintext = true",
                    self.listen
                ),
            ));
        }
        problems
    }
}

fn is_email(text: &str) -> bool {
    let is_plain = |it: char| !it.is_whitespace() && !it.is_control();
    let parts = text.split_once('@');
    parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
        && text.chars().all(is_plain)
}

fn is_host(text: &str) -> bool {
    let is_known = |it: char| it.is_alphanumeric() || matches!(it, '-' | '_' | '.');
    let is_name = !text.is_empty() && text.chars().all(is_known);
    is_name || text.trim_matches(['[', ']']).parse::<IpAddr>().is_ok()
}

/// Reads addresses and ranges; an address is the range of itself.
fn ranges<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let range = |text: &String| {
        let range = text.parse::<IpAddr>().map(IpNet::from);
        range.or_else(|_| text.parse()).map_err(|_| {
            D::Error::custom(format!(
                "`{text}` is neither an address nor a range such as 10.0.0.0/24"
            ))
        })
    };
    texts.iter().map(range).collect()
}

fn clouds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<CloudName>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let cloud = |text: &String| text.parse().map_err(D::Error::custom);
    texts.iter().map(cloud).collect()
}
