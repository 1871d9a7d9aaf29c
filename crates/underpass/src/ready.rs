//! What a running `up` tells scripts on stdout, and clients by its `client.json`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// The version of this form.
pub(crate) const SCHEMA: u32 = 1;

/// The file in the data directory that clients find a running `up` by.
pub(crate) const CLIENT_FILE: &str = "client.json";

/// Where everything of an `up` answers. Members are null until their part exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_field_names,
    reason = "the line's members are fixed by the design"
)]
pub(crate) struct Ready {
    /// Always true: the line is printed when everything answers.
    pub(crate) ready: bool,
    /// [`SCHEMA`].
    pub(crate) schema: u32,
    /// The process.
    pub(crate) pid: u32,
    /// Where everything is kept.
    pub(crate) data_dir: PathBuf,
    /// URL of the API, without a trailing slash.
    pub(crate) api: String,
    /// The file that holds the operator's access token.
    pub(crate) token_file: PathBuf,
    /// The project made at the first start.
    pub(crate) project: String,
    /// Project VPCs made at the first start, by cloud.
    pub(crate) project_vpcs: BTreeMap<String, String>,
    /// The domain of private names.
    pub(crate) domain: String,
    /// Where DNS answers, over UDP and TCP.
    pub(crate) dns: String,
    /// The range whose endpoints carry bytes.
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

/// Where emulated Azure answers, and who is who in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AzureReady {
    /// URL of the resource manager and of the sign-in authority, without a trailing slash.
    pub(crate) url: String,
    /// URL of the consumers' portal, for browsers.
    pub(crate) portal: Option<String>,
    /// PEM file of the certificate authority to trust.
    pub(crate) ca: PathBuf,
    /// The provider's tenant.
    pub(crate) tenant: String,
    /// The provider's subscription.
    pub(crate) subscription: String,
    /// A ready consumer's tenant.
    pub(crate) consumer_tenant: String,
    /// Its subscription.
    pub(crate) consumer_subscription: String,
    /// Its subnet for endpoints, a resource id.
    pub(crate) consumer_subnet: String,
    /// Where its network is.
    pub(crate) consumer_location: String,
    /// The provider's service principal; consumers may use any.
    pub(crate) client_id: String,
    /// The file that holds the provider's secret; consumers may use any.
    pub(crate) secret_file: PathBuf,
}

/// Where emulated Google answers, and who is who in it. Paths begin with `projects/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GoogleReady {
    /// URL of the API and of the token endpoint, without a trailing slash.
    pub(crate) url: String,
    /// URL of the consumers' portal, for browsers.
    pub(crate) portal: Option<String>,
    /// The provider's project.
    pub(crate) project: String,
    /// A ready consumer's project.
    pub(crate) consumer_project: String,
    /// Its network, a path.
    pub(crate) consumer_network: String,
    /// Its subnet for endpoints, a path.
    pub(crate) consumer_subnet: String,
    /// Where that subnet is.
    pub(crate) region: String,
}

impl Ready {
    /// The one line.
    pub(crate) fn line(&self) -> Result<String, Failure> {
        serde_json::to_string(self)
            .map_err(|error| Failure::ours(format!("write the ready line: {error}")))
    }
}
