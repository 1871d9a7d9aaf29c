//! Account in Azure.

use std::path::PathBuf;

use serde::Deserialize;
use toml::Table;

use super::account_problem::AccountProblem;
use super::secret::SecretSource;
use super::value;

/// Account in Azure: a subscription and a service principal.
#[derive(Debug, Clone)]
pub(crate) struct AzureAccount {
    /// Subscription to manage.
    pub(crate) subscription: String,
    /// Existing resource group for static IP addresses.
    pub(crate) resource_group: String,
    /// Tenant of the service principal.
    pub(crate) tenant: String,
    pub(crate) client_id: String,
    /// Client secret.
    pub(crate) secret: SecretSource,
    /// URL of the resource manager.
    pub(crate) resource_manager: String,
    /// URL of the issuer of tokens.
    pub(crate) authority: String,
    /// Scope of tokens, unless the resource manager's.
    pub(crate) scope: Option<String>,
    /// PEM file of the trusted roots, unless the system's.
    pub(crate) ca_file: Option<PathBuf>,
}

/// Keys of the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    subscription: String,
    resource_group: String,
    tenant: String,
    client_id: String,
    #[serde(default, deserialize_with = "value::path")]
    client_secret_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "value::text")]
    client_secret_env: Option<String>,
    #[serde(default, deserialize_with = "value::text")]
    client_secret: Option<String>,
    #[serde(default = "resource_manager")]
    resource_manager: String,
    #[serde(default = "authority")]
    authority: String,
    #[serde(default, deserialize_with = "value::text")]
    scope: Option<String>,
    #[serde(default, deserialize_with = "value::path")]
    ca_file: Option<PathBuf>,
}

impl AzureAccount {
    /// Reads the keys that belong to Azure.
    ///
    /// # Errors
    /// If a key is unknown or missing, or a value has another type.
    pub(super) fn read(table: Table) -> Result<Self, AccountProblem> {
        let keys: Keys = value::of_table(table)?;
        let secret = SecretSource::one_of(
            "client_secret",
            keys.client_secret_file,
            keys.client_secret_env,
            keys.client_secret,
        )
        .map_err(|message| ("client_secret_file".to_owned(), message))?;
        Ok(Self {
            subscription: keys.subscription,
            resource_group: keys.resource_group,
            tenant: keys.tenant,
            client_id: keys.client_id,
            secret,
            resource_manager: value::url("resource_manager", &keys.resource_manager)?,
            authority: value::url("authority", &keys.authority)?,
            scope: keys.scope,
            ca_file: keys.ca_file,
        })
    }
}

/// Azure's public cloud (Microsoft Learn, "Azure REST API reference").
fn resource_manager() -> String {
    "https://management.azure.com".to_owned()
}

/// Azure's public cloud (Microsoft Learn, "National clouds").
fn authority() -> String {
    "https://login.microsoftonline.com".to_owned()
}
