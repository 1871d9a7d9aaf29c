//! The whole configuration.

use std::path::PathBuf;

use serde::Deserialize;
use toml::Table;

use super::discovery::DiscoveryConfig;
use super::dns::DnsConfig;
use super::emulation::EmulationConfig;
use super::health::HealthConfig;
use super::limits::LimitsConfig;
use super::log::LogConfig;
use super::proxy::ProxyConfig;
use super::retention::RetentionConfig;
use super::server::ServerConfig;
use super::store::StoreConfig;

/// The whole configuration, apart from the accounts, which are read one by one.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Configuration {
    /// Directory of store, key and operator's token.
    pub(crate) data_dir: PathBuf,
    pub(crate) store: StoreConfig,
    pub(crate) log: LogConfig,
    pub(crate) server: ServerConfig,
    pub(crate) dns: DnsConfig,
    pub(crate) discovery: DiscoveryConfig,
    pub(crate) health: HealthConfig,
    pub(crate) limits: LimitsConfig,
    pub(crate) retention: RetentionConfig,
    pub(crate) proxy: ProxyConfig,
    pub(crate) emulation: EmulationConfig,
    /// Accounts as tables, by name.
    #[serde(default)]
    pub(super) accounts: Table,
}
