//! `[store]`

use std::path::PathBuf;

use serde::Deserialize;

use super::secret::SecretPlace;
use super::value;

/// Most connections for reads: 1,000. PostgreSQL allows 100 in all by default (`max_connections`).
const MAX_READERS: usize = 1_000;

/// Store of the control plane.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreConfig {
    #[serde(deserialize_with = "value::path")]
    database_url_file: Option<PathBuf>,
    #[serde(deserialize_with = "value::text")]
    database_url_env: Option<String>,
    /// PEM file of the roots of the database's certificate.
    #[serde(deserialize_with = "value::path")]
    pub(crate) database_ca_file: Option<PathBuf>,
    /// Connections for reads.
    pub(crate) readers: usize,
    /// Key file, unless that of the data directory.
    #[serde(deserialize_with = "value::path")]
    pub(crate) key_file: Option<PathBuf>,
}

impl StoreConfig {
    /// Place of the database's URL; `None`: SQLite.
    pub(crate) fn database_url(&self) -> Option<SecretPlace> {
        let file = self.database_url_file.clone().map(SecretPlace::File);
        let variable = self.database_url_env.clone();
        file.or_else(|| variable.map(SecretPlace::Environment))
    }

    pub(super) fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if self.database_url_file.is_some() && self.database_url_env.is_some() {
            problems.push((
                "store.database_url_env",
                "set only one of database_url_file and database_url_env".to_owned(),
            ));
        }
        if !(1..=MAX_READERS).contains(&self.readers) {
            problems.push(("store.readers", format!("must be 1 to {MAX_READERS}")));
        }
        problems
    }
}
