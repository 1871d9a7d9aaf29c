//! Account in Google Cloud.

use std::path::PathBuf;

use serde::Deserialize;
use toml::Table;
use underpass_clouds::google::{BASE_URL, METADATA_URL};

use super::account_problem::AccountProblem;
use super::secret::SecretSource;
use super::value;

/// Account in Google Cloud: a project and credentials.
#[derive(Debug, Clone)]
pub(crate) struct GoogleAccount {
    /// Project to manage.
    pub(crate) project: String,
    pub(crate) credentials: GoogleCredentials,
    /// URL of the API.
    pub(crate) api: String,
    /// PEM file of the trusted roots, unless the system's.
    pub(crate) ca_file: Option<PathBuf>,
}

/// Source of access tokens.
#[derive(Debug, Clone)]
pub(crate) enum GoogleCredentials {
    /// Key of a service account, in Google's JSON format.
    Key(SecretSource),
    /// Access token that the operator renews.
    AccessToken(SecretSource),
    /// Metadata server with this URL.
    Metadata(String),
}

/// Keys of the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    project: String,
    #[serde(default, deserialize_with = "value::path")]
    key_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "value::text")]
    key_env: Option<String>,
    #[serde(default, deserialize_with = "value::text")]
    key: Option<String>,
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
    #[serde(default = "api")]
    api: String,
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
        let has_key = keys.key_file.is_some() || keys.key_env.is_some() || keys.key.is_some();
        let has_token = keys.access_token_file.is_some()
            || keys.access_token_env.is_some()
            || keys.access_token.is_some();
        let credentials = match (has_key, has_token, keys.metadata) {
            (true, false, false) => {
                SecretSource::one_of("key", keys.key_file, keys.key_env, keys.key)
                    .map(GoogleCredentials::Key)
            }
            (false, true, false) => SecretSource::one_of(
                "access_token",
                keys.access_token_file,
                keys.access_token_env,
                keys.access_token,
            )
            .map(GoogleCredentials::AccessToken),
            (false, false, true) => Ok(GoogleCredentials::Metadata(value::url(
                "metadata_server",
                &keys.metadata_server,
            )?)),
            _ => Err("set one of key_file, access_token_file and metadata = true".to_owned()),
        };
        Ok(Self {
            project: keys.project,
            credentials: credentials.map_err(|message| ("key_file".to_owned(), message))?,
            api: value::url("api", &keys.api)?,
            ca_file: keys.ca_file,
        })
    }
}

impl GoogleCredentials {
    /// Key, without suffix, of a secret that is in the file itself.
    pub(super) fn inline_secret(&self) -> Option<&'static str> {
        match self {
            Self::Key(source) => source.is_inline().then_some("key"),
            Self::AccessToken(source) => source.is_inline().then_some("access_token"),
            Self::Metadata(_) => None,
        }
    }
}

fn api() -> String {
    BASE_URL.to_owned()
}

fn metadata_server() -> String {
    METADATA_URL.to_owned()
}
