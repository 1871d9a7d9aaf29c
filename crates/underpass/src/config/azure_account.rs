//! Account in Azure.

use std::path::PathBuf;

use serde::Deserialize;
use toml::Table;
use underpass_clouds::azure::IMDS_URL;

use super::account_problem::AccountProblem;
use super::secret::SecretPlace;
use super::value;

/// Account in Azure: a subscription and a way to sign in.
#[derive(Debug, Clone)]
pub(crate) struct AzureAccount {
    /// Subscription to manage.
    pub(crate) subscription: String,
    /// Existing resource group for static IP addresses.
    pub(crate) resource_group: String,
    pub(crate) credentials: AzureCredentials,
    /// URL of the resource manager.
    pub(crate) resource_manager: String,
    /// URL of the issuer of tokens.
    pub(crate) authority: String,
    /// Scope of tokens, unless the resource manager's.
    pub(crate) scope: Option<String>,
    /// PEM file of roots to trust besides the system's.
    pub(crate) ca_file: Option<PathBuf>,
}

/// Way to sign in to Azure.
#[derive(Debug, Clone)]
pub(crate) enum AzureCredentials {
    /// An application, by its tenant and client ID, with a proof of its identity.
    Application {
        tenant: String,
        client_id: String,
        proof: AzureProof,
    },
    /// The managed identity of this virtual machine.
    ManagedIdentity {
        /// A user-assigned identity.
        client_id: Option<String>,
        /// URL of the instance metadata service.
        endpoint: String,
    },
}

/// Proof of an application's identity.
#[derive(Debug, Clone)]
pub(crate) enum AzureProof {
    Secret(SecretPlace),
    /// PEM file with key and certificate.
    Certificate(PathBuf),
    /// File with a token of another issuer, for workload identity federation.
    FederatedToken(PathBuf),
}

/// Keys of the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    subscription: String,
    resource_group: String,
    #[serde(default, deserialize_with = "value::text")]
    tenant: Option<String>,
    #[serde(default, deserialize_with = "value::text")]
    client_id: Option<String>,
    #[serde(default, deserialize_with = "value::path")]
    client_secret_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "value::text")]
    client_secret_env: Option<String>,
    #[serde(default, deserialize_with = "value::text")]
    client_secret: Option<String>,
    #[serde(default, deserialize_with = "value::path")]
    client_certificate_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "value::path")]
    federated_token_file: Option<PathBuf>,
    #[serde(default)]
    managed_identity: bool,
    #[serde(default = "metadata_service")]
    metadata_service: String,
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
        let resource_manager = value::url("resource_manager", &keys.resource_manager)?;
        let authority = value::url("authority", &keys.authority)?;
        let secret = SecretPlace::one_of(
            "client_secret",
            keys.client_secret_file,
            keys.client_secret_env,
            keys.client_secret,
        )
        .map_err(|message| ("client_secret_file".to_owned(), message))?;
        let proof = match (
            secret,
            keys.client_certificate_file,
            keys.federated_token_file,
            keys.managed_identity,
        ) {
            (Some(secret), None, None, false) => Some(AzureProof::Secret(secret)),
            (None, Some(certificate), None, false) => Some(AzureProof::Certificate(certificate)),
            (None, None, Some(token), false) => Some(AzureProof::FederatedToken(token)),
            (None, None, None, true) => None,
            _ => {
                return Err((
                    String::new(),
                    "set one of client_secret_file, client_secret_env, client_certificate_file, \
                     federated_token_file and managed_identity = true"
                        .to_owned(),
                ));
            }
        };
        value::url_part("subscription", &keys.subscription, "-")?;
        value::url_part("resource_group", &keys.resource_group, "-_.()")?;
        value::url_part("tenant", keys.tenant.as_deref().unwrap_or("-"), "-.")?;
        value::url_part("client_id", keys.client_id.as_deref().unwrap_or("-"), "-")?;
        let required = |key: &str, value: Option<String>| {
            value.ok_or_else(|| (key.to_owned(), "required to sign in this way".to_owned()))
        };
        let credentials = match proof {
            Some(proof) => AzureCredentials::Application {
                tenant: required("tenant", keys.tenant)?,
                client_id: required("client_id", keys.client_id)?,
                proof,
            },
            None => AzureCredentials::ManagedIdentity {
                client_id: keys.client_id,
                endpoint: value::url("metadata_service", &keys.metadata_service)?,
            },
        };
        Ok(Self {
            subscription: keys.subscription,
            resource_group: keys.resource_group,
            credentials,
            resource_manager,
            authority,
            scope: keys.scope,
            ca_file: keys.ca_file,
        })
    }
}

impl AzureCredentials {
    /// Key, without suffix, of a secret that is in the file itself.
    pub(super) fn inline_secret(&self) -> Option<&'static str> {
        match self {
            Self::Application {
                proof: AzureProof::Secret(place),
                ..
            } => place.is_inline().then_some("client_secret"),
            Self::Application { .. } | Self::ManagedIdentity { .. } => None,
        }
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

fn metadata_service() -> String {
    IMDS_URL.to_owned()
}
