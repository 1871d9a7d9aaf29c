//! Account in Google Cloud.

use std::path::PathBuf;

use serde::Deserialize;
use toml::Table;
use underpass_clouds::google::{
    BASE_URL, IAM_CREDENTIALS_URL, METADATA_URL, RESOURCE_MANAGER_URL, SERVICE_USAGE_URL,
};

use super::account_problem::AccountProblem;
use super::secret::SecretPlace;
use super::value;

/// Characters of a service account's email address or ID besides letters and digits.
const EMAIL: &str = "@-._+";

/// Account in Google Cloud: a project and credentials.
#[derive(Debug, Clone)]
pub(crate) struct GoogleAccount {
    /// Project to manage.
    pub(crate) project: String,
    pub(crate) credentials: GoogleCredentials,
    /// Service account whose rights are used, instead of those of the credentials.
    pub(crate) impersonation: Option<GoogleImpersonation>,
    /// URL of the API.
    pub(crate) api: String,
    /// URL of the API that tests permissions, for `account check`.
    pub(crate) resource_manager_api: String,
    /// URL of the API that tells which APIs are enabled, for `account check`.
    pub(crate) service_usage_api: String,
    /// PEM file of roots to trust besides the system's.
    pub(crate) ca_file: Option<PathBuf>,
}

/// Source of access tokens.
#[derive(Debug, Clone)]
pub(crate) enum GoogleCredentials {
    /// File in Google's JSON format: `service_account` or `external_account`.
    File(SecretPlace),
    /// Access token that the operator renews.
    AccessToken(SecretPlace),
    /// Metadata server of this machine.
    Metadata {
        /// URL of the server.
        url: String,
        /// One of the machine's service accounts, unless the default one.
        service_account: Option<String>,
    },
}

/// Impersonation of a service account.
#[derive(Debug, Clone)]
pub(crate) struct GoogleImpersonation {
    pub(crate) service_account: String,
    /// Service accounts in between.
    pub(crate) delegates: Vec<String>,
    /// URL of the API that issues the tokens.
    pub(crate) api: String,
}

/// Keys of the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    project: String,
    #[serde(default, deserialize_with = "value::path")]
    credentials_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "value::text")]
    credentials_env: Option<String>,
    #[serde(default, deserialize_with = "value::text")]
    credentials: Option<String>,
    #[serde(default, deserialize_with = "value::path")]
    access_token_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "value::text")]
    access_token_env: Option<String>,
    #[serde(default, deserialize_with = "value::text")]
    access_token: Option<String>,
    #[serde(default)]
    metadata: bool,
    #[serde(default = "metadata_server")]
    metadata_server: String,
    #[serde(default, deserialize_with = "value::text")]
    metadata_service_account: Option<String>,
    #[serde(default, deserialize_with = "value::text")]
    impersonate: Option<String>,
    #[serde(default)]
    delegates: Vec<String>,
    #[serde(default = "iam_credentials_api")]
    iam_credentials_api: String,
    #[serde(default = "api")]
    api: String,
    #[serde(default = "resource_manager_api")]
    resource_manager_api: String,
    #[serde(default = "service_usage_api")]
    service_usage_api: String,
    #[serde(default, deserialize_with = "value::path")]
    ca_file: Option<PathBuf>,
}

impl GoogleAccount {
    /// Reads the keys that belong to Google.
    ///
    /// # Errors
    /// If a key is unknown or missing, or a value has another type.
    pub(super) fn read(table: Table) -> Result<Self, AccountProblem> {
        let keys: Keys = value::of_table(table)?;
        value::url_part("project", &keys.project, "-.:")?;
        for (key, email) in [
            ("metadata_service_account", &keys.metadata_service_account),
            ("impersonate", &keys.impersonate),
        ] {
            value::url_part(key, email.as_deref().unwrap_or("-"), EMAIL)?;
        }
        for delegate in &keys.delegates {
            value::url_part("delegates", delegate, EMAIL)?;
        }
        let api = value::url("api", &keys.api)?;
        let resource_manager_api = value::url("resource_manager_api", &keys.resource_manager_api)?;
        let service_usage_api = value::url("service_usage_api", &keys.service_usage_api)?;
        let metadata = value::url("metadata_server", &keys.metadata_server)?;
        let iam = value::url("iam_credentials_api", &keys.iam_credentials_api)?;
        let place = |key: &str, file, variable, inline| {
            SecretPlace::one_of(key, file, variable, inline)
                .map_err(|message| (format!("{key}_file"), message))
        };
        let file = place(
            "credentials",
            keys.credentials_file,
            keys.credentials_env,
            keys.credentials,
        )?;
        let token = place(
            "access_token",
            keys.access_token_file,
            keys.access_token_env,
            keys.access_token,
        )?;
        let credentials = match (file, token, keys.metadata) {
            (Some(file), None, false) => GoogleCredentials::File(file),
            (None, Some(token), false) => GoogleCredentials::AccessToken(token),
            (None, None, true) => GoogleCredentials::Metadata {
                url: metadata,
                service_account: keys.metadata_service_account,
            },
            _ => {
                return Err((
                    String::new(),
                    "set one of credentials_file, credentials_env, access_token_file and \
                     metadata = true"
                        .to_owned(),
                ));
            }
        };
        if keys.impersonate.is_none() && !keys.delegates.is_empty() {
            let message = "delegates are for impersonation: set impersonate";
            return Err(("delegates".to_owned(), message.to_owned()));
        }
        Ok(Self {
            project: keys.project,
            credentials,
            impersonation: keys.impersonate.map(|service_account| GoogleImpersonation {
                service_account,
                delegates: keys.delegates,
                api: iam,
            }),
            api,
            resource_manager_api,
            service_usage_api,
            ca_file: keys.ca_file,
        })
    }
}

impl GoogleCredentials {
    /// Key, without suffix, of a secret that is in the file itself.
    pub(super) fn inline_secret(&self) -> Option<&'static str> {
        match self {
            Self::File(place) => place.is_inline().then_some("credentials"),
            Self::AccessToken(place) => place.is_inline().then_some("access_token"),
            Self::Metadata { .. } => None,
        }
    }
}

fn api() -> String {
    BASE_URL.to_owned()
}

fn resource_manager_api() -> String {
    RESOURCE_MANAGER_URL.to_owned()
}

fn service_usage_api() -> String {
    SERVICE_USAGE_URL.to_owned()
}

fn metadata_server() -> String {
    METADATA_URL.to_owned()
}

fn iam_credentials_api() -> String {
    IAM_CREDENTIALS_URL.to_owned()
}
