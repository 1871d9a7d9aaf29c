//! Ready line of a running `up`: printed on stdout for scripts, and stored in `client.json` for
//! clients.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// Version of the format.
pub(crate) const SCHEMA: u32 = 1;

/// File in the data directory by which clients find a running `up`.
pub(crate) const CLIENT_FILE: &str = "client.json";

/// Addresses, files and accounts of a running `up`. A part that does not exist is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_field_names,
    reason = "scripts rely on the names of the members"
)]
pub(crate) struct Ready {
    /// Always true: the line is printed when all parts answer.
    pub(crate) ready: bool,
    /// [`SCHEMA`].
    pub(crate) schema: u32,
    /// Process ID.
    pub(crate) pid: u32,
    /// Data directory.
    pub(crate) data_dir: PathBuf,
    /// URL of the API, without a trailing slash.
    pub(crate) api: String,
    /// File with the operator's access token.
    pub(crate) token_file: PathBuf,
    /// Project created at the first start.
    pub(crate) project: String,
    /// IDs of the project VPCs created at the first start, by cloud.
    pub(crate) project_vpcs: BTreeMap<String, String>,
    /// Domain of private names.
    pub(crate) domain: String,
    /// Address of the DNS server, for UDP and TCP.
    pub(crate) dns: String,
    /// All addresses of the DNS server, in the order of the configuration.
    #[serde(default)]
    pub(crate) dns_listeners: Vec<String>,
    /// Range in which endpoints relay bytes.
    pub(crate) consumer_cidr: String,
    /// URL of the web console.
    pub(crate) console: Option<String>,
    /// Emulated Azure.
    pub(crate) azure: Option<AzureReady>,
    /// Emulated Google.
    pub(crate) google: Option<GoogleReady>,
    /// Emulated AWS.
    pub(crate) aws: Option<serde_json::Value>,
}

/// URLs and accounts of emulated Azure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AzureReady {
    /// URL of the resource manager and of the sign-in authority, without a trailing slash.
    pub(crate) url: String,
    /// URL of the consumers' portal, for browsers.
    pub(crate) portal: Option<String>,
    /// Address of the resolver of the consumers' networks, for UDP and TCP.
    #[serde(default)]
    pub(crate) consumer_dns: Option<String>,
    /// PEM file of its certificate authority.
    pub(crate) ca: PathBuf,
    /// The provider's tenant.
    pub(crate) tenant: String,
    /// The provider's subscription.
    pub(crate) subscription: String,
    /// The default consumer's tenant.
    pub(crate) consumer_tenant: String,
    /// The default consumer's subscription.
    pub(crate) consumer_subscription: String,
    /// Resource ID of the default consumer's subnet for endpoints.
    pub(crate) consumer_subnet: String,
    /// Location of the default consumer's network.
    pub(crate) consumer_location: String,
    /// Client ID of the provider's service principal; consumers may use any.
    pub(crate) client_id: String,
    /// File with the provider's client secret; consumers may use any.
    pub(crate) secret_file: PathBuf,
    /// URL of the admin routes, without a trailing slash.
    #[serde(default)]
    pub(crate) admin_url: String,
    /// File with the secret of the admin routes.
    #[serde(default)]
    pub(crate) admin_secret_file: PathBuf,
}

/// URLs and accounts of emulated Google. Paths begin with `projects/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GoogleReady {
    /// URL of the API and of the token endpoint, without a trailing slash.
    pub(crate) url: String,
    /// URL of the consumers' portal, for browsers.
    pub(crate) portal: Option<String>,
    /// The provider's project.
    pub(crate) project: String,
    /// The default consumer's project.
    pub(crate) consumer_project: String,
    /// Path of the default consumer's network.
    pub(crate) consumer_network: String,
    /// Path of the default consumer's subnet for endpoints.
    pub(crate) consumer_subnet: String,
    /// Region of that subnet.
    pub(crate) region: String,
    /// URL of the admin routes, without a trailing slash.
    #[serde(default)]
    pub(crate) admin_url: String,
    /// File with the secret of the admin routes.
    #[serde(default)]
    pub(crate) admin_secret_file: PathBuf,
}

impl Ready {
    /// The ready line, as JSON.
    ///
    /// # Errors
    /// If a path is not valid UTF-8.
    pub(crate) fn line(&self) -> Result<String, Failure> {
        serde_json::to_string(self)
            .map_err(|error| Failure::ours(format!("encode the ready line: {error}")))
    }
}
